//! A small hierarchy with one certificate of each profile.

use std::fs;
use std::path::Path;

use pki::issue::{IssueError, Issuer, LintIssuer, Request, SubjectFacts, lint, lint_issued, prepare, prepare_root};
use pki::profile::Claims;
use pki::{Certificate, CertificateDer, KeyId, KeyKind, Profile, Profiles, PublicKey, SerialNumber, UtcTime};
use testkit::SoftSigner;

use crate::orders::{Order, orders};
pub(crate) use crate::orders::{anna, function, named};

/// Keys, profiles and CAs. Everything but signatures is the same in every run.
pub(crate) struct World {
    pub(crate) keys: SoftSigner,
    pub(crate) profiles: Profiles,
    pub(crate) root: Issuer,
    pub(crate) person: Issuer,
    pub(crate) reserve: Issuer,
    pub(crate) function: Issuer,
    pub(crate) infrastructure: Issuer,
}

/// The moment of every test.
pub(crate) fn now() -> UtcTime {
    at("2026-01-15T08:00:00Z")
}

pub(crate) fn at(text: &str) -> UtcTime {
    text.parse().unwrap()
}

/// An element of DER, of less than 64 KiB.
pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
    let header = match (high, low) {
        (0, 0..=0x7f) => vec![tag, low],
        (0, _) => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [header, content.to_vec()].concat()
}

pub(crate) fn serial(number: u8) -> SerialNumber {
    SerialNumber::from_random([number; 16])
}

/// The profiles of the repository.
pub(crate) fn profiles(claims: Claims) -> Profiles {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/profiles");
    let files = fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        (path.display().to_string(), fs::read_to_string(&path).unwrap())
    });
    Profiles::with_claims(files, claims).unwrap()
}

/// Whether these octets, in capital hexadecimal digits, stand in a certificate.
pub(crate) fn contains(der: &CertificateDer, octets: &str) -> bool {
    let text = der.as_bytes().iter().fold(String::new(), |text, octet| text + &format!("{octet:02X}"));
    text.match_indices(octets).any(|(at, _)| at % 2 == 0)
}

impl World {
    pub(crate) fn new() -> Self {
        Self::of_root(1)
    }

    /// The same under a root of another version, with other keys.
    pub(crate) fn of_root(version: u8) -> Self {
        Self::found(version, KeyKind::EcP384, KeyKind::EcP256, Claims::Ordinary)
    }

    /// The same for a service on a trusted list.
    pub(crate) fn qualified() -> Self {
        Self::found(1, KeyKind::EcP384, KeyKind::EcP256, Claims::Qualified)
    }

    /// A hierarchy whose root and whose other CAs have keys of these kinds.
    pub(crate) fn with_kinds(root_kind: KeyKind, ca_kind: KeyKind) -> Self {
        Self::found(1, root_kind, ca_kind, Claims::Ordinary)
    }

    fn found(version: u8, root_kind: KeyKind, ca_kind: KeyKind, claims: Claims) -> Self {
        let mut keys = SoftSigner::new();
        let profiles = profiles(claims);
        let root_key = keys.add(&format!("root-ca-v{version}"), root_kind);
        let certificate = root_certificate(&profiles, &root_key, &keys, version);
        let root = issuer(&format!("root-v{version}"), root_key, certificate, false);
        let [person, reserve, function, infrastructure] = std::array::from_fn(|_| root.clone());
        let mut world = Self { keys, profiles, root, person, reserve, function, infrastructure };
        let mut found = |slug: &str, profile: &str, what: &str, number: u8| {
            let name = format!("TEST {what} CA v{version}");
            world.authority(&format!("{slug}-v{version}"), profile, &name, number, ca_kind)
        };
        let person = found("person-loa4", "issuing-ca-person", "Person LoA4", 2);
        let infrastructure = found("infrastructure", "issuing-ca-infrastructure", "Infrastructure", 3);
        let reserve = found("person-loa3", "issuing-ca-person-loa3", "Person LoA3", 4);
        let function = found("function", "issuing-ca-function", "Function", 5);
        Self { person, reserve, function, infrastructure, ..world }
    }

