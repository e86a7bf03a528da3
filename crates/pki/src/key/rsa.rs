//! What an RSA key must show before it is certified.

use super::KeyKind;
use super::public::KeyError;
use crate::asn1::{Malformed, Reader, tag};

/// The kind of the RSAPublicKey in `key_bits` (RFC 8017 appendix A.1.1), if it is fit for use.
///
/// # Errors
/// [`KeyError`] naming the weakness: exponent even or below 65537, modulus too
/// small, of an odd size, with a small factor, or made by the faulty generator
/// of CVE-2017-15361 (found by its fingerprint).
pub(super) fn kind(key_bits: &[u8]) -> Result<KeyKind, KeyError> {
    let (modulus, exponent) = numbers(key_bits)?;
    if exponent.len() > MAX_EXPONENT_OCTETS
        || to_u64(exponent) < MIN_EXPONENT
        || exponent.last().is_none_or(|b| b & 1 == 0)
    {
        return Err(KeyError::BadExponent);
    }
    let bits = modulus.len() * 8 - modulus.first().map_or(0, |b| b.leading_zeros() as usize);
    let kind = match bits {
        2048 => KeyKind::Rsa2048,
        3072 => KeyKind::Rsa3072,
        4096 => KeyKind::Rsa4096,
        0..2048 => return Err(KeyError::WeakRsa { bits }),
        _ => return Err(KeyError::UnsupportedRsaSize { bits }),
    };
    if has_small_factor(modulus) || has_roca_fingerprint(modulus) {
        return Err(KeyError::WeakModulus);
    }
    Ok(kind)
}

/// Modulus and exponent without sign octets.
fn numbers(key_bits: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let mut fields = Reader::only(key_bits, tag::SEQUENCE)?.inside();
    let modulus = positive(fields.integer()?)?;
    let exponent = positive(fields.integer()?)?;
    fields.finish()?;
    Ok((modulus, exponent))
}

fn positive(integer: &[u8]) -> Result<&[u8], Malformed> {
    match integer {
        [0, digits @ ..] => Ok(digits),
        [first, ..] if first & 0x80 == 0 => Ok(integer),
        _ => Err(Malformed),
    }
}

fn to_u64(number: &[u8]) -> u64 {
    number.iter().fold(0, |n, &b| (n << 8) | u64::from(b))
}

/// The big-endian `number` modulo `divisor`.
fn remainder(number: &[u8], divisor: u32) -> u32 {
    let rest = number.iter().fold(0_u64, |rest, &b| ((rest << 8) | u64::from(b)) % u64::from(divisor));
    u32::try_from(rest).expect("a remainder is less than its divisor")
}

fn has_small_factor(modulus: &[u8]) -> bool {
    modulus.last().is_none_or(|b| b & 1 == 0) || SMALL_PRIMES.iter().any(|&p| remainder(modulus, p).is_multiple_of(p))
}

/// Moduli of the faulty generator are powers of 65537 modulo every small prime.
fn has_roca_fingerprint(modulus: &[u8]) -> bool {
    ROCA_PRIMES.iter().all(|&prime| {
        let rest = remainder(modulus, prime);
        let mut power = 1;
        (0..prime).any(|_| {
            power = power * 65_537 % prime;
            power == rest
        })
    })
}

/// RFC 8017 allows more; tokens and verifiers do not.
const MAX_EXPONENT_OCTETS: usize = 8;
const MIN_EXPONENT: u64 = 65_537;
const SMALL_PRIMES: [u32; 30] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
    113, 127,
];
/// Primes of the published detector in which powers of 65537 are not all residues.
const ROCA_PRIMES: [u32; 17] = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];
