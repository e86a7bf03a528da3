//! Which text may stand in a name.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Why a text may not stand in a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// Nothing, or only spaces.
    #[error("it is empty")]
    Empty,
    /// More characters than the attribute's upper bound.
    #[error("it has more than {limit} characters")]
    TooLong {
        /// Characters allowed.
        limit: usize,
    },
    /// A control, format, bidirectional or unassigned-use character.
    #[error("it holds the character U+{0:04X}")]
    Character(u32),
    /// White space at an end.
    #[error("it begins or ends with a space")]
    OuterSpace,
    /// Not in Unicode normalisation form C.
    #[error("it is not in normalisation form C")]
    NotNormalised,
    /// Not of the form that this attribute must have.
    #[error("it does not have the form {0}")]
    Form(&'static str),
}

/// The NFC form of `text`.
pub(crate) fn normalised(text: &str) -> Cow<'_, str> {
    if is_nfc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

/// Checks a text of at most `limit` characters that people read.
pub(crate) fn check(text: &str, limit: usize) -> Result<(), TextFault> {
    if text.trim().is_empty() {
        return Err(TextFault::Empty);
    }
    if text.chars().count() > limit {
        return Err(TextFault::TooLong { limit });
    }
    if let Some(bad) = text.chars().find(|&c| is_deceptive(c)) {
        return Err(TextFault::Character(u32::from(bad)));
    }
    if text.trim() != text {
        return Err(TextFault::OuterSpace);
    }
    if is_nfc(text) { Ok(()) } else { Err(TextFault::NotNormalised) }
}

/// Whether all characters are of PrintableString (X.680 clause 41.4).
pub(crate) fn is_printable(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&b))
}

/// Lower-case host name of letters, digits and hyphens, in labels of at most 63 (RFC 5890, A-labels).
pub(crate) fn is_dns_name(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// One mailbox as `rfc822Name` allows it: ASCII, a simple local part, a host name (RFC 5280 section 4.2.1.6).
pub(crate) fn is_mailbox(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else { return false };
    let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
    (1..=64).contains(&local.len())
        && local.bytes().all(atom)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && is_dns_name(&host.to_ascii_lowercase())
}

/// A user principal name: a name that people read, and a host name after the last `@`.
pub(crate) fn is_principal_name(text: &str) -> bool {
    let Some((name, domain)) = text.rsplit_once('@') else { return false };
    check(name, 64).is_ok() && !name.contains(['@', ' ']) && is_dns_name(&domain.to_ascii_lowercase())
}

/// An absolute `http` (or, where allowed, `https`) URI of printable ASCII.
pub(crate) fn is_web_uri(text: &str, https: bool) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://").filter(|_| https));
    rest.is_some_and(|rest| {
        rest.split(['/', '?', '#']).next().is_some_and(is_authority)
            && text.len() <= 512
            && text.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b))
    })
}

/// Host and port (RFC 3986 section 3.2): no user, whom some reader could take for the host.
fn is_authority(text: &str) -> bool {
    let address = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (is_host, port) = address.map_or_else(
        || {
            let (host, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            (is_dns_name(&host.to_ascii_lowercase()), port)
        },
        |(address, port)| (address.parse::<Ipv6Addr>().is_ok(), port),
    );
    let number = |port: &str| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok();
    is_host && (port.is_empty() || port.strip_prefix(':').is_some_and(number))
}

/// Characters that change how a name looks without being seen, or that end it for some reader.
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{ffff}'
            | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people_pass() {
        for name in ["Åsa Öberg", "Jean-Luc O'Neill", "Łukasz Żółć", "Nguyễn Văn A", "李小龍"] {
            assert_eq!(check(name, 64), Ok(()), "{name}");
        }
    }

    #[test]
    fn deceptive_text_is_refused() {
        let long = "a".repeat(65);
        for (text, fault) in [
            ("", TextFault::Empty),
            (" ", TextFault::Empty),
            (" Anna", TextFault::OuterSpace),
            ("Anna\0", TextFault::Character(0)),
            ("An\u{202e}na", TextFault::Character(0x202e)),
            ("An\u{200b}na", TextFault::Character(0x200b)),
            ("A\u{30a}sa", TextFault::NotNormalised),
            (long.as_str(), TextFault::TooLong { limit: 64 }),
        ] {
            assert_eq!(check(text, 64), Err(fault), "{text:?}");
        }
        assert_eq!(normalised("A\u{30a}sa"), "Åsa");
    }

    #[test]
    fn hosts_and_mailboxes() {
        for (text, good) in [
            ("localhost", true),
            ("a.example.se", true),
            ("A.se", false),
            ("a..se", false),
            ("-a.se", false),
            ("*.a.se", false),
            ("a_b.se", false),
        ] {
            assert_eq!(is_dns_name(text), good, "{text}");
        }
        for (text, good) in [
            ("anna@example.se", true),
            ("a.b+c@x.se", true),
            ("anna", false),
            (".a@x.se", false),
            ("a b@x.se", false),
            ("å@x.se", false),
        ] {
            assert_eq!(is_mailbox(text), good, "{text}");
        }
        for (text, good) in [
            ("åsa@norrsken.example.se", true),
            ("åsa", false),
            ("@example.se", false),
            ("a b@example.se", false),
            ("a@b@example.se", false),
            ("a\u{202e}b@example.se", false),
        ] {
            assert_eq!(is_principal_name(text), good, "{text}");
        }
        for (text, good) in [
            ("http://x.se/a", true),
            ("https://x.se", false),
            ("http://X.se:8080", true),
            ("http://127.0.0.1:1/a?b#c", true),
            ("http://[::1]:80/a", true),
            ("http://x.se:/a", false),
            ("http://x.se:65536", false),
            ("http://x.se:+80", false),
            ("http://x.se@y.se/a", false),
            ("http://x*.se/a", false),
            ("http://[::g]/a", false),
            ("http:///a", false),
            ("ftp://x", false),
            ("http://x/ a", false),
        ] {
            assert_eq!(is_web_uri(text, false), good, "{text}");
        }
    }
}
