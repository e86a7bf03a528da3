//! A small PKI in memory, made by the real profiles: root, issuing CA, OCSP signer, a person's certificate.

use crate::SoftSigner;
use pki::certificate::{Certificate, CertificateDer};
use pki::issue::{Issuer, LintIssuer, Request, lint, prepare, prepare_root};
use pki::key::{KeyId, KeyKind, PublicKey};
use pki::ocsp::Responder;
use pki::profile::{Profile, Profiles};
use pki::serial::SerialNumber;
use pki::subject::SubjectFacts;
use pki::time::UtcTime;
use std::path::Path;

/// Root, issuing CA and its OCSP signer, with their keys.
pub struct SoftPki {
    /// The keys.
    pub keys: SoftSigner,
    /// The trust anchor.
    pub root: Certificate,
    /// The CA that issues to people.
    pub issuer: Issuer,
    /// Its OCSP signer.
    pub responder: Responder,
    profiles: Profiles,
}

impl SoftPki {
    /// Founds it; everything is valid from `now` on.
    ///
    /// # Panics
    /// If the profiles of the work tree do not allow it.
    pub fn found(now: UtcTime) -> Self {
        let profiles = profiles();
        let mut keys = SoftSigner::new();
        let root_key = keys.add("soft-root", KeyKind::EcP384);
        let ca_key = keys.add("soft-ca", KeyKind::EcP256);
        let ocsp_key = keys.add("soft-ocsp", KeyKind::EcP256);
        let root = self_signed(&keys, &profiles, &root_key, now);
        let anchor = issuer("root-ca", root_key, root.clone());
        let issue = |profile: &str, by: &Issuer, key: &KeyId, n: u8, days: i64| {
            let facts = facts(profile);
            issue(
                &keys,
                by,
                profiles.get(profile).expect("a profile"),
                &facts,
                &keys.public(key),
                serial(n),
                (now, now.plus_days(days)),
            )
        };
        let ca = issue("issuing-ca-person", &anchor, &ca_key, 1, 3000);
        let ca = issuer("issuing-ca-person", ca_key, Certificate::parse(ca.as_bytes()).expect("a certificate of ours"));
        let ocsp = issue("ocsp-signer", &ca, &ocsp_key, 2, 29);
        let certificate = Certificate::parse(ocsp.as_bytes()).expect("a certificate of ours");
        let responder = Responder { certificate, key: ocsp_key };
        Self { keys, root, issuer: ca, responder, profiles }
    }

    /// Issues a person's authentication certificate, valid for a year from `now`.
    ///
    /// # Panics
    /// If the profile does not allow it.
    pub fn person(&self, serial: SerialNumber, now: UtcTime) -> CertificateDer {
        self.certify("person-authentication-loa4", serial, now).2
    }

    /// Issues a person's signature certificate, valid for a year from `now`, with the key that it is for.
    ///
    /// # Panics
    /// If the profile does not allow it.
    pub fn signatory(&self, serial: SerialNumber, now: UtcTime) -> (SoftSigner, KeyId, CertificateDer) {
        self.certify("person-signature-loa4", serial, now)
    }

    /// Issues a time-stamping unit's certificate, valid for five years from `now`, with its key and its CA.
    ///
    /// # Panics
    /// If the profiles do not allow it.
    pub fn stamper(&self, serial: SerialNumber, now: UtcTime) -> (SoftSigner, KeyId, [CertificateDer; 2]) {
        let profile = |name: &str| self.profiles.get(name).expect("a profile");
        let mut keys = SoftSigner::new();
        let (root_key, ca_key) = (keys.add("soft-root", KeyKind::EcP384), keys.add("soft-infra", KeyKind::EcP256));
        let anchor = issuer("root-ca", root_key, self.root.clone());
        let (name, span) = ("issuing-ca-infrastructure", (now, now.plus_days(3000)));
        let ca = issue(
            &keys,
            &anchor,
            profile(name),
            &facts(name),
            &keys.public(&ca_key),
            SerialNumber::from_random([3; 16]),
            span,
        );
        let by = issuer(name, ca_key, Certificate::parse(ca.as_bytes()).expect("a certificate of ours"));
        let (name, span) = ("tsa-unit", (now, now.plus_days(1825)));
        let key = keys.add(&serial.to_string(), KeyKind::EcP256);
        let unit = issue(&keys, &by, profile(name), &facts(name), &keys.public(&key), serial, span);
        (keys, key, [unit, ca])
    }

