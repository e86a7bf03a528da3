//! What the public sees, judged by OpenSSL: OCSP answers, CRLs, chains.

use super::Installation;
use openssl::asn1::Asn1Integer;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::ocsp::{
    OcspBasicResponse, OcspCertId, OcspCertStatus, OcspFlag, OcspRequest, OcspResponse, OcspResponseStatus,
};
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::X509VerifyFlags;
use openssl::x509::{X509, X509Crl, X509StoreContext};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use x509_parser::prelude::{CertificateRevocationList, FromDer, ParsedExtension};

/// Issuer's name in addresses, and serial as 32 hexadecimal digits.
pub type Reference = (String, String);

/// A relying party without any secret.
pub struct Judge {
    issuers: BTreeMap<String, X509>,
    root: X509,
    status_url: String,
    client: reqwest::Client,
}

/// What OCSP says of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Signed, current, good.
    Good,
    /// Signed, current, revoked.
    Revoked,
    /// Signed, current, unknown.
    Unknown,
    /// Unsigned `tryLater`.
    TryLater,
    /// Unsigned `unauthorized`.
    Unauthorized,
    /// Another error of OCSP.
    Refused,
}

/// A CRL whose signature is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crl {
    /// Its number.
    pub number: u64,
    /// The revoked serials.
    pub serials: BTreeSet<String>,
    /// All of it.
    pub der: Vec<u8>,
}

impl Judge {
    /// A relying party that trusts the installation's root.
    pub fn new(installation: &Installation) -> Self {
        let read = |path: &serde_json::Value| X509::from_pem(&std::fs::read(path.as_str().unwrap()).unwrap()).unwrap();
        let manifest = installation.manifest();
        let issuers = manifest["issuers"].as_array().unwrap().iter();
        let issuers = issuers.map(|ca| (ca["name"].as_str().unwrap().to_owned(), read(&ca["certificate"]))).collect();
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default(); // by another test already
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        Self { issuers, root: read(&manifest["trust_anchor"]), status_url: installation.url("status_url"), client }
    }

    /// The issuing CAs, whose certificates have OCSP answers: all but the root.
    pub fn issuing(&self) -> impl Iterator<Item = &str> {
        self.issuers.iter().filter(|(_, ca)| **ca != self.root).map(|(name, _)| name.as_str())
    }

    /// Asks for one certificate; an error is a broken connection.
    pub async fn ocsp(&self, (issuer, serial): &Reference) -> Result<Status, reqwest::Error> {
        let issuer = &self.issuers[issuer];
        let mut request = OcspRequest::new().unwrap();
        request.add_id(certificate_id(issuer, serial)).unwrap();
        let url = format!("{}/ocsp", self.status_url);
        let body = request.to_der().unwrap();
        let call = self.client.post(url).header("content-type", "application/ocsp-request").body(body);
        let answer = call.send().await?.bytes().await?;
        Ok(self.read_ocsp(issuer, serial, &answer))
    }

    fn read_ocsp(&self, issuer: &X509, serial: &str, der: &[u8]) -> Status {
        let response = OcspResponse::from_der(der).unwrap();
        match response.status() {
            OcspResponseStatus::SUCCESSFUL => self.read_basic(issuer, serial, &response.basic().unwrap()),
            OcspResponseStatus::TRY_LATER => Status::TryLater,
            OcspResponseStatus::UNAUTHORIZED => Status::Unauthorized,
            _ => Status::Refused,
        }
    }

    fn read_basic(&self, issuer: &X509, serial: &str, basic: &OcspBasicResponse) -> Status {
        let mut untrusted = Stack::new().unwrap();
        self.issuers.values().for_each(|ca| untrusted.push(ca.clone()).unwrap());
        basic.verify(&untrusted, &self.store(), OcspFlag::empty()).expect("the answer's signature verifies");
        let status = basic.find_status(&certificate_id(issuer, serial)).expect("the answer is about what was asked");
        status.check_validity(60, None).expect("the answer is current");
        match status.status {
            OcspCertStatus::GOOD => Status::Good,
            OcspCertStatus::REVOKED => Status::Revoked,
            _ => Status::Unknown,
        }
    }

    /// The published CRL of an issuer; none if there is none yet.
    pub async fn crl(&self, issuer: &str) -> Result<Option<Crl>, reqwest::Error> {
        let answer = self.client.get(format!("{}/crl/{issuer}.crl", self.status_url)).send().await?;
        if !answer.status().is_success() {
            return Ok(None);
        }
        let der = answer.bytes().await?.to_vec();
        let key = self.issuers[issuer].public_key().unwrap();
        assert!(X509Crl::from_der(&der).unwrap().verify(&key).unwrap(), "the CRL's signature verifies");
        Ok(Some(read_crl(der)))
    }

    /// Verifies a certificate to the root, at no particular purpose.
    pub fn verify_chain(&self, pem: &str) {
        let leaf = X509::from_pem(pem.as_bytes()).unwrap();
        let mut untrusted = Stack::new().unwrap();
        self.issuers.values().for_each(|ca| untrusted.push(ca.clone()).unwrap());
        let mut context = X509StoreContext::new().unwrap();
        let (good, why) = context
            .init(&self.store(), &leaf, &untrusted, |context| Ok((context.verify_cert()?, context.error())))
            .unwrap();
        assert!(good, "{why}: {pem}");
    }

    fn store(&self) -> X509Store {
        let mut store = X509StoreBuilder::new().unwrap();
        store.add_cert(self.root.clone()).unwrap();
        store.set_flags(X509VerifyFlags::X509_STRICT).unwrap();
        store.build()
    }
}

/// OpenSSL takes the serial from a certificate; one without a signature will do, since a serial
/// whose certificate was never answered must be asked for too.
fn certificate_id(issuer: &X509, serial: &str) -> OcspCertId {
    let mut stand_in = X509::builder().unwrap();
    let number = BigNum::from_hex_str(serial).unwrap();
    stand_in.set_serial_number(&Asn1Integer::from_bn(&number).unwrap()).unwrap();
    stand_in.set_issuer_name(issuer.subject_name()).unwrap();
    OcspCertId::from_cert(MessageDigest::sha1(), &stand_in.build(), issuer).unwrap()
}

fn read_crl(der: Vec<u8>) -> Crl {
    let (_, list) = CertificateRevocationList::from_der(&der).unwrap();
    let number = list.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::CRLNumber(number) => Some(number.iter_u64_digits().collect::<Vec<_>>()),
        _ => None,
    });
    let number = match number.as_deref() {
        Some([number]) => *number,
        other => panic!("not a CRL number of one to 64 bits: {other:?}"),
    };
    let serials = list.iter_revoked_certificates().map(|entry| normal(&entry.serial().to_str_radix(16))).collect();
    Crl { number, serials, der }
}

/// A serial as 32 lower-case digits.
pub fn normal(serial: &str) -> String {
    format!("{:0>32}", serial.to_ascii_lowercase())
}

/// Status must answer at once, whatever else goes on; this is for a machine under load.
const PATIENCE: Duration = Duration::from_secs(10);
