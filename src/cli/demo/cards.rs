//! `sigill demo cards`: cards in the states that matter to a relying service, with keys in files, so that browsers and
//! curl can show them.

use super::applicant::Applicant;
use super::officers::Team;
use super::order::{Delivered, Order, Requested, revoke};
use super::{Demo, rp};
use crate::cli::quickstart::people::card_number;
use crate::cli::quickstart::{files, report, software};
use crate::clock::{Entropy, System};
use anyhow::Context;
use domain::id::hex;
use pki::certificate::Certificate;
use pki::csr::read_csr;
use pki::profile::Purpose;
use rcgen::{CertificateParams, DistinguishedName, KeyPair};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A card, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// In which state it is.
    state: String,
    /// Whose it is.
    name: String,
    /// What becomes of a login with it: the word of a page in `docs/relying/errors.md`, or `login`.
    answer: String,
    /// Certificate, PEM.
    certificate: PathBuf,
    /// Private key, PKCS#8 in PEM.
    key: PathBuf,
    /// Both, for browsers.
    pkcs12: PathBuf,
    /// Password of the PKCS#12 file.
    pkcs12_password: String,
}

/// Makes the cards the first time, and says which there are.
///
/// # Errors
/// If the service refuses, or a file cannot be written.
pub(crate) async fn run(demo: &Demo) -> anyhow::Result<()> {
    let folder = rp::folder(demo, FOLDER);
    let list = folder.join("cards.json");
    if !list.exists() {
        files::private_folder(&folder)?;
        let entries = make(demo, &folder).await?;
        files::private(&list, serde_json::to_vec_pretty(&entries)?)?;
    }
    let entries: Vec<Entry> = serde_json::from_str(&files::read_text(&list)?)?;
    report::say(&render(&entries, &list))
}

async fn make(demo: &Demo, folder: &Path) -> anyhow::Result<Vec<Entry>> {
    let (team, desk) = (Team::of(demo)?, Desk { demo, folder });
    let mut entries = Vec::new();
    let (applicant, keys) = (Applicant::draw(&System), Keys::new()?);
    let issued = Order::play(&team, &applicant, card_number(&System), &keys.requests()?).await?;
    entries.push(desk.entry(("good", "login"), &applicant, &issued, &keys.authentication)?);
    entries.push(desk.entry(("signature", "signature-certificate"), &applicant, &issued, &keys.signature)?);
    entries.push(desk.loa3()?);

    let (applicant, keys) = (Applicant::draw(&System), Keys::new()?);
    let number = card_number(&System);
    let issued = Order::play(&team, &applicant, number.clone(), &keys.requests()?).await?;
    revoke(&team.revoker, &number).await?;
    entries.push(desk.entry(("revoked", "revoked"), &applicant, &issued, &keys.authentication)?);

    let (applicant, keys) = (Applicant::draw(&System), Keys::new()?);
    let order = Order::submit(&team.registrar, &applicant, card_number(&System)).await?;
    order.identify(&team.registrar).await?;
    order.approve(&team.approver).await?;
    let issued = order.issue(&team.desk, &keys.requests()?).await?;
    entries.push(desk.entry(("not-activated", "not-activated"), &applicant, &issued, &keys.authentication)?);

    let (applicant, keys) = (Applicant::draw_with_coordination_number(&System), Keys::new()?);
    let issued = Order::play(&team, &applicant, card_number(&System), &keys.requests()?).await?;
    entries.push(desk.entry(("coordination-number", "login"), &applicant, &issued, &keys.authentication)?);
    Ok(entries)
}

/// The two keys of a card that is none.
struct Keys {
    authentication: KeyPair,
    signature: KeyPair,
}

impl Keys {
    fn new() -> anyhow::Result<Self> {
        Ok(Self { authentication: KeyPair::generate()?, signature: KeyPair::generate()? })
    }

    fn requests(&self) -> anyhow::Result<[Requested; 2]> {
        let one = |purpose, key: &KeyPair| {
            let mut parameters = CertificateParams::default();
            parameters.distinguished_name = DistinguishedName::new();
            let csr = parameters.serialize_request(key)?.pem()?;
            Ok::<_, anyhow::Error>(Requested { purpose, key: read_csr(csr.as_bytes())?.key, csr })
        };
        Ok([one(Purpose::PersonAuthentication, &self.authentication)?, one(Purpose::PersonSignature, &self.signature)?])
    }
}

/// Where cards are written down.
struct Desk<'a> {
    demo: &'a Demo,
    folder: &'a Path,
}

impl Desk<'_> {
    /// The certificate of a key, in the forms that clients read.
    fn entry(
        &self,
        (state, answer): (&str, &str),
        applicant: &Applicant,
        issued: &[Delivered],
        key: &KeyPair,
    ) -> anyhow::Result<Entry> {
        let public = read_csr(CertificateParams::default().serialize_request(key)?.pem()?.as_bytes())?.key;
        let own = issued.iter().find(|one| *one.certificate.public_key() == public);
        let certificate = &own.context("no certificate is for this key")?.certificate;
        let path = |ending: &str| self.folder.join(format!("{state}.{ending}"));
        let (key, password) = (key.serialize_pem(), hex(&System.random16()));
        let pkcs12 = software::pkcs12(key.as_bytes(), certificate, &self.issuer(certificate)?, &password)?;
        files::public(&path("pem"), certificate.to_pem())?;
        files::private(&path("key"), key)?;
        files::private(&path("p12"), pkcs12)?;
        Ok(Entry {
            state: state.to_owned(),
            name: applicant.display_name(),
            answer: answer.to_owned(),
            certificate: path("pem"),
            key: path("key"),
            pkcs12: path("p12"),
            pkcs12_password: password,
        })
    }

    /// A person of the demo has a key of level 3 already.
    fn loa3(&self) -> anyhow::Result<Entry> {
        let people = &self.demo.manifest.people;
        let person = people.iter().find(|person| person.roles.is_empty()).or(people.first());
        let person = person.context("the installation has no people")?.clone();
        Ok(Entry {
            state: "loa3".to_owned(),
            name: person.name,
            answer: "login".to_owned(),
            certificate: person.certificate,
            key: person.key,
            pkcs12: person.pkcs12,
            pkcs12_password: person.pkcs12_password,
        })
    }

    fn issuer(&self, certificate: &Certificate) -> anyhow::Result<Certificate> {
        for issuer in &self.demo.manifest.issuers {
            let issuer = Certificate::from_pem(&files::read_text(&issuer.certificate)?)?;
            if issuer.subject_der() == certificate.issuer_der() {
                return Ok(issuer);
            }
        }
        anyhow::bail!("the certificate is of no CA here")
    }
}

fn render(entries: &[Entry], list: &Path) -> String {
    let mut text =
        String::from("Cards for trying a relying service (the words of refusals stand in docs/relying/errors.md):\n\n");
    for entry in entries {
        let Entry { state, name, answer, pkcs12, pkcs12_password, .. } = entry;
        let line = format!("  {state:20} {name:18} {answer:22} {} password {pkcs12_password}", pkcs12.display());
        let _ = writeln!(text, "{line}"); // cannot fail
    }
    let _ = writeln!(text, "\nFor programs, with certificates and keys as PEM: {}", list.display()); // cannot fail
    text
}

const FOLDER: &str = "cards";
