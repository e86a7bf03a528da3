//! A token that is away, refuses, or leaves it open whether it signed.

use super::attack::refusal;
use super::crl::crl;
use super::story::Story;
use super::world::{NOW, World};
use crate::signer::error::Code;
use crate::signer::start::StartError;
use pki::key::SignError;

#[test]
fn a_token_that_is_away_uses_nothing_up() {
    let (world, token) = World::with_token();
    *token.problem.lock().unwrap() = Some("unplugged".to_owned());
    let core = world.core();
    let before = world.trace();
    let story = Story::new(&world, "x");
    assert_eq!(refusal(&core, story.request(&world)), Some(Code::TokenUnavailable));
    assert_eq!(core.status().token_problem.as_deref(), Some("unplugged"));
    assert_eq!(world.trace(), before);
    *token.problem.lock().unwrap() = None;
    assert_eq!(refusal(&core, story.request(&world)), None);
}

#[test]
fn what_was_certainly_not_signed_can_be_asked_again() {
    let (world, token) = World::with_token();
    let core = world.core();
    let story = Story::new(&world, "x");
    let first = story.request(&world);
    token.failures.lock().unwrap().push_back(SignError::Busy);
    assert_eq!(refusal(&core, first.clone()), Some(Code::Busy));
    assert_eq!(refusal(&core, first), Some(Code::SerialUsed), "serials are used once whatever happens");
    drop(core);
    assert_eq!(refusal(&world.core(), story.request(&world)), None, "also after a restart");
}

#[test]
fn what_may_be_signed_stays_used_until_it_is_revoked() {
    let (world, token) = World::with_token();
    let core = world.core();
    let story = Story::new(&world, "x");
    let first = story.request(&world);
    token.failures.lock().unwrap().push_back(SignError::Timeout);
    assert_eq!(refusal(&core, first.clone()), Some(Code::OutcomeUnknown));
    assert_eq!(refusal(&core, story.request(&world)), Some(Code::ApprovalUsed));
    drop(core);
    let core = world.core();
    assert_eq!(refusal(&core, story.request(&world)), Some(Code::ApprovalUsed), "also after a restart");
    let serials: Vec<_> = first.cards[0].certificates.iter().map(|certificate| certificate.serial).collect();
    crl(&core, &world, 1, (NOW, NOW.plus_days(1)), &serials).unwrap();
    assert_eq!(refusal(&core, story.request(&world)), Some(Code::ApprovalUsed), "with the old delivery");
    assert_eq!(refusal(&core, story.but(|s| s.signed_at = NOW.plus_seconds(1)).request(&world)), None);
}

/// The service may have died before it kept what was signed, and revoked it. The desk can deliver
/// the card again, with a new signature; old papers bring nothing back, also after a restart.
#[test]
fn a_revoked_certificate_frees_its_approval_for_a_later_delivery_only() {
    let world = World::found();
    let core = world.core();
    let story = Story::new(&world, "x");
    let first = story.request(&world);
    assert_eq!(refusal(&core, first.clone()), None);
    let serials: Vec<_> = first.cards[0].certificates.iter().map(|certificate| certificate.serial).collect();
    crl(&core, &world, 1, (NOW, NOW.plus_days(1)), &serials).unwrap();
    assert_eq!(refusal(&core, story.request(&world)), Some(Code::ApprovalUsed));
    drop(core);
    let core = world.core();
    assert_eq!(refusal(&core, story.request(&world)), Some(Code::ApprovalUsed));
    let later = story.but(|s| s.signed_at = NOW.plus_seconds(1));
    assert_eq!(refusal(&core, later.request(&world)), None);
    assert_eq!(refusal(&core, later.request(&world)), Some(Code::ApprovalUsed), "once, again");
}

/// A card that was in somebody's hands comes back by a new approval only.
#[test]
fn a_later_revocation_frees_no_approval() {
    let world = World::found();
    let core = world.core();
    let story = Story::new(&world, "x");
    let first = story.request(&world);
    assert_eq!(refusal(&core, first.clone()), None);
    let serials: Vec<_> = first.cards[0].certificates.iter().map(|certificate| certificate.serial).collect();
    let later = NOW.plus_seconds(901);
    *world.clock.0.lock().unwrap() = later;
    crl(&core, &world, 1, (later, later.plus_days(1)), &serials).unwrap();
    *world.clock.0.lock().unwrap() = NOW.plus_seconds(1);
    let delivered_again = story.but(|s| s.signed_at = NOW.plus_seconds(1));
    assert_eq!(refusal(&core, delivered_again.request(&world)), Some(Code::ApprovalUsed));
}

#[test]
fn an_unfit_key_is_refused_at_start_and_later() {
    let (world, token) = World::with_token();
    *token.unfit.lock().unwrap() = true;
    assert!(matches!(world.open(), Err(StartError::Key { why, .. }) if why.contains("CKA_EXTRACTABLE")));
    *token.problem.lock().unwrap() = Some("unplugged".to_owned());
    let core = world.core();
    *token.problem.lock().unwrap() = None;
    let before = world.trace();
    assert_eq!(refusal(&core, Story::new(&world, "x").request(&world)), Some(Code::Internal));
    assert_eq!(world.trace(), before);
}
