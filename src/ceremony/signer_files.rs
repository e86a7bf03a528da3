//! What the signer process is given: its configuration, the officers, and the standing approvals.

use super::layout::Layout;
use super::run::OCSP_PROFILE;
use super::script::{Host, PlannedAuthority, Script};
use crate::config::issuer::IssuerKind;
use crate::service::seal::{SEAL_NAME, SEAL_PROFILE};
use crate::signer::config::{self, IssuerSettings, SignerConfig, TokenSettings, Unlock};
use crate::signer::officers::{OfficerEntry, OfficerList, OfficersError};
use crate::signer::standing::{StandingApproval, StandingList};
use hsm::PinSource;
use pki::issue::SubjectFacts;
use pki::key::KeyId;

/// The signer's configuration on a host. The root's host has a journal, but no signer ever runs there.
pub(crate) fn configuration(script: &Script, host: Host, layout: &Layout, owner: u32) -> SignerConfig {
    let (label, authorities) = match host {
        Host::Root => (&script.tokens.root, script.authorities_of(host)),
        // A ceremony that only signs the root's list.
        Host::Only if script.issuing().is_empty() => (&script.tokens.root, &script.authorities[..1]),
        Host::Only | Host::Issuing => (&script.tokens.authorities, script.issuing()),
    };
    let split = script.is_split(label);
    SignerConfig {
        mode: script.mode,
        socket: layout.socket(),
        directory: layout.signer(),
        allowed_uid: owner,
        approvals_needed: script.approvals_needed,
        policies: layout.policies(),
        unlock: if split { Unlock::Quorum } else { Unlock::Unattended },
        unlock_window_seconds: UNLOCK_WINDOW_SECONDS,
        emergency_delay_hours: EMERGENCY_DELAY_HOURS,
        transcripts: vec![layout.signer_transcript()],
        anchors: vec![layout.authority(&script.root().name())],
        token: TokenSettings {
            module: script.tokens.module.clone(),
            label: label.clone(),
            serial: None,
            threads: 2,
            pin: (!split).then(|| PinSource::File(layout.signer_pin(label))),
            shares: split.then(|| layout.signer_shares(label)),
        },
        issuers: authorities.iter().map(|authority| issuer(authority, script, layout)).collect(),
    }
}

/// The people who may sign statements from the first day.
///
/// # Errors
/// If the file contradicts itself.
pub(crate) fn officers(script: &Script) -> Result<OfficerList, OfficersError> {
    let entries = script.people().filter(|(_, person)| !person.roles.is_empty()).map(|(agency, person)| OfficerEntry {
        person: person.id.clone(),
        tenant: agency.id.clone(),
        serial_number: person.identity_number.etsi(),
        organisation: agency.organisation_number.etsi(),
        roles: person.roles.clone(),
    });
    OfficerList::new(entries.collect())
}

/// The certificates that the service may have made without anybody: its TLS name, its OCSP signers, its seal, and
/// what the file names.
pub(crate) fn standing(script: &Script) -> StandingList {
    let listener = &script.listener;
    let infrastructure = script.authorities.iter().filter(|ca| ca.kind == IssuerKind::Infrastructure);
    let tls = infrastructure.map(|authority| {
        let subject = SubjectFacts {
            dns_names: listener.names.clone(),
            ip_addresses: listener.addresses.clone(),
            ..script.operator_facts(&listener.names[0])
        };
        approval(authority, TLS_PROFILE, subject)
    });
    let responders = script.authorities.iter().filter_map(|authority| {
        let subject = script.operator_facts(&authority.responder.as_ref()?.common_name);
        Some(approval(authority, OCSP_PROFILE, subject))
    });
    let functions = script.authorities.iter().filter(|ca| ca.kind == IssuerKind::Function);
    let seals = functions.map(|authority| approval(authority, SEAL_PROFILE, script.operator_facts(SEAL_NAME)));
    let named = script.standing.iter().filter_map(|planned| {
        let authority = script.authority(&planned.authority)?;
        Some(approval(authority, &planned.profile, script.standing_facts(planned)))
    });
    StandingList::new(tls.chain(responders).chain(seals).chain(named).collect())
}

fn approval(authority: &PlannedAuthority, profile: &str, subject: SubjectFacts) -> StandingApproval {
    StandingApproval { issuer: authority.name(), profile: profile.to_owned(), subject, key: None }
}

fn issuer(authority: &PlannedAuthority, script: &Script, layout: &Layout) -> IssuerSettings {
    let name = authority.name();
    IssuerSettings {
        key: KeyId::new(authority.key.as_str()),
        certificate: layout.authority(&name),
        crl_url: script.crl_url(authority),
        ocsp_url: script.ocsp_url(authority),
        aia_url: script.aia_url(authority),
        kind: match authority.kind {
            IssuerKind::Root => config::IssuerKind::Root,
            IssuerKind::Person => config::IssuerKind::Person,
            IssuerKind::Function => config::IssuerKind::Function,
            IssuerKind::Infrastructure => config::IssuerKind::Infrastructure,
        },
        name,
    }
}

/// How long custodians have for giving their shares.
const UNLOCK_WINDOW_SECONDS: u32 = 15 * 60;
/// How long everybody may object to officers whom custodians appoint.
const EMERGENCY_DELAY_HOURS: u32 = 72;
/// Profile of the listeners' certificates.
const TLS_PROFILE: &str = "tls-server";

#[cfg(test)]
mod tests {
    use super::*;

    fn demo() -> Script {
        Script::from_toml(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/ceremony/demo.toml"))).unwrap()
    }

    #[test]
    fn the_signer_knows_every_ca_but_the_root() {
        let layout = Layout::new(std::path::Path::new("/tmp/sigill")).unwrap();
        let config = configuration(&demo(), Host::Only, &layout, 0);
        config.check().unwrap();
        assert!(config.issuers.iter().all(|issuer| issuer.kind != config::IssuerKind::Root));
        assert_eq!(config.issuers.len(), 4);
        let quorum = Script { unlock: Unlock::Quorum, ..demo() };
        let locked = configuration(&quorum, Host::Only, &layout, 0);
        locked.check().unwrap();
        assert!(locked.unlock == Unlock::Quorum && locked.token.pin.is_none());
        let root = configuration(&demo(), Host::Root, &layout, 0);
        assert!(root.issuers.len() == 1 && root.issuers[0].kind == config::IssuerKind::Root);
    }

    #[test]
    fn only_people_with_roles_are_officers() {
        let text = String::from_utf8(officers(&demo()).unwrap().to_json()).unwrap();
        assert!(text.contains("anna-almkvist") && !text.contains("hugo-hellberg"));
    }
}
