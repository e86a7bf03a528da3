//! Other officers take office late, publicly, with m of n custodians, and not if one security officer objects.

use super::story::statement;
use super::world::{NOW, World};
use crate::signer::core::Core;
use crate::signer::digest::Digest;
use crate::signer::emergency::{APPOINTMENT_TYPE, Appointment, Custodians, EmergencyRequest, EmergencyStatus, Pending};
use crate::signer::error::Code;
use crate::signer::protocol::{Answer, Refusal, Request};
use crate::signer::start::StartError;
use domain::evidence::Signed;
use domain::operation::{Act, Operation};
use pki::jose::sign_compact;
use pki::key::{KeyId, KeyKind, SignatureAlgorithm};
use testkit::SoftSigner;

const HOUR: i64 = 3600;

/// Three custodians, two of whom act together, and the signer that knows them.
struct House {
    world: World,
    keys: SoftSigner,
    custodians: Custodians,
}

impl House {
    fn new() -> Self {
        let world = World::found();
        let mut keys = SoftSigner::new();
        let ids = ["klara", "karl", "kim", "stranger"].map(|id| (id, keys.add(id, KeyKind::Ed25519)));
        let known = ids.into_iter().take(3).map(|(id, key)| (id.to_owned(), keys.public(&key))).collect();
        let custodians = Custodians { ceremony: "demo".to_owned(), needed: 2, keys: known };
        Self { world, keys, custodians }
    }

    fn core(&self) -> Core {
        self.world.core().with_custodians(Some(self.custodians.clone()))
    }

    /// The list in force, without its approvers.
    fn list(&self) -> String {
        let text = std::fs::read_to_string(self.world.config.officers()).unwrap();
        text.replace("\"approver\"", "\"auditor\"")
    }

    fn sign(&self, with: &str, appointment: &Appointment) -> String {
        let payload = serde_json::to_vec(appointment).unwrap();
        let header = serde_json::json!({"typ": APPOINTMENT_TYPE});
        sign_compact(header, &payload, &KeyId::new(with), SignatureAlgorithm::Ed25519, &self.keys).unwrap()
    }

    fn request(&self, custodians: &[&str], number: u64) -> Request {
        let officers = self.list();
        let sign = |id: &&str| self.sign(id, &appointment(id, &officers, number));
        let appointments = custodians.iter().map(sign).collect();
        Request::AnnounceEmergency(EmergencyRequest { officers, appointments })
    }

    fn cancellation(&self, by: &str, pending: &Pending) -> Request {
        let operation = Operation::CancelEmergency(pending.cancellation());
        let statements = vec![statement(&self.world, by, Act::Approve, operation.hash(), NOW)];
        Request::CancelEmergency(Signed { operation: String::from_utf8(operation.to_bytes()).unwrap(), statements })
    }
}

fn appointment(custodian: &str, officers: &str, number: u64) -> Appointment {
    let officers = Digest::of(officers.as_bytes());
    Appointment { ceremony: "demo".to_owned(), custodian: custodian.to_owned(), officers, number }
}

