//! A small hierarchy with one certificate of each profile.

use std::fs;
use std::path::Path;

use pki::issue::{IssueError, Issuer, LintIssuer, Request, SubjectFacts, lint, lint_issued, prepare, prepare_root};
use pki::{Certificate, CertificateDer, KeyId, KeyKind, Profile, Profiles, PublicKey, SerialNumber, UtcTime};
use testkit::SoftSigner;

/// Keys, profiles and CAs. Everything but signatures is the same in every run.
pub(crate) struct World {
    pub(crate) keys: SoftSigner,
    pub(crate) profiles: Profiles,
    pub(crate) root: Issuer,
    pub(crate) person: Issuer,
    pub(crate) infrastructure: Issuer,
}

/// The moment of every test.
pub(crate) fn now() -> UtcTime {
    at("2026-01-15T08:00:00Z")
}

pub(crate) fn at(text: &str) -> UtcTime {
    text.parse().unwrap()
}

pub(crate) fn serial(number: u8) -> SerialNumber {
    SerialNumber::from_random([number; 16])
}

/// The profiles of the repository.
pub(crate) fn profiles() -> Profiles {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/profiles");
    let files = fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        (path.display().to_string(), fs::read_to_string(&path).unwrap())
    });
    Profiles::from_toml_files(files).unwrap()
}

pub(crate) fn organisation() -> SubjectFacts {
    SubjectFacts::default().with("organisation.name", "TEST Myndighet").with("organisation.number", "2021005521")
}

pub(crate) fn named(common_name: &str) -> SubjectFacts {
    organisation().with("common_name", common_name)
}

/// A person of the tests, with a published test number.
pub(crate) fn anna() -> SubjectFacts {
    organisation()
        .with("person.surname", "Öberg")
        .with("person.given_name", "Anna Åsa")
        .with("person.display_name", "Anna Öberg")
        .with("person.serial_number", "PNOSE-199001012385")
        .with("person.email", "anna.oberg@example.se")
        .with("card.number", "9752269875012345678")
}

/// The service's own server.
pub(crate) fn server() -> SubjectFacts {
    let mut facts = named("localhost");
    facts.dns_names = vec!["localhost".to_owned()];
    facts.ip_addresses = vec!["127.0.0.1".parse().unwrap()];
    facts
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_kinds(KeyKind::EcP384, KeyKind::EcP256)
    }

    /// A hierarchy whose root and whose other CAs have keys of these kinds.
    pub(crate) fn with_kinds(root_kind: KeyKind, ca_kind: KeyKind) -> Self {
        let mut keys = SoftSigner::new();
        let profiles = profiles();
        let root_key = keys.add("root-ca-v1", root_kind);
        let certificate = root_certificate(&profiles, &root_key, &keys);
        let root = issuer("root-v1", root_key, certificate, false);
        let mut world = Self { keys, profiles, person: root.clone(), infrastructure: root.clone(), root };
        world.person = world.authority("person-loa4-v1", "issuing-ca-person", "TEST Person LoA4 CA v1", 2, ca_kind);
        world.infrastructure =
            world.authority("infrastructure-v1", "issuing-ca-infrastructure", "TEST Infrastructure CA v1", 3, ca_kind);
        world
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
        let card = self.key("card-1", KeyKind::EcP256);
        let second = self.key("card-2", KeyKind::EcP384);
        let soft = self.key("soft-1", KeyKind::EcP256);
        let ocsp = self.key("ocsp-1", KeyKind::EcP256);
        let tls = self.key("tls-1", KeyKind::EcP256);
        let plan = [
            ("person-authentication-loa4", anna(), card, &self.person, 1826),
            ("person-signature-loa4", anna(), second, &self.person, 1826),
            ("demo-software-authentication", anna(), soft, &self.person, 397),
            ("ocsp-signer", named("TEST Person LoA4 OCSP 1"), ocsp, &self.person, 14),
            ("tls-server", server(), tls, &self.infrastructure, 7),
        ];
        plan.into_iter()
            .zip(10..)
            .map(|((profile, subject, key, issuer, days), number)| {
                (profile, self.issue(profile, &subject, &key, issuer, serial(number), days))
            })
            .collect()
    }

    pub(crate) fn key(&mut self, label: &str, kind: KeyKind) -> PublicKey {
        let id = self.keys.add(label, kind);
        self.keys.public(&id)
    }
}

fn root_certificate(profiles: &Profiles, key: &KeyId, keys: &SoftSigner) -> Certificate {
    let profile = profiles.get("root-ca").unwrap();
    let subject = named("TEST Root CA v1");
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
