//! A token is put back with two security officers' approval of exactly that, once.

use super::story::statement;
use super::world::{NOW, World};
use crate::signer::config::{IssuerKind, IssuerSettings};
use crate::signer::digest::Digest;
use crate::signer::emergency::Custodians;
use crate::signer::error::Code;
use crate::signer::restore::{RESTORE_TYPE, Restoring, RootRestore};
use domain::evidence::Signed;
use domain::operation::Act;
use pki::jose::sign_compact;
use pki::key::{KeyId, KeyKind, SignatureAlgorithm};
use pki::time::UtcTime;
use testkit::SoftSigner;

fn backup() -> Restoring {
    Restoring {
        backup: Digest::of(b"backup"),
        token_label: "ca".to_owned(),
        token_serial: "0123456789abcdef".to_owned(),
        keys: [("person".to_owned(), Digest::of(b"key"))].into(),
    }
}

fn approval(world: &World, of: &Restoring, people: &[&str], at: UtcTime) -> Signed {
    let operation = of.operation(NOW);
    let statements = people.iter().map(|id| statement(world, id, Act::Approve, operation.hash(), at)).collect();
    Signed { operation: String::from_utf8(operation.to_bytes()).unwrap(), statements }
}

/// Why it is refused; nothing was recorded.
fn refused(world: &World, approval: &Signed, restoring: Restoring) -> (Code, String) {
    let before = world.head();
    let refusal = world.core().check_restore(approval, restoring).unwrap_err();
    assert_eq!(world.head(), before);
    (refusal.code, refusal.detail)
}

/// The state as the signer has it after its first start.
fn world() -> World {
    let world = World::found();
    drop(world.core());
    world
}

#[test]
fn two_security_officers_approve_one_restore() {
    let world = world();
    let signed = approval(&world, &backup(), &["sara", "sven"], NOW);
    let core = world.core();
    let approved = core.check_restore(&signed, backup()).unwrap();
    assert_eq!(approved.approvers(), ["sara", "sven"]);
    core.record_restore(approved).unwrap();
    drop(core);
    let (kind, why) = refused(&world, &signed, backup());
    assert!(kind == Code::ApprovalUsed && why.contains("used before"), "replay after a restart: {why}");
}

/// The host of a root knows no officer's certificate: as many custodians as act together approve, each for exactly this.
#[test]
fn custodians_approve_the_restore_of_a_roots_own_token() {
    let mut world = world();
    let root = IssuerSettings { name: "root".to_owned(), kind: IssuerKind::Root, ..world.config.issuers[0].clone() };
    world.config.issuers = vec![IssuerSettings { certificate: world.config.anchors[0].clone(), ..root }];
    let mut keys = SoftSigner::new();
    let ids = ["klara", "karl", "kim", "stranger"].map(|id| (id, keys.add(id, KeyKind::Ed25519)));
    let known = ids.into_iter().take(3).map(|(id, key)| (id.to_owned(), keys.public(&key))).collect();
    let custodians = Custodians { ceremony: "demo".to_owned(), needed: 2, keys: known };
    let core = world.core().with_custodians(Some(custodians));
    let sign = |id: &str, ceremony: &str, of: &Restoring| {
        let operation = Digest::from_bytes(*of.operation(NOW).hash().as_bytes());
        let said = RootRestore { ceremony: ceremony.to_owned(), custodian: id.to_owned(), operation };
        let (header, payload) = (serde_json::json!({"typ": RESTORE_TYPE}), serde_json::to_vec(&said).unwrap());
        sign_compact(header, &payload, &KeyId::new(id), SignatureAlgorithm::Ed25519, &keys).unwrap()
    };
    let signed = |statements: Vec<String>| Signed {
        operation: String::from_utf8(backup().operation(NOW).to_bytes()).unwrap(),
        statements,
    };
    let own = |id: &str| sign(id, "demo", &backup());
    let other = Restoring { token_label: "another".to_owned(), ..backup() };
    for (why, statements) in [
        ("0 of 2", vec![]),
        ("1 of 2", vec![own("karl")]),
        ("four eyes", vec![own("karl"), own("karl")]),
        ("no custodian's", vec![own("karl"), own("stranger")]),
        ("no custodian's", vec![own("karl"), sign("kim", "another", &backup())]),
        ("no custodian's", vec![own("karl"), sign("kim", "demo", &other)]),
        ("no custodian's", approval(&world, &backup(), &["sara", "sven"], NOW).statements),
    ] {
        let found = core.check_restore(&signed(statements), backup()).unwrap_err();
        assert!(found.code == Code::NotApproved && found.detail.contains(why), "{why}: {}", found.detail);
    }
    let two = signed(vec![own("klara"), own("kim")]);
    assert!(core.check_restore(&two, other).unwrap_err().detail.contains("another operation"));
    world.set_now(NOW.plus_days(8));
    assert!(core.check_restore(&two, backup()).unwrap_err().detail.contains("time is not acceptable"));
    world.set_now(NOW);
    let approved = core.check_restore(&two, backup()).unwrap();
    assert_eq!(approved.approvers(), ["kim", "klara"]);
    core.record_restore(approved).unwrap();
    drop(core);
    assert_eq!(world.core().check_restore(&two, backup()).unwrap_err().code, Code::ApprovalUsed, "after a restart");
}

