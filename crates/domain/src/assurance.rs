//! What each level of assurance demands of identity proofing: `policies/assurance.toml`, as service and signer obey it.

use crate::operation::{DocumentKind, IdentityProof, ProofMethod};
use pki::identifier::PersonalNumber;
use pki::time::UtcTime;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The levels, and which of them each profile of a person belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assurance {
    levels: BTreeMap<String, Level>,
    /// Name of the level by name of the profile.
    profiles: BTreeMap<String, String>,
}

/// What one level demands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Level {
    profiles: BTreeSet<String>,
    documents: Vec<DocumentKind>,
    methods: Vec<ProofMethod>,
    minimum_age: u8,
    renewal: Renewal,
}

/// How the holder of a card gets the next one. A way that the service cannot go is no word of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Renewal {
    /// As the first one.
    NewVisit,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    levels: BTreeMap<String, Level>,
}

/// An `assurance.toml` that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("assurance.toml: {0}")]
pub struct AssuranceError(String);

/// Who was identified, how and when.
#[derive(Debug, Clone, Copy)]
pub struct Identification<'a> {
    /// On what evidence.
    pub proof: &'a IdentityProof,
    /// The applicant's number; none if an employer's identifier stands in the certificate, which tells no age.
    pub number: Option<&'a PersonalNumber>,
    /// When the officer says that it was.
    pub at: UtcTime,
}

/// Why an identification does not carry a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofFault {
    /// The profile has no level.
    #[error("profile {0} belongs to no level of assurance")]
    NoLevel(String),
    /// A document that the level does not take.
    #[error("{0} does not accept this kind of document")]
    Document(String),
    /// A way to identify that the level does not take.
    #[error("{0} does not accept this way to identify")]
    Method(String),
    /// The last day is none.
    #[error("a date, YYYY-MM-DD")]
    Date,
    /// The document was not valid any more.
    #[error("the document has expired")]
    Expired,
    /// By the date in the number.
    #[error("{level} is from {years} years of age")]
    TooYoung {
        /// Which level.
        level: String,
        /// From which age.
        years: u8,
    },
}

impl ProofFault {
    /// Which field of an identification is wrong.
    pub const fn field(&self) -> &'static str {
        match self {
            Self::NoLevel(_) => "profile",
            Self::Document(_) => "proof.document",
            Self::Method(_) => "proof.method",
            Self::Date | Self::Expired => "proof.expires",
            Self::TooYoung { .. } => "identity_number",
        }
    }
}

impl Assurance {
    /// Reads `assurance.toml`. All fields are required, unknown ones refused.
    ///
    /// # Errors
    /// [`AssuranceError`] if it has another form, a level accepts nothing, or a profile has two levels.
    pub fn from_toml(text: &str) -> Result<Self, AssuranceError> {
        let File { levels } = toml::from_str(text).map_err(|error| AssuranceError(error.to_string()))?;
        let mut profiles = BTreeMap::new();
        for (name, level) in &levels {
            if level.documents.is_empty() || level.methods.is_empty() {
                return Err(AssuranceError(format!("level {name} accepts nobody: it names no document or no method")));
            }
            for profile in &level.profiles {
                if let Some(other) = profiles.insert(profile.clone(), name.clone()) {
                    return Err(AssuranceError(format!("profile {profile} has two levels, {other} and {name}")));
                }
            }
        }
        Ok(Self { levels, profiles })
    }

