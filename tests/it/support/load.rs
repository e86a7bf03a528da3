//! Officers at work while the service is hurt: they try again, and remember what they were told.

use super::Installation;
use super::client::{Answer, Caller};
use super::judge::{Judge, Reference, Status, normal};
use super::oracle::Oracle;
use super::story::{Agency, Keys, fresh_person, proof};
use super::{Stopwatch, wait};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;

/// What the service said, and so must stand by. Each lock is held for one entry.
#[derive(Default)]
pub struct Memory {
    /// Certificates that were answered, PEM.
    pub certificates: Mutex<BTreeMap<Reference, String>>,
    /// Revocations that were acknowledged.
    pub revoked: Mutex<BTreeSet<Reference>>,
    /// Cards that got as far as their owner.
    pub activated: Mutex<usize>,
    /// Everything that was not a success, and how often: "503 signer-away", "no connection".
    pub troubles: Mutex<BTreeMap<String, usize>>,
    /// The longest that any call took.
    pub slowest: Mutex<Duration>,
}

/// Some clerks at work, until they are told to stop.
pub struct Load {
    memory: Arc<Memory>,
    stop: Arc<AtomicBool>,
    clerks: JoinSet<()>,
}

/// One clerk: all offices of one agency in one person, for brevity. Never tires.
pub struct Clerk {
    agency: Agency,
    oracle: Arc<Oracle>,
    judge: Judge,
    memory: Arc<Memory>,
}

/// One card, from application to hand-out and perhaps revocation.
struct Order {
    id: Option<String>,
    card: String,
    keys: Keys,
    stage: Stage,
    /// What was answered when its certificates were issued.
    issued: Vec<Reference>,
    to_be_revoked: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// A call failed, so that the service has to be asked.
    Unclear,
    Submitted,
    Identified,
    Approved,
    Issued,
    Activated,
    Done,
}

/// A call that was not a success. The clerk looks where the matter stands and goes on.
struct Trouble;

impl Load {
    /// Sets clerks to work, all at the first agency.
    pub fn begin(installation: &Installation, oracle: &Arc<Oracle>, clerks: usize) -> Self {
        let (memory, stop) = (Arc::<Memory>::default(), Arc::<AtomicBool>::default());
        let mut set = JoinSet::new();
        for number in 0..clerks {
            let clerk = Clerk::new(installation, oracle, &memory);
            let stop = Arc::clone(&stop);
            set.spawn(async move {
                let mut count = number;
                while !stop.load(Ordering::Relaxed) {
                    clerk.fulfil(count % 2 == 0).await;
                    count += 1;
                }
            });
        }
        Self { memory, stop, clerks: set }
    }

    /// Lets every clerk finish the card at hand, for which the service must run.
    pub async fn end(mut self) -> Arc<Memory> {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(clerk) = self.clerks.join_next().await {
            clerk.expect("every card can be finished, whatever happened on the way");
        }
        self.memory
    }
}

impl Memory {
    /// Counts something that was not a success.
    fn trouble(&self, what: String) -> Trouble {
        *self.troubles.lock().unwrap().entry(what).or_default() += 1;
        Trouble
    }

    /// In one line, for reports.
    pub fn summary(&self) -> String {
        format!(
            "{} certificates, {} revocations, {} cards handed out, slowest call {:?}, not successful: {:?}",
            self.certificates.lock().unwrap().len(),
            self.revoked.lock().unwrap().len(),
            self.activated.lock().unwrap(),
            self.slowest.lock().unwrap(),
            self.troubles.lock().unwrap(),
        )
    }

    /// No answer blamed the service's own code.
    pub fn assert_no_internal_errors(&self) {
        let troubles = self.troubles.lock().unwrap();
        assert!(!troubles.keys().any(|what| what.starts_with("500")), "{troubles:?}");
    }
}

