use super::*;
use crate::eligibility::AgencyKind;

const POLICY: &str = include_str!("../../../../policies/access/eligibility.toml");

fn policy() -> EligibilityPolicy {
    EligibilityPolicy::from_toml(POLICY).unwrap()
}

fn tenant() -> Tenant {
    let organisation_number = "2021006883".parse().unwrap();
    Tenant { id: "a".parse().unwrap(), name: "A".into(), organisation_number, kind: AgencyKind::StateAgency }
}

fn person(id: &str) -> PersonId {
    id.parse().unwrap()
}

fn at(seconds: i64) -> UtcTime {
    UtcTime::from_unix(seconds)
}

fn agreement(until: i64) -> Agreement {
    Agreement {
        tenant: tenant().id,
        reference: "dnr 1".into(),
        sha256: "0".repeat(64),
        signatory: "Director-General".into(),
        from: at(0),
        until: Some(at(until)),
        filed_by: None,
        filed_at: at(0),
    }
}

fn standing(moves: &[AnyMove], agreements: &[Agreement]) -> Standing {
    Standing::of(tenant(), moves, agreements, (at(10), true))
}

fn shown() -> BTreeMap<Criterion, String> {
    Criterion::ALL.iter().map(|criterion| (*criterion, "dnr 2".to_owned())).collect()
}

fn propose(standing: &Standing, scope: Scope, to: Phase) -> Result<Move<Proposed>, OnboardingError> {
    let proposed = Proposed { by: Some(person("anna")), at: at(10) };
    Move::propose("m1".parse().unwrap(), standing, (scope, to), shown(), proposed, &policy())
}

fn founded(scope: Scope, phases: &[Phase]) -> Vec<AnyMove> {
    let step = |to: &Phase| {
        AnyMove::Decided(Move::founded("m".parse().unwrap(), tenant().id, (scope, *to), at(1), String::new()))
    };
    phases.iter().map(step).collect()
}

const TO_PACKAGING: [Phase; 3] = [Phase::Initiera, Phase::Planera, Phase::Paketera];

#[test]
fn phases_come_one_after_the_other_and_the_last_is_final() {
    let agreements = [agreement(20)];
    for from in std::iter::once(None).chain(Phase::ALL.iter().copied().map(Some)) {
        let moves = from.map_or_else(Vec::new, |phase| founded(Scope::Agency, &[phase]));
        let standing = standing(&moves, &agreements);
        for to in Phase::ALL.iter().copied() {
            let next = from.map_or(to == Phase::Initiera, |from| to as u8 == from as u8 + 1);
            let end = from.is_some_and(|from| from != Phase::Avslut) && to == Phase::Avslut;
            assert_eq!(propose(&standing, Scope::Agency, to).is_ok(), next || end, "{from:?} to {to}");
        }
    }
}

#[test]
fn a_step_is_decided_by_somebody_else_as_things_stand_then() {
    let moves = founded(Scope::Agency, &TO_PACKAGING);
    let agreed = standing(&moves, &[agreement(20)]);
    let step = propose(&agreed, Scope::Agency, Phase::Kora).unwrap();
    let decide = |standing: &Standing, by| {
        step.clone().decide(standing, person(by), at(11), (Verdict::Accepted, "ok".into()), &policy())
    };
    assert_eq!(decide(&agreed, "anna"), Err(OnboardingError::SamePerson));
    let lapsed = standing(&moves, &[agreement(5)]);
    assert_eq!(decide(&lapsed, "bo"), Err(OnboardingError::NoAgreement));
    let taken = AnyMove::Decided(decide(&agreed, "bo").unwrap());
    let moves: Vec<_> = moves.into_iter().chain([taken]).collect();
    assert_eq!(standing(&moves, &[agreement(20)]).phase(Scope::Agency), Some(Phase::Kora));
}

#[test]
fn what_is_not_shown_or_not_eligible_goes_no_further() {
    let none = standing(&[], &[]);
    let proposed = || Proposed { by: Some(person("anna")), at: at(10) };
    let step = (Scope::Agency, Phase::Initiera);
    let bare = Move::propose("m1".parse().unwrap(), &none, step, BTreeMap::new(), proposed(), &policy());
    assert_eq!(bare, Err(OnboardingError::NotShown(Criterion::LetterOfIntent)));
    let mut region = tenant();
    region.kind = AgencyKind::Region;
    let region = Standing::of(region, [], &[], (at(10), true));
    let refused = propose(&region, Scope::Agency, Phase::Initiera);
    assert_eq!(refused, Err(OnboardingError::Ineligible(Ineligible::Kind(AgencyKind::Region))));
}

#[test]
fn no_service_is_ahead_of_its_agency_and_none_outlives_it() {
    let agency = founded(Scope::Agency, &[Phase::Initiera]);
    let at_first = standing(&agency, &[]);
    let ahead: Vec<_> = agency.into_iter().chain(founded(Scope::Login, &[Phase::Initiera])).collect();
    assert!(propose(&at_first, Scope::Login, Phase::Initiera).is_ok());
    let both = standing(&ahead, &[]);
    assert_eq!(propose(&both, Scope::Login, Phase::Planera), Err(OnboardingError::AheadOfAgency(Phase::Planera)));
    assert_eq!(propose(&both, Scope::Agency, Phase::Avslut), Err(OnboardingError::ServiceRemains(Scope::Login)));
}

#[test]
fn a_service_is_given_while_agency_and_service_run_under_an_agreement() {
    let mut moves = founded(Scope::Agency, &TO_PACKAGING);
    moves.extend(founded(Scope::Certificates, &TO_PACKAGING));
    let serves = |moves: &[AnyMove], until| {
        standing(moves, &[agreement(until)]).serves(Scope::Certificates, &policy()).map_err(|why| why.service)
    };
    assert_eq!(serves(&moves, 20), Err(Some(Phase::Paketera)), "production waits");
    moves.extend(founded(Scope::Agency, &[Phase::Kora]));
    assert_eq!(serves(&moves, 20), Err(Some(Phase::Paketera)));
    moves.extend(founded(Scope::Certificates, &[Phase::Kora]));
    assert_eq!(serves(&moves, 20), Ok(()));
    assert_eq!(serves(&moves, 5), Err(Some(Phase::Kora)), "the agreement lapsed");
    moves.extend(founded(Scope::Certificates, &[Phase::Avslut]));
    assert_eq!(serves(&moves, 20), Err(Some(Phase::Avslut)));
}
