use super::quorum::{Given, NotTaken, Quorum};
use super::share_key::{KEY_OCTETS, ShareKey, ShareOpener};
use super::shared_pin::{Share, SharedPin, SharedPinError};
use super::vault::{Taken, Vault, VaultError};
use crate::clock::{Clock, Entropy, System};
use crate::signer::token::CaToken;
use hsm::HsmError;
use pki::key::{KeyId, PublicKey, SignError, SignatureAlgorithm, Signer};
use pki::time::UtcTime;
use secrecy::{ExposeSecret, SecretString};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const PIN: &str = "0123456789abcdef";
const WINDOW: i64 = 60;

/// Three custodians, two of whom open the token.
struct Room {
    openers: Vec<(&'static str, ShareOpener)>,
    pin: SharedPin,
}

fn opener() -> ShareOpener {
    let mut seed = [0; KEY_OCTETS];
    seed[..16].copy_from_slice(&System.random16());
    seed[16..].copy_from_slice(&System.random16());
    ShareOpener::from_seed(&seed)
}

impl Room {
    fn new() -> Self {
        let openers: Vec<_> = ["klara", "karl", "kim"].into_iter().map(|name| (name, opener())).collect();
        let keys: Vec<(&str, &ShareKey)> = openers.iter().map(|(name, opener)| (*name, opener.key())).collect();
        let pin = SharedPin::split(&PIN.into(), "ca", &keys, 2, &System).unwrap();
        Self { openers, pin }
    }

    fn share(&self, custodian: &str) -> Share {
        let (_, opener) = self.openers.iter().find(|(name, _)| *name == custodian).unwrap();
        self.pin.open_share(custodian, opener).unwrap()
    }

    fn quorum(&self) -> Quorum {
        Quorum::new(self.pin.clone(), WINDOW)
    }
}

const fn at(seconds: i64) -> UtcTime {
    UtcTime::from_unix(1_768_464_000 + seconds)
}

fn refusal(given: Result<Given, NotTaken>) -> NotTaken {
    given.err().expect("it was taken")
}

#[test]
fn any_two_of_three_open_and_one_does_not() {
    let room = Room::new();
    for pair in [["klara", "karl"], ["karl", "kim"], ["kim", "klara"]] {
        let shares = pair.map(|name| room.share(name));
        assert_eq!(room.pin.join(shares.iter()).unwrap().expose_secret(), PIN);
        assert!(matches!(room.pin.join(shares[..1].iter()), Err(SharedPinError::Apart)));
    }
    let text = String::from_utf8(room.pin.to_json()).unwrap();
    assert!(!text.contains(PIN));
    let again: SharedPin = serde_json::from_str(&text).unwrap();
    assert_eq!(again, room.pin);
}

#[test]
fn a_share_opens_for_its_custodian_only() {
    let room = Room::new();
    let (_, klara) = &room.openers[0];
    for (custodian, opener) in [("karl", klara), ("nobody", klara), ("klara", &opener())] {
        assert!(matches!(room.pin.open_share(custodian, opener), Err(SharedPinError::NotTheirs(_))), "{custodian}");
    }
}

#[test]
fn nobody_is_alone_with_a_pin() {
    let room = Room::new();
    let keys: Vec<(&str, &ShareKey)> = room.openers.iter().map(|(name, opener)| (*name, opener.key())).collect();
    for needed in [0, 1, 4] {
        let refused = SharedPin::split(&PIN.into(), "ca", &keys, needed, &System);
        assert!(matches!(refused, Err(SharedPinError::Numbers { .. })), "{needed}");
    }
}

#[test]
fn the_same_custodian_twice_is_one() {
    let room = Room::new();
    let mut quorum = room.quorum();
    quorum.give("klara", room.share("klara"), at(0)).unwrap();
    assert_eq!(refusal(quorum.give("klara", room.share("klara"), at(1))), NotTaken::Again("klara".to_owned()));
    assert_eq!(quorum.progress().to_string(), "1 of 2 given");
    let Given::Complete(pin, who) = quorum.give("kim", room.share("kim"), at(2)).unwrap() else { panic!("waiting") };
    assert_eq!(pin.expose_secret(), PIN);
    assert_eq!(who, ["kim".to_owned(), "klara".to_owned()].into());
    assert_eq!(quorum.progress().given, 0, "the shares stayed");
}

/// Whoever guesses learns neither whether there is such a custodian nor whose the share is, and disturbs nobody.
#[test]
fn a_wrong_share_tells_nothing() {
    let room = Room::new();
    let mut quorum = room.quorum();
    quorum.give("klara", room.share("klara"), at(0)).unwrap();
    let mut changed = room.share("karl").octets().to_vec();
    changed[5] ^= 1;
    let wrong = [
        ("karl", Share::from_octets(changed)),
        ("karl", room.share("klara")),
        ("karl", Share::from_octets(Vec::new())),
        ("nobody", room.share("karl")),
        ("klara", room.share("karl")),
    ];
    for (custodian, share) in wrong {
        assert_eq!(refusal(quorum.give(custodian, share, at(1))), NotTaken::Wrong, "{custodian}");
        assert_eq!(quorum.progress().given, 1);
    }
    assert!(matches!(quorum.give("karl", room.share("karl"), at(2)), Ok(Given::Complete(..))));
}

#[test]
fn shares_are_forgotten_when_their_window_is_over() {
    let room = Room::new();
    let mut quorum = room.quorum();
    quorum.give("klara", room.share("klara"), at(0)).unwrap();
    assert!(!quorum.expire(at(WINDOW - 1)));
    assert!(matches!(quorum.give("karl", room.share("karl"), at(WINDOW)), Ok(Given::Waiting(_))), "klara still counts");
    assert_eq!(quorum.progress().given, 1);
    assert!(quorum.expire(at(2 * WINDOW)) && quorum.until().is_none());
}

struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> UtcTime {
        at(self.0.load(Ordering::SeqCst))
    }
}

