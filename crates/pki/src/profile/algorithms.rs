//! How long each kind of key is fit.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Claims, ProfileError};
use crate::key::KeyKind;
use crate::time::UtcTime;

/// The last moment of each kind of key (ETSI TS 119 312). Nothing is certified, and nothing signed, that would outlive
/// it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Algorithms(Option<BTreeMap<KeyKind, UtcTime>>);

/// `policies/algorithms.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AlgorithmsFile {
    /// Last day, `YYYY-MM-DD`.
    keys: BTreeMap<KeyKind, String>,
}

/// `policies/claims.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimsFile {
    qualified: bool,
}

impl Algorithms {
    /// Every kind for ever: for what issues nothing.
    pub const fn unlimited() -> Self {
        Self(None)
    }

    /// Reads `algorithms.toml`; a kind that it does not name is fit for nothing.
    ///
    /// # Errors
    /// [`ProfileError::Policy`] for anything but kinds of keys and their last days.
    pub fn from_toml(text: &str) -> Result<Self, ProfileError> {
        let refused = |why: String| ProfileError::Policy { file: "algorithms.toml", why };
        let file: AlgorithmsFile = toml::from_str(text).map_err(|error| refused(error.to_string()))?;
        let last = |(kind, day): (KeyKind, String)| match format!("{day}T23:59:59Z").parse() {
            Ok(last) if last <= LATEST => Ok((kind, last)),
            Ok(_) => Err(refused(format!("{kind}: {day} is after {LATEST}, and nobody knows so far ahead"))),
            Err(_) => Err(refused(format!("{kind}: {day:?} is not a day as YYYY-MM-DD"))),
        };
        Ok(Self(Some(file.keys.into_iter().map(last).collect::<Result<_, _>>()?)))
    }

    /// Until when a kind is fit; the first moment there is, if it never was.
    pub fn fit_until(&self, kind: KeyKind) -> Option<UtcTime> {
        let kinds = self.0.as_ref()?;
        Some(kinds.get(&kind).copied().unwrap_or(UtcTime::from_unix(0)))
    }
}

impl Claims {
    /// Reads `claims.toml`.
    ///
    /// # Errors
    /// [`ProfileError::Policy`] unless it says `qualified`, and nothing else.
    pub fn from_toml(text: &str) -> Result<Self, ProfileError> {
        let file: ClaimsFile = toml::from_str(text)
            .map_err(|error| ProfileError::Policy { file: "claims.toml", why: error.to_string() })?;
        Ok(if file.qualified { Self::Qualified } else { Self::Ordinary })
    }
}

/// The last second of 2060. No kind of key is declared fit for longer: each has an end that is looked at again.
const LATEST: UtcTime = UtcTime::from_unix(2_871_763_199);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_ends_with_its_last_day_and_an_unnamed_one_never_began() {
        let algorithms = Algorithms::from_toml("[keys]\nec-p256 = \"2040-12-31\"\n").unwrap();
        let end = algorithms.fit_until(KeyKind::EcP256).unwrap();
        assert_eq!(end.to_string(), "2040-12-31T23:59:59Z");
        assert_eq!(algorithms.fit_until(KeyKind::Rsa2048), Some(UtcTime::from_unix(0)));
        assert_eq!(Algorithms::unlimited().fit_until(KeyKind::Rsa2048), None);
    }

    #[test]
    fn no_kind_is_fit_for_ever() {
        assert_eq!(LATEST.to_string(), "2060-12-31T23:59:59Z");
        assert!(Algorithms::from_toml("[keys]\nec-p384 = \"2060-12-31\"").is_ok());
    }

    #[test]
    fn mistakes_are_refused() {
        for text in [
            "",
            "[keys]\nec-p192 = \"2040-12-31\"",
            "[keys]\nec-p256 = \"soon\"",
            "[keys]\nec-p256 = \"2061-01-01\"",
            "[keys]\nec-p256 = \"9999-12-31\"",
            "[keys]\n[other]\n",
        ] {
            assert!(Algorithms::from_toml(text).is_err(), "{text}");
        }
        for text in ["", "qualified = 1", "qualified = true\nmore = 1"] {
            assert!(Claims::from_toml(text).is_err(), "{text}");
        }
        assert_eq!(Claims::from_toml("qualified = true").unwrap(), Claims::Qualified);
    }

    #[test]
    fn the_shipped_policies_can_be_read() {
        let algorithms = include_str!("../../../../policies/algorithms.toml");
        assert!(Algorithms::from_toml(algorithms).unwrap().fit_until(KeyKind::EcP384).is_some());
        let claims = include_str!("../../../../policies/claims.toml");
        assert_eq!(Claims::from_toml(claims).unwrap(), Claims::Ordinary, "nobody claims what nobody has");
    }
}
