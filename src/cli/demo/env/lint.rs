//! For `lint_all.sh`: one certificate of every profile, a CRL of every CA, an OCSP answer of each that gives them.
//!
//! What the service issues is taken from its database, whatever it was issued for. Organisations' and units'
//! certificates are asked for here, under the ceremony's standing approvals, on the same way through database and
//! signer. What nothing asks for yet the ceremony made as specimens.

use super::super::Demo;
use super::Environment;
use crate::app::{self, App};
use crate::ceremony::software::forgotten_key;
use crate::ceremony::transcript::verify;
use crate::cli::quickstart::files;
use crate::config::Config;
use crate::service::tls::certify_by;
use anyhow::{Context, ensure};
use domain::certificate::{CertificateRecord, Holder};
use pki::certificate::Certificate;
use pki::key::KeyKind;
use pki::profile::Purpose;
use pki::time::UtcTime;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The driver's environment. `EVERYTHING` is not for the driver: it names a folder with all that was issued.
///
/// # Errors
/// If something cannot be issued, read or written, or a profile has no certificate.
pub(super) async fn environment(demo: &Demo) -> anyhow::Result<Environment> {
    let app = app::start(Config::load(&demo.layout.config())?).await.context("opening the installation")?;
    certify_standing(demo, &app).await?;
    let [folder, everything] = ["lint", "lint-everything"].map(|name| demo.layout.data().join(name));
    for folder in [&folder, &everything] {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        files::private_folder(folder)?;
    }
    export_one_of_each(demo, &app, &folder).await?;
    export_everything(demo, &app, &everything).await?;
    let allowed = demo.layout.data().join("lint-allowed");
    files::public(&allowed, ALLOWED)?;

    let issuers: Vec<_> = demo.manifest.issuers.iter().map(|issuer| issuer.certificate.to_string_lossy()).collect();
    let mut environment = Environment::default();
    environment.path("DIR", &folder);
    environment.set("ISSUERS", &issuers.join(" "));
    environment.path("ALLOW", &allowed);
    environment.path("EVERYTHING", &everything);
    Ok(environment)
}

/// Has one certificate made under each standing approval of the ceremony's file, unless a valid one is there.
async fn certify_standing(demo: &Demo, app: &App) -> anyhow::Result<()> {
    let transcript = files::read_text(&demo.layout.transcript())?;
    let script = verify::judge(&transcript)?.script;
    for planned in &script.standing {
        let key = format!("standing {} {}", planned.profile, planned.common_name);
        let earlier = app.store.service_certificates(&key, 1).await?;
        if earlier.iter().any(|record| record.issued.is_some() && record.intent.not_after > app.clock.now()) {
            continue;
        }
        let authority = script.authority(&planned.authority).and_then(|ca| app.issuers.get(&ca.name()));
        let issuer = &authority.with_context(|| format!("there is no CA {:?}", planned.authority))?.issuer;
        let (subject, holder) = (script.standing_facts(planned), Holder::Service { key });
        let public = forgotten_key(KeyKind::EcP256)?;
        let made = certify_by(app, issuer, &planned.profile, subject, holder, &public).await;
        made.with_context(|| format!("a certificate of {}", planned.profile))?;
    }
    Ok(())
}

/// The newest certificate of every profile, and the newest list and one answer of every CA.
async fn export_one_of_each(demo: &Demo, app: &App, folder: &Path) -> anyhow::Result<()> {
    let profiles = &app.policies.get().profiles;
    let mut newest: BTreeMap<String, (UtcTime, String)> = BTreeMap::new();
    for profile in profiles.iter() {
        // In the database too, but there only while it is valid: some are for a day.
        let specimen = demo.layout.specimens().join(format!("{}.pem", profile.name()));
        if specimen.exists() {
            newest.insert(profile.name().to_owned(), (UtcTime::from_unix(0), files::read_text(&specimen)?));
        }
    }
    for (profile, at, certificate) in issued(demo, app).await?.iter().filter_map(parts) {
        if newest.get(profile).is_none_or(|(before, _)| *before < at) {
            newest.insert(profile.to_owned(), (at, Certificate::parse(certificate)?.to_pem()));
        }
    }
    for profile in profiles.iter() {
        let Some((_, pem)) = newest.get(profile.name()) else { continue };
        files::public(&named(folder, profile.name(), profile.purpose()), pem)?;
    }
    export_status(demo, app, folder).await?;
    let missing: Vec<_> = profiles.iter().map(pki::Profile::name).filter(|name| !newest.contains_key(*name)).collect();
    // Where tokens are linked into the program, people have no cards.
    let complete = missing.is_empty() || demo.manifest.people.iter().any(|person| person.card.is_none());
    ensure!(complete, "no certificate was issued under {}", missing.join(", "));
    Ok(())
}

