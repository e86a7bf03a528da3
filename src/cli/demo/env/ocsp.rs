//! For `ocsp.sh`: a good certificate and a revoked one, both made now.

use super::super::Demo;
use super::super::applicant::Applicant;
use super::super::card::BlankCard;
use super::super::officers::Team;
use super::super::order::{self, Order, Requested};
use super::super::status::{RelyingParty, Said};
use super::Environment;
use crate::cli::quickstart::files;
use crate::cli::quickstart::manifest::IssuerEntry;
use crate::cli::quickstart::people::AUTHENTICATION;
use crate::clock::System;
use anyhow::Context;
use domain::CardNumber;
use openssl::x509::X509;
use pki::profile::Purpose;
use std::path::PathBuf;
use std::time::Duration;

/// The driver's environment; every answer that it asks for is published when this returns.
///
/// # Errors
/// If the service refuses or does not publish in time.
pub(super) async fn environment(demo: &Demo) -> anyhow::Result<Environment> {
    let team = Team::of(demo)?;
    let good = issue(demo, &team).await?;
    let revoked = issue(demo, &team).await?;
    order::revoke(&team.revoker, &revoked.card).await?;

    let issuer = issuer(demo)?;
    let anchor = &demo.manifest.trust_anchor;
    let relying = RelyingParty::new(&std::fs::read(anchor)?, &std::fs::read(&issuer.certificate)?)?;
    relying.ocsp_within(&good.certificate, Said::Good, LIMIT).await?;
    relying.ocsp_within(&revoked.certificate, Said::Revoked, LIMIT).await?;
    relying.listed_within(&issuer.crl_url, &revoked.certificate, LIMIT).await?;

    let url = good.certificate.ocsp_responders()?.get(0).context("no responder is named")?.to_string();
    let mut environment = Environment::default();
    environment.set("OCSP_URL", &url);
    environment.path("ISSUER", &issuer.certificate);
    environment.path("ROOT", anchor);
    environment.path("GOOD", &good.path);
    environment.path("REVOKED", &revoked.path);
    environment.set("CRL_URL", &issuer.crl_url);
    environment.path("CHAIN", &issuer.certificate);
    Ok(environment)
}

/// A certificate that was made for the driver.
struct Made {
    card: CardNumber,
    certificate: X509,
    path: PathBuf,
}

async fn issue(demo: &Demo, team: &Team<'_>) -> anyhow::Result<Made> {
    let card = BlankCard::make(demo)?;
    let key = card.key(AUTHENTICATION)?;
    let request = Requested { purpose: Purpose::PersonAuthentication, key: key.public, csr: key.csr };
    let delivered = Order::play(team, &Applicant::draw(&System), card.number.clone(), &[request]).await?;
    let certificate = &delivered.first().context("no certificate came back")?.certificate;
    let folder = demo.layout.data().join("demo").join(card.number.as_str());
    files::private_folder(&folder)?;
    let path = folder.join("authentication.pem");
    files::public(&path, certificate.to_pem())?;
    Ok(Made { card: card.number, certificate: X509::from_der(certificate.der().as_bytes())?, path })
}

/// The CA that issues to people: the one that issued the first person's certificate.
fn issuer(demo: &Demo) -> anyhow::Result<&IssuerEntry> {
    let person = demo.manifest.people.first().context("the installation has no people")?;
    let certificate = pki::Certificate::from_pem(&std::fs::read_to_string(&person.certificate)?)?;
    super::super::story::issuer_of(demo, &certificate)
}

/// How long the service may take to publish.
const LIMIT: Duration = Duration::from_mins(1);