    /// Checks that each of these profiles of people has a level.
    ///
    /// # Errors
    /// [`AssuranceError`], which names the first that has none.
    pub fn covers<'a>(&self, mut profiles: impl Iterator<Item = &'a str>) -> Result<(), AssuranceError> {
        match profiles.find(|profile| !self.profiles.contains_key(*profile)) {
            Some(profile) => Err(AssuranceError(format!("profile {profile} has no level"))),
            None => Ok(()),
        }
    }

    /// Whether a certificate of this profile may rest on this identification.
    ///
    /// # Errors
    /// [`ProofFault`], the first thing that the profile's level does not accept.
    pub fn accept(&self, profile: &str, found: &Identification<'_>) -> Result<(), ProofFault> {
        let name = self.profiles.get(profile);
        let level = name.and_then(|name| Some((name, self.levels.get(name)?)));
        let (name, level) = level.ok_or_else(|| ProofFault::NoLevel(profile.to_owned()))?;
        if !level.documents.contains(&found.proof.document) {
            return Err(ProofFault::Document(name.clone()));
        }
        if !level.methods.contains(&found.proof.method) {
            return Err(ProofFault::Method(name.clone()));
        }
        let end: Result<UtcTime, _> = format!("{}T23:59:59Z", found.proof.expires).parse();
        if end.map_err(|_| ProofFault::Date)? < found.at {
            return Err(ProofFault::Expired);
        }
        if found.number.is_some_and(|number| !number.is_of_age(level.minimum_age, found.at)) {
            return Err(ProofFault::TooYoung { level: name.clone(), years: level.minimum_age });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../../policies/assurance.toml");

    fn proof(document: DocumentKind, expires: &str) -> IdentityProof {
        let (method, number, place) = (ProofMethod::InPerson, "X1".to_owned(), "Test".to_owned());
        IdentityProof { document, number, expires: expires.to_owned(), method, place }
    }

    fn judged(text: &str, profile: &str, proof: &IdentityProof, number: &str) -> Result<(), ProofFault> {
        let (number, at) = (number.parse().unwrap(), "2026-01-15T08:00:00Z".parse().unwrap());
        Assurance::from_toml(text).unwrap().accept(profile, &Identification { proof, number: Some(&number), at })
    }

    #[test]
    fn each_demand_is_held() {
        let profile = "person-authentication-loa4";
        let good = proof(DocumentKind::Passport, "2026-01-15");
        assert_eq!(judged(SHIPPED, profile, &good, "199001012385"), Ok(()));
        let loa4 = || "loa4".to_owned();
        let only_cards = SHIPPED.replacen("\"passport\", ", "", 1);
        assert_eq!(judged(&only_cards, profile, &good, "199001012385"), Err(ProofFault::Document(loa4())));
        let ended = proof(DocumentKind::Passport, "2026-01-14");
        assert_eq!(judged(SHIPPED, profile, &ended, "199001012385"), Err(ProofFault::Expired));
        let endless = proof(DocumentKind::Passport, "never");
        assert_eq!(judged(SHIPPED, profile, &endless, "199001012385"), Err(ProofFault::Date));
        let young = ProofFault::TooYoung { level: loa4(), years: 18 };
        assert_eq!(judged(SHIPPED, profile, &good, "202402292383"), Err(young));
        let unknown = ProofFault::NoLevel("root-ca".to_owned());
        assert_eq!(judged(SHIPPED, "root-ca", &good, "199001012385"), Err(unknown));
    }

    #[test]
    fn mistakes_are_refused() {
        for (from, to) in [
            ("minimum_age = 18", "minimum_age = 18\nextra = 1"),
            ("minimum_age = 18", ""),
            ("\"new-visit\"", "\"by-post\""),
            ("[\"in-person\"]", "[\"by-post\"]"),
            ("[\"in-person\"]", "[]"),
            ("[\"demo-software-authentication\"]", "[\"person-signature-loa4\"]"),
        ] {
            assert!(SHIPPED.contains(from));
            assert!(Assurance::from_toml(&SHIPPED.replacen(from, to, 1)).is_err(), "{to}");
        }
        let assurance = Assurance::from_toml(SHIPPED).unwrap();
        assert!(assurance.covers(["person-signature-loa4"].into_iter()).is_ok());
        assert!(assurance.covers(["person-signature-loa4", "person-new"].into_iter()).is_err());
    }
}