    fn certify(&self, profile: &str, serial: SerialNumber, now: UtcTime) -> (SoftSigner, KeyId, CertificateDer) {
        let profile = self.profiles.get(profile).expect("a profile");
        let mut keys = SoftSigner::new();
        let key = keys.add(&serial.to_string(), KeyKind::EcP256);
        let span = (now, now.plus_days(365));
        let der = issue(&self.keys, &self.issuer, profile, &facts(profile.name()), &keys.public(&key), serial, span);
        (keys, key, der)
    }
}

fn profiles() -> Profiles {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/profiles");
    let files = std::fs::read_dir(folder).expect("the profiles of the work tree");
    let files = files.map(|file| {
        let path = file.expect("a folder that can be read").path();
        (path.display().to_string(), std::fs::read_to_string(&path).expect("a profile that can be read"))
    });
    Profiles::from_toml_files(files).expect("the profiles are valid")
}

fn self_signed(keys: &SoftSigner, profiles: &Profiles, key: &KeyId, now: UtcTime) -> Certificate {
    let profile = profiles.get("root-ca").expect("a profile");
    let (subject, public) = (facts("root-ca"), keys.public(key));
    let (not_before, not_after) = (now, now.plus_days(5000));
    let request = Request { profile, subject: &subject, key: &public, serial: serial(0), not_before, not_after };
    let tbs = prepare_root(&request, key).expect("the profile allows a root");
    let root = lint(tbs, profile, LintIssuer::SelfSigned).expect("no findings").sign(keys).expect("a signature");
    Certificate::parse(root.as_bytes()).expect("a certificate of ours")
}

fn issue(
    keys: &SoftSigner,
    issuer: &Issuer,
    profile: &Profile,
    subject: &SubjectFacts,
    key: &PublicKey,
    serial: SerialNumber,
    (not_before, not_after): (UtcTime, UtcTime),
) -> CertificateDer {
    let request = Request { profile, subject, key, serial, not_before, not_after };
    let tbs = prepare(&request, issuer).expect("the profile allows it");
    lint(tbs, profile, LintIssuer::Certificate(&issuer.certificate))
        .expect("no findings")
        .sign(keys)
        .expect("a signature")
}

fn issuer(name: &str, key: KeyId, certificate: Certificate) -> Issuer {
    Issuer {
        name: name.to_owned(),
        key,
        certificate,
        crl_url: format!("http://localhost:7400/crl/{name}.crl"),
        ocsp_url: Some("http://localhost:7400/ocsp".to_owned()),
        aia_url: format!("http://localhost:7400/aia/{name}.crt"),
    }
}

fn facts(profile: &str) -> SubjectFacts {
    let values = [
        ("organisation.name", "Testmyndigheten"),
        ("organisation.number", "2021006883"),
        ("common_name", profile),
        ("person.surname", "Åberg"),
        ("person.given_name", "Anna"),
        ("person.display_name", "Anna Åberg"),
        ("person.serial_number", "PNOSE-195006262546"),
        ("card.number", "9752269875005000001"),
    ];
    let values = values.map(|(fact, value)| (fact.to_owned(), value.to_owned())).into();
    SubjectFacts { values, ..SubjectFacts::default() }
}

fn serial(n: u8) -> SerialNumber {
    SerialNumber::from_random([n; 16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_certificates_chain() {
        let now = UtcTime::from_unix(1_768_464_000);
        let pki = SoftPki::found(now);
        let person = Certificate::parse(pki.person(serial(9), now).as_bytes()).unwrap();
        person.verify_issued_by(&pki.issuer.certificate).unwrap();
        pki.responder.certificate.verify_issued_by(&pki.issuer.certificate).unwrap();
        pki.issuer.certificate.verify_issued_by(&pki.root).unwrap();
    }
}
