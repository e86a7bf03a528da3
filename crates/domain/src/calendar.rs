//! Days as people in Sweden count them, and seconds in UTC.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use pki::time::UtcTime;

/// A day of the calendar, `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(Date);

/// A text is not a day of the calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a day of the form 2026-01-15")]
pub struct NotADay;

impl std::str::FromStr for Day {
    type Err = NotADay;

    fn from_str(text: &str) -> Result<Self, NotADay> {
        // The parser would take a time as well, and drop it.
        if text.len() != FORM.len() {
            return Err(NotADay);
        }
        text.parse().map(Self).map_err(|_| NotADay)
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Day {
    /// The first second of the day in Sweden; none where the calendar ends.
    pub fn start(self) -> Option<UtcTime> {
        let midnight = self.0.to_zoned(sweden()).ok()?;
        Some(UtcTime::from_unix(midnight.timestamp().as_second()))
    }

    /// How many days from this one to `other`; negative if that is earlier.
    pub fn days_to(self, other: Self) -> i64 {
        self.0.duration_until(other.0).as_hours() / 24
    }

    /// The last second of the day in Sweden; none for the last day there is.
    pub fn end(self) -> Option<UtcTime> {
        let next = self.0.tomorrow().ok()?;
        let midnight = next.to_zoned(sweden()).ok()?;
        Some(UtcTime::from_unix(midnight.timestamp().as_second()).plus_seconds(-1))
    }
}

/// Day and minute in Sweden, `2026-01-15 09:00`, for people to read.
pub fn minute(at: UtcTime) -> String {
    let zoned = Timestamp::from_second(at.unix()).map(|at| at.to_zoned(sweden()));
    zoned.map_or_else(|_| at.to_string(), |zoned| zoned.strftime("%Y-%m-%d %H:%M").to_string())
}

/// The same second of the same day so many months earlier in Sweden, or of that month's last day.
pub fn months_before(now: UtcTime, months: i32) -> UtcTime {
    let earlier = Timestamp::from_second(now.unix()).ok().and_then(|now| {
        let then = now.to_zoned(sweden()).checked_sub(Span::new().months(months)).ok()?;
        Some(UtcTime::from_unix(then.timestamp().as_second()))
    });
    earlier.unwrap_or(UtcTime::from_unix(i64::MIN))
}

/// The rules are in the program: the same on every machine.
fn sweden() -> TimeZone {
    TimeZone::get("Europe/Stockholm").expect("the time zone database is linked into the program")
}

const FORM: &str = "YYYY-MM-DD";

#[cfg(test)]
mod tests {
    use super::*;

    fn end(day: &str) -> String {
        day.parse::<Day>().unwrap().end().unwrap().to_string()
    }

    #[test]
    fn a_day_ends_in_swedish_time() {
        assert_eq!(end("2026-01-31"), "2026-01-31T22:59:59Z");
        assert_eq!(end("2026-06-30"), "2026-06-30T21:59:59Z");
        // The nights in which the clocks are changed.
        assert_eq!(end("2026-03-29"), "2026-03-29T21:59:59Z");
        assert_eq!(end("2026-10-25"), "2026-10-25T22:59:59Z");
        let day = |text: &str| text.parse::<Day>().unwrap();
        assert_eq!(day("2026-03-29").start().unwrap().to_string(), "2026-03-28T23:00:00Z");
        assert_eq!(day("2026-03-28").days_to(day("2026-03-30")), 2);
        assert_eq!(day("2026-01-01").days_to(day("2025-12-31")), -1);
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        let before = |now: &str| months_before(now.parse().unwrap(), 3).to_string();
        assert_eq!(before("2026-05-31T10:00:00Z"), "2026-02-28T11:00:00Z");
        assert_eq!(before("2026-01-15T08:00:00Z"), "2025-10-15T07:00:00Z");
    }

    #[test]
    fn minutes_are_swedish() {
        assert_eq!(minute("2026-01-15T08:00:59Z".parse().unwrap()), "2026-01-15 09:00");
        assert_eq!(minute("2026-06-30T22:00:00Z".parse().unwrap()), "2026-07-01 00:00");
    }

    #[test]
    fn other_texts_are_no_days() {
        for text in ["", "2026-02-30", "2026-1-1", "20260101", "2026-01-01T00:00:00", "9999-13-01"] {
            assert_eq!(text.parse::<Day>(), Err(NotADay), "{text}");
        }
        assert_eq!("9999-12-31".parse::<Day>().unwrap().end(), None);
    }
}
