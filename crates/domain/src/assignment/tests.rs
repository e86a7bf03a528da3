use super::*;
use crate::access::{Action, Role};
use crate::rights::{Denial, Rights};

const POLICY: &str = include_str!("../../../../policies/access/packages.toml");
const DAY: i64 = 86_400;

fn policy() -> Packages {
    Packages::from_toml(POLICY).unwrap()
}

fn person(id: &str) -> PersonId {
    id.parse().unwrap()
}

fn at(days: i64) -> UtcTime {
    UtcTime::from_unix(days * DAY)
}

fn manager(id: &str) -> Manager {
    Manager { person: person(id), of_service: false }
}

fn ids() -> (AssignmentId, TenantId) {
    ("a1".parse().unwrap(), "t1".parse().unwrap())
}

fn order(package: &str) -> Order {
    let package = package.to_owned();
    Order { person: person("olle"), function: None, package, from: at(0), until: at(100), reason: "new task".into() }
}

fn trained(training: &str, day: i64) -> Training {
    Training {
        tenant: ids().1,
        person: person("olle"),
        training: training.into(),
        passed_at: at(day),
        recorded_by: Some(person("anna")),
        recorded_at: at(day),
    }
}

fn active(name: &str) -> AnyAssignment {
    let policy = policy();
    let package = policy.newest(name).unwrap();
    let id = (format!("of-{name}").parse().unwrap(), ids().1);
    AnyAssignment::Active(Assignment::founded(id, person("olle"), package, at(0), String::new()))
}

const NOTHING: Held<'static> = Held { assignments: &[], trainings: &[] };

#[test]
fn ordered_by_one_and_approved_by_another_for_a_third() {
    let trainings = [trained("registration", 0)];
    let held = Held { trainings: &trainings, ..NOTHING };
    let by = |who: &str, what: Order| Assignment::order(ids(), what, (&manager(who), at(0)), &held, &policy());
    assert_eq!(by("olle", order("approver")), Err(AssignmentError::OnSelf));
    let ordered = by("anna", order("approver")).unwrap();
    let approve = |who: &str| ordered.clone().approve((&manager(who), at(1)), "needed".into(), &held, &policy());
    assert_eq!(approve("anna"), Err(AssignmentError::SamePerson));
    assert_eq!(approve("olle"), Err(AssignmentError::OnSelf));
    let active = approve("bo").unwrap();
    assert_eq!(active.clone().end(person("olle"), at(2), String::new()), Err(AssignmentError::OnSelf));
    assert!(active.end(person("anna"), at(2), String::new()).is_ok());
}

#[test]
fn what_a_policy_does_not_give_cannot_be_ordered() {
    let trainings = [trained("registration", 0), trained("security", 0)];
    let held = Held { trainings: &trainings, ..NOTHING };
    let by =
        |by: &Manager, what: Order, held| Assignment::order(ids(), what, (by, at(0)), held, &policy()).unwrap_err();
    let anna = manager("anna");
    assert!(matches!(by(&anna, order("king"), &held), AssignmentError::NoSuchPackage(_)));
    assert!(matches!(by(&anna, order("administrator"), &held), AssignmentError::NotForAgencies(_)));
    assert!(matches!(by(&anna, order("approver"), &NOTHING), AssignmentError::Untrained(_)));
    let endless = Order { until: at(10_000), ..order("approver") };
    assert!(matches!(by(&anna, endless, &held), AssignmentError::Time { max_days: 730 }));
    let of_service = Manager { of_service: true, ..anna };
    let given = Assignment::order(ids(), order("administrator"), (&of_service, at(0)), &held, &policy());
    assert!(given.is_ok());
}

#[test]
fn incompatible_packages_do_not_meet_in_one_person() {
    let trainings = [trained("registration", 0), trained("security", 0)];
    for (has, wants) in [("approver", "card-desk"), ("auditor", "approver"), ("approver", "auditor")] {
        let assignments = [active(has)];
        let held = Held { assignments: &assignments, trainings: &trainings };
        let by = Manager { of_service: true, ..manager("anna") };
        let ordered = Assignment::order(ids(), order(wants), (&by, at(0)), &held, &policy());
        assert!(matches!(ordered, Err(AssignmentError::Incompatible { .. })), "{has} and {wants}");
        let both = [active(has), active(wants)];
        let held = Held { assignments: &both, trainings: &trainings };
        for agency in ["t1", "elsewhere"] {
            let rights = Rights::of(&policy(), &agency.parse().unwrap(), &held, at(1));
            assert_eq!(rights.allow(Action::ReadEnrolment, at(1)), Err(Denial::Together), "neither counts");
            assert!(rights.roles(at(1)).is_empty() && rights.allow(Action::RevokeOwnCard, at(1)).is_ok());
        }
    }
}

