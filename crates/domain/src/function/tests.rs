use super::*;
use crate::operation::ControlEvidence;

const POLICY: &str = include_str!("../../../../policies/functions.toml");

fn policy() -> FunctionPolicy {
    FunctionPolicy::from_toml(POLICY).unwrap()
}

fn at(days: i64) -> UtcTime {
    UtcTime::from_unix(1_770_000_000).plus_days(days)
}

fn subject() -> SubjectFacts {
    let facts = SubjectFacts::default()
        .with("organisation.name", "Agency A")
        .with("organisation.number", "5560160680")
        .with("common_name", "dnr.a.example.se");
    SubjectFacts { dns_names: vec!["dnr.a.example.se".into(), "www.a.example.se".into()], ..facts }
}

fn function() -> Function<Requested> {
    let wish = Wish {
        id: "f1".parse().unwrap(),
        tenant: "a".parse().unwrap(),
        subject: subject(),
        certificate: PlannedProfile { profile: "function-server".into(), revision: 1 },
        purpose: Purpose::FunctionServer,
        spki: vec![1, 2, 3],
        challenge: "c1".into(),
        renews: None,
        ordered_by: "olga".parse().unwrap(),
        at: at(0),
    };
    Function::request(wish, Keeper { responsible: "rut".parse().unwrap(), contact: "drift@a.example.se".into() })
}

fn shown() -> Vec<ControlProof> {
    let wish = function().wish;
    wish.names().iter().map(|name| wish.shown_by_dns(name, at(0))).collect()
}

fn judge(change: impl FnOnce(&mut IssueFunction)) -> Result<(), ControlFault> {
    let Operation::IssueFunction(mut order) = function().operation(&shown()) else { panic!("an order") };
    change(&mut order);
    policy().accept_order(&order, at(0))
}

#[test]
fn every_name_must_be_shown_lately_and_once() {
    assert_eq!(judge(|_| ()), Ok(()));
    let www = || "www.a.example.se".to_owned();
    assert_eq!(judge(|order| drop(order.control.pop())), Err(ControlFault::NotShown(www())));
    assert_eq!(judge(|order| order.control[1].at = at(-31)), Err(ControlFault::Stale(www())));
    assert_eq!(judge(|order| order.control[1].at = at(1)), Err(ControlFault::Stale(www())));
    let twice = |order: &mut IssueFunction| order.control.push(order.control[1].clone());
    assert_eq!(judge(twice), Err(ControlFault::Superfluous(www())));
    let other = |order: &mut IssueFunction| order.control[1].name = "b.example.se".into();
    assert_eq!(judge(other), Err(ControlFault::Superfluous("b.example.se".into())));
}

/// A zone says nothing of a system's name: that stands in a register.
#[test]
fn a_system_is_shown_by_a_register() {
    let system = |evidence: ControlEvidence| {
        judge(|order| {
            order.certificate.profile = "function-client".into();
            order.subject.dns_names.clear();
            order.subject.values.insert("common_name".into(), "Diariet".into());
            order.control = vec![ControlProof { name: "Diariet".into(), evidence, at: at(0) }];
        })
    };
    let register = |reference: &str| ControlEvidence::Register { register: "HSA".into(), reference: reference.into() };
    assert_eq!(system(register("SE5560160680-D1")), Ok(()));
    let not_shown = Err(ControlFault::NotShown("Diariet".into()));
    assert_eq!(system(register("")), not_shown);
    assert_eq!(system(ControlEvidence::Dns { record: "c1".into() }), not_shown);
}

#[test]
fn what_has_no_place_in_the_certificate_is_refused() {
    let fact = |fact: &str, value: &str| {
        let (fact, value) = (fact.to_owned(), value.to_owned());
        judge(move |order| drop(order.subject.values.insert(fact, value)))
    };
    assert_eq!(fact("person.surname", "Ek"), Err(ControlFault::Fact("person.surname".into())));
    assert_eq!(fact("function.hsa_id", "SE5562265719-X"), Err(ControlFault::Identifier));
    for name in ["*.a.example.se", "A.example.se", "localhost", "a..se", "-a.se", ""] {
        let refused = judge(|order| order.subject.dns_names[0] = name.into());
        assert_eq!(refused, Err(ControlFault::HostName(name.into())));
    }
    for contact in ["", "drift", "a@b", "a b@a.se", "a@@a.se", "a\r\n@a.se", ".a@a.se"] {
        assert_eq!(judge(|order| order.contact = contact.into()), Err(ControlFault::Contact), "{contact}");
    }
    let profile = judge(|order| order.certificate.profile = "person-signature-loa4".into());
    assert_eq!(profile, Err(ControlFault::Profile("person-signature-loa4".into())));
}

#[test]
fn neither_who_orders_nor_who_answers_approves() {
    let ordered = Ordered { control: shown(), statement: "jws".into(), approval: "p1".parse().unwrap(), at: at(1) };
    let ordered = function().order(ordered);
    for who in ["olga", "rut"] {
        assert!(ordered.clone().approve(who.parse().unwrap(), at(2)).is_err(), "{who}");
    }
    let approved = ordered.clone().approve("anna".parse().unwrap(), at(2)).unwrap();
    assert_eq!(approved.operation(), ordered.operation());
}

#[test]
fn reminders_come_once_for_each_day_of_the_policy() {
    let policy = policy();
    let due: Vec<_> = [61, 60, 31, 30, 7, 1].iter().map(|left| policy.due_reminder(*left)).collect();
    assert_eq!(due, [None, Some(60), Some(60), Some(30), Some(7), Some(7)]);
    let refused = FunctionPolicy::from_toml(&POLICY.replace("control_days = 30", "control_days = 400"));
    assert!(matches!(refused, Err(FunctionPolicyError::Range { found: 400, .. })));
}