impl Clerk {
    /// A clerk of the first agency, who notes what happens in `memory`.
    pub fn new(installation: &Installation, oracle: &Arc<Oracle>, memory: &Arc<Memory>) -> Self {
        let (agency, judge) = (Agency::new(installation, 0), Judge::new(installation));
        Self { agency, oracle: Arc::clone(oracle), judge, memory: Arc::clone(memory) }
    }

    /// Sees one card through, from application to hand-out and perhaps revocation, whatever happens on the way.
    pub async fn fulfil(&self, to_be_revoked: bool) {
        let mut order = Order::new(to_be_revoked);
        let begun = Stopwatch::start();
        while order.stage != Stage::Done {
            if self.step(&mut order).await.is_err() {
                order.stage = Stage::Unclear;
                let troubles = || self.memory.troubles.lock().unwrap().clone();
                assert!(begun.elapsed() < LONGEST_ORDER, "card {} is stuck: {:?}", order.card, troubles());
                wait(BETWEEN_TRIES).await;
            }
        }
    }

    async fn step(&self, order: &mut Order) -> Result<(), Trouble> {
        let Some(id) = order.id.clone() else { return self.submit(order).await };
        match order.stage {
            Stage::Unclear => {
                let view = self.call(&self.agency.registration.0, Method::GET, &enrolment(&id), None).await?;
                order.stage = Stage::named(view["stage"].as_str().unwrap());
            }
            Stage::Submitted => self.identify(order, &id).await?,
            Stage::Identified => self.approve(order, &id).await?,
            Stage::Approved => self.issue(order, &id).await?,
            Stage::Issued => {
                let path = enrolment(&id) + "/activation";
                self.call(&self.agency.desk.0, Method::POST, &path, Some(json!({}))).await?;
                order.stage = Stage::Activated;
            }
            Stage::Activated => {
                if order.to_be_revoked {
                    self.revoke(order).await?;
                }
                *self.memory.activated.lock().unwrap() += 1;
                order.stage = Stage::Done;
            }
            Stage::Done => {}
        }
        Ok(())
    }

    async fn submit(&self, order: &mut Order) -> Result<(), Trouble> {
        let (number, card) = fresh_person();
        let applicant = json!({"identity_number": number, "given_name": "Åsa", "surname": "Öberg"});
        let body = json!({"applicant": applicant, "card_number": card});
        let view = self.call(&self.agency.registration.0, Method::POST, "/ra/v1/enrolments", Some(body)).await?;
        (order.id, order.card, order.stage) = (Some(view["id"].as_str().unwrap().to_owned()), card, Stage::Submitted);
        Ok(())
    }

    async fn identify(&self, order: &mut Order, id: &str) -> Result<(), Trouble> {
        let (caller, officer) = &self.agency.registration;
        let path = enrolment(id) + "/identification";
        let draft = json!({"proof": proof()});
        let prepared = self.call(caller, Method::POST, &format!("{path}/preparation"), Some(draft)).await?;
        let hash = prepared["operation_hash"].as_str().unwrap();
        let statement = self.oracle.statement(officer, "identify", hash);
        let body = json!({"proof": proof(), "statement": statement});
        self.call(caller, Method::POST, &path, Some(body)).await?;
        order.stage = Stage::Identified;
        Ok(())
    }

    async fn approve(&self, order: &mut Order, id: &str) -> Result<(), Trouble> {
        let (caller, officer) = &self.agency.approver;
        let view = self.call(caller, Method::GET, &enrolment(id), None).await?;
        let statement = self.oracle.statement(officer, "approve", view["operation_hash"].as_str().unwrap());
        let body = json!({"statement": statement});
        self.call(caller, Method::POST, &(enrolment(id) + "/approval"), Some(body)).await?;
        order.stage = Stage::Approved;
        Ok(())
    }

