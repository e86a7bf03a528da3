//! `sigill demo run`: the whole story, each step checked, printed with the command that repeats it.

mod files;
mod telling;

use super::Demo;
use super::applicant::Applicant;
use super::card::BlankCard;
use super::officers::Team;
use super::order::{self, Delivered, Order, Requested};
use super::status::{self, RelyingParty, Said};
use crate::cli::quickstart::manifest::IssuerEntry;
use crate::cli::quickstart::people::{AUTHENTICATION, SIGNATURE};
use crate::clock::System;
use anyhow::{Context, bail};
use files::Files;
use openssl::x509::X509;
use pki::profile::Purpose;
use std::time::Duration;
use telling::Telling;

/// Plays the story.
///
/// # Errors
/// The first thing that is not as it must be.
pub(crate) async fn run(demo: &Demo) -> anyhow::Result<()> {
    let team = Team::of(demo)?;
    let applicant = Applicant::draw(&System);
    let card = BlankCard::make(demo)?;
    let telling = Telling::begin(&format!("{} gets a card and loses it", applicant.display_name()))?;
    let mut story = Story { demo, team, card, telling };

    let order = story.enrol(&applicant).await?;
    story.approve(&order).await?;
    let delivered = story.issue(&order).await?;
    let mut check = story.verify_chain(&delivered)?;
    story.check_good(&mut check).await?;
    story.revoke(&check).await?;
    story.verify_audit().await?;
    story.telling.end()
}

struct Story<'a> {
    demo: &'a Demo,
    team: Team<'a>,
    card: BlankCard,
    telling: Telling,
}

/// What the relying party looks at.
struct Check {
    files: Files,
    issuer: IssuerEntry,
    relying: RelyingParty,
    certificate: X509,
}

