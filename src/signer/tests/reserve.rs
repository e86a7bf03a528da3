//! Reserve cards: what two administrators can make the signer sign, and what they cannot.

use super::attack::refusal;
use super::story::Story;
use super::world::{World, person_facts};
use crate::signer::error::Code;
use crate::signer::protocol::{CardToSign, IssueRequest};
use domain::operation::PlannedProfile;
use domain::reserve::ReserveOrder;
use pki::issue::SubjectFacts;
use pki::profile::Purpose;

/// Told by ria and mia: everything is signed as it must be.
fn reserve(world: &World, name: &str) -> Story {
    let profile = "person-authentication-reserve".to_owned();
    let revision = world.profile(&profile).revision();
    Story::new(world, name).but(|s| {
        s.order.subject = holder(s, &testkit::identity_number(5170));
        s.order.certificates = [(Purpose::PersonAuthentication, PlannedProfile { profile, revision })].into();
        s.order.reserve = Some(ReserveOrder { ordinary: "9752".parse().unwrap(), days: 20, extends: None });
        s.keys.remove(&Purpose::PersonSignature);
        (s.approvers, s.second) = (vec!["mia"], Some("mia"));
    })
}

/// The same holder with another identity number.
fn holder(story: &Story, number: &str) -> SubjectFacts {
    person_facts("agency-a", number, "kim").with("card.number", story.order.card.as_str())
}

/// The request of a story, for a certificate that an ordinary card could carry: this CA is one of ordinary cards, and
/// the certificate's own profile is what fails last.
fn request(story: &Story, world: &World) -> IssueRequest {
    let ordinary = Story::new(world, "ordinary");
    let key = &story.keys[&Purpose::PersonAuthentication];
    let mut wanted = ordinary.certificate(world, Purpose::PersonAuthentication, key);
    wanted.not_after = wanted.not_before.plus_days(20).plus_seconds(-1);
    let (evidence, delivery) = story.evidence(world);
    IssueRequest {
        issuer: "person".to_owned(),
        delivery,
        cards: vec![CardToSign { evidence, certificates: vec![wanted] }],
    }
}

/// A way to tell the story wrongly.
type Lie = (&'static str, fn(&mut Story));

const LIES: &[Lie] = &[
    ("nobody identified the holder anew", |s| s.second = None),
    ("the first administrator did, and approved", |s| (s.second, s.approvers) = (Some("ria"), vec!["ria"])),
    ("the first administrator did", |s| s.second = Some("ria")),
    ("somebody else approved", |s| s.approvers = vec!["anna"]),
    ("an approver who registers nobody", |s| (s.second, s.approvers) = (Some("anna"), vec!["anna"])),
    ("another agency's administrator", |s| (s.second, s.approvers) = (Some("bo"), vec!["bo"])),
    ("the second administrator stocked the card", |s| s.desk = "mia"),
    ("a coordination number", |s| s.order.subject = holder(s, "191401682396")),
    ("more days than the policy allows", |s| s.order.reserve.as_mut().unwrap().days = 31),
    ("fewer days than the certificate's", |s| s.order.reserve.as_mut().unwrap().days = 19),
    ("another card than the stocked one", |s| s.delivered_card = "9752000".to_owned()),
    ("an ordinary certificate by two administrators", |s| {
        let planned = s.order.certificates.values_mut().next().unwrap();
        planned.profile = "person-authentication-loa4".to_owned();
    }),
];

#[test]
fn two_administrators_carry_a_reserve_card_and_nothing_else_does() {
    let world = World::found();
    let core = world.core();
    let told = |name: &str, lie: fn(&mut Story)| {
        let story = reserve(&world, name).but(lie);
        refusal(&core, request(&story, &world))
    };
    let before = world.signatures();
    assert_eq!(told("control", |_| ()), Some(Code::NotIssuable), "the officers' signatures carry it; this CA does not");
    for (index, (what, lie)) in LIES.iter().enumerate() {
        assert_eq!(told(&format!("lie-{index}"), *lie), Some(Code::NotApproved), "{what}");
    }
    let ordinary = Story::new(&world, "stray").but(|s| s.second = Some("mia"));
    assert_eq!(refusal(&core, ordinary.request(&world)), Some(Code::NotApproved), "a second one for an ordinary card");
    let profile = "person-authentication-reserve".to_owned();
    let revision = world.profile(&profile).revision();
    let planned = PlannedProfile { profile, revision };
    let alone =
        Story::new(&world, "alone").but(|s| s.order.certificates = [(Purpose::PersonAuthentication, planned)].into());
    let alone = alone.but(|s| drop(s.keys.remove(&Purpose::PersonSignature)));
    assert_eq!(refusal(&core, request(&alone, &world)), Some(Code::NotApproved), "a reserve card by the ordinary way");
    assert_eq!(world.signatures(), before, "nothing was signed");
}
