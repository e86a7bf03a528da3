//! Samples for the rules about what is around a TBSCertificate.

use std::sync::OnceLock;

use openssl::hash::MessageDigest;
use openssl::sign::Signer;

use super::fixture::{AUTHENTICATION, Fixture};
use super::parts::der;
use super::sample::Fault::Signed;
use super::sample::{Broken, Mutant, samples};
use crate::asn1::tag;
use crate::certificate::CertificateDer;
use crate::issue::LintIssuer;
use crate::key::SignatureAlgorithm;
use crate::lint::{Finding, certificate, signed};

/// A signed certificate in parts.
pub(super) struct Whole {
    tbs: Vec<u8>,
    /// What was to be signed.
    expected: Vec<u8>,
    algorithm: Vec<u8>,
    unused_bits: u8,
    signature: Vec<u8>,
    trailer: Vec<u8>,
}

impl Whole {
    pub(super) fn good(fixture: &Fixture) -> Self {
        static SIGNATURE: OnceLock<Vec<u8>> = OnceLock::new();
        let tbs = fixture.good(AUTHENTICATION).tbs.clone();
        let sign =
            || Signer::new(MessageDigest::sha256(), &fixture.person_key).unwrap().sign_oneshot_to_vec(&tbs).unwrap();
        let signature = SIGNATURE.get_or_init(sign).clone();
        let algorithm = SignatureAlgorithm::EcdsaSha256.identifier().to_vec();
        Self { expected: tbs.clone(), tbs, algorithm, unused_bits: 0, signature, trailer: Vec::new() }
    }

    fn encode(&self) -> Vec<u8> {
        der(|w| {
            w.sequence(|w| {
                w.raw(&self.tbs);
                w.raw(&self.algorithm);
                w.element(tag::BIT_STRING, &[&[self.unused_bits], self.signature.as_slice()].concat());
                w.raw(&self.trailer);
            });
        })
    }

    pub(super) fn broken(&self, mutant: Mutant, fixture: &Fixture) -> Broken {
        let der = self.encode();
        let Ok(read) = signed::Signed::read(&der, Some(&self.expected)) else {
            return mutant.unless(signed::NOT_DER.name);
        };
        let mut broken = mutant.report(signed::RULES.iter(), |rules| signed::judge(&read, rules.iter()));
        if signed::verify(&read, fixture.person.certificate.public_key()).is_some() {
            broken.extend(mutant.unless(signed::DOES_NOT_VERIFY.name));
        }
        broken
    }

    /// What the service finds in what came back, and what anybody finds.
    pub(super) fn reported(&self, fixture: &Fixture) -> Vec<Finding> {
        let (der, profile) = (self.encode(), &fixture.good(AUTHENTICATION).profile);
        let issuer = &fixture.person.certificate;
        let mut findings = certificate::returned(&der, &self.expected, profile, LintIssuer::Certificate(issuer));
        findings.extend(certificate::issued(&CertificateDer::from_checked(der), profile, issuer));
        findings
    }
}

samples! {
    e_signed_not_der {
        Signed(|it| it.trailer = vec![5, 0]);
        Signed(|it| it.algorithm = Vec::new());
    }
    e_signed_other_octets {
        Signed(|it| *it.expected.last_mut().unwrap() ^= 1);
    }
    e_signed_algorithms_differ {
        Signed(|it| it.algorithm = SignatureAlgorithm::EcdsaSha384.identifier().to_vec()), e_signed_does_not_verify;
    }
    e_signed_unused_bits {
        Signed(|it| it.unused_bits = 1);
    }
    e_signed_signature_form {
        Signed(|it| it.signature = vec![7; 64]), e_signed_does_not_verify;
        Signed(|it| it.signature = der(|w| w.sequence(|w| w.unsigned(&[1])))), e_signed_does_not_verify;
        Signed(|it| it.signature = der(|w| w.sequence(|w| [&[1_u8][..], &[0]].iter().for_each(|n| w.unsigned(n))))),
            e_signed_does_not_verify;
        Signed(|it| it.signature = der(|w| w.sequence(|w| [[1_u8; 50]; 2].iter().for_each(|n| w.unsigned(n))))),
            e_signed_does_not_verify;
    }
    e_signed_does_not_verify {
        Signed(|it| *it.signature.last_mut().unwrap() ^= 1);
    }
}
