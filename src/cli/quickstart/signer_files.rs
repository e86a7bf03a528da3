//! What the signer process is given: its configuration, the officers, and the standing approvals.

use super::layout::Layout;
use super::plan::{Plan, PlannedAuthority};
use super::ports::Ports;
use super::{authorities, tokens};
use crate::app::IssuerKind;
use crate::signer::config::{self, IssuerSettings, SignerConfig, TokenSettings};
use crate::signer::officers::{OfficerEntry, OfficerList, OfficersError};
use crate::signer::standing::{StandingApproval, StandingList};
use hsm::{Module, PinSource};
use pki::issue::SubjectFacts;
use pki::key::KeyId;
use std::net::{IpAddr, Ipv4Addr};

/// The signer's configuration.
pub(crate) fn configuration(plan: &Plan, ports: Ports, layout: &Layout, owner: u32) -> SignerConfig {
    SignerConfig {
        mode: config::Mode::Demo,
        socket: layout.socket(),
        directory: layout.signer(),
        allowed_uid: owner,
        approvals_needed: 1,
        policies: layout.policies(),
        token: TokenSettings {
            module: Module::Auto,
            label: tokens::AUTHORITIES.to_owned(),
            serial: None,
            threads: 2,
            pin: PinSource::File(layout.signer_pin(tokens::AUTHORITIES)),
        },
        issuers: plan.authorities.iter().skip(1).map(|authority| issuer(authority, ports, layout)).collect(),
    }
}

/// The people who may sign statements from the first day.
///
/// # Errors
/// If the plan contradicts itself.
pub(crate) fn officers(plan: &Plan) -> Result<OfficerList, OfficersError> {
    let entries = plan.people().filter(|(_, person)| !person.roles.is_empty()).map(|(agency, person)| OfficerEntry {
        person: person.id.clone(),
        tenant: agency.id.clone(),
        serial_number: person.identity_number.etsi(),
        organisation: agency.organisation_number.etsi(),
        roles: person.roles.clone(),
    });
    OfficerList::new(entries.collect())
}

/// The certificates that the service may renew without anybody: its TLS name and its OCSP signers.
pub(crate) fn standing(plan: &Plan) -> StandingList {
    let infrastructure = plan.authorities.iter().filter(|ca| ca.kind == IssuerKind::Infrastructure);
    let tls = infrastructure.map(|authority| {
        let subject = SubjectFacts {
            dns_names: vec![TLS_NAME.to_owned()],
            ip_addresses: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            ..authorities::operator_facts(plan, TLS_NAME)
        };
        approval(authority, TLS_PROFILE, subject)
    });
    let responders = plan.authorities.iter().filter_map(|authority| {
        let subject = authorities::operator_facts(plan, &authority.responder.as_ref()?.common_name);
        Some(approval(authority, authorities::OCSP_PROFILE, subject))
    });
    StandingList::new(tls.chain(responders).collect())
}

fn approval(authority: &PlannedAuthority, profile: &str, subject: SubjectFacts) -> StandingApproval {
    StandingApproval { issuer: authority.name(), profile: profile.to_owned(), subject, key: None }
}

fn issuer(authority: &PlannedAuthority, ports: Ports, layout: &Layout) -> IssuerSettings {
    let name = authority.name();
    IssuerSettings {
        key: KeyId::new(authority.key.as_str()),
        certificate: layout.authority(&name),
        crl_url: ports.crl_url(authority),
        ocsp_url: ports.ocsp_url(authority),
        aia_url: ports.aia_url(authority),
        kind: match authority.kind {
            IssuerKind::Root => config::IssuerKind::Root,
            IssuerKind::Person => config::IssuerKind::Person,
            IssuerKind::Infrastructure => config::IssuerKind::Infrastructure,
        },
        name,
    }
}

/// The name that the service's listeners answer to.
const TLS_NAME: &str = "localhost";
/// Profile of the listeners' certificates.
const TLS_PROFILE: &str = "tls-server";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signer_knows_every_ca_but_the_root() {
        let plan = Plan::demo().unwrap();
        let layout = Layout::new(std::path::Path::new("/tmp/sigill")).unwrap();
        let config = configuration(&plan, Ports::new(9000).unwrap(), &layout, 0);
        config.check().unwrap();
        assert!(config.issuers.iter().all(|issuer| issuer.kind != config::IssuerKind::Root));
        assert_eq!(config.issuers.len(), 2);
    }

    #[test]
    fn only_people_with_roles_are_officers() {
        let plan = Plan::demo().unwrap();
        let text = String::from_utf8(officers(&plan).unwrap().to_json()).unwrap();
        assert!(text.contains("anna-almkvist") && !text.contains("hugo-hellberg"));
    }
}
