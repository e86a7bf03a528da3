//! Good samples under CAs whose signatures nobody asks for.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};

use crate::certificate::{Certificate, CertificateDer};
use crate::issue::{Issuer, LintIssuer, Request, Tbs, prepare, prepare_root};
use crate::key::{KeyId, PublicKey, SignatureAlgorithm};
use crate::profile::Profile;
use crate::serial::SerialNumber;
use crate::subject::SubjectFacts;
use crate::time::UtcTime;

/// CAs, and the profile texts of the repository.
pub(super) struct Fixture {
    pub(super) root: Issuer,
    pub(super) person: Issuer,
    pub(super) infrastructure: Issuer,
    /// OCSP signer under the CA of people.
    pub(super) responder: Certificate,
    /// Private key of the CA of people.
    pub(super) person_key: PKey<Private>,
    good: BTreeMap<&'static str, Good>,
}

/// A TBSCertificate and the profile that it follows.
pub(super) struct Good {
    pub(super) tbs: Vec<u8>,
    pub(super) profile: Profile,
}

pub(super) fn now() -> UtcTime {
    "2026-01-15T08:00:00Z".parse().unwrap()
}

/// A profile of the repository.
pub(super) fn profile(name: &str) -> Profile {
    let path = format!("{}/../../policies/profiles/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    Profile::from_toml(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub(super) fn public_key(curve: Nid) -> PublicKey {
    public(&private_key(curve))
}

fn private_key(curve: Nid) -> PKey<Private> {
    let group = EcGroup::from_curve_name(curve).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn public(key: &PKey<Private>) -> PublicKey {
    PublicKey::from_spki(&key.public_key_to_der().unwrap()).unwrap()
}

fn facts() -> SubjectFacts {
    [
        ("organisation.name", "TEST Myndighet"),
        ("organisation.number", "2021005521"),
        ("common_name", "TEST"),
        ("person.surname", "Öberg"),
        ("person.given_name", "Anna"),
        ("person.display_name", "Anna Öberg"),
        ("person.serial_number", "PNOSE-199001012385"),
        ("card.number", "9752269875012345678"),
    ]
    .into_iter()
    .fold(SubjectFacts::default(), |facts, (fact, value)| facts.with(fact, value))
}

impl Fixture {
    /// The one of all tests.
    pub(super) fn shared() -> &'static Self {
        static SHARED: OnceLock<Fixture> = OnceLock::new();
        SHARED.get_or_init(Self::new)
    }

    fn new() -> Self {
        let (root_profile, subject) = (profile("root-ca"), facts().with("common_name", "TEST root"));
        let key = public_key(Nid::SECP384R1);
        let tbs = prepare_root(&request(&root_profile, &subject, &key, 7000), &KeyId::new("root")).unwrap();
        let root_tbs = Good { tbs: tbs.as_bytes().to_vec(), profile: root_profile };
        let root = issuer("root", &tbs, SignatureAlgorithm::EcdsaSha384);
        let below = |name: &str, key: &PublicKey| {
            let profile = profile(&format!("issuing-ca-{name}"));
            let subject = facts().with("common_name", name);
            let tbs = prepare(&request(&profile, &subject, key, 3650), &root).unwrap();
            issuer(name, &tbs, SignatureAlgorithm::EcdsaSha384)
        };
        let person_key = private_key(Nid::X9_62_PRIME256V1);
        let person = below("person", &public(&person_key));
        let infrastructure = below("infrastructure", &public_key(Nid::X9_62_PRIME256V1));
        let mut good: BTreeMap<_, _> = [
            (AUTHENTICATION, &person),
            (SIGNATURE, &person),
            (OCSP, &person),
            (TLS, &infrastructure),
            (PERSON_CA, &root),
        ]
        .map(|(name, by)| (name, end_entity(name, by)))
        .into();
        let tbs = &good[OCSP].tbs;
        let responder = CertificateDer::assemble(tbs, SignatureAlgorithm::EcdsaSha256, &[0; 8]);
        let responder = Certificate::parse(responder.as_bytes()).unwrap();
        good.insert(ROOT, root_tbs);
        Self { root, person, infrastructure, responder, person_key, good }
    }

    /// A good certificate of this profile under the CA that issues it.
    pub(super) fn good(&self, name: &str) -> &Good {
        &self.good[name]
    }

    /// The CA that issues this profile here.
    pub(super) fn issuer(&self, profile: &str) -> LintIssuer<'_> {
        match profile {
            ROOT => LintIssuer::SelfSigned,
            PERSON_CA => LintIssuer::from(&self.root),
            TLS => LintIssuer::from(&self.infrastructure),
            _ => LintIssuer::from(&self.person),
        }
    }
}

fn end_entity(name: &str, by: &Issuer) -> Good {
    let profile = profile(name);
    let key = public_key(Nid::X9_62_PRIME256V1);
    let mut subject = facts();
    subject.dns_names = vec!["localhost".to_owned()];
    let days = i64::from(profile.max_days()).min(300);
    let tbs = prepare(&request(&profile, &subject, &key, days), by).unwrap();
    Good { tbs: tbs.as_bytes().to_vec(), profile }
}

fn request<'a>(profile: &'a Profile, subject: &'a SubjectFacts, key: &'a PublicKey, days: i64) -> Request<'a> {
    let serial = SerialNumber::from_random([7; 16]);
    Request { profile, subject, key, serial, not_before: now(), not_after: now().plus_days(days) }
}

/// A CA whose certificate carries no real signature; lints of what it issues do not ask for one.
fn issuer(name: &str, tbs: &Tbs, algorithm: SignatureAlgorithm) -> Issuer {
    let der = CertificateDer::assemble(tbs.as_bytes(), algorithm, &[0; 8]);
    Issuer {
        name: name.to_owned(),
        key: KeyId::new(name),
        certificate: Certificate::parse(der.as_bytes()).unwrap(),
        crl_url: format!("http://crl.example.se/{name}.crl"),
        ocsp_url: Some("http://ocsp.example.se/".to_owned()),
        aia_url: format!("http://aia.example.se/{name}.crt"),
    }
}

pub(super) const AUTHENTICATION: &str = "person-authentication-loa4";
pub(super) const SIGNATURE: &str = "person-signature-loa4";
pub(super) const OCSP: &str = "ocsp-signer";
pub(super) const TLS: &str = "tls-server";
pub(super) const PERSON_CA: &str = "issuing-ca-person";
pub(super) const ROOT: &str = "root-ca";