async fn export_status(demo: &Demo, app: &App, folder: &Path) -> anyhow::Result<()> {
    for issuer in demo.manifest.issuers.iter().map(|issuer| &issuer.name) {
        let crl = app.store.latest_crl(issuer).await?.with_context(|| format!("{issuer} has no CRL"))?;
        let is_root = app.issuers.get(issuer).is_some_and(|ca| ca.kind == app::IssuerKind::Root);
        let kind = if is_root { "arl" } else { "crl" };
        files::public(&folder.join(format!("{issuer}.{kind}.crl")), crl.der)?;
        for answer in app.store.ocsp_answers(issuer, None, 1).await? {
            files::public(&folder.join(format!("{issuer}.ocsp.ors")), answer.der)?;
        }
    }
    Ok(())
}

/// Every certificate that is still valid, and every answer.
async fn export_everything(demo: &Demo, app: &App, folder: &Path) -> anyhow::Result<()> {
    for record in &issued(demo, app).await? {
        let Some((profile, _, certificate)) = parts(record) else { continue };
        let name = format!("{profile}-{}", record.intent.certificate.serial);
        files::public(&named(folder, &name, record.intent.purpose), Certificate::parse(certificate)?.to_pem())?;
    }
    for issuer in &demo.manifest.issuers {
        for answer in app.store.ocsp_answers(&issuer.name, None, MOST).await? {
            files::public(&folder.join(format!("{}.ocsp.ors", answer.certificate.serial)), answer.der)?;
        }
    }
    Ok(())
}

/// What all CAs issued and is still valid.
async fn issued(demo: &Demo, app: &App) -> anyhow::Result<Vec<CertificateRecord>> {
    let mut records = Vec::new();
    for issuer in &demo.manifest.issuers {
        let end = UtcTime::from_unix(END_OF_TIME);
        records.extend(app.store.ocsp_due(&issuer.name, app.clock.now(), end, MOST).await?);
    }
    Ok(records)
}

/// Profile, time and DER of a certificate; none of an intent without one.
fn parts(record: &CertificateRecord) -> Option<(&str, UtcTime, &[u8])> {
    Some((&record.intent.profile, record.intent.at, &record.issued.as_ref()?.der))
}

/// `NAME.KIND.pem`; the kind says by which rules the driver judges.
fn named(folder: &Path, name: &str, purpose: Purpose) -> PathBuf {
    let kind = match purpose {
        Purpose::RootCa => "root",
        Purpose::IssuingCa | Purpose::CrossCa => "subca",
        Purpose::OcspSigner => "ocsp-responder",
        Purpose::PersonAuthentication | Purpose::PersonSignature => "ncp-n",
        Purpose::FunctionServer | Purpose::FunctionClient | Purpose::LegalPersonSeal => "ncp-l",
        Purpose::TsaUnit => "tsa",
        Purpose::TlsServer | Purpose::EnrolmentSigner => "pkix",
    };
    folder.join(format!("{name}.{kind}.pem"))
}

/// What only a demo has, addresses on this machine and `localhost` as a host name; and what a certificate of a day
/// has none of. Each is argued in `docs/divergences.md`.
const ALLOWED: &str = "\
etsi.internal_domain_name
pkix.invalid_domain_name_syntax
etsi.en_319_412_2.gen-4.3.11-2.crldp_extension_missing
etsi.en_319_412_2.gen-4.4.1-8.ocsp_aia_access_method_absent
";
/// Most files of a kind and issuer.
const MOST: u32 = 10_000;
/// After every nextUpdate: the year 9999.
const END_OF_TIME: i64 = 253_402_300_799;