    async fn issue(&self, order: &mut Order, id: &str) -> Result<(), Trouble> {
        let body = self.agency.delivery(&self.oracle, id, &order.card, &order.keys);
        let path = enrolment(id) + "/certificates";
        let answer = self.answer(&self.agency.desk.0, Method::POST, &path, Some(body)).await?;
        if answer.status != 200 {
            // Also `approval-used`: the signer lets go once a CRL lists what it may have signed, and every try
            // brings a delivery that was signed anew.
            return Err(self.not_a_success(&answer));
        }
        for one in answer.body["certificates"].as_array().unwrap() {
            let (reference, pem) = (reference(one), one["pem"].as_str().unwrap().to_owned());
            order.issued.push(reference.clone());
            let before = self.memory.certificates.lock().unwrap().insert(reference, pem);
            assert_eq!(before, None, "a serial was answered twice");
        }
        order.stage = Stage::Issued;
        Ok(())
    }

    /// Revokes the card. From the acknowledgement on, nobody may be told that it is good.
    async fn revoke(&self, order: &Order) -> Result<(), Trouble> {
        let path = format!("/ra/v1/cards/{}/revocation", order.card);
        let body = json!({"reason": "keyCompromise"});
        let answer = self.answer(&self.agency.revoker, Method::POST, &path, Some(body)).await?;
        let revoked: Vec<Reference> = match answer.status {
            200 => answer.body["certificates"].as_array().unwrap().iter().map(reference).collect(),
            // An earlier call was carried out, but its answer was lost.
            409 if answer.body["code"] == "already-revoked" => order.issued.clone(),
            _ => return Err(self.not_a_success(&answer)),
        };
        self.memory.revoked.lock().unwrap().extend(revoked.iter().cloned());
        for certificate in &revoked {
            // If the listener is away just now, nobody is told anything.
            if let Ok(status) = self.judge.ocsp(certificate).await {
                assert!(matches!(status, Status::Revoked | Status::TryLater), "{certificate:?}: {status:?}");
            }
        }
        Ok(())
    }

    async fn call(&self, caller: &Caller, method: Method, path: &str, body: Option<Value>) -> Result<Value, Trouble> {
        let answer = self.answer(caller, method, path, body).await?;
        if (200..300).contains(&answer.status) { Ok(answer.body) } else { Err(self.not_a_success(&answer)) }
    }

    async fn answer(
        &self,
        caller: &Caller,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Answer, Trouble> {
        let begun = Stopwatch::start();
        let answer = caller.try_call(method, path, body).await;
        let mut slowest = self.memory.slowest.lock().unwrap();
        *slowest = begun.elapsed().max(*slowest);
        answer.map_err(|error| {
            assert!(!error.is_timeout(), "{path} did not answer within the client's patience");
            self.memory.trouble("no connection".to_owned())
        })
    }

    fn not_a_success(&self, answer: &Answer) -> Trouble {
        let (status, code) = answer.problem();
        self.memory.trouble(format!("{status} {code}"))
    }
}

impl Order {
    fn new(to_be_revoked: bool) -> Self {
        let (card, issued) = (String::new(), Vec::new());
        Self { id: None, card, keys: Keys::new(), stage: Stage::Unclear, issued, to_be_revoked }
    }
}

impl Stage {
    fn named(name: &str) -> Self {
        match name {
            "submitted" => Self::Submitted,
            "identified" => Self::Identified,
            "approved" => Self::Approved,
            "issued" => Self::Issued,
            "activated" => Self::Activated,
            other => panic!("no stage {other}"),
        }
    }
}

fn enrolment(id: &str) -> String {
    format!("/ra/v1/enrolments/{id}")
}

fn reference(certificate: &Value) -> Reference {
    let text = |name: &str| certificate[name].as_str().unwrap().to_owned();
    (text("issuer"), normal(&text("serial")))
}

/// Restarts, back-off of jobs and the next CRL included.
const LONGEST_ORDER: Duration = Duration::from_secs(90);
const BETWEEN_TRIES: Duration = Duration::from_millis(50);
