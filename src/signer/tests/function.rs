//! Certificates of functions: what one officer ordered and another approved, and nothing else.

use super::story::{key, statement};
use super::world::{NOW, World, service_facts};
use crate::signer::core::Core;
use crate::signer::error::Code;
use crate::signer::protocol::{Answer, CertificateToSign, FunctionRequest, Request};
use domain::evidence::FunctionEvidence;
use domain::id::hex;
use domain::operation::{Act, ControlEvidence, ControlProof, IssueFunction, Operation, PlannedProfile};
use pki::certificate::Certificate;
use pki::issue::{Request as ToIssue, SubjectFacts, prepare};
use pki::key::PublicKey;

/// An order, and who signs what.
#[derive(Clone)]
struct Story {
    order: IssueFunction,
    /// Who signs the order, and as what.
    orders: (&'static str, Act),
    approvers: Vec<&'static str>,
    key: PublicKey,
    issuer: &'static str,
}

impl Story {
    /// Fia of agency A orders a server's certificate, Anna approves it. `name` tells stories apart.
    fn new(world: &World, name: &str) -> Self {
        let host = "dnr.a.example.se";
        let subject = SubjectFacts { dns_names: vec![host.to_owned()], ..service_facts(host) }
            .with("organisation.number", "5560160680");
        let key = key(name);
        let revision = world.profile("function-server").revision();
        let order = IssueFunction {
            function: format!("function-{name}").parse().unwrap(),
            tenant: "agency-a".parse().unwrap(),
            subject,
            certificate: PlannedProfile { profile: "function-server".to_owned(), revision },
            key: hex(&key.fingerprint()),
            responsible: "rolf".parse().unwrap(),
            contact: "drift@a.example.se".to_owned(),
            control: vec![ControlProof {
                name: host.to_owned(),
                evidence: ControlEvidence::Dns { record: "c".to_owned() },
                at: NOW,
            }],
            renews: None,
            ordered_by: "fia".parse().unwrap(),
        };
        Self { order, orders: ("fia", Act::Order), approvers: vec!["anna"], key, issuer: "function" }
    }

    fn but(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn request(&self, world: &World) -> FunctionRequest {
        let operation = Operation::IssueFunction(self.order.clone());
        let sign = |who: &str, act| statement(world, who, act, operation.hash(), NOW);
        let evidence = FunctionEvidence {
            operation: String::from_utf8(operation.to_bytes()).unwrap(),
            order: sign(self.orders.0, self.orders.1),
            approvals: self.approvers.iter().map(|who| sign(who, Act::Approve)).collect(),
        };
        let (profile, serial) = (world.profile(&self.order.certificate.profile), world.serial());
        let (not_before, not_after) = (NOW, NOW.plus_days(300));
        let wanted = ToIssue { profile, subject: &self.order.subject, key: &self.key, serial, not_before, not_after };
        // What cannot be built at all is asked for with bytes that cannot be right.
        let tbs = prepare(&wanted, &world.function_ca).map_or_else(|_| Vec::new(), |tbs| tbs.as_bytes().to_vec());
        let spki = self.key.spki().to_vec();
        let certificate = CertificateToSign { purpose: profile.purpose(), spki, serial, not_before, not_after, tbs };
        FunctionRequest { issuer: self.issuer.to_owned(), evidence, certificate }
    }

    fn ask(&self, core: &Core, world: &World) -> Result<Certificate, Code> {
        ask(core, self.request(world))
    }
}

fn ask(core: &Core, request: FunctionRequest) -> Result<Certificate, Code> {
    match core.answer(&Request::IssueFunction(request), &[]).0 {
        Answer::Issued(signed) => Ok(Certificate::parse(&signed.certificate).unwrap()),
        Answer::Refused(refusal) => Err(refusal.code),
        other => panic!("{other:?}"),
    }
}

/// Every way around the two signatures is refused, and leaves neither a signature nor a line in the journal.
#[test]
fn only_what_two_officers_signed() {
    let world = World::found();
    let core = world.core();
    let before = world.trace();
    let story = |change: fn(&mut Story)| Story::new(&world, "refused").but(change);
    let cases: [(&str, Code, Story); 16] = [
        ("ordered by nobody with the right", Code::NotApproved, story(|s| s.orders.0 = "ria")),
        ("ordered by another than it says", Code::NotApproved, story(|s| s.order.ordered_by = "dan".parse().unwrap())),
        ("approved where it should be ordered", Code::NotApproved, story(|s| s.orders.1 = Act::Approve)),
        ("approved by nobody", Code::NotApproved, story(|s| s.approvers.clear())),
        ("approved by who ordered it", Code::NotApproved, story(|s| s.approvers = vec!["fia"])),
        ("approved by who answers for it", Code::NotApproved, story(|s| s.approvers = vec!["rolf"])),
        ("approved at another agency", Code::NotApproved, story(|s| s.approvers = vec!["bo"])),
        ("for another organisation", Code::NotApproved, story(|s| number(s, "5562265719"))),
        ("a name that nothing shows", Code::NotApproved, story(|s| s.order.control.clear())),
        ("a name shown long ago", Code::NotApproved, story(|s| s.order.control[0].at = NOW.plus_days(-31))),
        ("a fact of a person", Code::NotApproved, story(|s| fact(s, "person.surname", "Ek"))),
        ("an identifier of another", Code::NotApproved, story(|s| fact(s, "function.hsa_id", "SE5562265719-X"))),
        ("another key than was ordered", Code::NotApproved, story(|s| s.key = key("another"))),
        // The CA of functions does not certify those, whatever was signed.
        ("a person's profile", Code::WrongIssuer, story(|s| profile(s, "person-signature-loa4"))),
        ("the service's own profile", Code::WrongIssuer, story(|s| profile(s, "tls-server"))),
        ("another revision", Code::WrongProfile, story(|s| s.order.certificate.revision += 1)),
    ];
    for (name, code, story) in cases {
        assert_eq!(story.ask(&core, &world), Err(code), "{name}");
        assert_eq!(world.trace(), before, "{name}");
    }
    let by_the_ca_of_people = story(|s| s.issuer = "person");
    assert_eq!(by_the_ca_of_people.ask(&core, &world), Err(Code::WrongIssuer));
    assert_eq!(world.trace(), before);
}

fn number(story: &mut Story, number: &str) {
    fact(story, "organisation.number", number);
}

fn fact(story: &mut Story, fact: &str, value: &str) {
    story.order.subject.values.insert(fact.to_owned(), value.to_owned());
}

fn profile(story: &mut Story, profile: &str) {
    story.order.certificate = PlannedProfile { profile: profile.to_owned(), revision: 1 };
}

/// An order is used once, for one key, and a key is one function's; after a restart too.
#[test]
fn an_order_is_used_once() {
    let world = World::found();
    let core = world.core();
    let story = Story::new(&world, "once");
    let certificate = story.ask(&core, &world).unwrap();
    certificate.verify_issued_by(&world.function_ca.certificate).unwrap();
    assert_eq!(story.ask(&core, &world), Err(Code::ApprovalUsed));
    drop(core);
    let core = world.core();
    assert_eq!(story.ask(&core, &world), Err(Code::ApprovalUsed), "after a restart");
    let other = Story::new(&world, "other").but(|s| {
        s.key = story.key.clone();
        s.order.key.clone_from(&story.order.key);
    });
    assert_eq!(other.ask(&core, &world), Err(Code::KeyUsed));
    let mut changed = Story::new(&world, "bytes").request(&world);
    changed.certificate.not_after = NOW.plus_days(299);
    assert_eq!(ask(&core, changed), Err(Code::OtherBytes));
}
