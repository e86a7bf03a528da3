//! The life of CA keys: two security officers, this act and no other, once; and what each state lets a key sign.

use super::attack::refusal;
use super::crl::crl;
use super::standing;
use super::story::{Story, statement};
use super::world::{NOW, World, service_facts};
use crate::signer::config::IssuerKind;
use crate::signer::core::Core;
use crate::signer::error::Code;
use crate::signer::protocol::{Answer, IssueRequest, Request};
use domain::evidence::Signed;
use domain::id::hex;
use domain::key::KeyState;
use domain::operation::{Act, AddTrustAnchor, MoveKey, Operation};
use pki::certificate::Certificate;
use pki::issue::Issuer;
use pki::serial::SerialNumber;
use pki::time::UtcTime;

const TWO: &[&str] = &["sara", "sven"];

/// A world with a second CA of persons, which a ceremony made and nobody activated.
fn world() -> (World, Issuer) {
    let mut world = World::found();
    let next = world.add_generation("person-2", "root", IssuerKind::Person);
    (world, next)
}

pub(super) fn moved(issuer: &Issuer, from: KeyState, to: KeyState) -> MoveKey {
    let certificate = &issuer.certificate;
    MoveKey {
        issuer: issuer.name.clone(),
        key: hex(&certificate.public_key().fingerprint()),
        certificate: hex(&certificate.fingerprint()),
        from,
        to,
        compromised: false,
        ocsp_signer: None,
    }
}

fn activation(issuer: &Issuer) -> MoveKey {
    let ocsp_signer = Some(service_facts("TEST OCSP g2"));
    MoveKey { ocsp_signer, ..moved(issuer, KeyState::Generated, KeyState::Active) }
}

fn approved(world: &World, operation: &Operation, people: &[&str], at: UtcTime) -> Signed {
    let statements = people.iter().map(|id| statement(world, id, Act::Approve, operation.hash(), at)).collect();
    Signed { operation: String::from_utf8(operation.to_bytes()).unwrap(), statements }
}

/// The word of the refusal, if it is one.
fn ask(core: &Core, approval: &Signed) -> Option<Code> {
    match core.answer(&Request::KeyAct(approval.clone()), &[]).0 {
        Answer::Keys(_) => None,
        Answer::Refused(refusal) => Some(refusal.code),
        other => panic!("{other:?}"),
    }
}

pub(super) fn act(core: &Core, world: &World, moved: MoveKey) -> Option<Code> {
    ask(core, &approved(world, &Operation::MoveKey(moved), TWO, NOW))
}

fn state(core: &Core, issuer: &str) -> KeyState {
    core.status().keys.into_iter().find(|key| key.issuer == issuer).unwrap().state
}

/// A card from this CA.
fn card_from(world: &mut World, issuer: &Issuer, name: &str) -> IssueRequest {
    let before = std::mem::replace(&mut world.person_ca, issuer.clone());
    let request = IssueRequest { issuer: issuer.name.clone(), ..Story::new(world, name).request(world) };
    world.person_ca = before;
    request
}

#[test]
fn a_key_that_nobody_activated_signs_nothing() {
    let (mut world, next) = world();
    let core = world.core();
    assert_eq!(state(&core, "person-2"), KeyState::Generated);
    assert_eq!(core.status().issuers, ["function", "infrastructure", "person"]);
    let before = world.trace();
    let request = card_from(&mut world, &next, "early");
    assert_eq!(refusal(&core, request), Some(Code::KeyState));
    assert_eq!(world.trace(), before);
}

#[test]
fn two_security_officers_activate_a_key_and_it_stays_so() {
    let (mut world, next) = world();
    let core = world.core();
    assert_eq!(act(&core, &world, activation(&next)), None);
    drop(core);
    let core = world.core();
    assert_eq!(state(&core, "person-2"), KeyState::Active);
    let first = card_from(&mut world, &next, "first");
    assert_eq!(refusal(&core, first), None, "the new generation issues");
    assert_eq!(refusal(&core, Story::new(&world, "old").request(&world)), None, "and so does the old one");

    let old = world.person_ca.clone();
    assert_eq!(act(&core, &world, moved(&old, KeyState::Active, KeyState::StatusOnly)), None);
    let late = Story::new(&world, "late").request(&world);
    assert_eq!(refusal(&core, late), Some(Code::KeyState), "the old one has stopped");
    crl(&core, &world, 9, (NOW, NOW.plus_days(1)), &[]).expect("but it answers for what it issued");
}

#[test]
fn one_officer_is_not_enough() {
    shortcut(|world, operation| approved(world, operation, &["sara"], NOW), Code::NotApproved);
}

#[test]
fn the_same_officer_twice_is_not_two() {
    shortcut(|world, operation| approved(world, operation, &["sara", "sara"], NOW), Code::NotApproved);
}

#[test]
fn an_approver_of_cards_is_no_security_officer() {
    shortcut(|world, operation| approved(world, operation, &["sara", "anna"], NOW), Code::NotApproved);
}

