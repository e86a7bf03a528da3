//! `standing.json`: certificates without a person that the ceremony allowed once and for all.

use super::digest::Digest;
use pki::issue::SubjectFacts;
use serde::{Deserialize, Serialize};

/// Allows any number of certificates of one profile, issuer and exact subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandingApproval {
    /// Name of the CA.
    pub issuer: String,
    /// Name of the profile; never one of a person.
    pub profile: String,
    /// Exactly these facts: common name, host names, addresses.
    pub subject: SubjectFacts,
    /// SHA-256 of the SubjectPublicKeyInfo, if only one key may be certified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Digest>,
}

/// All standing approvals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingList(Vec<StandingApproval>);

/// A file that is not a list of standing approvals.
#[derive(Debug, thiserror::Error)]
#[error("standing approvals")]
pub struct StandingError(#[from] serde_json::Error);

impl StandingApproval {
    /// What the journal names.
    pub fn digest(&self) -> Digest {
        Digest::of(&serde_json::to_vec(self).expect("approvals hold only strings, lists and string-keyed maps"))
    }
}

impl StandingList {
    /// These approvals.
    pub const fn new(approvals: Vec<StandingApproval>) -> Self {
        Self(approvals)
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`StandingError`] if it has another form.
    pub fn from_json(text: &[u8]) -> Result<Self, StandingError> {
        Ok(Self(serde_json::from_slice(text)?))
    }

    /// The text of the file.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(&self.0).expect("approvals hold only strings, lists and string-keyed maps")
    }

    /// The approval that covers exactly this.
    pub fn covering(
        &self,
        issuer: &str,
        profile: &str,
        subject: &SubjectFacts,
        key: Digest,
    ) -> Option<&StandingApproval> {
        self.0.iter().find(|approval| {
            approval.issuer == issuer
                && approval.profile == profile
                && approval.subject == *subject
                && approval.key.is_none_or(|only| only == key)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_subject_is_covered() {
        let subject = SubjectFacts { dns_names: vec!["localhost".to_owned()], ..SubjectFacts::default() };
        let key = Digest::of(b"key");
        let approval = StandingApproval {
            issuer: "i".to_owned(),
            profile: "tls".to_owned(),
            subject: subject.clone(),
            key: Some(key),
        };
        let list = StandingList::from_json(&StandingList::new(vec![approval]).to_json()).unwrap();
        assert!(list.covering("i", "tls", &subject, key).is_some());
        let wider = SubjectFacts { dns_names: vec!["localhost".to_owned(), "other".to_owned()], ..subject.clone() };
        assert!(list.covering("i", "tls", &wider, key).is_none());
        assert!(list.covering("j", "tls", &subject, key).is_none());
        assert!(list.covering("i", "ocsp", &subject, key).is_none());
        assert!(list.covering("i", "tls", &subject, Digest::of(b"other")).is_none());
    }
}
