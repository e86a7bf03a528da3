//! Private keys behind PKCS#11: the only code that speaks to a token.
//!
//! A [`Pool`] is one token with worker threads before it, a session each. Calls wait in a bounded queue and are
//! answered by their deadline even if the module hangs. A keeper thread holds the login, notices when the token is
//! lost and brings it back; several pools may share one module.
//!
//! The tour: [`config`](Module) says which token; `module` loads the library once per process and guards its restarts;
//! `token` finds the slot and logs in; `keeper` and `link` keep it usable; `threads`, `queue` and `worker` do the calls; `key`
//! finds, uses and makes keys from the `template` of their role; `algorithm` and `spki` translate; `attributes` says
//! whether a key is fit for a certificate authority; `wrapping` takes out the few keys that may leave; `embedded` is a
//! token without a library; `card` is what a desk does with one; [`answers`] reads what a token says; `retry` knows what each return value means; `leave` ends
//! the process.

mod algorithm;
pub mod answers;
mod attributes;
mod card;
mod certificate;
mod clock;
mod config;
mod destroy;
mod embedded;
mod error;
mod keeper;
mod key;
mod leave;
mod link;
mod lock;
mod metric;
mod module;
mod pool;
mod probe;
mod queue;
mod retry;
mod spki;
mod template;
mod threads;
mod token;
mod worker;
mod wrapping;

pub use attributes::KeyAttributes;
pub use card::{CardKey, CardName, CardStatus, PinState};
pub use config::{EMBEDDED_VARIABLE, GENERATION_DEADLINE, Module, PinSource, TokenConfig};
pub use embedded::embedded_configuration;
pub use error::{HsmError, ReturnValue};
pub use leave::leave;
pub use pool::Pool;
pub use template::{BackupMode, KeyRole};
pub use token::{TokenInfo, TokenState, init_token, tokens};
pub use wrapping::{WrappedKey, make_wrapping_key};