#[test]
fn an_old_approval_is_worth_nothing() {
    shortcut(|world, operation| approved(world, operation, TWO, NOW.plus_days(-8)), Code::NotApproved);
}

#[test]
fn signatures_over_another_act_are_worth_nothing() {
    let swap = |world: &World, operation: &Operation| {
        let other = Operation::MoveKey(moved(&world.person_ca, KeyState::Active, KeyState::StatusOnly));
        Signed { statements: approved(world, &other, TWO, NOW).statements, ..approved(world, operation, &[], NOW) }
    };
    shortcut(swap, Code::NotApproved);
}

#[test]
fn a_revoked_officer_approves_nothing() {
    let (world, next) = world();
    let core = world.core();
    let sven = world.person("sven").signature.serial().unwrap();
    crl(&core, &world, 1, (NOW, NOW.plus_days(1)), &[sven]).unwrap();
    assert_eq!(act(&core, &world, activation(&next)), Some(Code::NotApproved));
}

/// What `tell` makes of the activation is refused, and nothing is signed or recorded.
fn shortcut(tell: impl Fn(&World, &Operation) -> Signed, wanted: Code) {
    let (world, next) = world();
    let core = world.core();
    let before = world.trace();
    let approval = tell(&world, &Operation::MoveKey(activation(&next)));
    assert_eq!(ask(&core, &approval), Some(wanted));
    assert_eq!(world.trace(), before);
    assert_eq!(state(&core, "person-2"), KeyState::Generated);
}

#[test]
fn another_key_or_certificate_is_not_activated() {
    let (world, next) = world();
    let core = world.core();
    let before = world.trace();
    let digest = "ab".repeat(32);
    let other_key = MoveKey { key: digest.clone(), ..activation(&next) };
    let other_certificate = MoveKey { certificate: digest, ..activation(&next) };
    let unknown = MoveKey { issuer: "person-3".to_owned(), ..activation(&next) };
    assert_eq!(act(&core, &world, other_key), Some(Code::NotApproved));
    assert_eq!(act(&core, &world, other_certificate), Some(Code::NotApproved));
    assert_eq!(act(&core, &world, unknown), Some(Code::WrongIssuer));
    assert_eq!(world.trace(), before);
}

#[test]
fn an_approval_is_used_once_also_after_a_restart() {
    let (world, next) = world();
    let approval = approved(&world, &Operation::MoveKey(activation(&next)), TWO, NOW);
    let core = world.core();
    assert_eq!(ask(&core, &approval), None);
    assert_eq!(ask(&core, &approval), Some(Code::ApprovalUsed));
    drop(core);
    assert_eq!(ask(&world.core(), &approval), Some(Code::ApprovalUsed));
}

#[test]
fn states_are_not_skipped_and_never_return() {
    let (world, _) = world();
    let core = world.core();
    let ca = &world.person_ca;
    for (from, to) in [
        (KeyState::Active, KeyState::Retired),
        (KeyState::Active, KeyState::Destroyed),
        (KeyState::Active, KeyState::Active),
        (KeyState::StatusOnly, KeyState::Retired),
        (KeyState::Generated, KeyState::Active),
    ] {
        assert_eq!(act(&core, &world, moved(ca, from, to)), Some(Code::KeyState), "{from} to {to}");
    }
    assert_eq!(act(&core, &world, moved(ca, KeyState::Active, KeyState::StatusOnly)), None);
    let retirement = moved(ca, KeyState::StatusOnly, KeyState::Retired);
    assert_eq!(act(&core, &world, retirement), Some(Code::KeyState), "there is no last CRL");
}

/// Everything that a CA signed must be over or listed before its last CRL, and that before it is retired.
#[test]
fn a_ca_comes_to_its_end() {
    let (world, _) = world();
    let core = world.core();
    let ca = world.person_ca.clone();
    let last = (NOW, UtcTime::MAX);
    assert_eq!(crl(&core, &world, 1, last, &[]), Err(Code::KeyState), "it still issues");
    assert_eq!(act(&core, &world, moved(&ca, KeyState::Active, KeyState::StatusOnly)), None);
    assert_eq!(crl(&core, &world, 1, last, &[]), Err(Code::KeyState), "cards live");
    let retire = approved(&world, &Operation::MoveKey(moved(&ca, KeyState::StatusOnly, KeyState::Retired)), TWO, NOW);
    let destroy = approved(&world, &Operation::MoveKey(moved(&ca, KeyState::Retired, KeyState::Destroyed)), TWO, NOW);

    let serials = world.people.iter().flat_map(|one| [&one.authentication, &one.signature]);
    let serials: Vec<SerialNumber> = serials.map(|certificate| certificate.serial().unwrap()).collect();
    let short = (NOW, ca.certificate.not_after().plus_days(1));
    assert_eq!(crl(&core, &world, 2, short, &serials), Err(Code::WrongTime), "the policy says how long it stands");
    crl(&core, &world, 2, last, &serials).expect("all are revoked");
    assert_eq!(
        crl(&core, &world, 3, (NOW, NOW.plus_days(1)), &serials),
        Err(Code::KeyState),
        "nothing follows the last"
    );
    // With every card the officers are gone as well: the approvals of another CA's officers would count.
    assert_eq!(ask(&core, &retire), Some(Code::NotApproved));
    assert_eq!(ask(&core, &destroy), Some(Code::NotApproved));
}