impl Story<'_> {
    async fn enrol(&mut self, applicant: &Applicant) -> anyhow::Result<Order> {
        let registrar = &self.team.registrar;
        let order = Order::submit(registrar, applicant, self.card.number.clone()).await?;
        let read = telling::curl_get(self.demo, registrar.entry, &order.path());
        self.telling
            .step(&format!("{} applies for a card for {}", registrar.entry.name, applicant.display_name()), &[read])?;
        order.identify(registrar).await?;
        let read = telling::curl_get(self.demo, registrar.entry, &order.path());
        self.telling
            .step(&format!("{} sees the passport and signs that with the own card", registrar.entry.name), &[read])?;
        Ok(order)
    }

    async fn approve(&mut self, order: &Order) -> anyhow::Result<()> {
        let registrar = &self.team.registrar;
        let own = order.approval(registrar).await?;
        let path = format!("{}/approval", order.path());
        let refusal = registrar.api.refused(&path, &own).await?;
        if refusal.status != FORBIDDEN {
            bail!("self-approval was refused with {} ({}), not {FORBIDDEN}", refusal.status, refusal.code);
        }
        let files = Files::make(self.demo, &self.card.number)?;
        let body = files.write("self-approval.json", own.to_string())?;
        let again = telling::curl_post(self.demo, registrar.entry, &path, &body);
        let title =
            format!("{} tries to approve, too: refused ({}: {})", registrar.entry.name, refusal.code, refusal.detail);
        self.telling.step(&title, &[again])?;

        let approver = &self.team.approver;
        order.approve(approver).await?;
        let read = telling::curl_get(self.demo, approver.entry, &order.path());
        self.telling.step(&format!("{} approves, signed with the own card", approver.entry.name), &[read])
    }

    async fn issue(&mut self, order: &Order) -> anyhow::Result<Vec<Delivered>> {
        let files = Files::make(self.demo, &self.card.number)?;
        let mut requests = Vec::new();
        let mut commands = Vec::new();
        for (label, purpose) in [(AUTHENTICATION, Purpose::PersonAuthentication), (SIGNATURE, Purpose::PersonSignature)]
        {
            let key = self.card.key(label)?;
            let path = files.write(&format!("{label}.csr"), &key.csr)?;
            commands.push(telling::openssl_request(&path));
            requests.push(Requested { purpose, key: key.public, csr: key.csr });
        }
        self.telling.step(
            &format!("A new card, {}, makes two keys and signs a request with each", self.card.number),
            &commands,
        )?;

        let desk = &self.team.desk;
        let delivered = order.issue(desk, &requests).await?;
        for one in &delivered {
            let label = if one.purpose == Purpose::PersonAuthentication { AUTHENTICATION } else { SIGNATURE };
            self.card.import(label, one.certificate.der().as_bytes())?;
            files.write(&format!("{label}.pem"), one.certificate.to_pem())?;
        }
        order.activate(desk).await?;
        let commands = [
            telling::openssl_certificate(&files.path("authentication.pem")),
            telling::list_token(&self.card),
            telling::curl_get(self.demo, desk.entry, &format!("/ra/v1/cards/{}", self.card.number)),
        ];
        let title = format!("{} signs that these keys are on the card; it is issued and handed out", desk.entry.name);
        self.telling.step(&title, &commands)?;
        Ok(delivered)
    }

    fn verify_chain(&mut self, delivered: &[Delivered]) -> anyhow::Result<Check> {
        let files = Files::make(self.demo, &self.card.number)?;
        let first = delivered.iter().find(|one| one.purpose == Purpose::PersonAuthentication);
        let certificate = &first.context("the authentication certificate")?.certificate;
        let issuer = issuer_of(self.demo, certificate)?;
        let anchor = &self.demo.manifest.trust_anchor;
        let relying = RelyingParty::new(&std::fs::read(anchor)?, &std::fs::read(&issuer.certificate)?)?;
        let mut commands = Vec::new();
        for one in delivered {
            relying.verify(&X509::from_der(one.certificate.der().as_bytes())?)?;
        }
        for label in [AUTHENTICATION, SIGNATURE] {
            let path = files.path(&format!("{label}.pem"));
            commands.push(telling::openssl_verify(anchor, &issuer.certificate, &path));
        }
        self.telling.step("A relying party builds the path to the root", &commands)?;
        let certificate = X509::from_der(certificate.der().as_bytes())?;
        Ok(Check { files, issuer: issuer.clone(), relying, certificate })
    }

    async fn check_good(&mut self, check: &mut Check) -> anyhow::Result<()> {
        let answer = check.relying.ocsp_within(&check.certificate, Said::Good, FIRST_ANSWER).await?;
        let answer = check.files.write("good.ocsp", answer)?;
        self.telling.step("OCSP says good", &[telling::openssl_ocsp_file(self.demo, &check.openssl(), &answer)])?;

        let crl = check.relying.crl(&check.issuer.crl_url).await?;
        if status::lists(&crl, &check.certificate) {
            bail!("the CRL lists a certificate that was not revoked");
        }
        let crl = check.files.write("before.crl", crl.to_pem()?)?;
        self.telling.step("The CRL does not list it", &[telling::openssl_crl_check(self.demo, &check.openssl(), &crl)])
    }

    async fn revoke(&mut self, check: &Check) -> anyhow::Result<()> {
        let revoker = &self.team.revoker;
        order::revoke(revoker, &self.card.number).await?;
        let read = telling::curl_get(self.demo, revoker.entry, &format!("/ra/v1/cards/{}", self.card.number));
        self.telling.step(&format!("The card is lost: {} revokes it", revoker.entry.name), &[read])?;

        check.relying.ocsp_within(&check.certificate, Said::Revoked, OCSP_LIMIT).await?;
        let title = format!("OCSP says revoked, within {} s", OCSP_LIMIT.as_secs());
        self.telling.step(&title, &[telling::openssl_ocsp(self.demo, &check.openssl())])?;

        let crl = check.relying.listed_within(&check.issuer.crl_url, &check.certificate, CRL_LIMIT).await?;
        let path = check.files.write("after.crl", crl.to_pem()?)?;
        let commands =
            [telling::fetch_crl(&check.issuer.crl_url), telling::openssl_crl_check(self.demo, &check.openssl(), &path)];
        self.telling.step(&format!("The CRL lists it, within {} s", CRL_LIMIT.as_secs()), &commands)
    }

    async fn verify_audit(&mut self) -> anyhow::Result<()> {
        let auditor = &self.team.auditor;
        let answer = auditor.api.get("/admin/v1/audit/checkpoint").await?;
        let checkpoint = answer["checkpoint"].as_str().context("the answer has no checkpoint")?;
        let files = Files::make(self.demo, &self.card.number)?;
        let path = files.write("checkpoint.jws", checkpoint)?;
        let command = telling::audit_verify(self.demo, &path);
        let output = std::process::Command::new("sh").arg("-c").arg(&command).output()?;
        if !output.status.success() {
            bail!("the audit log does not verify: {}", String::from_utf8_lossy(&output.stderr));
        }
        self.telling.step(
            &format!("{} exports a checkpoint; the audit log verifies against it", auditor.entry.name),
            &[command],
        )
    }
}

impl Check {
    /// Issuer and certificate for the `openssl` command.
    fn openssl(&self) -> telling::Files<'_> {
        telling::Files {
            issuer: &self.issuer.certificate,
            certificate: self.files.path("authentication.pem"),
            url: self.certificate.ocsp_responders().ok().and_then(|urls| Some(urls.get(0)?.to_string())),
        }
    }
}

/// The CA in the manifest that issued a certificate.
pub(crate) fn issuer_of<'a>(demo: &'a Demo, certificate: &pki::Certificate) -> anyhow::Result<&'a IssuerEntry> {
    for issuer in &demo.manifest.issuers {
        let authority = pki::Certificate::from_pem(&std::fs::read_to_string(&issuer.certificate)?)?;
        if certificate.verify_issued_by(&authority).is_ok() {
            return Ok(issuer);
        }
    }
    bail!("no CA of this installation issued the certificate")
}

/// HTTP status of a refusal by the four-eyes rule.
const FORBIDDEN: u16 = 403;
/// How long the first answer about a new certificate may take.
const FIRST_ANSWER: Duration = Duration::from_secs(10);
/// EN 319 411-1 asks for 60 minutes; we promise two seconds.
const OCSP_LIMIT: Duration = Duration::from_secs(2);
/// From the revocation to a CRL that lists it.
const CRL_LIMIT: Duration = Duration::from_mins(1);
