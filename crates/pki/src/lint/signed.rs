//! Rules about what is around a TBSCertificate once it is signed.

use super::Finding;
use super::rule::{Outcome, Rule, Scope, ensure, rules};
use crate::asn1::{Malformed, Reader, tag};
use crate::key::{PublicKey, SignatureAlgorithm};

/// A signed certificate taken apart, and what was to be signed, if that is known.
pub(super) struct Signed<'a> {
    pub(super) tbs: &'a [u8],
    inner_algorithm: &'a [u8],
    outer_algorithm: &'a [u8],
    /// Content of the BIT STRING: number of unused bits, octets.
    signature: &'a [u8],
    expected: Option<&'a [u8]>,
}

/// A rule about signed certificates.
pub(super) type SignedRule = Rule<for<'c, 'a> fn(&'c Signed<'a>) -> Outcome>;

rules! { SignedRule;
    /// What was signed is, octet by octet, what passed the rules before.
    e_signed_other_octets: SignedCertificates, "EN 319 411-1 6.3.3" => |it| {
        ensure(it.expected.is_none_or(|tbs| tbs == it.tbs), || "other octets than were to be signed".to_owned())
    };
    /// The algorithm beside the signature is the one inside of what is signed.
    e_signed_algorithms_differ: SignedCertificates, "RFC 5280 4.1.1.2" => |it| {
        ensure(it.inner_algorithm == it.outer_algorithm, || crate::hex::encode(it.outer_algorithm))
    };
    /// The signature has no unused bits.
    e_signed_unused_bits: SignedCertificates, "RFC 5280 4.1.1.3" => |it| {
        ensure(it.signature.first() == Some(&0), || "the BIT STRING is not of whole octets".to_owned())
    };
    /// The signature has the form that its algorithm gives it.
    e_signed_signature_form: SignedCertificates, "RFC 3279 2.2.3, RFC 8017 8.2.1, RFC 8410 6" => |it| {
        let algorithm = SignatureAlgorithm::from_identifier(it.inner_algorithm);
        let octets = it.signature.get(1..).unwrap_or_default();
        ensure(algorithm.is_some_and(|algorithm| has_form(algorithm, octets)), || format!("{} octets", octets.len()))
    };
}

/// The rule that everything can be read.
pub(super) const NOT_DER: Rule<()> = Rule {
    name: "e_signed_not_der",
    source: "RFC 5280 4.1, X.690 10",
    demands: " A certificate is a DER SEQUENCE of signed part, algorithm and signature, and nothing else.",
    scope: Scope::SignedCertificates,
    check: (),
};

/// The rule that needs the issuer's key, and so costs more than all others together.
pub(super) const DOES_NOT_VERIFY: Rule<()> = Rule {
    name: "e_signed_does_not_verify",
    source: "RFC 5280 4.1.1.3",
    demands: " The issuer's key made the signature.",
    scope: Scope::SignedCertificates,
    check: (),
};

impl<'a> Signed<'a> {
    pub(super) fn read(der: &'a [u8], expected: Option<&'a [u8]>) -> Result<Self, Malformed> {
        let mut fields = Reader::only(der, tag::SEQUENCE)?.inside();
        let tbs = fields.element(tag::SEQUENCE)?;
        let outer_algorithm = fields.element(tag::SEQUENCE)?.whole;
        let signature = fields.content(tag::BIT_STRING)?;
        fields.finish()?;
        let mut inside = tbs.inside();
        inside.optional(tag::constructed(0))?;
        inside.integer()?;
        let inner_algorithm = inside.element(tag::SEQUENCE)?.whole;
        Ok(Self { tbs: tbs.whole, inner_algorithm, outer_algorithm, signature, expected })
    }
}

/// What these rules find.
pub(super) fn judge<'r>(signed: &Signed<'_>, rules: impl Iterator<Item = &'r SignedRule>) -> Vec<Finding> {
    rules.filter_map(|rule| (rule.check)(signed).err().map(|detail| rule.finding(detail))).collect()
}

/// Verifies the signature with the issuer's key.
pub(super) fn verify(signed: &Signed<'_>, key: &PublicKey) -> Option<Finding> {
    let algorithm = SignatureAlgorithm::from_identifier(signed.outer_algorithm);
    let octets = signed.signature.get(1..).unwrap_or_default();
    let verified = algorithm.is_some_and(|algorithm| key.verify(algorithm, signed.tbs, octets).is_ok());
    (!verified).then(|| DOES_NOT_VERIFY.finding("the signature is not the issuer's".to_owned()))
}

fn has_form(algorithm: SignatureAlgorithm, octets: &[u8]) -> bool {
    use SignatureAlgorithm as A;
    match algorithm {
        A::EcdsaSha256 | A::EcdsaSha384 => is_ecdsa_value(octets),
        A::Ed25519 => octets.len() == ED25519_OCTETS,
        _ => RSA_OCTETS.contains(&octets.len()),
    }
}

/// `Ecdsa-Sig-Value`: two positive numbers of at most as many octets as the largest curve in use has.
fn is_ecdsa_value(octets: &[u8]) -> bool {
    let numbers = || -> Result<[&[u8]; 2], Malformed> {
        let mut fields = Reader::only(octets, tag::SEQUENCE)?.inside();
        let numbers = [fields.integer()?, fields.integer()?];
        fields.finish()?;
        Ok(numbers)
    };
    let is_fit = |number: &[u8]| number[0] & 0x80 == 0 && number != [0] && number.len() <= P384_OCTETS + 1;
    numbers().is_ok_and(|numbers| numbers.into_iter().all(is_fit))
}

const ED25519_OCTETS: usize = 64;
const P384_OCTETS: usize = 48;
/// Moduli of 2048, 3072 and 4096 bits.
const RSA_OCTETS: [usize; 3] = [256, 384, 512];