#[test]
fn a_key_is_destroyed_when_it_was_never_used() {
    let (world, token) = World::with_token();
    let mut world = world;
    let next = world.add_generation("person-2", "root", IssuerKind::Person);
    let core = world.core();
    assert_eq!(act(&core, &world, moved(&next, KeyState::Generated, KeyState::Destroyed)), None);
    assert_eq!(state(&core, "person-2"), KeyState::Destroyed);
    assert_eq!(*token.destroyed.lock().unwrap(), std::slice::from_ref(&next.key));
    drop(core);
    assert_eq!(state(&world.core(), "person-2"), KeyState::Destroyed, "the signer starts without the key");
    assert_eq!(act(&world.core(), &world, activation(&next)), Some(Code::KeyState));
}

#[test]
fn a_compromised_ca_stops_and_its_cards_approve_nothing() {
    let (mut world, next) = world();
    let core = world.core();
    assert_eq!(act(&core, &world, activation(&next)), None);
    let ca = world.person_ca.clone();
    let compromise = MoveKey { compromised: true, ..moved(&ca, KeyState::Active, KeyState::StatusOnly) };
    assert_eq!(act(&core, &world, compromise), None);
    let request = Story::new(&world, "late").request(&world);
    assert_eq!(refusal(&core, request), Some(Code::KeyState));
    let request = card_from(&mut world, &next, "by-nobody");
    assert_eq!(refusal(&core, request), Some(Code::NotApproved), "whoever has the key can make officers");
    assert!(core.status().keys.iter().any(|key| key.compromised.is_some()));
}

/// Officers allow it when they activate the CA; nobody is asked again when a signer is renewed.
#[test]
fn an_activated_ca_certifies_its_own_ocsp_signers_and_nobody_elses() {
    let (world, next) = world();
    let core = world.core();
    let until = NOW.plus_days(10);
    let certify = |name: &str| standing::ask(&core, &world, (&next, "ocsp-signer"), &service_facts(name), until);
    assert_eq!(certify("TEST OCSP g2"), Err(Code::NoStandingApproval), "nobody activated it");
    assert_eq!(act(&core, &world, activation(&next)), None);
    let signer = certify("TEST OCSP g2").expect("its own");
    signer.verify_issued_by(&next.certificate).unwrap();
    assert_eq!(certify("TEST OCSP"), Err(Code::NoStandingApproval), "the other CA's");
    assert_eq!(act(&core, &world, moved(&next, KeyState::Active, KeyState::StatusOnly)), None);
    certify("TEST OCSP g2").expect("a CA answers for its cards until the last is over");
}

/// A CA under a root that nobody trusts is not activated; two security officers have the root trusted, once.
#[test]
fn a_key_becomes_active_only_under_a_trusted_root() {
    let mut world = World::found();
    world.add_root("root-2");
    let next = world.add_generation("person-2", "root-2", IssuerKind::Person);
    let core = world.core();
    assert_eq!(act(&core, &world, activation(&next)), Some(Code::NotApproved));
    let root = std::fs::read_to_string(world.config.anchors.last().unwrap()).unwrap();
    let root = Certificate::from_pem(&root).unwrap();
    let anchor = |name: &str, certificate: &Certificate| {
        let certificate_sha256 = hex(&certificate.fingerprint());
        let key = hex(&certificate.public_key().fingerprint());
        Operation::AddTrustAnchor(AddTrustAnchor { name: name.to_owned(), key, certificate: certificate_sha256 })
    };
    let wanted = anchor("root-2", &root);
    assert_eq!(ask(&core, &approved(&world, &wanted, &["sara"], NOW)), Some(Code::NotApproved));
    let not_a_root = anchor("person", &world.person_ca.certificate);
    assert_eq!(ask(&core, &approved(&world, &not_a_root, TWO, NOW)), Some(Code::NotApproved));
    assert_eq!(ask(&core, &approved(&world, &wanted, TWO, NOW)), None);
    assert_eq!(ask(&core, &approved(&world, &wanted, TWO, NOW)), Some(Code::ApprovalUsed));
    let again = approved(&world, &anchor("the same", &root), TWO, NOW);
    assert_eq!(ask(&core, &again), Some(Code::KeyState));
    drop(core);
    let core = world.core();
    assert_eq!(act(&core, &world, activation(&next)), None);
    assert_eq!(state(&core, "person-2"), KeyState::Active);
}

#[test]
fn an_edited_certificate_of_an_activated_ca_is_refused() {
    let (mut world, next) = world();
    assert_eq!(act(&world.core(), &world, activation(&next)), None);
    world.add_generation("person-2", "root", IssuerKind::Person);
    world.config.issuers.remove(2);
    let Err(error) = world.open() else { panic!("it started") };
    assert!(error.to_string().contains("person-2"), "{error}");
}
