//! A card's order, from application to activation: one call after the other, as officers make them.

use super::applicant::Applicant;
use super::officers::{Officer, Team};
use super::proof;
use anyhow::{Context, bail};
use domain::id::hex;
use domain::operation::{Act, DeliverCards, DeliveredCard, Operation, OperationHash};
use domain::{CardNumber, EnrolmentId};
use pki::certificate::Certificate;
use pki::key::PublicKey;
use pki::profile::Purpose;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An application under way.
pub(crate) struct Order {
    /// Its id.
    pub(crate) id: EnrolmentId,
    /// The card that was ordered.
    pub(crate) card: CardNumber,
}

/// What a card brings to the desk: a request and the key in it.
pub(crate) struct Requested {
    /// What the certificate is for.
    pub(crate) purpose: Purpose,
    /// The key.
    pub(crate) key: PublicKey,
    /// PKCS#10, PEM.
    pub(crate) csr: String,
}

/// A certificate that came back.
pub(crate) struct Delivered {
    /// What it is for.
    pub(crate) purpose: Purpose,
    /// The certificate.
    pub(crate) certificate: Certificate,
}

impl Order {
    /// Applies for a card.
    ///
    /// # Errors
    /// If the service refuses.
    pub(crate) async fn submit(by: &Officer<'_>, applicant: &Applicant, card: CardNumber) -> anyhow::Result<Self> {
        let body = json!({ "applicant": applicant.to_json(), "card_number": card.as_str() });
        let answer = by.api.post("/ra/v1/enrolments", &body).await.context("applying for a card")?;
        Ok(Self { id: text(&answer, "id")?.parse()?, card })
    }

    /// Address of the application.
    pub(crate) fn path(&self) -> String {
        format!("/ra/v1/enrolments/{}", self.id)
    }

    /// Records the identification, signed by the officer's card.
    ///
    /// # Errors
    /// If the service refuses.
    pub(crate) async fn identify(&self, by: &Officer<'_>) -> anyhow::Result<()> {
        let path = format!("{}/identification", self.path());
        let draft = json!({ "proof": proof::passport() });
        let prepared = by.api.post(&format!("{path}/preparation"), &draft).await.context("preparing to identify")?;
        let statement = by.state(Act::Identify, operation_hash(&prepared)?)?;
        let body = json!({ "proof": proof::passport(), "statement": statement });
        by.api.post(&path, &body).await.context("identifying the applicant").map(drop)
    }

    /// What the officer would send to approve, signed by the officer's card.
    ///
    /// # Errors
    /// If the service does not say what is to be approved.
    pub(crate) async fn approval(&self, by: &Officer<'_>) -> anyhow::Result<Value> {
        let read = by.api.get(&self.path()).await.context("reading what is to be approved")?;
        Ok(json!({ "statement": by.state(Act::Approve, operation_hash(&read)?)? }))
    }

    /// Approves.
    ///
    /// # Errors
    /// If the service refuses.
    pub(crate) async fn approve(&self, by: &Officer<'_>) -> anyhow::Result<()> {
        let body = self.approval(by).await?;
        by.api.post(&format!("{}/approval", self.path()), &body).await.context("approving").map(drop)
    }

    /// Has the certificates issued: the desk signs that these keys are on this card.
    ///
    /// # Errors
    /// If the service refuses, or answers with other certificates than were asked for.
    pub(crate) async fn issue(&self, by: &Officer<'_>, requests: &[Requested]) -> anyhow::Result<Vec<Delivered>> {
        let keys: BTreeMap<_, _> =
            requests.iter().map(|request| (request.purpose, hex(&request.key.fingerprint()))).collect();
        let card = DeliveredCard { enrolment: self.id.clone(), card: self.card.clone(), keys };
        let delivery = Operation::DeliverCards(DeliverCards { cards: vec![card] });
        let statement = by.state(Act::Deliver, delivery.hash())?;
        let operation = String::from_utf8(delivery.to_bytes())?;
        let mut body = json!({ "delivery": { "operation": operation, "statement": statement } });
        for request in requests {
            body[csr_field(request.purpose)?] = request.csr.as_str().into();
        }
        let answer = by.api.post(&format!("{}/certificates", self.path()), &body).await.context("issuing")?;
        requests.iter().map(|request| delivered(&answer, request)).collect()
    }

    /// Hands the card over.
    ///
    /// # Errors
    /// If the service refuses.
    pub(crate) async fn activate(&self, by: &Officer<'_>) -> anyhow::Result<()> {
        by.api.post(&format!("{}/activation", self.path()), &json!({})).await.context("activating").map(drop)
    }

    /// All of it in one go.
    ///
    /// # Errors
    /// If the service refuses a step.
    pub(crate) async fn play(
        team: &Team<'_>,
        applicant: &Applicant,
        card: CardNumber,
        requests: &[Requested],
    ) -> anyhow::Result<Vec<Delivered>> {
        let order = Self::submit(&team.registrar, applicant, card).await?;
        order.identify(&team.registrar).await?;
        order.approve(&team.approver).await?;
        let delivered = order.issue(&team.desk, requests).await?;
        order.activate(&team.desk).await?;
        Ok(delivered)
    }
}

/// Revokes a card.
///
/// # Errors
/// If the service refuses.
pub(crate) async fn revoke(by: &Officer<'_>, card: &CardNumber) -> anyhow::Result<()> {
    let body = json!({ "reason": "keyCompromise" });
    by.api.post(&format!("/ra/v1/cards/{card}/revocation"), &body).await.context("revoking").map(drop)
}

fn csr_field(purpose: Purpose) -> anyhow::Result<&'static str> {
    match purpose {
        Purpose::PersonAuthentication => Ok("authentication_csr"),
        Purpose::PersonSignature => Ok("signature_csr"),
        other => bail!("no card carries a certificate for {}", other.as_str()),
    }
}

fn delivered(answer: &Value, request: &Requested) -> anyhow::Result<Delivered> {
    let certificates = answer["certificates"].as_array().context("the answer lists no certificates")?;
    let found = certificates.iter().find(|one| one["purpose"] == request.purpose.as_str());
    let certificate = Certificate::from_pem(text(found.context("a certificate is missing")?, "pem")?)?;
    if certificate.public_key() != &request.key {
        bail!("the certificate is for another key");
    }
    Ok(Delivered { purpose: request.purpose, certificate })
}

/// The hash of the operation in an answer: computed from the bytes, not taken from the answer.
fn operation_hash(answer: &Value) -> anyhow::Result<OperationHash> {
    let bytes = text(answer, "operation")?.as_bytes();
    Operation::from_bytes(bytes).context("what is to be signed")?;
    Ok(OperationHash::of(bytes))
}

fn text<'a>(answer: &'a Value, field: &str) -> anyhow::Result<&'a str> {
    answer[field].as_str().with_context(|| format!("the answer has no {field}"))
}
