//! Lower-case hexadecimal text.

/// Two digits for each octet.
pub(crate) fn encode(octets: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).expect("a nibble is below sixteen");
    octets.iter().flat_map(|&b| [digit(b >> 4), digit(b & 0x0f)]).collect()
}

/// The octets of lower-case text; none for anything else.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let nibble = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let (pairs, odd) = text.as_bytes().as_chunks::<2>();
    if !odd.is_empty() {
        return None;
    }
    pairs.iter().map(|&[high, low]| Some(nibble(high)? << 4 | nibble(low)?)).collect()
}
