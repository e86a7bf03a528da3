//! The CAs: keys, certificates, OCSP signers, and the root's list of revoked CAs.

use super::ceremony::{Authority, Ceremony, Order};
use super::files;
use super::plan::{Plan, PlannedAuthority, PlannedResponder};
use super::tokens;
use crate::app::IssuerKind;
use anyhow::Context;
use domain::certificate::Holder;
use domain::changes::{Changes, PublishedCrl, Write};
use hsm::{KeyRole, Pool};
use openssl::pkey::PKey;
use pki::certificate::Certificate;
use pki::issue::{Issuer, SubjectFacts};
use pki::key::{KeyId, KeyKind};

/// The issuing CAs with the token that holds their keys.
pub(crate) struct Authorities {
    /// Their keys.
    pub(crate) keys: Pool,
    issuers: Vec<(IssuerKind, Issuer)>,
}

impl Authorities {
    /// The CA of a kind.
    pub(crate) fn of_kind(&self, kind: IssuerKind) -> Option<&Issuer> {
        self.issuers.iter().find(|(of, _)| *of == kind).map(|(_, issuer)| issuer)
    }
}

/// Founds the root, certifies the issuing CAs and their OCSP signers, and signs the root's CRL.
/// The root's token is closed when this returns, and nothing opens it again.
///
/// # Errors
/// If a token, a lint, the store or the disk refuses.
pub(crate) async fn found(ceremony: &mut Ceremony<'_>) -> anyhow::Result<Authorities> {
    let layout = ceremony.layout;
    let root_keys = ceremony.token(tokens::ROOT, &layout.signer_pin(tokens::ROOT))?;
    let keys = ceremony.token(tokens::AUTHORITIES, &layout.signer_pin(tokens::AUTHORITIES))?;
    let service = ceremony.token(tokens::SERVICE, &layout.pin(tokens::SERVICE))?;

    let root = found_root(ceremony, &root_keys).await?;
    let mut issuers = Vec::new();
    for authority in ceremony.plan.authorities.iter().skip(1) {
        let issuer = found_issuer(ceremony, authority, (&root, &root_keys), &keys).await?;
        if let Some(responder) = &authority.responder {
            certify_responder(ceremony, responder, (&issuer, &keys), &service).await?;
        }
        issuers.push((authority.kind, issuer));
    }
    publish_root_crl(ceremony, &root, &root_keys).await?;
    let seal = KeyId::new(crate::service::audit::AUDIT_SEAL);
    let seal = ceremony.generate((tokens::SERVICE, &service), &seal, KeyKind::EcP256, KeyRole::AuditSeal).await?;
    files::public(&layout.seal(), PKey::public_key_from_der(seal.spki())?.public_key_to_pem()?)?;
    Ok(Authorities { keys, issuers })
}

/// The operator's name and number with a common name: the subject of everything that is no person.
pub(crate) fn operator_facts(plan: &Plan, common_name: &str) -> SubjectFacts {
    let operator = &plan.operator;
    SubjectFacts::default()
        .with("organisation.name", &operator.name)
        .with("organisation.number", operator.organisation_number.as_str())
        .with("common_name", common_name)
}

async fn found_root(ceremony: &mut Ceremony<'_>, keys: &Pool) -> anyhow::Result<Issuer> {
    let planned = ceremony.plan.root();
    let key = KeyId::new(planned.key.as_str());
    let order = order_authority(ceremony, planned, (tokens::ROOT, keys)).await?;
    let name = planned.name();
    let certificates = ceremony.certify(Authority::Itself { name: &name, key: &key }, keys, &[order]).await?;
    finish(ceremony, planned, certificates)
}

async fn found_issuer(
    ceremony: &mut Ceremony<'_>,
    planned: &PlannedAuthority,
    (root, root_keys): (&Issuer, &Pool),
    keys: &Pool,
) -> anyhow::Result<Issuer> {
    let order = order_authority(ceremony, planned, (tokens::AUTHORITIES, keys)).await?;
    let certificates = ceremony.certify(Authority::Issuer(root), root_keys, &[order]).await?;
    finish(ceremony, planned, certificates)
}

async fn order_authority(
    ceremony: &Ceremony<'_>,
    planned: &PlannedAuthority,
    token: (&str, &Pool),
) -> anyhow::Result<Order> {
    let key = KeyId::new(planned.key.as_str());
    let public = ceremony.generate(token, &key, planned.key_kind, KeyRole::Ca).await?;
    Ok(Order {
        profile: planned.profile.clone(),
        subject: operator_facts(ceremony.plan, &planned.common_name),
        key: public,
        holder: Holder::Service { key: planned.key.clone() },
        days: Some(planned.days),
    })
}

fn finish(ceremony: &Ceremony<'_>, planned: &PlannedAuthority, made: Vec<Certificate>) -> anyhow::Result<Issuer> {
    let certificate = made.into_iter().next().context("the CA's certificate")?;
    let name = planned.name();
    files::public(&ceremony.layout.authority(&name), certificate.to_pem())?;
    Ok(Issuer {
        name,
        key: KeyId::new(planned.key.as_str()),
        certificate,
        crl_url: ceremony.ports.crl_url(planned),
        ocsp_url: ceremony.ports.ocsp_url(planned),
        aia_url: ceremony.ports.aia_url(planned),
    })
}

async fn certify_responder(
    ceremony: &mut Ceremony<'_>,
    planned: &PlannedResponder,
    (issuer, keys): (&Issuer, &Pool),
    service: &Pool,
) -> anyhow::Result<()> {
    let key = KeyId::new(planned.key.as_str());
    let public = ceremony.generate((tokens::SERVICE, service), &key, KeyKind::EcP256, KeyRole::OcspSigner).await?;
    let order = Order {
        profile: OCSP_PROFILE.to_owned(),
        subject: operator_facts(ceremony.plan, &planned.common_name),
        key: public,
        holder: Holder::Service { key: planned.key.clone() },
        days: Some(planned.days),
    };
    let certificates = ceremony.certify(Authority::Issuer(issuer), keys, &[order]).await?;
    let certificate = certificates.first().context("the OCSP signer's certificate")?;
    files::public(&ceremony.layout.responder(&planned.key), certificate.to_pem())
}

/// The root's key signs once more: that no CA is revoked. The next such list needs the next ceremony.
async fn publish_root_crl(ceremony: &mut Ceremony<'_>, root: &Issuer, keys: &Pool) -> anyhow::Result<()> {
    let (this_update, next_update) = (ceremony.now, ceremony.now.plus_days(ROOT_CRL_DAYS));
    let der = ceremony.foundation().sign_crl(root, FIRST_CRL, (this_update, next_update), keys)?;
    let event = ceremony.event("crl.published", root.name.as_str()).with("number", FIRST_CRL);
    let crl =
        PublishedCrl { issuer: root.name.clone(), number: FIRST_CRL, der: der.into_bytes(), this_update, next_update };
    ceremony.commit(Changes::recording(event).write(Write::Crl(crl))).await
}

/// Profile of OCSP signers.
pub(crate) const OCSP_PROFILE: &str = "ocsp-signer";
/// EN 319 411-1 CSS-6.3.9: the list of an offline CA at least once a year.
const ROOT_CRL_DAYS: i64 = 360;
/// cRLNumber of the first list.
const FIRST_CRL: u64 = 1;
