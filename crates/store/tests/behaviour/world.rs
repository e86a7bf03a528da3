//! People and things for the cases.

use domain::access::Role;
use domain::approval::{Approval, ApprovalRule, ApprovalSignature};
use domain::audit::{Actor, Event, Verifier};
use domain::bundle::LoadedBundle;
use domain::card::{Card, CardState};
use domain::certificate::{CertificateRef, Holder, Intent};
use domain::changes::{Changes, KeyStage, PublishedCrl, PublishedOcsp, Write};
use domain::eligibility::AgencyKind;
use domain::enrolment::{AnyEnrolment, Enrolment, Submitted};
use domain::evidence::Signed;
use domain::key::KeyState;
use domain::operation::{DocumentKind, IdentityProof, PlannedProfile, ProofMethod};
use domain::people::{Employment, Person, Tenant};
use domain::ports::{Conflict, Store, StoreError};
use domain::relying::{Registration, TokenKey};
use domain::revocation::{Requester, Revocation};
use domain::session::{SecretDigest, Session, Ticket, TicketKind};
use domain::{CardNumber, PersonId, TenantId};
use pki::SubjectFacts;
use pki::crl::Reason;
use pki::profile::Purpose;
use pki::serial::SerialNumber;
use pki::time::UtcTime;

pub(crate) const ISSUER: &str = "test-person-ca";

/// Identity numbers published for tests.
const NUMBERS: [&str; 6] =
    ["189001019802", "199001012385", "200002292399", "202402292383", "190001019801", "196408233234"];

pub(crate) fn at(seconds: i64) -> UtcTime {
    UtcTime::from_unix(1_770_000_000 + seconds)
}

pub(crate) fn tenant(name: &str) -> TenantId {
    name.parse().unwrap()
}

pub(crate) fn person(name: &str) -> PersonId {
    name.parse().unwrap()
}

pub(crate) fn event(kind: &'static str) -> Event {
    Event::new(kind, Actor::System("test".into()), "o", at(0))
}

pub(crate) fn changes(writes: impl IntoIterator<Item = Write>) -> Changes {
    writes.into_iter().fold(Changes::recording(event("test.wrote")), Changes::write)
}

pub(crate) async fn write(store: &dyn Store, writes: impl IntoIterator<Item = Write>) -> Result<(), StoreError> {
    store.commit(changes(writes)).await.map(|_| ())
}

pub(crate) fn agency(id: &str, number: &str) -> Tenant {
    Tenant {
        id: tenant(id),
        name: format!("Agency {id}"),
        organisation_number: number.parse().unwrap(),
        kind: AgencyKind::StateAgency,
    }
}

pub(crate) fn human(id: &str, number: usize) -> Person {
    Person {
        id: person(id),
        identity_number: NUMBERS[number].parse().unwrap(),
        given_name: id.to_owned(),
        surname: "Test".to_owned(),
        protection: None,
    }
}

pub(crate) fn employed(agency: &str, id: &str) -> Write {
    Write::Employment(Employment { tenant: tenant(agency), person: person(id), since: at(0), until: None })
}

/// Agency `a` with anna, bo, eva, olle; agency `b` with olle; olle has card `c1` of agency `a`.
pub(crate) async fn populate(store: &dyn Store) {
    let mut writes = vec![Write::Tenant(agency("a", "2021006883")), Write::Tenant(agency("b", "2021005521"))];
    for (number, name) in ["anna", "bo", "eva", "olle"].into_iter().enumerate() {
        writes.push(Write::Person(human(name, number)));
        writes.push(employed("a", name));
    }
    writes.push(employed("b", "olle"));
    writes.push(Write::NewCard(card("c1")));
    write(store, writes).await.unwrap();
}

pub(crate) fn card_number(number: &str) -> CardNumber {
    number.parse().unwrap()
}

pub(crate) fn card(number: &str) -> Card {
    Card {
        tenant: tenant("a"),
        number: card_number(number),
        holder: person("olle"),
        bound_at: at(2),
        state: CardState::Bound,
    }
}

