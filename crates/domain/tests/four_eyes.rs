//! Whatever the order of officers, nobody completes an enrolment that they began.

use domain::access::Role;
use domain::approval::{Approval, ApprovalError, ApprovalRule, ApprovalSignature};
use domain::enrolment::{Enrolment, Submitted};
use domain::operation::{DocumentKind, IdentityProof, Operation, PlannedProfile, ProofMethod};
use domain::{CardNumber, PersonId};
use pki::issue::SubjectFacts;
use pki::profile::Purpose;
use pki::time::UtcTime;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn person(number: u8) -> PersonId {
    format!("person-{number}").parse().expect("letters, digits and a hyphen")
}

fn at(second: i64) -> UtcTime {
    UtcTime::from_unix(second)
}

fn proof() -> IdentityProof {
    IdentityProof {
        document: DocumentKind::Passport,
        number: "AA1234567".into(),
        expires: "2031-05-01".into(),
        method: ProofMethod::InPerson,
        place: "Stockholm".into(),
    }
}

fn card() -> CardNumber {
    "9752269900000000017".parse().expect("digits")
}

fn submit(applicant: u8, by: u8) -> Option<Enrolment<Submitted>> {
    let id = "enrolment-1".parse().expect("a slug");
    let tenant = "agency-a".parse().expect("a slug");
    let profile = PlannedProfile { profile: "person-authentication-loa4".into(), revision: 1 };
    let certificates = BTreeMap::from([(Purpose::PersonAuthentication, profile)]);
    let submitted = Submitted { by: person(by), at: at(1) };
    Enrolment::submit(
        (id, tenant),
        (person(applicant), card()),
        SubjectFacts::default(),
        (certificates, None),
        submitted,
    )
    .ok()
}

proptest! {
    /// An enrolment goes from application to hand-out only if the applicant did nothing, the
    /// approver neither submitted nor identified, and the approver neither delivered nor handed out.
    #[test]
    fn an_enrolment_is_completed_by_the_right_people_only(
        applicant in 0..4_u8, submits in 0..4_u8, identifies in 0..4_u8,
        approves in 0..4_u8, delivers in 0..4_u8, activates in 0..4_u8,
    ) {
        let done = submit(applicant, submits)
            .and_then(|e| e.identify(person(identifies), at(2), proof(), "jws".into(), "a1".parse().ok()?).ok())
            .and_then(|e| e.approve(person(approves), at(3)).ok())
            .and_then(|e| e.issue(BTreeMap::new(), at(4), &person(delivers), "jws".into()).ok())
            .and_then(|e| e.activate(person(activates), at(5)).ok());
        let officers = [submits, identifies, approves, delivers, activates];
        let right = !officers.contains(&applicant)
            && approves != submits
            && approves != identifies
            && delivers != approves
            && activates != approves;
        prop_assert_eq!(done.is_some(), right);
    }

    /// The operation that is approved says everything that matters: another applicant, officer or
    /// proof is another operation.
    #[test]
    fn the_approved_operation_names_everyone(a in (0..3_u8, 3..5_u8, 5..7_u8), b in (0..3_u8, 3..5_u8, 5..7_u8)) {
        let operation = |(applicant, submits, identifies)| {
            let identified = submit(applicant, submits).expect("different people").identify(
                person(identifies), at(2), proof(), "jws".into(), "a1".parse().expect("a slug"),
            );
            identified.expect("different people").operation()
        };
        let (one, other) = (operation(a), operation(b));
        prop_assert_eq!(one.hash() == other.hash(), a == b);
        prop_assert_eq!(Operation::from_bytes(&one.to_bytes()), Ok(one));
    }

    /// An approval is granted by different people who may, before it expires, and is used once.
    #[test]
    fn an_approval_is_granted_and_used_once(
        needed in 1..4_u8, signers in proptest::collection::vec((0..6_u8, 0..120_i64), 0..8), uses in 1..3_usize,
    ) {
        let excluded = BTreeSet::from([person(0), person(1)]);
        let mut approval = Approval {
            id: "a1".parse().expect("a slug"),
            tenant: "agency-a".parse().expect("a slug"),
            operation: "{}".into(),
            rule: ApprovalRule { role: Role::Approver, needed, excluded: excluded.clone() },
            expires_at: at(100),
            signatures: Vec::new(),
            used_at: None,
        };
        let mut counted = BTreeSet::new();
        for (signer, second) in signers {
            let signature = ApprovalSignature { by: person(signer), at: at(second), statement: String::new(), reason: None };
            let fits = second <= 100 && !excluded.contains(&person(signer)) && counted.insert(signer);
            match approval.clone().sign(signature) {
                Ok(signed) => { prop_assert!(fits); approval = signed; }
                Err(_) => prop_assert!(!fits || second > 100),
            }
        }
        prop_assert_eq!(approval.is_granted(), approval.signatures.len() >= usize::from(needed));
        for round in 0..uses {
            match approval.clone().use_for(b"{}", at(50)) {
                Ok(used) => { prop_assert!(round == 0 && approval.is_granted()); approval = used; }
                Err(ApprovalError::Used(_)) => prop_assert!(round > 0),
                Err(ApprovalError::TooFew { .. }) => prop_assert!(!approval.is_granted()),
                Err(other) => prop_assert!(false, "{other}"),
            }
        }
    }

    /// Bytes are an operation in one form or in none.
    #[test]
    fn an_operation_has_one_form(text in "\\PC{0,200}") {
        if let Ok(operation) = Operation::from_bytes(text.as_bytes()) {
            prop_assert_eq!(operation.to_bytes(), text.as_bytes());
        }
    }
}
