//! The decision about a card, row by row, without a service.

use domain::card::CardState;
use domain::certificate::{CertificateRecord, CertificateRef, Holder, Intent};
use domain::revocation::{Requester, Revocation};
use domain::session::decision::{CardRefused, Journal, Presented, judge};
use pki::certificate::Certificate;
use pki::crl::Reason;
use pki::profile::Purpose;
use pki::{SerialNumber, UtcTime};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose};

/// rcgen's certificates are valid from 1975 to 4096.
const NOW: UtcTime = UtcTime::from_unix(1_800_000_000);

struct Pki {
    ca: Certificate,
    leaf: Certificate,
    signature: Certificate,
    stranger: Certificate,
}

fn pki() -> Pki {
    let made = |name: &str| {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        (Certificate::parse(certificate.der()).unwrap(), Issuer::new(params, key))
    };
    let issue = |issuer: &Issuer<'_, KeyPair>, usage, purpose| {
        let mut params = CertificateParams::default();
        params.key_usages = vec![usage];
        params.extended_key_usages = vec![purpose];
        let certificate = params.signed_by(&KeyPair::generate().unwrap(), issuer).unwrap();
        Certificate::parse(certificate.der()).unwrap()
    };
    let (ca, issuer) = made("ours");
    let (_, namesake) = made("ours");
    let (usage, purpose) = (KeyUsagePurpose::DigitalSignature, ExtendedKeyUsagePurpose::ClientAuth);
    Pki {
        leaf: issue(&issuer, usage, purpose.clone()),
        signature: issue(&issuer, KeyUsagePurpose::ContentCommitment, purpose.clone()),
        stranger: issue(&namesake, usage, purpose),
        ca,
    }
}

fn record(purpose: Purpose, card: bool, revoked: bool) -> CertificateRecord {
    let certificate = CertificateRef { issuer: "ours".into(), serial: SerialNumber::from_random([1; 16]) };
    let person: domain::PersonId = "anna".parse().unwrap();
    let holder = Holder::Person {
        tenant: "a".parse().unwrap(),
        person: person.clone(),
        card: card.then(|| "c1".parse().unwrap()),
        enrolment: None,
    };
    let intent = Intent {
        certificate: certificate.clone(),
        holder,
        purpose,
        profile: "p".into(),
        revision: 1,
        key_fingerprint: [0; 32],
        tbs: Vec::new(),
        not_after: NOW,
        at: NOW,
    };
    let (reason, requester) = (Reason::KeyCompromise, Requester::Person(person));
    let revocation = revoked.then_some(Revocation { certificate, reason, at: NOW, requester });
    CertificateRecord { intent, issued: None, revocation }
}

/// Each row of the table refuses by itself; revoked goes before all others; what is not known refuses.
#[test]
fn every_row_refuses_and_revoked_goes_first() {
    let pki = pki();
    let good = record(Purpose::PersonAuthentication, true, false);
    let revoked = record(Purpose::PersonAuthentication, true, true);
    let signing = record(Purpose::PersonSignature, true, false);
    let soft = record(Purpose::PersonAuthentication, false, false);
    let known =
        |record, card, employed, software| Journal::Known { record, card, compromised: false, employed, software };
    let (card, employed, software) = (Some(CardState::Active), true, false);
    let of_lost_ca = Journal::Known { record: &good, card, compromised: true, employed, software };
    let active = known(&good, Some(CardState::Active), true, false);
    let row = |certificate, issuer, has_level, journal| Presented { certificate, issuer, has_level, journal };
    let (leaf, ours) = (Some(&pki.leaf), Some(&pki.ca));
    let late = UtcTime::MAX;
    for (name, presented, now, outcome) in [
        ("good", row(leaf, ours, true, active), NOW, Ok(())),
        ("no certificate", row(None, None, false, Journal::Unknown), NOW, Err(CardRefused::NoCertificate)),
        ("no issuer of ours", row(leaf, None, true, active), NOW, Err(CardRefused::OtherIssuer)),
        ("a namesake's", row(Some(&pki.stranger), ours, true, active), NOW, Err(CardRefused::OtherIssuer)),
        ("expired", row(leaf, ours, true, active), late, Err(CardRefused::Expired)),
        ("signature key", row(Some(&pki.signature), ours, true, active), NOW, Err(CardRefused::SignatureCertificate)),
        ("no level", row(leaf, ours, false, active), NOW, Err(CardRefused::NoLevel)),
        ("journal away", row(leaf, ours, true, Journal::Away), NOW, Err(CardRefused::StatusUnknown)),
        ("unknown to the journal", row(leaf, ours, true, Journal::Unknown), NOW, Err(CardRefused::StatusUnknown)),
        ("revoked", row(leaf, ours, true, known(&revoked, Some(CardState::Active), true, false)), NOW, REVOKED),
        ("revoked and expired", row(leaf, ours, true, known(&revoked, None, true, false)), late, REVOKED),
        ("revoked, no level", row(leaf, ours, false, known(&revoked, None, false, false)), NOW, REVOKED),
        ("card revoked", row(leaf, ours, true, known(&good, Some(CardState::Revoked), true, false)), late, REVOKED),
        ("of a compromised CA", row(leaf, ours, true, of_lost_ca), NOW, REVOKED),
        ("has left", row(leaf, ours, true, known(&good, Some(CardState::Active), false, false)), NOW, REVOKED),
        ("not handed out", row(leaf, ours, true, known(&good, Some(CardState::Bound), true, false)), NOW, BOUND),
        ("card missing", row(leaf, ours, true, known(&good, None, true, false)), NOW, UNKNOWN),
        ("journal says signature", row(leaf, ours, true, known(&signing, None, true, false)), NOW, SIGNATURE),
        ("software in a demo", row(leaf, ours, true, known(&soft, None, true, true)), NOW, Ok(())),
        ("software elsewhere", row(leaf, ours, true, known(&soft, None, true, false)), NOW, NO_LEVEL),
    ] {
        assert_eq!(judge(&presented, now), outcome, "{name}");
    }
}

const REVOKED: Result<(), CardRefused> = Err(CardRefused::Revoked);
const BOUND: Result<(), CardRefused> = Err(CardRefused::NotActivated);
const UNKNOWN: Result<(), CardRefused> = Err(CardRefused::StatusUnknown);
const SIGNATURE: Result<(), CardRefused> = Err(CardRefused::SignatureCertificate);
const NO_LEVEL: Result<(), CardRefused> = Err(CardRefused::NoLevel);
