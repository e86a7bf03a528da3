//! The ceremony's file: one reviewed TOML that says who takes part and what is made. Unknown fields are refused.

mod check;
mod continues;
mod planned;

use super::participant::{Participant, ParticipantRole};
use crate::config::issuer::IssuerKind;
use crate::signer::config::{Mode, Unlock};
use crate::signer::digest::Digest;
use domain::access::Role;
use domain::eligibility::AgencyKind;
use domain::people::{Person, Tenant};
use domain::{PersonId, TenantId};
use hsm::BackupMode;
use pki::identifier::{OrganisationNumber, PersonalNumber};
use pki::issue::SubjectFacts;
use pki::key::KeyKind;
use pki::time::UtcTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::IpAddr;

pub use check::ScriptError;
pub use continues::{Continues, RevokedCa};
pub use planned::{PlannedSpecimen, PlannedStanding};

/// The whole file. All fields are required, and it was checked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// Name of the ceremony; lower-case letters, digits and hyphens.
    pub id: String,
    /// What is founded: a demo or the real thing.
    pub mode: Mode,
    /// When the ceremony may begin.
    pub valid_from: UtcTime,
    /// When it must be over.
    pub valid_until: UtcTime,
    /// How many custodians must confirm each step.
    pub custodians_needed: usize,
    /// How many officers must approve a card from then on.
    pub approvals_needed: usize,
    /// Whether the root's key is made on a host of its own.
    pub root_on_own_host: bool,
    /// Who opens the issuing CAs' token when the signer starts. In production custodians open the root's in any case.
    #[serde(default)]
    pub unlock: Unlock,
    /// Whether people get a second key in software; demos only.
    pub software_keys: bool,
    /// Where the public reads CRLs, OCSP answers and CA certificates; stands in every certificate.
    pub status_url: String,
    /// Whose name stands in the CAs' certificates.
    pub operator: Operator,
    /// Where keys are made.
    pub tokens: Tokens,
    /// The service's own listeners: it may renew their certificate by itself.
    pub listener: Listener,
    /// Who takes part.
    #[serde(rename = "participant")]
    pub participants: Vec<Participant>,
    /// The CAs, the root first.
    #[serde(rename = "authority")]
    pub authorities: Vec<PlannedAuthority>,
    /// What the service may have certified for organisations and its own units; nothing if the file names nothing.
    #[serde(default)]
    pub standing: Vec<PlannedStanding>,
    /// Certificates that are only looked at; demos only.
    #[serde(default, rename = "specimen")]
    pub specimens: Vec<PlannedSpecimen>,
    /// The ceremony that this one goes on from; none founds everything.
    #[serde(default)]
    pub continues: Option<Continues>,
    /// The agencies and their first officers; a later ceremony has none.
    #[serde(default, rename = "agency")]
    pub agencies: Vec<PlannedAgency>,
}

/// Who runs the service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// Legal name.
    pub name: String,
    /// Organisation number.
    pub organisation_number: OrganisationNumber,
}

/// Where keys are made. Every token has a label and a PIN of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// `"auto"` or the path of a PKCS#11 module.
    pub module: hsm::Module,
    /// Whether they are `SoftHSM2` tokens in the ceremony's own folder.
    pub inside: bool,
    /// The root's token; used in ceremonies only.
    pub root: String,
    /// The issuing CAs' token; the signer process holds its PIN.
    pub authorities: String,
    /// The token of OCSP signers and the audit seal; the service holds its PIN.
    pub service: String,
    /// What the labels of cards begin with; the person's id follows.
    pub cards: String,
}

/// The service's own listeners.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// Host names; the first is the certificate's common name.
    pub names: Vec<String>,
    /// IP addresses.
    pub addresses: Vec<IpAddr>,
}

/// A CA to found.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedAuthority {
    /// CN of its certificate.
    pub common_name: String,
    /// What it issues.
    pub kind: IssuerKind,
    /// Profile of its own certificate.
    pub profile: String,
    /// Label of its key.
    pub key: String,
    /// Kind of its key.
    pub key_kind: KeyKind,
    /// Validity of its certificate in days.
    pub days: i64,
    /// How its key may be copied for safe-keeping.
    #[serde(default)]
    pub backup: BackupMode,
    /// Its first OCSP signer; the root has none.
    #[serde(default)]
    pub responder: Option<PlannedResponder>,
}

