//! The same on a PKCS#11 token, where a signature is a call of `C_Sign`.

use super::attack::{nothing_gets_signed, refusal};
use super::soft_token::{CA_KEYS, TestToken};
use super::story::Story;
use super::world::World;
use crate::signer::error::Code;
use crate::signer::start::StartError;
use crate::signer::token::{CaPool, CaToken};
use hsm::{HsmError, KeyRole, Module, Pool, TokenConfig};
use pki::key::{KeyId, PublicKey, SignError, SignatureAlgorithm, Signer};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use testkit::token::{TokenFolder, in_child, wait_until};

/// A token behind a shim that counts calls.
struct Hardware {
    pool: CaPool,
    folder: TokenFolder,
}

impl TestToken for Hardware {
    fn signatures(&self) -> usize {
        self.folder.calls_of("C_Sign").unwrap()
    }
}

impl Signer for Hardware {
    fn sign(&self, key: &KeyId, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, SignError> {
        Signer::sign(&self.pool, key, algorithm, message)
    }

    fn public_key(&self, key: &KeyId) -> Result<PublicKey, SignError> {
        Signer::public_key(&self.pool, key)
    }
}

impl CaToken for Hardware {
    fn problem(&self) -> Option<String> {
        self.pool.problem()
    }

    fn check_key(&self, key: &KeyId, expected: &PublicKey) -> Result<(), HsmError> {
        self.pool.check_key(key, expected)
    }

    fn destroy_key(&self, key: &KeyId, expected: &PublicKey) -> Result<(), HsmError> {
        self.pool.destroy_key(key, expected)
    }
}

/// Runs `body` in a process of its own, with CA keys of this role on a token.
fn on_a_token(test: &str, role: KeyRole, body: impl FnOnce(World, Arc<Hardware>)) {
    in_child(
        &format!("signer::tests::hardware::{test}"),
        |folder, _| folder.init(LABEL, "87654321", PIN),
        |folder| {
            let config = TokenConfig {
                module: Module::Path(folder.fault_module().unwrap()),
                token_label: LABEL.to_owned(),
                token_serial: None,
                pin: PIN.into(),
                threads: 2,
                queue: 16,
                deadline: Duration::from_secs(5),
            };
            let pool = Pool::open(config.clone()).unwrap();
            for (label, kind) in CA_KEYS {
                pool.generate(&KeyId::new(label), kind, role).unwrap();
            }
            let pool = CaPool::open(config, BTreeSet::new()).unwrap();
            let token = Arc::new(Hardware { pool, folder: folder.same() });
            body(World::found_on(Arc::clone(&token) as _), token);
        },
    );
}

#[test]
fn nothing_gets_signed_for_an_attacker() {
    on_a_token("nothing_gets_signed_for_an_attacker", KeyRole::Ca, |world, _| nothing_gets_signed(&world));
}

#[test]
fn a_token_that_comes_back_is_used_again() {
    on_a_token("a_token_that_comes_back_is_used_again", KeyRole::Ca, |world, token| {
        let core = world.core();
        let story = Story::new(&world, "x");
        token.folder.set_faults("C_SignInit rv 0x32\nC_OpenSession rv 0x32\nC_GetSessionInfo rv 0x32\n").unwrap();
        let first = refusal(&core, story.request(&world));
        assert!(matches!(first, Some(Code::TokenUnavailable | Code::OutcomeUnknown)), "{first:?}");
        wait_until("the loss is noticed", Duration::from_secs(20), || token.problem().is_some());
        let before = world.trace();
        assert_eq!(refusal(&core, Story::new(&world, "y").request(&world)), Some(Code::TokenUnavailable));
        assert_eq!(world.trace(), before);
        token.folder.set_faults("").unwrap();
        wait_until("the token is back", Duration::from_secs(20), || token.problem().is_none());
        assert_eq!(refusal(&core, Story::new(&world, "y").request(&world)), None);
    });
}

#[test]
fn a_key_that_could_be_copied_is_no_ca_key() {
    on_a_token("a_key_that_could_be_copied_is_no_ca_key", KeyRole::TokenSigner, |world, _| {
        let before = world.trace();
        assert!(matches!(world.open(), Err(StartError::Key { .. })));
        assert_eq!(world.signatures(), before.0);
    });
}

const LABEL: &str = "signer-test";
const PIN: &str = "12345678";
