//! A custodian without a token: its data keys follow from their number, and what it wraps says which.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use store::{Custody, CustodyError, DataKey};

/// Gives keys out while it is there.
#[derive(Default)]
pub(crate) struct Local {
    made: AtomicU8,
    away: AtomicBool,
}

/// A custodian that is there.
pub(crate) fn local() -> Arc<Local> {
    Arc::default()
}

#[allow(dead_code, reason = "of the tests that share this module only some have a custodian who leaves")]
impl Local {
    pub(crate) fn leave(&self) {
        self.away.store(true, Ordering::SeqCst);
    }

    pub(crate) fn come_back(&self) {
        self.away.store(false, Ordering::SeqCst);
    }
}

impl Custody for Local {
    fn make(&self) -> Result<(DataKey, Vec<u8>), CustodyError> {
        let wrapped = vec![self.made.fetch_add(1, Ordering::SeqCst) + 1];
        Ok((self.unwrap(&wrapped)?, wrapped))
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<DataKey, CustodyError> {
        match wrapped {
            [number] if !self.away.load(Ordering::SeqCst) => Ok(DataKey::new([*number; 32])),
            _ => Err(CustodyError("the custodian is away".into())),
        }
    }
}
