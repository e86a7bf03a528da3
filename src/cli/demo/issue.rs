//! `sigill demo issue`: a certificate for somebody else's card.

use super::Demo;
use super::applicant::Applicant;
use super::officers::Team;
use super::order::{Order, Requested};
use crate::cli::quickstart::files;
use crate::cli::quickstart::people::card_number;
use crate::clock::System;
use anyhow::Context;
use pki::profile::Purpose;
use std::path::Path;

/// Enrols a new test person, approves, issues the authentication certificate for the request's key,
/// and activates the card.
///
/// # Errors
/// If the request cannot be read or the service refuses.
pub(crate) async fn run(demo: &Demo, csr: &Path, certificate: &Path) -> anyhow::Result<()> {
    let csr = std::fs::read_to_string(csr).with_context(|| format!("cannot read {}", csr.display()))?;
    let key = pki::csr::read_csr(csr.as_bytes())?.key;
    let request = Requested { purpose: Purpose::PersonAuthentication, key, csr };
    let team = Team::of(demo)?;
    let delivered = Order::play(&team, &Applicant::draw(&System), card_number(&System), &[request]).await?;
    let issued = delivered.first().context("no certificate came back")?;
    Ok(files::public(certificate, issued.certificate.to_pem())?)
}
