//! Writes a sample of everything that is issued into `target/pki-samples`, for linters that run outside.
//!
//! The middle part of a file's name is the
//! kind that `tests/clients/lint_all.sh` reads.

use std::fs;
use std::path::Path;

use pki::crl::{Reason, RevokedEntry, lint_crl, prepare_crl};
use pki::ocsp::{IssuerHashes, Responder, Single, Status, lint_ocsp, prepare_ocsp};
use pki::profile::Claims;
use pki::{Certificate, KeyId, Purpose};

use crate::world::{World, now, profiles, serial};

#[test]
fn samples_are_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/pki-samples");
    fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, octets: &[u8]| fs::write(folder.join(name), octets).unwrap();
    for (profile, der) in World::qualified().certificates() {
        write(&format!("{profile}-qualified.{}.pem", kind(profile, Claims::Qualified)), der.to_pem().as_bytes());
    }
    let mut world = World::new();
    let certificates = world.certificates();
    for (profile, der) in &certificates {
        write(&format!("{profile}.{}.pem", kind(profile, Claims::Ordinary)), der.to_pem().as_bytes());
    }
    write_crls(&world, &write);
    let (_, signer) = certificates.into_iter().find(|(profile, _)| *profile == "ocsp-signer").unwrap();
    let responder =
        Responder { certificate: Certificate::parse(signer.as_bytes()).unwrap(), key: KeyId::new("ocsp-1") };
    write_answers(&world, &responder, &write);
}

/// By which rules the driver judges a profile's certificates.
fn kind(profile: &str, claims: Claims) -> &'static str {
    let profiles = profiles(claims);
    let profile = profiles.get(profile).unwrap();
    match profile.purpose() {
        Purpose::RootCa => "root",
        Purpose::IssuingCa | Purpose::CrossCa => "subca",
        Purpose::OcspSigner => "ocsp-responder",
        Purpose::TsaUnit => "tsa",
        Purpose::TlsServer | Purpose::EnrolmentSigner => "pkix",
        Purpose::PersonSignature if profile.is_qualified() => "qcp-n-qscd",
        Purpose::LegalPersonSeal if profile.is_qualified() => "qcp-l-qscd",
        Purpose::PersonAuthentication | Purpose::PersonSignature => "ncp-n",
        Purpose::FunctionServer | Purpose::FunctionClient | Purpose::LegalPersonSeal => "ncp-l",
    }
}

fn write_crls(world: &World, write: &dyn Fn(&str, &[u8])) {
    let entries: Vec<_> = Reason::ALL
        .into_iter()
        .zip(50..)
        .map(|(reason, n)| RevokedEntry { serial: serial(n), at: now(), reason })
        .collect();
    for (name, issuer, entries) in [
        ("full.crl", &world.person, entries.as_slice()),
        ("empty.crl", &world.person, &[]),
        ("root.arl", &world.root, &[]),
    ] {
        let tbs = prepare_crl(issuer, 7, now(), now().plus_days(1), entries.iter());
        let crl = lint_crl(tbs, &issuer.certificate, issuer.key.clone()).unwrap().sign(&world.keys).unwrap();
        write(&format!("{name}.crl"), crl.as_bytes());
    }
}

fn write_answers(world: &World, responder: &Responder, write: &dyn Fn(&str, &[u8])) {
    let issuer = IssuerHashes::of(&world.person.certificate);
    let revoked = Status::Revoked { at: now(), reason: Reason::KeyCompromise };
    for (name, status, nonce) in
        [("good", Status::Good, None), ("revoked", revoked, None), ("unknown", Status::Unknown, Some(&[7_u8; 32][..]))]
    {
        let singles = Single::both(&issuer, &serial(10), status, now(), now().plus_days(1));
        let tbs = prepare_ocsp(responder, &singles, now().plus_seconds(1), nonce);
        let answer = lint_ocsp(tbs, responder).unwrap().sign(&world.keys).unwrap();
        write(&format!("{name}.ocsp.ors"), answer.as_bytes());
    }
}
