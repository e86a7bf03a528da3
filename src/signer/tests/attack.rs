//! Everything that an attacker with database, web process and administrators' sessions can ask for.

use super::story::{Story, certificate, key, statement, statement_with};
use super::world::{NOW, World, person_facts};
use crate::signer::core::Core;
use crate::signer::error::Code;
use crate::signer::protocol::{Answer, CardAnswer, CertificateToSign, IssueRequest, Request};
use domain::operation::{Act, OperationHash};
use pki::certificate::Certificate;
use pki::issue::{Issuer, LintIssuer, Request as ToIssue, lint, prepare};
use pki::key::{KeyId, KeyKind};
use pki::profile::Purpose;
use pki::time::UtcTime;
use testkit::SoftSigner;

/// A way to ask, and the word that it must be refused with.
type Attempt = (&'static str, Code, fn(&World) -> IssueRequest);

/// The lie is in what officers were made to sign, or in who signed.
const WRONG_PEOPLE: &[Attempt] = &[
    ("nobody approved", Code::NotApproved, |w| Story::new(w, "x").but(|s| s.approvers.clear()).request(w)),
    ("the identifier approved", Code::NotApproved, |w| {
        Story::new(w, "x")
            .but(|s| (s.identifier, s.order.identified_by, s.approvers) = ("mia", id("mia"), vec!["mia"]))
            .request(w)
    }),
    ("the submitter approved", Code::NotApproved, |w| {
        Story::new(w, "x").but(|s| (s.order.submitted_by, s.approvers) = (id("mia"), vec!["mia"])).request(w)
    }),
    ("the applicant approved", Code::NotApproved, |w| {
        let mia = person_facts("agency-a", "189001019802", "x");
        Story::new(w, "x")
            .but(|s| (s.order.applicant, s.approvers) = (id("mia"), vec!["mia"]))
            .but(|s| {
                let card = s.order.card.as_str().to_owned();
                s.order.subject = mia.with("card.number", &card);
            })
            .request(w)
    }),
    ("an approver's own card under another id", Code::NotApproved, |w| {
        let anna = person_facts("agency-a", "199001012385", "x");
        Story::new(w, "x")
            .but(|s| {
                let card = s.order.card.as_str().to_owned();
                s.order.subject = anna.with("card.number", &card);
            })
            .request(w)
    }),
    ("somebody who may exist, in a demo", Code::WrongSubject, |w| {
        Story::new(w, "x").but(|s| rename(s, "person.serial_number", "PNOSE-199510080006")).request(w)
    }),
    ("a document that had expired", Code::NotApproved, |w| {
        Story::new(w, "x").but(|s| s.expires = "2026-01-14").request(w)
    }),
    ("a child", Code::NotApproved, |w| {
        Story::new(w, "x").but(|s| rename(s, "person.serial_number", "PNOSE-202601612381")).request(w)
    }),
    ("the approver delivered", Code::NotApproved, |w| {
        Story::new(w, "x").but(|s| (s.approvers, s.desk) = (vec!["mia"], "mia")).request(w)
    }),
    ("one approver twice", Code::NotApproved, |w| {
        Story::new(w, "x").but(|s| s.approvers = vec!["anna", "anna"]).request(w)
    }),
    ("an officer without the role approved", Code::NotApproved, |w| {
        Story::new(w, "x").but(|s| s.approvers = vec!["dan"]).request(w)
    }),
    ("another agency's officer approved", Code::NotApproved, |w| {
        Story::new(w, "x").but(|s| s.approvers = vec!["bo"]).request(w)
    }),
    ("another agency's officer identified", Code::NotApproved, |w| {
        Story::new(w, "x").but(|s| (s.identifier, s.order.identified_by) = ("bo", id("bo"))).request(w)
    }),
    ("another agency's officer delivered", Code::NotApproved, |w| Story::new(w, "x").but(|s| s.desk = "bo").request(w)),
    ("a subject of another agency", Code::NotApproved, |w| {
        Story::new(w, "x")
            .but(|s| s.order.subject = s.order.subject.clone().with("organisation.number", "5562265719"))
            .request(w)
    }),
    ("the approver put a victim's name on an accomplice's application", Code::NotApproved, |w| {
        Story::new(w, "x")
            .but(|s| s.identified = Some(s.order.subject.clone()))
            .but(|s| {
                let victim = person_facts("agency-a", "195006262546", "eva");
                s.order.subject = victim.with("card.number", s.order.card.as_str());
            })
            .request(w)
    }),
    ("an ordinary employee approved", Code::NotApproved, |w| {
        Story::new(w, "x").but(|s| s.approvers = vec!["eva"]).request(w)
    }),
    ("statements older than the limit", Code::NotApproved, |w| {
        Story::new(w, "x").but(|s| s.signed_at = NOW.plus_days(-91)).request(w)
    }),
    ("statements from the future", Code::NotApproved, |w| {
        Story::new(w, "x").but(|s| s.signed_at = NOW.plus_days(1)).request(w)
    }),
    ("keys delivered on another card", Code::NotApproved, |w| {
        Story::new(w, "x").but(|s| s.delivered_card = "9752000".to_owned()).request(w)
    }),
    ("a subject with another card", Code::NotApproved, |w| {
        Story::new(w, "x").but(|s| s.order.subject = s.order.subject.clone().with("card.number", "9752000")).request(w)
    }),
];

/// The officers were honest; what they signed was changed, or other bytes came with it.
const WRONG_BYTES: &[Attempt] = &[
    ("an edited order", Code::NotApproved, |w| {
        let mut request = Story::new(w, "x").request(w);
        request.cards[0].evidence.approval.operation =
            request.cards[0].evidence.approval.operation.replace("kim Testsson", "kim Testssom");
        request
    }),
    ("an order in another form", Code::BadRequest, |w| {
        let mut request = Story::new(w, "x").request(w);
        request.cards[0].evidence.approval.operation.insert(1, ' ');
        request
    }),
    ("another person in the certificate", Code::OtherBytes, |w| {
        let story = Story::new(w, "x");
        let subject = story.order.subject.clone().with("person.surname", "Annansson");
        replaced(&story, w, |s| certificate(w, AUTHENTICATION, &subject, &s.keys[&PURPOSE], YEAR))
    }),
    ("another profile in the certificate", Code::OtherBytes, |w| {
        replaced(&Story::new(w, "x"), w, |s| certificate(w, SOFTWARE, &s.order.subject, &s.keys[&PURPOSE], YEAR))
    }),
    ("another revision of the profile", Code::WrongProfile, |w| {
        Story::new(w, "x").but(|s| s.order.certificates.get_mut(&PURPOSE).unwrap().revision += 1).request(w)
    }),
    ("an unknown profile", Code::WrongProfile, |w| {
        let story = Story::new(w, "x");
        let unknown =
            story.clone().but(|s| s.order.certificates.get_mut(&PURPOSE).unwrap().profile = "none".to_owned());
        with_only(&unknown, w, &story)
    }),
    ("a profile for another purpose", Code::WrongProfile, |w| {
        Story::new(w, "x")
            .but(|s| s.order.certificates.get_mut(&PURPOSE).unwrap().profile = SIGNATURE.to_owned())
            .but(|s| {
                s.keys.remove(&Purpose::PersonSignature);
            })
            .request(w)
            .but(|c| c.purpose = PURPOSE)
    }),
    ("the attacker's key", Code::NotApproved, |w| {
        replaced(&Story::new(w, "x"), w, |s| s.certificate(w, PURPOSE, &key("evil")))
    }),
    ("one key for both purposes", Code::KeyUsed, |w| {
        let one = key("one");
        Story::new(w, "x").but(|s| s.keys.values_mut().for_each(|key| *key = one.clone())).request(w)
    }),
    ("a purpose that was not ordered", Code::NotApproved, |w| {
        let story = Story::new(w, "x");
        let less = story.clone().but(|s| drop(s.order.certificates.remove(&PURPOSE)));
        with_only(&less, w, &story)
    }),
    ("one purpose twice", Code::ApprovalUsed, |w| {
        let story = Story::new(w, "x");
        let mut request = story.request(w);
        let again = story.certificate(w, PURPOSE, &story.keys[&PURPOSE]);
        request.cards[0].certificates[1] = again;
        request
    }),
    ("an extra extension", Code::OtherBytes, |w| Story::new(w, "x").request(w).but(|c| c.tbs.extend([0x05, 0x00]))),
    ("a later end in the bytes alone", Code::OtherBytes, |w| {
        Story::new(w, "x").request(w).but(|c| c.not_after = c.not_after.plus_days(-1))
    }),
    ("an end beyond the profile", Code::NotIssuable, |w| {
        Story::new(w, "x").request(w).but(|c| c.not_after = NOW.plus_days(2_000))
    }),
    ("a beginning in the past", Code::WrongTime, |w| {
        replaced(&Story::new(w, "x"), w, |s| {
            certificate(w, AUTHENTICATION, &s.order.subject, &s.keys[&PURPOSE], (NOW.plus_days(-1), YEAR.1))
        })
    }),
    ("a serial of the ceremony", Code::OtherBytes, |w| {
        Story::new(w, "x").request(w).but(|c| c.serial = w.person("anna").signature.serial().unwrap())
    }),
    ("a CA of another kind", Code::WrongIssuer, |w| IssueRequest {
        issuer: "infrastructure".to_owned(),
        ..Story::new(w, "x").request(w)
    }),
    ("a CA that does not exist", Code::WrongIssuer, |w| IssueRequest {
        issuer: "root".to_owned(),
        ..Story::new(w, "x").request(w)
    }),
    ("no certificates", Code::BadRequest, |w| {
        let mut request = Story::new(w, "x").request(w);
        request.cards[0].certificates.clear();
        request
    }),
    ("no cards", Code::BadRequest, |w| IssueRequest { cards: Vec::new(), ..Story::new(w, "x").request(w) }),
];

/// Signatures that are not what they seem.
const WRONG_STATEMENTS: &[Attempt] = &[
    ("the approval used as a delivery", Code::NotApproved, |w| {
        let mut request = Story::new(w, "x").request(w);
        request.delivery.statements = request.cards[0].evidence.approval.statements.clone();
        request
    }),
    ("an approval of another order", Code::NotApproved, |w| {
        let mut request = Story::new(w, "x").request(w);
        request.cards[0].evidence.approval.statements =
            Story::new(w, "y").request(w).cards[0].evidence.approval.statements.clone();
        request
    }),
    ("an identification of another order", Code::NotApproved, |w| {
        let mut request = Story::new(w, "x").request(w);
        request.cards[0].evidence.identification =
            Story::new(w, "y").request(w).cards[0].evidence.identification.clone();
        request
    }),
    ("signed with the login key", Code::NotApproved, |w| {
        approved_by(w, |operation| {
            let anna = &w.person("anna").authentication;
            statement_with(&w.cards, &KeyId::new("anna-authentication"), anna, (Act::Approve, operation, NOW))
        })
    }),
    ("an officer's certificate, another's key", Code::NotApproved, |w| {
        approved_by(w, |operation| {
            let anna = &w.person("anna").signature;
            statement_with(&w.cards, &KeyId::new("eva-signature"), anna, (Act::Approve, operation, NOW))
        })
    }),
    ("an officer that the attacker made", Code::NotApproved, |w| {
        approved_by(w, |operation| {
            let (keys, forged) = forged_officer(w);
            statement_with(&keys, &KeyId::new("forged"), &forged, (Act::Approve, operation, NOW))
        })
    }),
    ("a changed signature", Code::NotApproved, |w| {
        approved_by(w, |operation| {
            let good = statement(w, "anna", Act::Approve, operation, NOW);
            let (rest, signature) = good.rsplit_once('.').unwrap();
            let other = if signature.starts_with('A') { 'B' } else { 'A' };
            format!("{rest}.{other}{}", &signature[1..])
        })
    }),
    ("no signature", Code::BadRequest, |w| approved_by(w, |_| String::new())),
];

fn rename(story: &mut Story, fact: &str, value: &str) {
    story.order.subject = story.order.subject.clone().with(fact, value);
}

#[test]
fn nothing_gets_signed_for_an_attacker() {
    nothing_gets_signed(&World::found());
}

/// Every attempt is refused without a signature or a record; the honest story is not.
pub(super) fn nothing_gets_signed(world: &World) {
    let core = world.core();
    let before = world.trace();
    for (name, code, request) in WRONG_PEOPLE.iter().chain(WRONG_BYTES).chain(WRONG_STATEMENTS) {
        assert_eq!(refusal(&core, request(world)), Some(*code), "{name}");
        assert_eq!(world.trace(), before, "{name}");
    }
    assert_eq!(refusal(&core, Story::new(world, "x").request(world)), None, "the honest story");
}

#[test]
fn what_was_used_is_used() {
    let world = World::found();
    let core = world.core();
    let story = Story::new(&world, "first");
    let first = story.request(&world);
    assert_eq!(refusal(&core, first.clone()), None);
    let before = world.trace();
    let other = Story::new(&world, "second");
    let stolen_key = other.clone().but(|s| s.keys.clone_from(&story.keys)).but(|s| s.order.applicant = id("lena"));
    let stolen_card = Story::new(&world, "first").but(|s| s.order.applicant = id("lena")).but(|s| {
        s.keys.clone_from(&other.keys);
        s.order.enrolment = "another".parse().unwrap();
    });
    for (name, code, request) in [
        ("the same request", Code::ApprovalUsed, first.clone()),
        ("the same approval with other serials", Code::ApprovalUsed, story.request(&world)),
        ("another's key", Code::KeyUsed, stolen_key.request(&world)),
        ("another's card", Code::CardUsed, stolen_card.request(&world)),
        ("a used serial", Code::SerialUsed, with_serial_of(&other, &world, &first)),
    ] {
        assert_eq!(refusal(&core, request), Some(code), "{name}");
        assert_eq!(world.trace(), before, "{name}");
    }
    assert_eq!(refusal(&core, other.request(&world)), None);
}

#[test]
fn two_approvers_are_two_people() {
    let mut world = World::found();
    world.config.approvals_needed = 2;
    let core = world.core();
    let before = world.trace();
    for approvers in [vec!["anna"], vec!["anna", "anna"], vec!["anna", "bo"]] {
        let story = Story::new(&world, "x").but(|s| s.approvers = approvers);
        assert_eq!(refusal(&core, story.request(&world)), Some(Code::NotApproved));
    }
    assert_eq!(world.trace(), before);
    let story = Story::new(&world, "x").but(|s| s.approvers = vec!["anna", "rolf"]);
    assert_eq!(refusal(&core, story.request(&world)), None);
}

/// The word of a refusal; none if it was signed.
pub(super) fn refusal(core: &Core, request: IssueRequest) -> Option<Code> {
    match core.answer(&Request::Issue(request), &[]).0 {
        Answer::Refused(refusal) => Some(refusal.code),
        Answer::Cards(cards) => match cards.as_slice() {
            [CardAnswer::Signed(_)] => None,
            [CardAnswer::Refused(refusal)] => Some(refusal.code),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

impl IssueRequest {
    /// The request with its first certificate changed.
    fn but(mut self, change: impl FnOnce(&mut CertificateToSign)) -> Self {
        change(&mut self.cards[0].certificates[0]);
        self
    }
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// The honest request with another authentication certificate.
fn replaced(story: &Story, world: &World, with: impl FnOnce(&Story) -> CertificateToSign) -> IssueRequest {
    story.request(world).but(|certificate| *certificate = with(story))
}

/// The evidence of one story for requests of another.
fn with_only(told: &Story, world: &World, asked: &Story) -> IssueRequest {
    let told = told.clone().but(|s| s.keys.clone_from(&asked.keys));
    let (mut request, (evidence, delivery)) = (asked.request(world), told.evidence(world));
    (request.cards[0].evidence, request.delivery) = (evidence, delivery);
    request
}

fn with_serial_of(story: &Story, world: &World, used: &IssueRequest) -> IssueRequest {
    let serial = used.cards[0].certificates[0].serial;
    let mut request = story.request(world);
    let key = &story.keys[&PURPOSE];
    let profile = world.profile(AUTHENTICATION);
    let subject = &story.order.subject;
    let wanted = ToIssue { profile, subject, key, serial, not_before: YEAR.0, not_after: YEAR.1 };
    let tbs = prepare(&wanted, &world.person_ca).unwrap();
    (request.cards[0].certificates[0].serial, request.cards[0].certificates[0].tbs) = (serial, tbs.as_bytes().to_vec());
    request
}

/// The honest request with another statement of the approver.
fn approved_by(world: &World, statement: impl FnOnce(OperationHash) -> String) -> IssueRequest {
    let mut request = Story::new(world, "x").request(world);
    let operation = OperationHash::of(request.cards[0].evidence.approval.operation.as_bytes());
    request.cards[0].evidence.approval.statements = vec![statement(operation)];
    request
}

/// A certificate with an approver's subject and the CA's name, signed by a key of the attacker.
fn forged_officer(world: &World) -> (SoftSigner, Certificate) {
    let mut keys = SoftSigner::new();
    let own = keys.add("forged", KeyKind::EcP256);
    let public = keys.public(&own);
    let mut forger = SoftSigner::new();
    let forging = forger.add("the attacker's CA key", KeyKind::EcP256);
    let issuer = Issuer { key: forging, ..world.person_ca.clone() };
    let subject = person_facts("agency-a", "199001012385", "anna");
    let profile = world.profile(SIGNATURE);
    let serial = world.person("anna").signature.serial().unwrap();
    let request = ToIssue { profile, subject: &subject, key: &public, serial, not_before: YEAR.0, not_after: YEAR.1 };
    let tbs = prepare(&request, &issuer).unwrap();
    let linted = lint(tbs, profile, LintIssuer::from(&issuer)).unwrap();
    let der = linted.sign(&forger).unwrap();
    (keys, Certificate::parse(der.as_bytes()).unwrap())
}

const PURPOSE: Purpose = Purpose::PersonAuthentication;
const AUTHENTICATION: &str = "person-authentication-loa4";
const SIGNATURE: &str = "person-signature-loa4";
const SOFTWARE: &str = "demo-software-authentication";
const YEAR: (UtcTime, UtcTime) = (NOW, NOW.plus_days(365));