    /// The CAs below the root, with the profiles of their certificates.
    pub(crate) fn authorities(&self) -> [(&'static str, &Issuer); 4] {
        [
            ("issuing-ca-person", &self.person),
            ("issuing-ca-person-loa3", &self.reserve),
            ("issuing-ca-function", &self.function),
            ("issuing-ca-infrastructure", &self.infrastructure),
        ]
    }

    /// One certificate of every profile, by name of the profile.
    pub(crate) fn certificates(&mut self) -> Vec<(&'static str, CertificateDer)> {
        let next = self.key("root-ca-v2", KeyKind::EcP384);
        let cross = self.issue("cross-ca", &named("TEST Root CA v2"), &next, &self.root, serial(6), 1826);
        let authorities = self.authorities().map(|(profile, ca)| (profile, ca.certificate.der().clone()));
        let root = ("root-ca", self.root.certificate.der().clone());
        let mut all = vec![root, ("cross-ca", cross)];
        all.extend(authorities);
        all.extend(self.end_entities());
        all
    }

    fn authority(&mut self, slug: &str, profile: &str, common_name: &str, number: u8, kind: KeyKind) -> Issuer {
        let key = self.keys.add(slug, kind);
        let public = self.keys.public(&key);
        let der = self.issue(profile, &named(common_name), &public, &self.root, serial(number), 3653);
        issuer(slug, key, Certificate::parse(der.as_bytes()).unwrap(), true)
    }

    pub(crate) fn profile(&self, name: &str) -> &Profile {
        self.profiles.get(name).unwrap_or_else(|| panic!("no profile {name}"))
    }

    /// Prepares, lints, signs, and lints what was signed.
    pub(crate) fn issue(
        &self,
        profile: &str,
        subject: &SubjectFacts,
        key: &PublicKey,
        issuer: &Issuer,
        serial: SerialNumber,
        days: i64,
    ) -> CertificateDer {
        let profile = self.profile(profile);
        let not_after = now().plus_days(days);
        let request = Request { profile, subject, key, serial, not_before: now(), not_after };
        let tbs = prepare(&request, issuer).unwrap();
        let linted = lint(tbs, profile, LintIssuer::from(issuer)).unwrap();
        let der = linted.sign(&self.keys).unwrap();
        assert_eq!(lint_issued(&der, profile, &issuer.certificate), []);
        der
    }

    /// Why the CA of people issues nothing to this subject.
    pub(crate) fn refused(&self, profile: &str, subject: &SubjectFacts, key: &PublicKey) -> IssueError {
        let (profile, not_after) = (self.profile(profile), now().plus_days(365));
        let request = Request { profile, subject, key, serial: serial(41), not_before: now(), not_after };
        prepare(&request, &self.person).unwrap_err()
    }

    /// One certificate of each end-entity profile, by name of the profile.
    pub(crate) fn end_entities(&mut self) -> Vec<(&'static str, CertificateDer)> {
        let plan = orders();
        let keys: Vec<_> = plan.iter().map(|order| self.key(order.key, order.kind)).collect();
        let issue = |((order, key), number): ((Order, PublicKey), u8)| {
            let days = i64::from(self.profile(order.profile).max_days()).min(order.days);
            let der = self.issue(order.profile, &order.subject, &key, (order.issuer)(self), serial(number), days);
            (order.profile, der)
        };
        plan.into_iter().zip(keys).zip(10..).map(issue).collect()
    }

    /// The subject that a certificate of [`certificates`](Self::certificates) was asked for, and its issuer.
    pub(crate) fn request(&self, profile: &str, certificate: &Certificate) -> (SubjectFacts, &Issuer) {
        match orders().into_iter().find(|order| order.profile == profile) {
            Some(order) => (order.subject, (order.issuer)(self)),
            None => (named(certificate.common_name().unwrap()), &self.root),
        }
    }

    pub(crate) fn key(&mut self, label: &str, kind: KeyKind) -> PublicKey {
        let id = self.keys.add(label, kind);
        self.keys.public(&id)
    }
}

fn root_certificate(profiles: &Profiles, key: &KeyId, keys: &SoftSigner, version: u8) -> Certificate {
    let profile = profiles.get("root-ca").unwrap();
    let subject = named(&format!("TEST Root CA v{version}"));
    let public = keys.public(key);
    let not_after = now().plus_days(7305);
    let request = Request { profile, subject: &subject, key: &public, serial: serial(1), not_before: now(), not_after };
    let tbs = prepare_root(&request, key).unwrap();
    let der = lint(tbs, profile, LintIssuer::SelfSigned).unwrap().sign(keys).unwrap();
    let root = Certificate::parse(der.as_bytes()).unwrap();
    assert_eq!(lint_issued(&der, profile, &root), []);
    root
}

fn issuer(slug: &str, key: KeyId, certificate: Certificate, ocsp: bool) -> Issuer {
    Issuer {
        name: slug.to_owned(),
        key,
        certificate,
        crl_url: format!("http://crl.example.se/{slug}.crl"),
        ocsp_url: ocsp.then(|| "http://ocsp.example.se/".to_owned()),
        aia_url: format!("http://aia.example.se/{slug}.crt"),
    }
}
