//! What must be there before issuing can be measured: approved applications, and the desk's requests for them.

use crate::caller::{Caller, Prepared};
use crate::cards::Cards;
use crate::sigill::Installation;
use anyhow::{Context, Result};
use domain::id::hex;
use domain::operation::{DeliverCards, DeliveredCard, Operation};
use pki::key::PublicKey;
use pki::profile::Purpose;
use rcgen::{CertificateParams, DistinguishedName, KeyPair, PublicKeyData};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use testkit::identity_number;

/// Purposes of the certificates on a card.
pub(crate) const PURPOSES: &[Purpose] = &[Purpose::PersonAuthentication, Purpose::PersonSignature];

/// A card with an approved application.
struct Approved {
    enrolment: String,
    card: String,
}

/// Has cards applied for, identified and approved; gives ready requests for their certificates, `tray` cards in each.
///
/// `first` counts the people of earlier calls for this installation.
///
/// # Errors
/// If the service refuses anything.
pub(crate) async fn requests(
    installation: &Arc<Installation>,
    first: usize,
    count: usize,
    tray: usize,
) -> Result<Vec<Prepared>> {
    let (next, cards) = (Arc::new(AtomicUsize::new(first)), Arc::new(Cards::of(installation)?));
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..WORKERS {
        let (team, next) = (Team::of(installation, &cards)?, Arc::clone(&next));
        workers.spawn(async move {
            let mut ready = Vec::new();
            loop {
                let people = next.fetch_add(tray, Ordering::Relaxed);
                if people >= first + count {
                    return Ok(ready);
                }
                let mut approved = Vec::with_capacity(tray);
                for person in people..people + tray {
                    approved.push(team.approved_card(person).await?);
                }
                ready.push(team.delivery(&approved).await?);
            }
        });
    }
    let ready = workers.join_all().await.into_iter().collect::<Result<Vec<Vec<_>>>>()?;
    Ok(ready.into_iter().flatten().collect())
}

/// Four eyes and a desk.
struct Team {
    installation: Arc<Installation>,
    registrar: Caller,
    approver: Caller,
    cards: Arc<Cards>,
}

impl Team {
    fn of(installation: &Arc<Installation>, cards: &Arc<Cards>) -> Result<Self> {
        Ok(Self {
            registrar: installation.officer("registration-officer")?,
            approver: installation.officer("approver")?,
            cards: Arc::clone(cards),
            installation: Arc::clone(installation),
        })
    }

    async fn approved_card(&self, person: usize) -> Result<Approved> {
        let card = format!("BENCH{person:07}");
        let applicant = json!({"identity_number": identity_number(u32::try_from(person)?), "given_name": "Åsa", "surname": "Öberg"});
        let application = json!({"applicant": applicant, "card_number": card});
        let view = self.registrar.post("/ra/v1/enrolments", &application).await?;
        let id = text(&view, "id")?;
        let path = format!("/ra/v1/enrolments/{id}");

        let draft = json!({"proof": proof()});
        let prepared = self.registrar.post(&format!("{path}/identification/preparation"), &draft).await?;
        let statement = self.state("registration-officer", "identify", text(&prepared, "operation_hash")?).await?;
        let identification = json!({"proof": proof(), "statement": statement});
        let identified = self.registrar.post(&format!("{path}/identification"), &identification).await?;

        let statement = self.state("approver", "approve", text(&identified, "operation_hash")?).await?;
        self.approver.post(&format!("{path}/approval"), &json!({"statement": statement})).await?;
        Ok(Approved { enrolment: id.to_owned(), card })
    }

    /// The request for the certificates: keys born in software, since the service sees only requests.
    async fn delivery(&self, tray: &[Approved]) -> Result<Prepared> {
        let (mut delivered, mut requests) = (Vec::new(), Vec::new());
        for Approved { enrolment, card } in tray {
            let (mut keys, mut request) = (BTreeMap::new(), json!({"enrolment": enrolment}));
            for purpose in PURPOSES {
                let key = KeyPair::generate()?;
                keys.insert(*purpose, hex(&PublicKey::from_spki(&key.subject_public_key_info())?.fingerprint()));
                request[field(*purpose)] = csr(&key)?.into();
            }
            delivered.push(DeliveredCard { enrolment: enrolment.parse()?, card: card.parse()?, keys });
            requests.push(request);
        }
        let operation = Operation::DeliverCards(DeliverCards { cards: delivered });
        let statement = self.state("card-desk", "deliver", &operation.hash().to_string()).await?;
        let delivery = json!({"operation": String::from_utf8(operation.to_bytes())?, "statement": statement});
        let body = json!({"delivery": delivery, "cards": requests});
        Ok(Prepared { path: "/ra/v1/deliveries".to_owned(), body: serde_json::to_vec(&body)?.into() })
    }

    async fn state(&self, role: &str, act: &str, operation_hash: &str) -> Result<String> {
        self.cards.statement(self.installation.person(role)?, act, operation_hash).await
    }
}

/// A PKCS#10 request, PEM.
///
/// # Errors
/// If the crypto library fails.
pub(crate) fn csr(key: &KeyPair) -> Result<String> {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    Ok(parameters.serialize_request(key)?.pem()?)
}

fn field(purpose: Purpose) -> &'static str {
    if purpose == Purpose::PersonAuthentication { "authentication_csr" } else { "signature_csr" }
}

fn text<'a>(answer: &'a Value, name: &str) -> Result<&'a str> {
    answer[name].as_str().with_context(|| format!("no {name} in {answer}"))
}

fn proof() -> Value {
    let (document, method) = ("passport", "in-person");
    json!({"document": document, "number": "TEST0001", "expires": "2031-05-01", "method": method, "place": "Testkontoret"})
}

/// Applications made at once.
const WORKERS: usize = 8;
