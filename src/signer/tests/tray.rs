//! Trays: many cards under one delivery, each judged for itself.

use super::attack::refusal;
use super::crl::crl;
use super::story::{Story, statement};
use super::world::{NOW, World};
use crate::signer::core::Core;
use crate::signer::error::Code;
use crate::signer::protocol::{Answer, CardAnswer, IssueRequest, Request};
use domain::evidence::Signed;
use domain::operation::{Act, DeliverCards, DeliveredCard, MAX_TRAY, Operation};
use pki::key::SignError;
use pki::serial::SerialNumber;
use std::sync::Arc;

/// The cards of these stories, delivered by Dan as `delivered` says.
fn tray(world: &World, stories: &[Story], delivered: Vec<DeliveredCard>) -> IssueRequest {
    let operation = Operation::DeliverCards(DeliverCards { cards: delivered });
    let delivery = Signed {
        operation: String::from_utf8(operation.to_bytes()).unwrap(),
        statements: vec![statement(world, "dan", Act::Deliver, operation.hash(), NOW)],
    };
    let cards = stories.iter().flat_map(|story| story.request(world).cards).collect();
    IssueRequest { issuer: "person".to_owned(), delivery, cards }
}

fn answers(core: &Core, request: IssueRequest) -> Vec<Result<usize, Code>> {
    let Answer::Cards(cards) = core.answer(&Request::Issue(request), &[]).0 else { panic!("the tray failed") };
    let answer = |card| match card {
        CardAnswer::Signed(certificates) => Ok(certificates.len()),
        CardAnswer::Refused(refusal) => Err(refusal.code),
    };
    cards.into_iter().map(answer).collect()
}

#[test]
fn each_card_of_a_tray_is_judged_for_itself() {
    let world = World::found();
    let honest = Story::new(&world, "x");
    let alone = Story::new(&world, "y").but(|s| s.approvers.clear());
    let unnamed = Story::new(&world, "z");
    let other = Story::new(&world, "u");
    let last = Story::new(&world, "v");
    let swapped = DeliveredCard { keys: last.delivered().keys, ..other.delivered() };
    let delivered = vec![honest.delivered(), alone.delivered(), swapped, last.delivered()];
    let stories = [honest.clone(), alone, unnamed, other, honest, last];
    let expected = vec![
        Ok(2),
        Err(Code::NotApproved),
        Err(Code::NotApproved),
        Err(Code::NotApproved),
        Err(Code::ApprovalUsed),
        Ok(2),
    ];
    assert_eq!(answers(&world.core(), tray(&world, &stories, delivered)), expected);
}

#[test]
fn a_delivery_names_each_card_once_and_not_too_many() {
    let world = World::found();
    let story = Story::new(&world, "x");
    let core = world.core();
    for delivered in [Vec::new(), vec![story.delivered(); 2]] {
        let request = tray(&world, std::slice::from_ref(&story), delivered);
        assert_eq!(refusal(&core, request), Some(Code::BadRequest));
    }
    let many = vec![story.clone(); MAX_TRAY + 1];
    let Answer::Refused(refused) = core.answer(&Request::Issue(tray(&world, &many, vec![story.delivered()])), &[]).0
    else {
        panic!("a tray of too many cards")
    };
    assert_eq!(refused.code, Code::BadRequest);
}

/// The serials of a card in a tray.
fn serials(request: &IssueRequest, card: usize) -> Vec<SerialNumber> {
    request.cards[card].certificates.iter().map(|wanted| wanted.serial).collect()
}

#[test]
fn a_card_that_is_revoked_while_its_tray_is_signed_leaves_the_others_alone() {
    let (world, token) = World::with_token();
    let (core, world) = (Arc::new(world.core()), Arc::new(world));
    let stories = ["x", "y"].map(|name| Story::new(&world, name));
    let delivered = || stories.iter().map(Story::delivered).collect();
    let request = tray(&world, &stories, delivered());
    let revoked = serials(&request, 1);
    *token.meanwhile.lock().unwrap() = Some(Box::new({
        let (world, core, revoked) = (Arc::clone(&world), Arc::clone(&core), revoked.clone());
        move || drop(crl(&core, &world, 1, (NOW, NOW.plus_days(1)), &revoked).unwrap())
    }));
    assert_eq!(answers(&core, request), [Ok(2), Ok(2)]);
    drop(core);
    let again = answers(&world.core(), tray(&world, &stories, delivered()));
    assert_eq!(again, [Err(Code::ApprovalUsed); 2], "both, by this delivery; also after a restart");
}

#[test]
fn a_token_that_fails_within_a_tray_uses_up_nothing_of_the_cards_that_follow() {
    let (world, token) = World::with_token();
    let core = Arc::new(world.core());
    let stories = ["x", "y", "z"].map(|name| Story::new(&world, name));
    let delivered = || stories.iter().map(Story::delivered).collect();
    *token.meanwhile.lock().unwrap() = Some(Box::new({
        let token = Arc::clone(&token);
        move || token.failures.lock().unwrap().push_back(SignError::Timeout)
    }));
    // The second signature of the first card leaves it open whether it was made.
    let expected = [Err(Code::OutcomeUnknown), Err(Code::TokenUnavailable), Err(Code::TokenUnavailable)];
    assert_eq!(answers(&core, tray(&world, &stories, delivered())), expected);
    let expected = [Err(Code::ApprovalUsed), Ok(2), Ok(2)];
    assert_eq!(answers(&core, tray(&world, &stories, delivered())), expected);
}
