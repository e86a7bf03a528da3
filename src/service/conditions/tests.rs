use super::*;
use domain::audit::{Actor, Event};
use domain::card::{Card, CardState};

fn card(number: &str, version: i64) -> Write {
    let new = Card {
        tenant: "a".parse().unwrap(),
        number: number.parse().unwrap(),
        holder: "anna".parse().unwrap(),
        bound_at: UtcTime::from_unix(0),
        state: CardState::Revoked,
    };
    Write::Card { new, seen: Version(version) }
}

fn changes(writes: impl IntoIterator<Item = Write>) -> Changes {
    let event = Event::new("card.revoked", Actor::System("test".to_owned()), "c", UtcTime::from_unix(0));
    writes.into_iter().fold(Changes::recording(event), Changes::write)
}

#[test]
fn a_version_that_was_seen_must_be_the_one_that_is_changed() {
    let seen = Seen(vec![("card".to_owned(), Version(2)), ("enrolment".to_owned(), Version(7))]);
    for (writes, holds) in [
        (vec![card("c1", 2)], true),
        (vec![card("c1", 3)], false),
        (vec![card("c1", 2), card("c2", 3)], false),
        (vec![], false),
    ] {
        assert_eq!(seen.is_changed_by(&changes(writes)), holds);
    }
    let other = Seen(vec![("assignment".to_owned(), Version(2))]);
    assert!(!other.is_changed_by(&changes([card("c1", 2)])), "what is not changed was not seen to be so");
}

#[test]
fn what_is_kept_differs_with_key_route_and_body() {
    let one = Key::new("key-key-key-key-1", "POST /a", b"{}");
    for (other, same_id) in [
        (Key::new("key-key-key-key-1", "POST /a", b"[]"), true),
        (Key::new("key-key-key-key-2", "POST /a", b"{}"), false),
        (Key::new("key-key-key-key-1", "POST /b", b"{}"), false),
    ] {
        assert_eq!(one.id == other.id, same_id);
        assert_ne!(one.request, other.request);
        let sealed = one.seal.seal(NONCE, CONTEXT, b"answer");
        assert_eq!(other.seal.open(NONCE, CONTEXT, &sealed), None);
    }
    let again = Key::new("key-key-key-key-1", "POST /a", b"{}");
    let sealed = one.seal.seal(NONCE, CONTEXT, b"answer");
    assert_eq!(again.seal.open(NONCE, CONTEXT, &sealed).as_deref(), Some(&b"answer"[..]));
}
