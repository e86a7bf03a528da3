//! Acts on keys and trust: two different security officers, exactly this act, once, and not for ever.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::access::Role;
use domain::evidence::{EvidenceError, KEY_ACT_MAX_AGE_DAYS, Officer, Officers, Signed, verify_key_act};
use domain::key::KeyState;
use domain::operation::{
    Act, AddTrustAnchor, LoadPolicies, MoveKey, Operation, RestoreToken, STATEMENT_TYPE, Statement,
};
use pki::certificate::Certificate;
use pki::jose::sign_compact;
use pki::key::SignatureAlgorithm;
use pki::serial::SerialNumber;
use pki::time::UtcTime;
use std::collections::BTreeMap;
use testkit::SoftPki;

const NOW: UtcTime = UtcTime::from_unix(1_768_464_000);

/// Officers by the serial of their certificate: 1 to 3 are security officers, 4 is an approver.
struct House(SoftPki);

impl Officers for House {
    fn officer(&self, certificate: &Certificate, at: UtcTime) -> Option<Officer> {
        let numbers = 1..=4_u8;
        let number = numbers.into_iter().find(|n| certificate.serial() == Some(serial(*n)))?;
        certificate.verify_issued_by(&self.0.issuer.certificate).ok()?;
        let role = if number == 4 { Role::Approver } else { Role::SecurityOfficer };
        certificate.valid_at(at).then(|| Officer {
            person: format!("person-{number}").parse().expect("a slug"),
            tenant: "agency-a".parse().expect("a slug"),
            roles: [role].into(),
        })
    }
}

impl House {
    fn found() -> Self {
        Self(SoftPki::found(NOW.plus_days(-100)))
    }

    fn statement(&self, number: u8, statement: &Statement) -> String {
        let (keys, key, certificate) = self.0.signatory(serial(number), NOW.plus_days(-99));
        let header = serde_json::json!({"typ": STATEMENT_TYPE, "x5c": [STANDARD.encode(certificate.as_bytes())]});
        let payload = serde_json::to_vec(statement).expect("a statement is JSON");
        sign_compact(header, &payload, &key, SignatureAlgorithm::EcdsaSha256, &keys).expect("a software key signs")
    }

    fn approved(&self, operation: &Operation, officers: &[u8], at: UtcTime) -> Signed {
        let statement = Statement { act: Act::Approve, operation: operation.hash(), at };
        let statements = officers.iter().map(|number| self.statement(*number, &statement)).collect();
        let operation = String::from_utf8(operation.to_bytes()).expect("JSON is text");
        Signed { operation, statements }
    }

    fn judge(&self, approval: &Signed, act: &Operation) -> Result<usize, EvidenceError> {
        verify_key_act(approval, act, 2, |_| false, (self, NOW)).map(|approved| approved.approvers.len())
    }
}

fn serial(number: u8) -> SerialNumber {
    SerialNumber::from_random([number; 16])
}

fn digest(letter: char) -> String {
    letter.to_string().repeat(64)
}

fn activation() -> MoveKey {
    MoveKey {
        issuer: "person-ca-g2".to_owned(),
        key: digest('a'),
        certificate: digest('b'),
        from: KeyState::Generated,
        to: KeyState::Active,
        compromised: false,
        ocsp_signer: None,
    }
}

fn acts() -> [Operation; 3] {
    let keys = BTreeMap::from([("person-ca".to_owned(), digest('a'))]);
    [
        Operation::MoveKey(activation()),
        Operation::AddTrustAnchor(AddTrustAnchor {
            name: "root-v2".to_owned(),
            key: digest('a'),
            certificate: digest('b'),
        }),
        Operation::RestoreToken(RestoreToken {
            backup: digest('a'),
            keys,
            token_label: "sigill-ca".to_owned(),
            token_serial: "0123456789abcdef".to_owned(),
            asked_at: NOW,
        }),
    ]
}