/// A CA's first OCSP signer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedResponder {
    /// Label of its key on the service's token.
    pub key: String,
    /// CN of its certificate.
    pub common_name: String,
    /// Validity of its certificate in days.
    pub days: i64,
}

/// An agency with its first people.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedAgency {
    /// Its key in every table.
    pub id: TenantId,
    /// Legal name.
    pub name: String,
    /// Organisation number.
    pub organisation_number: OrganisationNumber,
    /// What kind of organisation it is.
    #[serde(default = "state_agency")]
    pub kind: AgencyKind,
    /// Whether it is in use from the first day, with every service; otherwise it goes through the phases later.
    #[serde(default = "connected")]
    pub connected: bool,
    /// Its people.
    #[serde(rename = "person")]
    pub people: Vec<PlannedPerson>,
}

/// A person who gets a card in the ceremony.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedPerson {
    /// Internal id; names token and files too.
    pub id: PersonId,
    /// Given name.
    pub given_name: String,
    /// Surname.
    pub surname: String,
    /// Personal or coordination number.
    pub identity_number: PersonalNumber,
    /// What the person may do.
    pub roles: BTreeSet<Role>,
}

/// Which part of the ceremony a host holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Host {
    /// All of it.
    Only,
    /// The root's.
    Root,
    /// The issuing CAs'.
    Issuing,
}

impl Script {
    /// Reads and checks a ceremony's file.
    ///
    /// # Errors
    /// [`ScriptError`], which says what is wrong.
    pub fn from_toml(text: &str) -> Result<Self, ScriptError> {
        let script: Self = toml::from_str(text).map_err(|error| ScriptError::syntax(&error))?;
        check::check(&script)?;
        Ok(script)
    }

    /// What the participants confirm: SHA-256 of the file.
    pub fn digest(text: &str) -> Digest {
        Digest::of(text.as_bytes())
    }

    /// Whether the ceremony may be held at this time.
    pub fn is_valid_at(&self, at: UtcTime) -> bool {
        (self.valid_from..=self.valid_until).contains(&at)
    }

    /// The root; a file begins with it.
    pub fn root(&self) -> &PlannedAuthority {
        &self.authorities[0]
    }

    /// The CAs that the root certifies.
    pub fn issuing(&self) -> &[PlannedAuthority] {
        &self.authorities[1..]
    }

    /// The CA that certifies people.
    pub fn of_people(&self) -> Option<&PlannedAuthority> {
        self.authorities.iter().find(|ca| ca.kind == IssuerKind::Person)
    }

    /// Every person with the agency.
    pub fn people(&self) -> impl Iterator<Item = (&PlannedAgency, &PlannedPerson)> {
        self.agencies.iter().flat_map(|agency| agency.people.iter().map(move |person| (agency, person)))
    }

    /// The custodians.
    pub fn custodians(&self) -> impl Iterator<Item = &Participant> {
        self.participants.iter().filter(|one| one.role == ParticipantRole::Custodian)
    }

    /// The participant with this id.
    pub fn participant(&self, id: &str) -> Option<&Participant> {
        self.participants.iter().find(|one| one.id == id)
    }

    /// The CA with this common name.
    pub fn authority(&self, common_name: &str) -> Option<&PlannedAuthority> {
        self.authorities.iter().find(|ca| ca.common_name == common_name)
    }

    /// The person of a specimen with the agency, if it is of one.
    pub fn person_of(&self, specimen: &PlannedSpecimen) -> Option<(&PlannedAgency, &PlannedPerson)> {
        let id = specimen.person.as_ref()?;
        self.people().find(|(_, person)| person.id == *id)
    }

    /// The CAs whose keys a host makes.
    pub fn authorities_of(&self, host: Host) -> &[PlannedAuthority] {
        match host {
            Host::Only => &self.authorities,
            Host::Root => &self.authorities[..1],
            Host::Issuing => self.issuing(),
        }
    }

    /// The token and label of the key that seals the transcript of a host.
    pub fn seal(&self, host: Host) -> (&str, &'static str) {
        match host {
            Host::Root => (&self.tokens.root, ROOT_SEAL),
            Host::Only | Host::Issuing => (&self.tokens.service, crate::service::audit::AUDIT_SEAL),
        }
    }

    /// The token of a CA's key.
    pub fn token_of(&self, authority: &PlannedAuthority) -> &str {
        if authority.kind == IssuerKind::Root { &self.tokens.root } else { &self.tokens.authorities }
    }

