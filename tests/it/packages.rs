//! Packages and trainings: nobody gives themselves a right, and a right ends on its second.

use crate::support::client::{Answer, Caller};
use crate::support::installation::pause;
use crate::support::{Installation, in_seconds};
use serde_json::{Value, json};
use std::time::Duration;

/// The people who say who holds what.
pub struct Managers {
    /// Each may order and decide, for others.
    pub lars: (Caller, String),
    /// As Lars.
    pub maja: (Caller, String),
}

impl Managers {
    /// The demo's.
    pub async fn of(installation: &Installation) -> Self {
        let manager = |name| async move { known(installation, name).await };
        Self { lars: manager("Lars Lindgren").await, maja: manager("Maja Modig").await }
    }

    /// Lars records a training.
    pub async fn train(&self, person: &str, training: &str, passed_at: &str) -> Answer {
        let body = json!({"person": person, "training": training, "passed_at": passed_at});
        self.lars.0.post("/ra/v1/trainings", body).await
    }

    /// Lars orders.
    pub async fn order(&self, person: &str, package: &str, until: &str) -> Answer {
        order(&self.lars.0, person, package, until).await
    }

    /// Lars orders and Maja approves.
    pub async fn give(&self, person: &str, package: &str, until: &str) -> Value {
        let ordered = self.order(person, package, until).await.ok();
        decide(&self.maja.0, &ordered, true).await.ok()
    }
}

/// Somebody of the demo by name, as the manifest has them.
pub fn named(installation: &Installation, name: &str) -> Value {
    let manifest = installation.manifest();
    manifest["people"].as_array().unwrap().iter().find(|person| person["name"] == name).unwrap().clone()
}

/// Somebody of the demo by name, and their id.
pub async fn known(installation: &Installation, name: &str) -> (Caller, String) {
    let caller = Caller::person(installation, &named(installation, name));
    let me = caller.get("/self/v1/me").await.ok();
    (caller, me["id"].as_str().unwrap().to_owned())
}

/// Orders a package.
pub async fn order(by: &Caller, person: &str, package: &str, until: &str) -> Answer {
    let body = json!({"person": person, "package": package, "until": until, "reason": "a new task"});
    by.post("/ra/v1/assignments", body).await
}

/// Decides an order.
pub async fn decide(by: &Caller, ordered: &Value, approve: bool) -> Answer {
    let path = format!("/ra/v1/assignments/{}/decision", ordered["id"].as_str().unwrap());
    by.post(&path, json!({"approve": approve, "reason": "as agreed"})).await
}

/// A person gets a package with a time and a training, which both end it on their second.
#[tokio::test]
async fn a_right_ends_with_its_package_and_with_its_training() {
    let installation = Installation::start("packages");
    let managers = Managers::of(&installation).await;
    let (hugo, hugos_id) = known(&installation, HUGO).await;
    let (oskar, oskars_id) = known(&installation, OSKAR).await;
    let read = |who: &Caller| {
        let who = who.clone();
        async move { who.get("/ra/v1/enrolments").await }
    };
    assert_eq!(read(&hugo).await.problem(), (403, "denied".to_owned()));
    let untrained = managers.order(&hugos_id, "approver", &in_seconds(3_600)).await;
    assert_eq!(untrained.problem(), (409, "untrained".to_owned()));

    managers.train(&hugos_id, "registration", &in_seconds(-60)).await.ok();
    // A year of 365 days, less a moment.
    managers.train(&oskars_id, "registration", &in_seconds(-365 * 86_400 + MOMENT)).await.ok();
    managers.give(&oskars_id, "approver", &in_seconds(3_600)).await;
    managers.give(&hugos_id, "approver", &in_seconds(MOMENT)).await;
    assert_eq!((read(&hugo).await.status, read(&oskar).await.status), (200, 200));
    assert_eq!(hugo.get("/self/v1/me").await.ok()["roles"], json!(["approver"]));
    pause(Duration::from_secs(MOMENT.unsigned_abs() + 1));
    // Connections that were idle so long are closed.
    let managers = Managers::of(&installation).await;
    let ((hugo, _), (oskar, _)) = (known(&installation, HUGO).await, known(&installation, OSKAR).await);
    assert_eq!(read(&hugo).await.problem(), (403, "package-expired".to_owned()));
    assert_eq!(read(&oskar).await.problem(), (403, "training-expired".to_owned()));
    assert_eq!(hugo.get("/self/v1/me").await.ok()["roles"], json!([]));

    managers.train(&oskars_id, "registration", &in_seconds(-1)).await.ok();
    assert_eq!(read(&oskar).await.status, 200, "trained again, at once");
    let held = managers.lars.0.get("/ra/v1/assignments?limit=200").await.ok();
    let oskars = held["items"].as_array().unwrap().iter().find(|one| one["person"] == oskars_id.as_str()).unwrap();
    let path = format!("/ra/v1/assignments/{}/end", oskars["id"].as_str().unwrap());
    managers.maja.0.post(&path, json!({"reason": "another task"})).await.ok();
    assert_eq!(read(&oskar).await.problem(), (403, "denied".to_owned()), "taken back, at once");
}