#[test]
fn two_security_officers_approve_each_act() {
    let house = House::found();
    for act in acts() {
        assert_eq!(Operation::from_bytes(&act.to_bytes()), Ok(act.clone()), "an act has one form");
        assert_eq!(house.judge(&house.approved(&act, &[1, 2], NOW), &act), Ok(2));
    }
}

#[test]
fn every_shortcut_is_refused() {
    let house = House::found();
    let act = Operation::MoveKey(activation());
    let judge = |officers: &[u8], at| house.judge(&house.approved(&act, officers, at), &act);
    assert_eq!(judge(&[], NOW), Err(EvidenceError::TooFew { needed: 2, found: 0 }));
    assert_eq!(judge(&[1], NOW), Err(EvidenceError::TooFew { needed: 2, found: 1 }));
    assert_eq!(judge(&[1, 1], NOW), Err(EvidenceError::FourEyes));
    assert_eq!(judge(&[1, 4], NOW), Err(EvidenceError::WrongRole { role: Role::SecurityOfficer }));
    assert_eq!(judge(&[1, 9], NOW), Err(EvidenceError::NotAnOfficer));
    assert_eq!(judge(&[1, 2], NOW.plus_days(-KEY_ACT_MAX_AGE_DAYS - 1)), Err(EvidenceError::Expired));
    assert_eq!(judge(&[1, 2], NOW.plus_days(1)), Err(EvidenceError::Expired));
}

#[test]
fn the_ceiling_in_code_holds_whatever_is_asked_for() {
    let house = House::found();
    let act = Operation::MoveKey(activation());
    let one = house.approved(&act, &[1], NOW);
    let refused = verify_key_act(&one, &act, 0, |_| false, (&house, NOW));
    assert_eq!(refused, Err(EvidenceError::TooFew { needed: 2, found: 1 }));
    let two = house.approved(&act, &[1, 2], NOW);
    let refused = verify_key_act(&two, &act, 3, |_| false, (&house, NOW));
    assert_eq!(refused, Err(EvidenceError::TooFew { needed: 3, found: 2 }));
}

/// Any other key, certificate, state or kind of act is another operation.
#[test]
fn an_approval_is_bound_to_its_act() {
    let house = House::found();
    let approval = house.approved(&Operation::MoveKey(activation()), &[1, 2], NOW);
    let mut others = vec![
        MoveKey { issuer: "other".to_owned(), ..activation() },
        MoveKey { key: digest('c'), ..activation() },
        MoveKey { certificate: digest('c'), ..activation() },
        MoveKey { from: KeyState::Active, ..activation() },
        MoveKey { to: KeyState::StatusOnly, ..activation() },
        MoveKey { compromised: true, ..activation() },
    ];
    let mut others: Vec<_> = others.drain(..).map(Operation::MoveKey).collect();
    others.extend(acts().into_iter().skip(1));
    for other in others {
        assert_eq!(house.judge(&approval, &other), Err(EvidenceError::OtherOperation), "{other:?}");
        // The signatures of one act under the text of another.
        let moved = Signed {
            operation: String::from_utf8(other.to_bytes()).expect("JSON is text"),
            statements: approval.statements.clone(),
        };
        assert_eq!(house.judge(&moved, &other), Err(EvidenceError::OtherOperation));
    }
}

#[test]
fn an_approval_is_used_once() {
    let house = House::found();
    let act = Operation::MoveKey(activation());
    let approval = house.approved(&act, &[1, 2], NOW);
    let first = verify_key_act(&approval, &act, 2, |_| false, (&house, NOW)).expect("two officers");
    let again = verify_key_act(&approval, &act, 2, |hash| *hash == first.hash, (&house, NOW));
    assert_eq!(again, Err(EvidenceError::Used));
}

/// What is not about keys or trust has rules of its own.
#[test]
fn other_operations_are_no_acts_on_keys() {
    let house = House::found();
    let load = Operation::LoadPolicies(LoadPolicies { bundle: digest('a'), replaces: digest('b') });
    let approval = house.approved(&load, &[1, 2], NOW);
    assert!(matches!(house.judge(&approval, &load), Err(EvidenceError::Mismatch(_))));
}