/// Submitted by anna for olle.
pub(crate) fn submitted(id: &str) -> Enrolment<Submitted> {
    let planned = PlannedProfile { profile: "person-authentication-loa4".into(), revision: 1 };
    Enrolment::submit(
        (id.parse().unwrap(), tenant("a")),
        (person("olle"), card_number("c1")),
        SubjectFacts::default().with("person.surname", "Test"),
        ([(Purpose::PersonAuthentication, planned)].into(), None),
        Submitted { by: person("anna"), at: at(10) },
    )
    .unwrap()
}

pub(crate) fn new_enrolment(id: &str) -> Write {
    Write::NewEnrolment(AnyEnrolment::Submitted(submitted(id)))
}

/// A delivery at agency `a`.
pub(crate) fn delivery() -> Signed {
    Signed { operation: "{}".into(), statements: vec!["jws".into()] }
}

pub(crate) fn new_delivery() -> Write {
    Write::Delivery { tenant: tenant("a"), delivery: delivery() }
}

pub(crate) fn proof() -> IdentityProof {
    IdentityProof {
        document: DocumentKind::Passport,
        number: "X1".into(),
        expires: "2030-01-01".into(),
        method: ProofMethod::InPerson,
        place: "Test".into(),
    }
}

/// Two must sign; anna and olle cannot.
pub(crate) fn approval(id: &str) -> Approval {
    Approval {
        id: id.parse().unwrap(),
        tenant: tenant("a"),
        operation: "{}".into(),
        rule: ApprovalRule { role: Role::Approver, needed: 2, excluded: [person("anna"), person("olle")].into() },
        expires_at: at(1000),
        signatures: Vec::new(),
        used_at: None,
    }
}

pub(crate) fn signature(by: &str) -> ApprovalSignature {
    ApprovalSignature {
        by: person(by),
        at: at(30),
        statement: format!("jws of {by}"),
        reason: Some(format!("{by} says why")),
    }
}

pub(crate) fn reference(n: u32) -> CertificateRef {
    let mut octets = [0; 16];
    octets[12..].copy_from_slice(&n.to_be_bytes());
    CertificateRef { issuer: ISSUER.into(), serial: SerialNumber::from_random(octets) }
}

/// An intent for olle's card with a key of its own.
pub(crate) fn intent(n: u32) -> Intent {
    let mut key = [7; 32];
    key[..4].copy_from_slice(&n.to_be_bytes());
    Intent {
        certificate: reference(n),
        holder: Holder::Person {
            tenant: tenant("a"),
            person: person("olle"),
            card: Some(card_number("c1")),
            enrolment: None,
        },
        purpose: Purpose::PersonAuthentication,
        profile: "person-authentication-loa4".into(),
        revision: 3,
        key_fingerprint: key,
        tbs: tbs("Olle Test"),
        not_after: at(100_000),
        at: at(40),
    }
}

/// The beginning of a TBSCertificate for this common name; the store reads no further than its subject.
pub(crate) fn tbs(common_name: &str) -> Vec<u8> {
    let tlv = |tag: u8, content: &[u8]| {
        let length = u8::try_from(content.len()).unwrap();
        [&[tag, length], content].concat()
    };
    let attribute = [&[6, 3, 0x55, 4, 3], tlv(12, common_name.as_bytes()).as_slice()].concat();
    let subject = tlv(0x30, &tlv(0x31, &tlv(0x30, &attribute)));
    let before = [0xa0, 3, 2, 1, 2, 2, 1, 7, 0x30, 0, 0x30, 0, 0x30, 0];
    tlv(0x30, &[before.as_slice(), &subject].concat())
}

pub(crate) fn issue(n: u32) -> Write {
    Write::Certificate { certificate: reference(n), der: der(n), at: at(50), personal: true }
}

pub(crate) fn der(n: u32) -> Vec<u8> {
    let mut der = vec![0x30; 1000];
    der[..4].copy_from_slice(&n.to_be_bytes());
    der
}

pub(crate) fn revocation(n: u32) -> Revocation {
    Revocation {
        certificate: reference(n),
        reason: Reason::KeyCompromise,
        at: at(60),
        requester: Requester::Person(person("anna")),
    }
}

