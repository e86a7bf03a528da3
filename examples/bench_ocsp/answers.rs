//! Real answers, signed by a small PKI, and the requests for them.

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pki::ocsp::{HashAlgorithm, IssuerHashes, Single, Status, lint_ocsp, prepare_ocsp};
use pki::serial::SerialNumber;
use sigill::clock::{Clock, System};
use std::path::Path;
use testkit::SoftPki;

/// Answers and who signed them.
pub(crate) struct Answers {
    pub(crate) pki: SoftPki,
    /// DER of each answer, by the number of its certificate.
    pub(crate) der: Vec<Vec<u8>>,
    /// DER of the request for each.
    requests: Vec<Vec<u8>>,
}

impl Answers {
    /// Signs `count` answers that say good.
    pub(crate) fn sign(count: usize) -> Self {
        let now = System.now();
        let pki = SoftPki::found(now.plus_days(-1));
        let hashes = IssuerHashes::of(&pki.issuer.certificate);
        let answer = |n| {
            let singles = Single::both(&hashes, &serial(n), Status::Good, now, now.plus_days(1));
            let tbs = prepare_ocsp(&pki.responder, &singles, now, None);
            let linted = lint_ocsp(tbs, &pki.responder).unwrap_or_else(|findings| panic!("{findings:?}"));
            linted.sign(&pki.keys).expect("the key is in memory").into_bytes()
        };
        let der = (0..count).map(answer).collect();
        let requests = (0..count).map(|n| request(&hashes, &serial(n))).collect();
        Self { pki, der, requests }
    }

    /// One file for each answer, and the issuer's certificate.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        std::fs::write(folder.join("issuer.der"), self.pki.issuer.certificate.der().as_bytes())
            .context("issuer.der")?;
        std::fs::create_dir_all(folder.join("ocsp")).context("a folder for answers")?;
        for (n, der) in self.der.iter().enumerate() {
            std::fs::write(folder.join("ocsp").join(n.to_string()), der).context("an answer")?;
        }
        Ok(())
    }

    /// A GET for each answer, as a client sends it.
    pub(crate) fn gets(&self) -> Vec<Vec<u8>> {
        let path = |der: &Vec<u8>| STANDARD.encode(der).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        self.requests.iter().map(|der| get(&path(der))).collect()
    }

    /// A POST for each answer.
    pub(crate) fn posts(&self) -> Vec<Vec<u8>> {
        let head = |length| {
            format!(
                "POST /ocsp HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nContent-Type: application/ocsp-request\r\n\
                 Content-Length: {length}\r\n\r\n"
            )
        };
        self.requests.iter().map(|der| [head(der.len()).as_bytes(), der].concat()).collect()
    }

    /// A GET for the file of each answer.
    pub(crate) fn files(&self) -> Vec<Vec<u8>> {
        (0..self.der.len()).map(|n| get(&n.to_string())).collect()
    }
}

fn get(name: &str) -> Vec<u8> {
    format!("GET /ocsp/{name} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n").into_bytes()
}

/// An OCSPRequest with one SHA-1 CertID and nothing else; every length is below 128.
fn request(hashes: &IssuerHashes, serial: &SerialNumber) -> Vec<u8> {
    const SHA1: &[u8] = b"\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00";
    let id = hashes.cert_id(HashAlgorithm::Sha1, serial.as_bytes());
    let fields =
        [SHA1.to_vec(), element(4, &id.issuer_name_hash), element(4, &id.issuer_key_hash), element(2, &id.serial)];
    // CertID, Request, requestList, TBSRequest, OCSPRequest.
    (0..5).fold(fields.concat(), |inside, _| element(0x30, &inside))
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).ok().filter(|length| *length < 128).expect("a short element");
    [&[tag, length], content].concat()
}

fn serial(n: usize) -> SerialNumber {
    let mut octets = [0x5a; 16];
    octets[8..].copy_from_slice(&(n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    SerialNumber::from_random(octets)
}
