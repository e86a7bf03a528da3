//! Levels of assurance, and what of them may be said.

use serde::{Deserialize, Serialize};

/// The level of a card (Digg's trust framework), lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Reserve cards and mobile credentials.
    Loa3,
    /// Ordinary cards, handed out in person.
    Loa4,
}

/// Whether Digg has approved issuer and provider. Without approval only a self-declared level may be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approval {
    /// Not approved: everything is `uncertified-loa3`.
    None,
    /// Approved for both levels.
    Approved,
}

impl Level {
    /// The word in views and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Loa3 => "loa3",
            Self::Loa4 => "loa4",
        }
    }
}

/// The `acr` values that this provider may give, best first.
pub const fn supported(approval: Approval) -> &'static [(&'static str, Level)] {
    match approval {
        // There is no uncertified-loa4.
        Approval::None => &[(UNCERTIFIED_LOA3, Level::Loa3)],
        Approval::Approved => &[(LOA4, Level::Loa4), (LOA3, Level::Loa3)],
    }
}

/// The `acr` of a login with a card of `level`: the first requested one that the card reaches, or the best if none is
/// requested. None if the card, or this provider, reaches none of them. A higher card satisfies a lower request.
pub fn satisfy(level: Level, approval: Approval, requested: &[String]) -> Option<&'static str> {
    let mut reached = supported(approval).iter().filter(|(_, needed)| level >= *needed);
    if requested.is_empty() {
        return reached.next().map(|(acr, _)| *acr);
    }
    let reached: Vec<_> = reached.collect();
    requested.iter().find_map(|wanted| reached.iter().find(|(acr, _)| acr == wanted).map(|(acr, _)| *acr))
}

const UNCERTIFIED_LOA3: &str = "http://id.swedenconnect.se/loa/1.0/uncertified-loa3";
const LOA3: &str = "http://id.elegnamnden.se/loa/1.0/loa3";
const LOA4: &str = "http://id.elegnamnden.se/loa/1.0/loa4";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_card_satisfies() {
        use Approval::{Approved, None as Unapproved};
        let eidas = "http://id.elegnamnden.se/loa/1.0/eidas-high";
        for (level, approval, requested, acr) in [
            (Level::Loa3, Unapproved, &[][..], Some(UNCERTIFIED_LOA3)),
            (Level::Loa4, Unapproved, &[], Some(UNCERTIFIED_LOA3)),
            (Level::Loa4, Unapproved, &[UNCERTIFIED_LOA3], Some(UNCERTIFIED_LOA3)),
            (Level::Loa4, Unapproved, &[LOA4], None),
            (Level::Loa4, Unapproved, &[LOA3, UNCERTIFIED_LOA3], Some(UNCERTIFIED_LOA3)),
            (Level::Loa4, Approved, &[], Some(LOA4)),
            (Level::Loa3, Approved, &[], Some(LOA3)),
            (Level::Loa4, Approved, &[LOA3], Some(LOA3)),
            (Level::Loa3, Approved, &[LOA4], None),
            (Level::Loa3, Approved, &[LOA4, LOA3], Some(LOA3)),
            (Level::Loa4, Approved, &[eidas], None),
        ] {
            let requested: Vec<String> = requested.iter().map(|acr| (*acr).to_owned()).collect();
            assert_eq!(satisfy(level, approval, &requested), acr, "{level:?} {approval:?} {requested:?}");
        }
    }
}