#[test]
fn a_right_ends_on_its_second() {
    let assignments = [active("approver")];
    let trainings = [trained("registration", 0)];
    let held = Held { assignments: &assignments, trainings: &trainings };
    let rights = Rights::of(&policy(), &ids().1, &held, at(1));
    let may = |now| rights.allow(Action::ApproveEnrolment, now);
    let last = at(365);
    assert_eq!((may(last), rights.roles(last)), (Ok(()), [Role::Approver].into()));
    assert_eq!(may(last.plus_seconds(1)), Err(Denial::Lapsed(Lapse::Training)));
    assert!(rights.roles(last.plus_seconds(1)).is_empty());
    assert_eq!(may(at(731)), Err(Denial::Lapsed(Lapse::Package)));
    assert_eq!(rights.allow(Action::Revoke, last), Err(Denial::NoPackage));
    assert_eq!(rights.allow(Action::ReadSelf, at(9_999)), Ok(()));
    let elsewhere = Rights::of(&policy(), &"t2".parse().unwrap(), &held, at(1));
    assert_eq!(elsewhere.allow(Action::ApproveEnrolment, at(1)), Err(Denial::NoPackage));
}

#[test]
fn a_version_that_is_gone_gives_nothing() {
    let assignments = [active("revocation-officer")];
    let held = Held { assignments: &assignments, trainings: &[trained("security", 0)] };
    let newer =
        POLICY.replacen("name = \"revocation-officer\"\nversion = 1", "name = \"revocation-officer\"\nversion = 2", 1);
    let rights = Rights::of(&Packages::from_toml(&newer).unwrap(), &ids().1, &held, at(1));
    assert_eq!(rights.allow(Action::Revoke, at(1)), Err(Denial::NoPackage));
}

#[test]
fn trainings_are_recorded_by_others_and_only_such_as_there_are() {
    let own = Training { recorded_by: Some(person("olle")), ..trained("security", 0) };
    assert_eq!(own.record(&policy()), Err(AssignmentError::OnSelf));
    assert!(matches!(trained("dancing", 0).record(&policy()), Err(AssignmentError::NoSuchTraining(_))));
    let tomorrow = Training { passed_at: at(1), ..trained("security", 0) };
    assert_eq!(tomorrow.record(&policy()), Err(AssignmentError::NotPassed));
    assert!(trained("security", 0).record(&policy()).is_ok());
}

#[test]
fn a_systems_package_is_the_systems_alone() {
    let trainings = [trained("security", 0)];
    let held = Held { trainings: &trainings, ..NOTHING };
    let feed: FunctionId = "hr".parse().unwrap();
    let by = |who: &str, function: Option<&FunctionId>, package: &str| {
        let order = Order { function: function.cloned(), ..order(package) };
        Assignment::order(ids(), order, (&manager(who), at(0)), &held, &policy())
    };
    assert!(matches!(by("anna", None, "hr-feed"), Err(AssignmentError::OtherHolder { .. })));
    assert!(matches!(by("anna", Some(&feed), "personnel"), Err(AssignmentError::OtherHolder { .. })));
    assert_eq!(by("olle", Some(&feed), "hr-feed"), Err(AssignmentError::OnSelf), "who answers for it orders nothing");
    let ordered = by("anna", Some(&feed), "hr-feed").unwrap();
    let given = ordered.approve((&manager("bo"), at(0)), "needed".into(), &held, &policy()).unwrap();

    let assignments = [AnyAssignment::Active(given), active("personnel")];
    let held = Held { assignments: &assignments, trainings: &trainings };
    let tenant = ids().1;
    let system = |id: &FunctionId, now| Rights::of_system(id, &policy(), &tenant, &held, now);
    assert_eq!(system(&feed, at(1)).allow(Action::ReportEmployment, at(1)), Ok(()));
    assert_eq!(system(&feed, at(1)).allow(Action::EndEmployment, at(1)), Err(Denial::NoPackage), "that is Olle's");
    assert_eq!(system(&feed, at(1)).allow(Action::ReadSelf, at(1)), Err(Denial::NoPackage), "no person");
    assert!(system(&feed, at(1)).allow(Action::ReportEmployment, at(101)).is_err());
    let other = "other".parse().unwrap();
    assert_eq!(system(&other, at(1)).allow(Action::ReportEmployment, at(1)), Err(Denial::NoPackage));
    let olle = Rights::of(&policy(), &tenant, &held, at(1));
    assert_eq!(olle.allow(Action::ReportEmployment, at(1)), Err(Denial::NoPackage), "that is the system's");
    assert_eq!(olle.allow(Action::EndEmployment, at(1)), Ok(()));
}
