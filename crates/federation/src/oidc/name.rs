//! Distinguished names as text (RFC 4514).

/// Whether a name written as in RFC 4514, or the other way round as OpenSSL prints it, has exactly these attributes, which
/// stand in the order of the certificate: dotted OID and value.
pub(crate) fn is_same(written: &str, attributes: &[(String, String)]) -> bool {
    let Some(mut read) = read(written) else { return false };
    if read.len() != attributes.len() || read.is_empty() {
        return false;
    }
    let same = |read: &[(String, String)]| {
        read.iter().zip(attributes).all(|(one, other)| one.0 == other.0 && one.1.trim() == other.1.trim())
    };
    if same(&read) {
        return true;
    }
    read.reverse();
    same(&read)
}

fn read(written: &str) -> Option<Vec<(String, String)>> {
    let mut parts = vec![String::new()];
    let mut characters = written.chars();
    while let Some(character) = characters.next() {
        match character {
            ',' | '+' => parts.push(String::new()),
            '\\' => parts.last_mut()?.push(escaped(&mut characters)?),
            other => parts.last_mut()?.push(other),
        }
    }
    parts.iter().map(|part| attribute(part)).collect()
}

/// A character behind a backslash, or an octet in two hexadecimal digits, of ASCII only: others need no escape.
fn escaped(characters: &mut std::str::Chars<'_>) -> Option<char> {
    let first = characters.next()?;
    let Some(high) = first.to_digit(16) else { return Some(first) };
    let octet = high * 16 + characters.next()?.to_digit(16)?;
    char::from_u32(octet).filter(char::is_ascii)
}

fn attribute(part: &str) -> Option<(String, String)> {
    let (name, value) = part.split_once('=')?;
    let name = name.trim();
    let known = NAMES.iter().find(|(short, _)| short.eq_ignore_ascii_case(name)).map(|(_, oid)| (*oid).to_owned());
    let dotted = || name.chars().all(|c| c.is_ascii_digit() || c == '.').then(|| name.to_owned());
    Some((known.or_else(dotted)?, value.to_owned()))
}

const NAMES: &[(&str, &str)] = &[
    ("CN", "2.5.4.3"),
    ("SN", "2.5.4.4"),
    ("surname", "2.5.4.4"),
    ("serialNumber", "2.5.4.5"),
    ("C", "2.5.4.6"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("title", "2.5.4.12"),
    ("GN", "2.5.4.42"),
    ("givenName", "2.5.4.42"),
    ("organizationIdentifier", "2.5.4.97"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_in_both_directions_and_no_other() {
        let name = [("2.5.4.6", "SE"), ("2.5.4.10", "A, B"), ("2.5.4.3", "rp")];
        let name = name.map(|(oid, value)| (oid.to_owned(), value.to_owned()));
        for (written, same) in [
            ("CN=rp,O=A\\, B,C=SE", true),
            ("C = SE, O = A\\2c B, CN = rp", true),
            ("2.5.4.3=rp,o=A\\, B,c=SE", true),
            ("CN=rp,O=A\\, B", false),
            ("CN=rp,C=SE,O=A\\, B", false),
            ("CN=RP,O=A\\, B,C=SE", false),
            ("", false),
            ("CN=rp,O=A\\, B,C=SE,CN=rp", false),
            ("XX=rp,O=A\\, B,C=SE", false),
            ("CN=rp\\", false),
        ] {
            assert_eq!(is_same(written, &name), same, "{written}");
        }
    }
}