pub(crate) fn crl(number: u64) -> PublishedCrl {
    PublishedCrl { issuer: ISSUER.into(), number, der: vec![1, 2, 3], this_update: at(70), next_update: at(80) }
}

/// Policies whose digest is of one digit.
#[derive(Clone)]
pub(crate) struct NewPolicies(pub(crate) LoadedBundle);

pub(crate) fn policies(digit: char, approved: bool) -> NewPolicies {
    let approval = approved.then(|| Signed { operation: "{}".into(), statements: vec!["one".into(), "two".into()] });
    NewPolicies(LoadedBundle { digest: digest_of(digit), listing: format!("{digit}\n"), approval, at: at(90) })
}

impl NewPolicies {
    pub(crate) fn replacing(self, digit: Option<char>) -> Write {
        Write::Policies { bundle: self.0, replaces: digit.map(digest_of) }
    }
}

fn digest_of(digit: char) -> String {
    digit.to_string().repeat(64)
}

/// A state of a key; one that follows another has an approval.
pub(crate) fn key_stage(issuer: &str, follows: Option<KeyState>, state: KeyState) -> KeyStage {
    let approval = follows.map(|_| Signed { operation: "{}".into(), statements: vec!["one".into(), "two".into()] });
    KeyStage { issuer: issuer.into(), follows, state, compromised: false, approval, at: at(90) }
}

pub(crate) fn answer(n: u32, revoked: bool) -> PublishedOcsp {
    PublishedOcsp { certificate: reference(n), revoked, der: vec![9; 500], this_update: at(90), next_update: at(190) }
}

/// A relying service of agency `a`, proposed by anna.
pub(crate) fn proposed(revision: i64) -> Registration {
    Registration {
        client_id: "rp".into(),
        revision,
        tenant: tenant("a"),
        body: "{}".into(),
        proposed_by: person("anna"),
        proposed_at: at(20),
        approved_by: None,
        approved_at: None,
    }
}

pub(crate) fn token_key(number: u8) -> TokenKey {
    TokenKey {
        label: format!("token-{number}"),
        algorithm: "ec-p256".into(),
        spki: vec![number; 91],
        certificate: (number == 2).then(|| vec![number; 300]),
        made_at: at(number.into()),
        signs_from: at(100),
    }
}

/// A ticket whose digest is of one number.
pub(crate) fn ticket(kind: TicketKind, number: u8) -> Ticket {
    Ticket {
        kind,
        digest: SecretDigest([number; 32]),
        client_id: "rp".into(),
        session: Some(SecretDigest([1; 32])),
        body: "{}".into(),
        at: at(0),
        expires_at: at(60),
    }
}

/// A session of olle with the `certificate`-th certificate of card `c1`, at the relying service.
pub(crate) fn session(number: u8, certificate: u32) -> Session {
    Session {
        id: SecretDigest([number; 32]),
        sid: format!("sid-{number}"),
        tenant: tenant("a"),
        person: person("olle"),
        card: Some(card_number("c1")),
        certificate: reference(certificate),
        client_id: "rp".into(),
        body: "{}".into(),
        at: at(100),
        expires_at: at(200),
    }
}

pub(crate) fn assert_conflict(result: Result<(), StoreError>, wanted: Conflict) {
    match result {
        Err(StoreError::Conflict(found)) => assert_eq!(found, wanted),
        other => panic!("wanted {wanted:?}, found {other:?}"),
    }
}

pub(crate) fn assert_stale(result: Result<(), StoreError>) {
    match result {
        Err(StoreError::Stale { .. }) => {}
        other => panic!("wanted stale, found {other:?}"),
    }
}

/// Walks the whole log; its length.
pub(crate) async fn verify_chain(store: &dyn Store) -> u64 {
    let mut verifier = Verifier::default();
    loop {
        let records = store.records(verifier.head().size + 1, 50).await.unwrap();
        if records.is_empty() {
            break;
        }
        for record in &records {
            verifier.next(record).unwrap();
        }
    }
    assert_eq!(store.head().await.unwrap(), verifier.head());
    verifier.head().size
}
