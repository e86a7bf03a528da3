//! Frames: a length of four octets, highest first, and that many octets.

use super::protocol::{Answer, MAX_JSON_BYTES, Request};
use serde::Serialize;
use std::io::{Read, Write};

/// Why a message cannot be read. After it nothing on the connection has a meaning.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The other side is gone or silent.
    #[error("the connection ended within a message")]
    Io(#[from] std::io::Error),
    /// Longer than allowed.
    #[error("a frame of {found} octets is over the limit of {limit}")]
    TooLong {
        /// Announced octets.
        found: usize,
        /// Allowed octets.
        limit: usize,
    },
    /// Not JSON of the expected form.
    #[error("the message is not understood")]
    Json(#[from] serde_json::Error),
}

/// Reads a request; none if the other side closed between two messages. `begun` is called after
/// the first octet: from there on a caller owes the rest.
pub(super) fn read_request(
    stream: &mut impl Read,
    begun: impl FnOnce() -> std::io::Result<()>,
) -> Result<Option<(Request, Vec<u8>)>, FrameError> {
    let mut first = [0];
    if stream.read(&mut first)? == 0 {
        return Ok(None);
    }
    begun()?;
    let mut rest = [0; 3];
    stream.read_exact(&mut rest)?;
    let json = read_octets(stream, [first[0], rest[0], rest[1], rest[2]], MAX_JSON_BYTES)?;
    let request: Request = serde_json::from_slice(&json)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let blob = read_octets(stream, length, request.max_blob_bytes())?;
    Ok(Some((request, blob)))
}

/// Writes an answer.
pub(super) fn write_answer(stream: &mut impl Write, answer: &Answer, blob: &[u8]) -> Result<(), FrameError> {
    stream.write_all(&head(answer, blob)?)?;
    stream.write_all(blob)?;
    Ok(())
}

/// Everything of a message but the octets of its second frame.
///
/// # Errors
/// [`FrameError::TooLong`] if the JSON or the blob does not fit.
pub fn head(message: &impl Serialize, blob: &[u8]) -> Result<Vec<u8>, FrameError> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, message)?;
    let json = bytes.len() - 4;
    if json > MAX_JSON_BYTES {
        return Err(FrameError::TooLong { found: json, limit: MAX_JSON_BYTES });
    }
    let length = |octets: usize| {
        u32::try_from(octets).map_err(|_| FrameError::TooLong { found: octets, limit: u32::MAX as usize })
    };
    bytes[..4].copy_from_slice(&length(json)?.to_be_bytes());
    bytes.extend_from_slice(&length(blob.len())?.to_be_bytes());
    Ok(bytes)
}

/// Checks an announced length.
///
/// # Errors
/// [`FrameError::TooLong`] if it is over `limit`.
pub fn length(octets: [u8; 4], limit: usize) -> Result<usize, FrameError> {
    let found = u32::from_be_bytes(octets) as usize;
    if found > limit { Err(FrameError::TooLong { found, limit }) } else { Ok(found) }
}

/// Memory grows with what has arrived, not with what was announced.
fn read_octets(stream: &mut impl Read, announced: [u8; 4], limit: usize) -> Result<Vec<u8>, FrameError> {
    let announced = length(announced, limit)?;
    let mut octets = Vec::with_capacity(announced.min(FIRST_ALLOCATION_BYTES));
    let read = stream.take(announced as u64).read_to_end(&mut octets)?;
    if read < announced {
        return Err(FrameError::Io(std::io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(octets)
}

const FIRST_ALLOCATION_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signer::protocol::CrlRequest;

    fn read(mut bytes: &[u8]) -> Result<Option<(Request, Vec<u8>)>, FrameError> {
        read_request(&mut bytes, || Ok(()))
    }

    #[test]
    fn what_is_written_is_read_back() {
        let request = Request::Crl(CrlRequest { issuer: "i".to_owned() });
        let mut bytes = head(&request, b"tbs").unwrap();
        bytes.extend_from_slice(b"tbs");
        assert_eq!(read(&bytes).unwrap(), Some((request, b"tbs".to_vec())));
        assert!(read(b"").unwrap().is_none());
        for end in 1..bytes.len() {
            assert!(read(&bytes[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn lengths_are_bounded_before_anything_is_read() {
        assert!(matches!(read(&[0xff; 8]), Err(FrameError::TooLong { .. })));
        let mut hello = head(&Request::Hello, b"").unwrap();
        let at = hello.len() - 4;
        hello[at..].copy_from_slice(&(1_u32 << 17).to_be_bytes());
        assert!(matches!(read(&hello), Err(FrameError::TooLong { .. })));
    }
}
