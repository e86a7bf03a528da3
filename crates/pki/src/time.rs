//! Points in time as certificates know them: whole seconds, UTC, years 1 to 9999.

use std::fmt;
use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::{SignedDuration, ToSpan};
use serde::{Deserialize, Serialize};

/// A second in UTC.
///
/// Text and serde form is RFC 3339 with `Z` and without fractions:
/// `2026-01-15T08:00:00Z`. Arithmetic stops at the ends of the range instead of
/// wrapping, so a hostile duration cannot turn a late time into an early one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct UtcTime(i64);

impl UtcTime {
    /// `9999-12-31T23:59:59Z`, the "no end" of RFC 5280 section 4.1.2.5.
    pub const MAX: Self = Self(MAX_UNIX);

    /// The time `seconds` after 1970-01-01T00:00:00Z, held within years 1 to 9999.
    pub const fn from_unix(seconds: i64) -> Self {
        if seconds < MIN_UNIX {
            Self(MIN_UNIX)
        } else if seconds > MAX_UNIX {
            Self(MAX_UNIX)
        } else {
            Self(seconds)
        }
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// The time `seconds` later (earlier if negative).
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_unix(self.0.saturating_add(seconds))
    }

    /// The time `days` of 86,400 seconds later (earlier if negative).
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        self.plus_seconds(days.saturating_mul(SECONDS_PER_DAY))
    }

    /// Calendar fields in UTC.
    pub(crate) fn civil(self) -> DateTime {
        EPOCH.checked_add(self.0.seconds()).expect("years 1 to 9999 are within the calendar's range")
    }

    /// The time with these calendar fields.
    pub(crate) fn from_civil(civil: DateTime) -> Self {
        let since: SignedDuration = civil.duration_since(EPOCH);
        Self::from_unix(since.as_secs())
    }
}

impl fmt::Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = self.civil();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            c.year(),
            c.month(),
            c.day(),
            c.hour(),
            c.minute(),
            c.second()
        )
    }
}

impl From<UtcTime> for String {
    fn from(time: UtcTime) -> Self {
        time.to_string()
    }
}

/// A text is not a time of the form `2026-01-15T08:00:00Z`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a time of the form 2026-01-15T08:00:00Z")]
pub struct TimeError;

impl FromStr for UtcTime {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let bytes = text.as_bytes();
        let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'Z')];
        if bytes.len() != 20 || marks.iter().any(|&(at, mark)| bytes[at] != mark) {
            return Err(TimeError);
        }
        let field = |from: usize, to: usize| digits(&bytes[from..to]).ok_or(TimeError);
        civil_time([field(0, 4)?, field(5, 7)?, field(8, 10)?, field(11, 13)?, field(14, 16)?, field(17, 19)?])
            .ok_or(TimeError)
    }
}

impl TryFrom<String> for UtcTime {
    type Error = TimeError;

    fn try_from(text: String) -> Result<Self, TimeError> {
        text.parse()
    }
}

/// The number that ASCII digits write; at most four of them.
pub(crate) fn digits(bytes: &[u8]) -> Option<i16> {
    if bytes.is_empty() || bytes.len() > 4 {
        return None;
    }
    bytes.iter().try_fold(0_i16, |n, b| b.is_ascii_digit().then(|| n * 10 + i16::from(b - b'0')))
}

/// The time with year, month, day, hour, minute and second, if it exists.
pub(crate) fn civil_time([year, month, day, hour, minute, second]: [i16; 6]) -> Option<UtcTime> {
    let small = |n: i16| i8::try_from(n).ok();
    let civil =
        DateTime::new(year, small(month)?, small(day)?, small(hour)?, small(minute)?, small(second)?, 0).ok()?;
    (year >= 1).then(|| UtcTime::from_civil(civil))
}

const SECONDS_PER_DAY: i64 = 86_400;
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
/// 0001-01-01T00:00:00Z.
const MIN_UNIX: i64 = -62_135_596_800;
/// 9999-12-31T23:59:59Z.
const MAX_UNIX: i64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips_at_the_edges() {
        for text in [
            "0001-01-01T00:00:00Z",
            "1970-01-01T00:00:00Z",
            "2028-02-29T23:59:59Z",
            "2050-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
        ] {
            assert_eq!(text.parse::<UtcTime>().unwrap().to_string(), text);
        }
        assert_eq!("2026-01-15T08:00:00Z".parse::<UtcTime>().unwrap().unix(), 1_768_464_000);
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "2026-01-15",
            "2026-01-15T08:00:00",
            "2026-01-15T08:00:00+00:00",
            "2026-01-15T08:00:00.0Z",
            "2026-02-29T08:00:00Z",
            "2026-01-15T24:00:00Z",
            "2026-01-15T08:00:60Z",
            "0000-01-01T00:00:00Z",
            "2026-01-15t08:00:00Z",
            "+026-01-15T08:00:00Z",
        ] {
            assert!(text.parse::<UtcTime>().is_err(), "{text}");
        }
    }

    #[test]
    fn arithmetic_stops_at_the_ends() {
        assert_eq!(UtcTime::from_unix(i64::MAX), UtcTime::MAX);
        assert_eq!(UtcTime::MAX.plus_days(i64::MAX), UtcTime::MAX);
        assert_eq!(UtcTime::from_unix(0).plus_days(1).unix(), 86_400);
        assert_eq!(UtcTime::from_unix(i64::MIN).to_string(), "0001-01-01T00:00:00Z");
    }
}