/// Whoever checked an approval twice records it once.
#[test]
fn an_approval_is_used_up_by_the_first_record() {
    let world = world();
    let signed = approval(&world, &backup(), &["sara", "sven"], NOW);
    let core = world.core();
    let [first, second] = [(), ()].map(|()| core.check_restore(&signed, backup()).unwrap());
    core.record_restore(first).unwrap();
    assert_eq!(core.record_restore(second).unwrap_err().code, Code::ApprovalUsed);
}

#[test]
fn every_shortcut_to_a_restore_is_refused() {
    let world = world();
    let two: &[&str] = &["sara", "sven"];
    for (people, at, why) in [
        (&["sara"][..], NOW, "1 of 2"),
        (&["sara", "sara"], NOW, "four eyes"),
        (&["sara", "anna"], NOW, "not security-officer"),
        (&["sara", "eva"], NOW, "not an officer"),
        (&[], NOW, "0 of 2"),
        (two, NOW.plus_days(-8), "time is not acceptable"),
        (two, NOW.plus_days(1), "time is not acceptable"),
    ] {
        let (kind, found) = refused(&world, &approval(&world, &backup(), people, at), backup());
        assert!(found.contains(why), "{why}: {found}");
        assert_eq!(kind, Code::NotApproved);
    }
}

/// An approval is for one backup, one token and these keys.
#[test]
fn an_approval_restores_nothing_else() {
    let world = world();
    let others = [
        ("backup", Restoring { backup: Digest::of(b"another"), ..backup() }),
        ("token", Restoring { token_serial: "fedcba9876543210".to_owned(), ..backup() }),
        ("label", Restoring { token_label: "another".to_owned(), ..backup() }),
        ("key", Restoring { keys: [("person".to_owned(), Digest::of(b"another"))].into(), ..backup() }),
        ("keys", Restoring { keys: std::collections::BTreeMap::new(), ..backup() }),
    ];
    let signed = approval(&world, &backup(), &["sara", "sven"], NOW);
    for (what, other) in others {
        let (_, why) = refused(&world, &signed, other);
        assert!(why.contains("another operation"), "{what}: {why}");
    }
    let policies = domain::operation::LoadPolicies { bundle: "a".to_owned(), replaces: "b".to_owned() };
    let operation = domain::operation::Operation::LoadPolicies(policies);
    let statements = vec![statement(&world, "sara", Act::Approve, operation.hash(), NOW)];
    let other = Signed { operation: String::from_utf8(operation.to_bytes()).unwrap(), statements };
    let (_, why) = refused(&world, &other, backup());
    assert!(why.contains("not the restoring of a token"), "{why}");
}