    /// Whether custodians open this token: its PIN is split among them.
    pub fn is_split(&self, token: &str) -> bool {
        let quorum = self.unlock == Unlock::Quorum;
        (token == self.tokens.root && (quorum || self.mode == Mode::Production))
            || (token == self.tokens.authorities && quorum)
    }

    /// The tokens of a host that custodians open.
    pub fn split_tokens(&self, host: Host) -> Vec<&str> {
        let with_ca_keys: &[&String] = match host {
            Host::Only => &[&self.tokens.root, &self.tokens.authorities],
            Host::Root => &[&self.tokens.root],
            Host::Issuing => &[&self.tokens.authorities],
        };
        with_ca_keys.iter().map(|token| token.as_str()).filter(|token| self.is_split(token)).collect()
    }

    /// How the key with this label may be copied.
    pub fn backup_of(&self, key: &str) -> BackupMode {
        self.authorities.iter().find(|ca| ca.key == key).map_or(BackupMode::Clone, |ca| ca.backup)
    }

    /// Whether a token needs a trusted wrapping key.
    pub fn wraps(&self, token: &str) -> bool {
        self.authorities.iter().any(|ca| ca.backup == BackupMode::Wrap && self.token_of(ca) == token)
    }

    /// Whether people get cards: those of a token inside the program could not be used by other programs.
    pub fn has_cards(&self) -> bool {
        self.tokens.module != hsm::Module::Embedded
    }

    /// Label of the token that is a person's card.
    pub fn card_of(&self, person: &PlannedPerson) -> String {
        format!("{}{}", self.tokens.cards, person.id)
    }

    /// The operator's name and number with a common name: the subject of everything that is no person.
    pub fn operator_facts(&self, common_name: &str) -> SubjectFacts {
        SubjectFacts::default()
            .with("organisation.name", &self.operator.name)
            .with("organisation.number", self.operator.organisation_number.as_str())
            .with("common_name", common_name)
    }

    /// The exact subject of a standing approval.
    pub fn standing_facts(&self, planned: &PlannedStanding) -> SubjectFacts {
        let agency = planned.agency.as_ref().and_then(|id| self.agencies.iter().find(|agency| agency.id == *id));
        let (name, number) = agency.map_or((&self.operator.name, &self.operator.organisation_number), |agency| {
            (&agency.name, &agency.organisation_number)
        });
        let own = SubjectFacts { dns_names: planned.dns_names.clone(), ..SubjectFacts::default() };
        let facts = planned.facts.iter().fold(own, |facts, (fact, value)| facts.with(fact, value));
        facts
            .with("organisation.name", name)
            .with("organisation.number", number.as_str())
            .with("common_name", &planned.common_name)
    }

    /// Where the CRL of a CA is.
    pub fn crl_url(&self, authority: &PlannedAuthority) -> String {
        format!("{}/crl/{}.crl", self.status_url, authority.name())
    }

    /// Where OCSP answers for a CA, if it has a signer.
    pub fn ocsp_url(&self, authority: &PlannedAuthority) -> Option<String> {
        authority.responder.as_ref().map(|_| format!("{}/ocsp", self.status_url))
    }

    /// Where the certificate of a CA is.
    pub fn aia_url(&self, authority: &PlannedAuthority) -> String {
        format!("{}/aia/{}.crt", self.status_url, authority.name())
    }
}

impl PlannedAuthority {
    /// The name in addresses: the common name in lower case with hyphens.
    pub fn name(&self) -> String {
        self.common_name.to_lowercase().replace(' ', "-")
    }
}

impl PlannedAgency {
    /// The agency as the service knows it.
    pub fn tenant(&self) -> Tenant {
        Tenant {
            id: self.id.clone(),
            name: self.name.clone(),
            organisation_number: self.organisation_number.clone(),
            kind: self.kind,
        }
    }
}

impl PlannedPerson {
    /// The person as the service knows it.
    pub fn person(&self) -> Person {
        Person {
            id: self.id.clone(),
            identity_number: self.identity_number.clone(),
            given_name: self.given_name.clone(),
            surname: self.surname.clone(),
            protection: None,
        }
    }
}

const fn state_agency() -> AgencyKind {
    AgencyKind::StateAgency
}

const fn connected() -> bool {
    true
}

/// Label of the key that seals the transcript of the root's host.
const ROOT_SEAL: &str = "ceremony-seal";

#[cfg(test)]
mod tests;
