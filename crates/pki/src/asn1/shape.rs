//! The shape of an encoding, before anybody looks for a meaning in it.

/// Why octets are not taken for DER.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misshapen {
    /// An indefinite length, or one longer than it need be: BER (X.690 clause 10.1).
    NotDer,
    /// More levels than anything that is read here has.
    TooDeep,
}

/// Walks through the elements of `der` for lengths and depth alone. Octets that no element explains are left to
/// the readers, which say more about them.
///
/// # Errors
/// [`Misshapen`].
pub(crate) fn check(der: &[u8]) -> Result<(), Misshapen> {
    let mut ends = Vec::with_capacity(MAX_DEPTH);
    let mut at = 0;
    loop {
        while ends.last().is_some_and(|end| at >= *end) {
            ends.pop();
        }
        let [tag, first, rest @ ..] = &der[at..] else { return Ok(()) };
        let Some((length, octets)) = length(*first, rest)? else { return Ok(()) };
        let content = at + 2 + octets;
        if length > der.len() - content {
            return Ok(());
        }
        if tag & CONSTRUCTED == 0 {
            at = content + length;
        } else if ends.len() == MAX_DEPTH {
            return Err(Misshapen::TooDeep);
        } else {
            ends.push(content + length);
            at = content;
        }
    }
}

/// The length, and how many octets follow the first to tell it; none if they are missing.
fn length(first: u8, rest: &[u8]) -> Result<Option<(usize, usize)>, Misshapen> {
    let count = usize::from(first & 0x7f);
    if first < 0x80 {
        return Ok(Some((count, 0)));
    }
    if count == 0 {
        return Err(Misshapen::NotDer);
    }
    let (Some(octets), 1..=4) = (rest.get(..count), count) else { return Ok(None) };
    let length = octets.iter().fold(0_usize, |length, octet| length << 8 | usize::from(*octet));
    if octets[0] == 0 || length < 0x80 { Err(Misshapen::NotDer) } else { Ok(Some((length, count))) }
}

const CONSTRUCTED: u8 = 0x20;
/// A request has ten levels at most, down to the names in its extensions.
const MAX_DEPTH: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_depth_are_seen_at_any_place() {
        let nested = |levels: usize| {
            (0..levels).fold(vec![], |inside: Vec<u8>, _| {
                let length = u8::try_from(inside.len()).unwrap();
                [&[0x30, length], inside.as_slice()].concat()
            })
        };
        assert_eq!(check(&nested(MAX_DEPTH)), Ok(()));
        assert_eq!(check(&nested(MAX_DEPTH + 1)), Err(Misshapen::TooDeep));
        assert_eq!(check(&[0x30, 4, 5, 0, 0x30, 0x80]), Err(Misshapen::NotDer));
        assert_eq!(check(&[0x30, 0x81, 2, 5, 0]), Err(Misshapen::NotDer));
        assert_eq!(check(&[0x30, 0x82, 0, 0x80]), Err(Misshapen::NotDer));
        for unexplained in [&[][..], &[0x30], &[0x30, 5, 5], &[0x30, 0x85, 1, 1, 1, 1, 1], &[5, 0, 0xff]] {
            assert_eq!(check(unexplained), Ok(()));
        }
    }
}
