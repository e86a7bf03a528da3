//! The OCSP request inside a GET path (RFC 6960 appendix A.1, RFC 9919 section 6).

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use pki::ocsp::MAX_REQUEST_OCTETS;

/// Most octets that the last part of a path may have: a request of the largest size, every octet percent-encoded.
pub const MAX_PATH_OCTETS: usize = 3 * MAX_REQUEST_OCTETS.div_ceil(3) * 4;

/// Standard base64, not the URL-safe alphabet. Some clients leave the padding out.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A path does not hold a base64 text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Longer than any request can be.
    #[error("the path is too long")]
    TooLong,
    /// A `%` without two hexadecimal digits.
    #[error("the percent encoding is broken")]
    Percent,
    /// Not standard base64.
    #[error("not standard base64")]
    Base64,
}

/// Decodes what follows `/ocsp/` in a path.
///
/// Clients encode `+`, `/` and `=` or send them as they are; a `/` of the base64 text may meet another one, and an
/// address that ends in a slash puts one before the text. A request begins with `0x30`, so the text begins with `M`
/// and leading slashes are none of it. One slash at the end is dropped if the text is no base64 with it.
///
/// # Errors
/// [`PathError`]; it never panics, whatever the text.
pub fn decode_get_path(text: &str) -> Result<Vec<u8>, PathError> {
    if text.len() > MAX_PATH_OCTETS {
        return Err(PathError::TooLong);
    }
    let plain = percent_decode(text.as_bytes())?;
    let start = plain.iter().position(|&octet| octet != b'/').unwrap_or(plain.len());
    let base64 = &plain[start..];
    decode(base64).or_else(|error| base64.strip_suffix(b"/").ok_or(error).and_then(decode))
}

fn decode(base64: &[u8]) -> Result<Vec<u8>, PathError> {
    ENGINE.decode(base64).map_err(|_| PathError::Base64)
}

/// Octets without their percent-encoding (RFC 3986 section 2.1).
///
/// # Errors
/// [`PathError::Percent`] for a percent sign without two digits.
pub fn percent_decode(text: &[u8]) -> Result<Vec<u8>, PathError> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let (digits, after) = after.split_at_checked(2).ok_or(PathError::Percent)?;
            plain.push(hex_digit(digits[0])? << 4 | hex_digit(digits[1])?);
            rest = after;
        } else {
            plain.push(first);
            rest = after;
        }
    }
    Ok(plain)
}

fn hex_digit(octet: u8) -> Result<u8, PathError> {
    match octet {
        b'0'..=b'9' => Ok(octet - b'0'),
        b'a'..=b'f' => Ok(octet - b'a' + 10),
        b'A'..=b'F' => Ok(octet - b'A' + 10),
        _ => Err(PathError::Percent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Base64 of this is `MPv/vv//+w==`: every character that clients treat differently.
    const OCTETS: &[u8] = &[0x30, 0xfb, 0xff, 0xbe, 0xff, 0xff, 0xfb];

    #[test]
    fn every_way_to_write_the_same_text_is_read() {
        for text in [
            "MPv/vv//+w==",
            "MPv%2Fvv%2F%2F%2Bw%3D%3D",
            "MPv%2fvv%2f%2f%2bw%3d%3d",
            "MPv/vv//%2Bw==",
            "MPv/vv//+w",
            "/MPv/vv//+w==",
            "//MPv/vv//+w==",
            "MPv/vv//+w==/",
            "%4DPv/vv//+w==",
        ] {
            assert_eq!(decode_get_path(text).as_deref(), Ok(OCTETS), "{text}");
        }
    }

    #[test]
    fn url_safe_base64_is_refused() {
        assert_eq!(decode_get_path("MPv_vv__-w=="), Err(PathError::Base64));
    }

    #[test]
    fn broken_text_is_refused() {
        for text in ["%", "%2", "%zz", "MPv%", "M", "å", "MPv vv", "=", "M=Pv"] {
            assert!(decode_get_path(text).is_err(), "{text}");
        }
        assert_eq!(decode_get_path(&"A".repeat(MAX_PATH_OCTETS + 1)), Err(PathError::TooLong));
    }

    #[test]
    fn no_text_makes_it_panic() {
        let characters = ["M", "A", "=", "/", "+", "%", "2", "f", "F", "-", "å", "\0"];
        for text in
            (0..12_usize.pow(4)).map(|n| (0..4).map(|at| characters[n / 12_usize.pow(at) % 12]).collect::<String>())
        {
            if let Ok(octets) = decode_get_path(&text) {
                assert!(octets.len() <= text.len());
            }
        }
    }
}
