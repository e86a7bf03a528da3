//! Requests that asked for a key's state before an act changed it, and get to the journal after it.

use super::crl::crl;
use super::keys::{act, moved};
use super::world::{NOW, World};
use crate::signer::core::Core;
use crate::signer::digest::Digest;
use crate::signer::error::{Code, SignerError};
use crate::signer::journal::{Authority, Entry, Holder, Record};
use domain::key::KeyState;
use domain::operation::MoveKey;
use pki::profile::Purpose;
use pki::serial::SerialNumber;
use pki::time::UtcTime;

/// What an issuance that passed every check writes before it signs.
fn intent(core: &Core, purpose: Purpose, serial: u8) -> Result<(), Code> {
    let entry = Entry {
        serial: SerialNumber::from_random([serial; 16]),
        purpose,
        profile: "any".to_owned(),
        revision: 1,
        key: Digest::of(&[serial]),
        tbs: Digest::of(b"tbs"),
        not_after: Some(NOW.plus_days(900)),
    };
    let record = Record::Intent {
        at: NOW,
        issuer: "person".to_owned(),
        authority: Authority::Standing { approval: Digest::of(b"approval") },
        holder: Holder::Service { name: "any".to_owned() },
        certificates: vec![entry],
    };
    core.record(&record).map_err(|error| error.code())
}

#[test]
fn an_issuance_that_was_under_way_is_not_recorded_after_the_act_that_stops_it() {
    let world = World::found();
    let core = world.core();
    intent(&core, Purpose::PersonAuthentication, 1).expect("the CA issues");
    assert_eq!(act(&core, &world, moved(&world.person_ca, KeyState::Active, KeyState::StatusOnly)), None);
    assert_eq!(intent(&core, Purpose::PersonAuthentication, 2), Err(Code::KeyState));
    intent(&core, Purpose::OcspSigner, 3).expect("it answers for what it issued");
}

#[test]
fn an_issuance_that_was_under_way_is_not_recorded_after_a_compromise() {
    let world = World::found();
    let core = world.core();
    let stop = moved(&world.person_ca, KeyState::Active, KeyState::StatusOnly);
    assert_eq!(act(&core, &world, MoveKey { compromised: true, ..stop }), None);
    assert_eq!(intent(&core, Purpose::PersonSignature, 1), Err(Code::KeyState));
}

#[test]
fn a_list_that_was_under_way_is_not_recorded_after_the_last_one() {
    let world = World::found();
    let core = world.core();
    assert_eq!(act(&core, &world, moved(&world.person_ca, KeyState::Active, KeyState::StatusOnly)), None);
    let serials = world.people.iter().flat_map(|one| [&one.authentication, &one.signature]);
    let serials: Vec<SerialNumber> = serials.map(|certificate| certificate.serial().unwrap()).collect();
    crl(&core, &world, 1, (NOW, UtcTime::MAX), &serials).expect("the last");
    let (issuer, tbs, revoked) = ("person".to_owned(), Digest::of(b"tbs"), Digest::of(b"revoked"));
    let late = Record::Crl { at: NOW, issuer, number: 2, tbs, revoked, count: 0, last: false };
    assert_eq!(core.record(&late).map_err(|error: SignerError| error.code()), Err(Code::KeyState));
}