const HUGO: &str = "Hugo Hellberg";
const OSKAR: &str = "Oskar Ohlin";
/// Long enough for a few requests on a busy machine, in seconds.
const MOMENT: i64 = 20;

/// Every way to a right that two people did not give is refused.
#[tokio::test]
async fn nobody_comes_to_a_package_alone() {
    let installation = Installation::start("cheats");
    let managers = Managers::of(&installation).await;
    let (lars, lars_id) = &managers.lars;
    let (_, hugos_id) = known(&installation, "Hugo Hellberg").await;
    let (cecilia, cecilias_id) = known(&installation, "Cecilia Cederström").await;
    let (ingrid, ingrids_id) = known(&installation, "Ingrid Isaksson").await;
    let (_, gretas_id) = known(&installation, "Greta Granlund").await;
    let later = in_seconds(3_600);
    let four_eyes = (403, "four-eyes".to_owned());

    managers.train(&hugos_id, "registration", &in_seconds(-60)).await.ok();
    let own_training = managers.train(lars_id, "registration", &in_seconds(-60)).await;
    assert_eq!(own_training.problem(), (403, "on-self".to_owned()));
    let own = order(lars, lars_id, "revocation-officer", &later).await;
    assert_eq!(own.problem(), (403, "on-self".to_owned()));
    let ordered = managers.order(&hugos_id, "approver", &later).await.ok();
    assert_eq!(decide(lars, &ordered, true).await.problem(), four_eyes, "ordered and approved by one");
    assert_eq!(decide(lars, &ordered, false).await.problem(), four_eyes, "ordered and refused by one");
    assert_eq!(decide(&cecilia, &ordered, true).await.problem(), (403, "denied".to_owned()));
    for_maja(&managers, &later).await;

    let both = managers.order(&cecilias_id, "card-desk", &later).await;
    assert_eq!(both.problem(), (409, "incompatible-packages".to_owned()));
    let desk = managers.order(&hugos_id, "card-desk", &later).await;
    assert_eq!(desk.problem(), (409, "incompatible-packages".to_owned()), "while the other order is open");
    let auditor = managers.order(&gretas_id, "revocation-officer", &later).await;
    assert_eq!(auditor.problem(), (409, "incompatible-packages".to_owned()), "the auditor is nothing else");
    let endless = managers.order(&hugos_id, "approver", &in_seconds(4_000 * 86_400)).await;
    assert_eq!(endless.problem(), (400, "assignment-time".to_owned()));
    let king = managers.order(&hugos_id, "king", &later).await;
    assert_eq!(king.problem(), (400, "no-such-package".to_owned()));
    let elsewhere = managers.order(&ingrids_id, "approver", &later).await;
    assert_eq!(elsewhere.problem(), (404, "not-found".to_owned()), "a person of another agency");
    let foreign = order(&ingrid, &ingrids_id, "approver", &later).await;
    assert_eq!(foreign.problem(), (403, "denied".to_owned()));

    let approved = decide(&managers.maja.0, &ordered, true).await.ok();
    assert_eq!((&approved["stage"], &approved["decided_by"]), (&json!("active"), &json!(managers.maja.1)));
    let again = decide(&managers.maja.0, &ordered, true).await;
    assert_eq!(again.problem(), (409, "wrong-stage".to_owned()), "a decision is made once");
}

/// Maja would get a package that Lars ordered: she does not decide it.
async fn for_maja(managers: &Managers, until: &str) {
    let (maja, majas_id) = &managers.maja;
    let ordered = managers.order(majas_id, "revocation-officer", until).await.ok();
    assert_eq!(decide(maja, &ordered, true).await.problem(), (403, "on-self".to_owned()));
}

/// An access manager of an agency gives the agency's packages, and none that are about all agencies.
#[tokio::test]
async fn an_agency_gives_no_right_over_others() {
    let installation = Installation::start("managers");
    let managers = Managers::of(&installation).await;
    let (hugo, hugos_id) = known(&installation, "Hugo Hellberg").await;
    let (_, oskars_id) = known(&installation, "Oskar Ohlin").await;
    let later = in_seconds(3_600);
    for person in [&hugos_id, &oskars_id] {
        managers.train(person, "security", &in_seconds(-60)).await.ok();
    }
    managers.give(&hugos_id, "access-manager", &later).await;
    let over_all = order(&hugo, &oskars_id, "administrator", &later).await;
    assert_eq!(over_all.problem(), (403, "service-package".to_owned()));
    let ordered = managers.order(&oskars_id, "administrator", &later).await.ok();
    assert_eq!(decide(&hugo, &ordered, true).await.problem(), (403, "service-package".to_owned()));
    let own = order(&hugo, &oskars_id, "revocation-officer", &later).await.ok();
    assert_eq!(own["ordered_by"], hugos_id.as_str());
}