/// A token that is there, and nothing more.
struct There;

impl Signer for There {
    fn sign(&self, _: &KeyId, _: SignatureAlgorithm, _: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(vec![1])
    }

    fn public_key(&self, key: &KeyId) -> Result<PublicKey, SignError> {
        Err(SignError::NoSuchKey { key: key.clone() })
    }
}

impl CaToken for There {
    fn problem(&self) -> Option<String> {
        None
    }

    fn check_key(&self, _: &KeyId, _: &PublicKey) -> Result<(), HsmError> {
        Ok(())
    }

    fn destroy_key(&self, _: &KeyId, _: &PublicKey) -> Result<(), HsmError> {
        Ok(())
    }
}

/// A vault, the PINs that were tried, and its clock.
fn vault(room: &Room, fails: usize) -> (Arc<Vault>, Arc<Mutex<Vec<String>>>, Arc<Ticking>) {
    let (tried, clock): (Arc<Mutex<Vec<String>>>, _) = (Arc::default(), Arc::new(Ticking(AtomicI64::new(0))));
    let (pins, failures) = (Arc::clone(&tried), AtomicUsize::new(fails));
    let open = move |pin: SecretString| {
        pins.lock().unwrap().push(pin.expose_secret().to_owned());
        let fails = failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if fails { Err(HsmError::Busy) } else { Ok(Arc::new(There) as Arc<dyn CaToken>) }
    };
    (Arc::new(Vault::new(room.quorum(), Box::new(open), Arc::clone(&clock) as _)), tried, clock)
}

#[test]
fn a_locked_token_signs_nothing_and_says_how_far_it_is() {
    let room = Room::new();
    let (vault, tried, _) = vault(&room, 0);
    let key = KeyId::new("ca");
    let sign = || Signer::sign(&*vault, &key, SignatureAlgorithm::EcdsaSha256, b"x");
    assert!(matches!(sign(), Err(SignError::Unavailable { .. })));
    assert_eq!(vault.give("klara", room.share("klara")).unwrap(), Taken::Waiting(room.quorum_after_one()));
    assert_eq!(vault.problem().unwrap(), "locked: shares of custodians, 1 of 2 given");
    vault.give("karl", room.share("kim")).unwrap_err();
    assert!(tried.lock().unwrap().is_empty(), "a PIN was tried");
    assert!(matches!(vault.give("karl", room.share("karl")), Ok(Taken::Opened(_))));
    assert_eq!(*tried.lock().unwrap(), [PIN]);
    assert!(vault.problem().is_none() && sign().is_ok());
    assert!(matches!(vault.give("kim", room.share("kim")), Err(VaultError::Open)));
    assert_eq!(tried.lock().unwrap().len(), 1);
}

/// A token that cannot be reached needs all shares again.
#[test]
fn a_token_that_does_not_open_keeps_no_share() {
    let room = Room::new();
    let (vault, tried, _) = vault(&room, 1);
    vault.give("klara", room.share("klara")).unwrap();
    assert!(matches!(vault.give("karl", room.share("karl")), Err(VaultError::Token(HsmError::Busy))));
    assert_eq!(vault.problem().unwrap(), "locked: shares of custodians, 0 of 2 given");
    vault.give("klara", room.share("klara")).unwrap();
    vault.give("karl", room.share("karl")).unwrap();
    assert_eq!(tried.lock().unwrap().len(), 2);
}

/// Nobody needs to ask for the shares to be forgotten.
#[test]
fn the_watch_forgets_shares() {
    let room = Room::new();
    let (vault, _, clock) = vault(&room, 0);
    vault.give("klara", room.share("klara")).unwrap();
    clock.0.store(WINDOW - 1, Ordering::SeqCst);
    let watch = std::thread::spawn({
        let vault = Arc::clone(&vault);
        move || vault.watch()
    });
    clock.0.store(WINDOW, Ordering::SeqCst);
    testkit::token::wait_until("the share is forgotten", std::time::Duration::from_secs(10), || {
        vault.problem().is_some_and(|problem| problem.contains("0 of 2"))
    });
    vault.give("klara", room.share("klara")).unwrap();
    vault.give("karl", room.share("karl")).unwrap();
    watch.join().unwrap();
}

impl Room {
    fn quorum_after_one(&self) -> super::quorum::Progress {
        let mut quorum = self.quorum();
        quorum.give("klara", self.share("klara"), at(0)).unwrap();
        quorum.progress()
    }
}
