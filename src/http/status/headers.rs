//! Caching headers (RFC 9110, RFC 9919 section 7).

use crate::board::Published;
use bytes::{BufMut, BytesMut};
use hyper::HeaderMap;
use hyper::header::{CACHE_CONTROL, ETAG, EXPIRES, HeaderValue, IF_NONE_MATCH, LAST_MODIFIED};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use pki::time::UtcTime;
use std::io::Write as _;

/// Answers that no cache may keep: errors and what was made for one caller.
pub(super) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

const PRINTER: DateTimePrinter = DateTimePrinter::new();

/// Adds `ETag`, Last-Modified, Expires and Cache-Control. A cache keeps the bytes for at most `cache_seconds`, and never
/// past nextUpdate.
pub(super) fn add_caching(headers: &mut HeaderMap, page: &Published, cache_seconds: u32, now: UtcTime) {
    let left = page.next_update.unix().saturating_sub(now.unix());
    let age = left.clamp(0, i64::from(cache_seconds));
    headers.insert(ETAG, entity_tag(page));
    headers.insert(LAST_MODIFIED, http_date(page.this_update));
    headers.insert(EXPIRES, http_date(now.plus_seconds(age)));
    headers.insert(CACHE_CONTROL, cache_control(age));
}

/// Whether the client holds these bytes already.
pub(super) fn is_unchanged(request: &HeaderMap, page: &Published) -> bool {
    let Some(held) = request.get(IF_NONE_MATCH) else { return false };
    let tag = entity_tag(page);
    let tag = tag.as_bytes();
    held.as_bytes() == b"*" || held.as_bytes().windows(tag.len()).any(|part| part == tag)
}

/// `"` 16 hexadecimal digits `"`.
pub(super) fn entity_tag(page: &Published) -> HeaderValue {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = BytesMut::with_capacity(2 * page.tag.len() + 2);
    text.put_u8(b'"');
    for octet in page.tag {
        text.put_u8(DIGITS[usize::from(octet >> 4)]);
        text.put_u8(DIGITS[usize::from(octet & 15)]);
    }
    text.put_u8(b'"');
    HeaderValue::from_maybe_shared(text.freeze()).expect("hexadecimal digits and quotes are visible ASCII")
}

/// `Thu, 15 Jan 2026 08:00:00 GMT`.
pub(super) fn http_date(time: UtcTime) -> HeaderValue {
    let timestamp = Timestamp::from_second(time.unix()).expect("years 1 to 9999 are within the calendar's range");
    let text = PRINTER.timestamp_to_rfc9110_string(&timestamp).expect("years 1 to 9999 have this form");
    HeaderValue::from_maybe_shared(bytes::Bytes::from(text)).expect("a date is visible ASCII")
}

fn cache_control(age: i64) -> HeaderValue {
    let mut text = BytesMut::with_capacity(64).writer();
    write!(text, "max-age={age}, public, no-transform, must-revalidate").expect("a buffer in memory grows");
    HeaderValue::from_maybe_shared(text.into_inner().freeze()).expect("a number and words are visible ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn at(text: &str) -> UtcTime {
        text.parse().unwrap()
    }

    fn page() -> Published {
        let (from, to) = (at("2026-01-15T08:00:00Z"), at("2026-01-16T08:00:00Z"));
        Published::new(Bytes::from_static(b"answer"), from, to)
    }

    #[test]
    fn caches_never_keep_past_next_update() {
        for (now, cache, age) in [
            ("2026-01-15T09:00:00Z", 60, 60),
            ("2026-01-16T07:59:50Z", 60, 10),
            ("2026-01-16T08:00:01Z", 60, 0),
            ("2026-01-15T09:00:00Z", 0, 0),
        ] {
            let mut headers = HeaderMap::new();
            add_caching(&mut headers, &page(), cache, at(now));
            let control = headers[CACHE_CONTROL].to_str().unwrap();
            assert_eq!(control, format!("max-age={age}, public, no-transform, must-revalidate"));
            assert_eq!(headers[LAST_MODIFIED], "Thu, 15 Jan 2026 08:00:00 GMT");
            assert_eq!(headers[EXPIRES], http_date(at(now).plus_seconds(age)));
        }
    }

    #[test]
    fn a_held_entity_tag_is_known_again() {
        let mut request = HeaderMap::new();
        assert!(!is_unchanged(&request, &page()));
        request.insert(IF_NONE_MATCH, "\"0000000000000000\"".parse().unwrap());
        assert!(!is_unchanged(&request, &page()));
        let list = format!("W/\"x\", {}", entity_tag(&page()).to_str().unwrap());
        request.insert(IF_NONE_MATCH, list.parse().unwrap());
        assert!(is_unchanged(&request, &page()));
    }
}
