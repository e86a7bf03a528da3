//! The certificates that a ceremony's file names beside those of CAs, OCSP signers and officers.

use domain::{PersonId, TenantId};
use pki::key::KeyKind;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A certificate that the service may have made any number of times without an application, for exactly this subject:
/// what organisations and the service's own units get until they can be enrolled.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedStanding {
    /// Profile; never one of a person.
    pub profile: String,
    /// CN of the CA that may certify it.
    pub authority: String,
    /// The agency whose name and number stand in the subject; the operator's if none is named.
    #[serde(default)]
    pub agency: Option<TenantId>,
    /// CN of the subject.
    pub common_name: String,
    /// Host names of a server.
    #[serde(default)]
    pub dns_names: Vec<String>,
    /// More of the subject, by the names that profiles use.
    #[serde(default)]
    pub facts: BTreeMap<String, String>,
}

/// A certificate of a profile that no part of the service asks for yet. It shows what the profile makes; its key is
/// made in memory and forgotten at once, so nobody can ever use it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedSpecimen {
    /// Profile.
    pub profile: String,
    /// CN of the CA that certifies it.
    pub authority: String,
    /// Kind of its key.
    pub key_kind: KeyKind,
    /// The person of this file whom it names; for profiles of people.
    #[serde(default)]
    pub person: Option<PersonId>,
    /// CN of the subject; for all other profiles.
    #[serde(default)]
    pub common_name: Option<String>,
}
