//! For `lint_all.sh`: everything that this installation issued and is still valid, as files.

use super::super::Demo;
use super::Environment;
use crate::cli::quickstart::files;
use crate::clock::{Clock, System};
use crate::config::Config;
use anyhow::Context;
use domain::certificate::CertificateRecord;
use domain::ports::Store;
use pki::certificate::Certificate;
use pki::profile::Purpose;
use pki::time::UtcTime;
use std::path::{Path, PathBuf};

/// The driver's environment.
///
/// # Errors
/// If the database cannot be read or a file not be written.
pub(super) async fn environment(demo: &Demo) -> anyhow::Result<Environment> {
    let folder = demo.layout.data().join("lint");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    files::private_folder(&folder)?;
    let config = Config::load(&demo.layout.config())?;
    let store = store::open(&config.database).await.context("reading the database")?;
    for issuer in &demo.manifest.issuers {
        export(store.as_ref(), &issuer.name, &folder).await?;
    }
    let allowed = demo.layout.data().join("lint-allowed");
    files::public(&allowed, ALLOWED)?;

    let issuers: Vec<_> = demo.manifest.issuers.iter().map(|issuer| issuer.certificate.to_string_lossy()).collect();
    let mut environment = Environment::default();
    environment.path("DIR", &folder);
    environment.set("ISSUERS", &issuers.join(" "));
    environment.path("ALLOW", &allowed);
    Ok(environment)
}

/// Writes what one CA issued: certificates, its newest CRL, its OCSP answers.
async fn export(store: &dyn Store, issuer: &str, folder: &Path) -> anyhow::Result<()> {
    for record in store.ocsp_due(issuer, System.now(), UtcTime::from_unix(END_OF_TIME), MOST).await? {
        let Some(signed) = &record.issued else { continue };
        let certificate = Certificate::parse(&signed.der)?;
        files::public(&certificate_path(folder, &record), certificate.to_pem())?;
    }
    let crl = store.latest_crl(issuer).await?.with_context(|| format!("{issuer} has no CRL"))?;
    let kind = if issuer.contains("root") { "arl" } else { "crl" };
    files::public(&folder.join(format!("{issuer}.{kind}.crl")), crl.der)?;
    for answer in store.ocsp_answers(issuer, None, MOST).await? {
        files::public(&folder.join(format!("{}.ocsp.ors", answer.certificate.serial)), answer.der)?;
    }
    Ok(())
}

/// `SERIAL.KIND.pem`; the kind says by which rules the driver judges.
fn certificate_path(folder: &Path, record: &CertificateRecord) -> PathBuf {
    let kind = match record.intent.purpose {
        Purpose::RootCa => "root",
        Purpose::IssuingCa | Purpose::CrossCa => "subca",
        Purpose::OcspSigner => "ocsp-responder",
        Purpose::PersonAuthentication | Purpose::PersonSignature => "ncp-n",
        Purpose::FunctionServer | Purpose::FunctionClient | Purpose::LegalPersonSeal => "ncp-l",
        Purpose::TsaUnit => "tsa",
        Purpose::TlsServer | Purpose::EnrolmentSigner => "pkix",
    };
    folder.join(format!("{}-{}.{kind}.pem", record.intent.profile, record.intent.certificate.serial))
}

/// Addresses on this machine, and `localhost` as a host name: what only a demo has.
const ALLOWED: &str = "etsi.internal_domain_name\npkix.invalid_domain_name_syntax\n";
/// Most files of a kind and issuer.
const MOST: u32 = 10_000;
/// After every nextUpdate: the year 9999.
const END_OF_TIME: i64 = 253_402_300_799;