fn act(core: &Core, request: &Request) -> Result<EmergencyStatus, Refusal> {
    match core.answer(request, &[]).0 {
        Answer::Emergency(status) => Ok(status),
        Answer::Refused(refusal) => Err(refusal),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn refused(core: &Core, request: &Request, why: &str) {
    let before = core.status();
    let refusal = act(core, request).unwrap_err();
    assert!(refusal.detail.contains(why), "wanted {why:?}: {refusal}");
    assert_eq!(refusal.code, Code::NotApproved);
    assert_eq!(core.status(), before, "something was recorded");
}

/// Announced, unchanged before the delay is over, in force at the first start after it, and for good.
#[test]
fn new_officers_wait_for_the_delay() {
    let house = House::new();
    let core = house.core();
    let pending = act(&core, &house.request(&["klara", "kim"], 1)).unwrap().pending.unwrap();
    assert_eq!(core.status().emergency.pending, Some(pending));
    assert_eq!(pending.effective, NOW.plus_seconds(72 * HOUR));
    drop(core);
    let old = std::fs::read(house.world.config.officers()).unwrap();
    house.world.set_now(pending.effective.plus_seconds(-1));
    assert!(house.core().status().emergency.in_force.is_none());
    assert_eq!(std::fs::read(house.world.config.officers()).unwrap(), old, "too early");

    house.world.set_now(pending.effective);
    for _ in 0..2 {
        let status = house.core().status().emergency;
        assert_eq!((status.pending, status.in_force), (None, Some(pending.officers)));
        assert_ne!(std::fs::read(house.world.config.officers()).unwrap(), old);
    }
    // The ceremony's list is no longer the one in force.
    std::fs::write(house.world.config.officers(), old).unwrap();
    assert!(matches!(house.world.open(), Err(StartError::Changed { .. })));
}

#[test]
fn every_shortcut_to_other_officers_is_refused() {
    let house = House::new();
    let core = house.core();
    refused(&core, &house.request(&["klara"], 1), "fewer custodians");
    refused(&core, &house.request(&["klara", "klara"], 1), "signed twice");
    refused(&core, &house.request(&["klara", "stranger"], 1), "no custodian's");
    refused(&core, &house.request(&["klara", "kim"], 2), "something else");
    let officers = house.list();
    let with = |second: String| {
        let first = house.sign("klara", &appointment("klara", &officers, 1));
        Request::AnnounceEmergency(EmergencyRequest { officers: officers.clone(), appointments: vec![first, second] })
    };
    let right = appointment("kim", &officers, 1);
    let other_list = appointment("kim", "[]", 1);
    let other_ceremony = Appointment { ceremony: "another".to_owned(), ..right.clone() };
    for second in [
        house.sign("kim", &other_list),
        house.sign("kim", &other_ceremony),
        house.sign("karl", &right),
        "no.jws.atall".to_owned(),
    ] {
        refused(&core, &with(second), "something else");
    }
    let empty = EmergencyRequest { officers: "[]".to_owned(), appointments: Vec::new() };
    refused(&core, &Request::AnnounceEmergency(empty), "fewer than two security officers");
    drop(core);
    refused(&house.world.core(), &house.request(&["klara", "kim"], 1), "knows no custodians");
}

/// Any security officer stops it, alone; nobody else does; and the appointments are used up.
#[test]
fn one_security_officer_cancels_it() {
    let house = House::new();
    let core = house.core();
    let request = house.request(&["klara", "kim"], 1);
    let pending = act(&core, &request).unwrap().pending.unwrap();
    refused(&core, &house.request(&["karl", "kim"], 2), "another emergency is announced");
    refused(&core, &house.cancellation("anna", &pending), "not security-officer");
    let other = Pending { officers: Digest::of(b"another"), ..pending };
    refused(&core, &house.cancellation("sara", &other), "another operation");

    assert_eq!(act(&core, &house.cancellation("sara", &pending)).unwrap().pending, None);
    refused(&core, &house.cancellation("sara", &pending), "no emergency is announced");
    refused(&core, &request, "something else");
    drop(core);
    house.world.set_now(pending.effective);
    assert_eq!(house.core().status().emergency.in_force, None);
}

/// What was announced is what takes office.
#[test]
fn an_edited_announcement_takes_no_office() {
    let house = House::new();
    let core = house.core();
    let pending = act(&core, &house.request(&["klara", "kim"], 1)).unwrap().pending.unwrap();
    drop(core);
    std::fs::write(house.world.config.directory.join("officers.next.json"), "[]").unwrap();
    house.world.set_now(pending.effective);
    let core = house.core();
    let status = core.status().emergency;
    assert_eq!((status.pending, status.in_force), (Some(pending), None));
    assert_eq!(act(&core, &house.cancellation("sara", &pending)).unwrap().pending, None);
}
