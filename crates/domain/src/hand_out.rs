//! A card comes into its holder's hands: a document is shown, the terms are accepted, and the holder says so with the new
//! card itself (EN 319 411-1 REG-6.3.4; the desk's word alone would not show that the PIN is the holder's).

use crate::enrolment::{Enrolment, Issued};
use crate::evidence::{EvidenceError, Officer, Officers, verify_statement};
use crate::id::hex;
use crate::operation::{Act, Operation, ReceiveCard, ShownDocument, TermsRef};
use crate::{CardNumber, EnrolmentId, PersonId, TenantId};
use aws_lc_rs::digest::{SHA256, digest};
use pki::certificate::Certificate;
use pki::time::UtcTime;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// `policies/terms.toml`: what a holder accepts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    version: String,
    /// The text by language.
    text: BTreeMap<String, String>,
}

/// Terms that cannot be accepted by anybody.
#[derive(Debug, thiserror::Error)]
pub enum TermsError {
    /// Not TOML of the expected form.
    #[error("terms: {0}")]
    Syntax(String),
    /// A language without a text.
    #[error("terms: the text in {0} is missing")]
    Missing(&'static str),
}

impl Terms {
    /// Reads the terms.
    ///
    /// # Errors
    /// [`TermsError`] unless every language of the service has a text.
    pub fn from_toml(text: &str) -> Result<Self, TermsError> {
        let terms: Self = toml::from_str(text).map_err(|e| TermsError::Syntax(e.to_string()))?;
        let missing =
            LANGUAGES.into_iter().find(|language| terms.text.get(*language).is_none_or(|text| text.trim().is_empty()));
        missing.map_or(Ok(terms), |language| Err(TermsError::Missing(language)))
    }

    /// The terms in each language, with what names them.
    pub fn iter(&self) -> impl Iterator<Item = (TermsRef, &str)> {
        self.text.iter().map(|(language, text)| (self.reference(language, text), text.as_str()))
    }

    /// What names the terms in a language; none if there is no such text.
    pub fn in_language(&self, language: &str) -> Option<TermsRef> {
        self.text.get(language).map(|text| self.reference(language, text))
    }

    fn reference(&self, language: &str, text: &str) -> TermsRef {
        let sha256 = hex(digest(&SHA256, text.as_bytes()).as_ref());
        TermsRef { version: self.version.clone(), language: language.to_owned(), sha256 }
    }
}

/// What is kept of a hand-out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOut {
    /// The agency.
    pub tenant: TenantId,
    /// The application.
    pub enrolment: EnrolmentId,
    /// The card.
    pub card: CardNumber,
    /// The document that was shown.
    pub document: ShownDocument,
    /// The terms that were accepted.
    pub terms: TermsRef,
    /// The holder's statement, a compact JWS of the new card.
    pub receipt: String,
    /// The officer who saw the document.
    pub by: PersonId,
    /// When.
    pub at: UtcTime,
}

impl Enrolment<Issued> {
    /// What the holder signs with the new card.
    pub fn receipt(&self, by: &PersonId, document: ShownDocument, terms: TermsRef) -> Operation {
        Operation::ReceiveCard(ReceiveCard {
            enrolment: self.id.clone(),
            tenant: self.tenant.clone(),
            holder: self.applicant.clone(),
            card: self.card.clone(),
            document,
            terms,
            handed_out_by: by.clone(),
        })
    }

    /// Verifies that the holder signed `receipt` with this very card, whose certificates have these fingerprints.
    ///
    /// # Errors
    /// [`EvidenceError`]; a statement of any other card is no receipt, whoever holds it.
    pub fn verify_receipt(
        &self,
        statement: &str,
        receipt: &Operation,
        card: &BTreeSet<[u8; 32]>,
        now: UtcTime,
    ) -> Result<(), EvidenceError> {
        let holder = NewCard { enrolment: self, card };
        verify_statement(statement, Act::Receive, receipt.hash(), &holder, now).map(drop)
    }
}

/// Knows nobody but the card that is handed out.
struct NewCard<'a> {
    enrolment: &'a Enrolment<Issued>,
    card: &'a BTreeSet<[u8; 32]>,
}

impl Officers for NewCard<'_> {
    fn officer(&self, certificate: &Certificate, at: UtcTime) -> Option<Officer> {
        let (person, tenant) = (self.enrolment.applicant.clone(), self.enrolment.tenant.clone());
        let own = self.card.contains(&certificate.fingerprint()) && certificate.valid_at(at);
        own.then(|| Officer { person, tenant, roles: BTreeSet::new() })
    }
}

/// Every text for people is there in these.
const LANGUAGES: [&str; 2] = ["sv", "en"];

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: &str = include_str!("../../../policies/terms.toml");

    #[test]
    fn terms_are_named_by_version_language_and_text() {
        let terms = Terms::from_toml(TERMS).unwrap();
        let (sv, en) = (terms.in_language("sv").unwrap(), terms.in_language("en").unwrap());
        assert_eq!(sv.version, en.version);
        assert_ne!(sv.sha256, en.sha256);
        let changed = Terms::from_toml(&TERMS.replace("PIN", "P1N")).unwrap();
        assert_ne!(changed.in_language("sv").unwrap(), sv);
        assert_eq!(terms.in_language("de"), None);
    }

    #[test]
    fn terms_in_one_language_are_refused() {
        let sv_only = "version = \"1\"\n[text]\nsv = \"Villkor\"\n";
        assert!(matches!(Terms::from_toml(sv_only), Err(TermsError::Missing("en"))));
    }
}
