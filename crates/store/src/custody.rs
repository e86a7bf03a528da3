//! The port to whoever keeps the key that data keys are wrapped with.

/// A data key: 256 bits, in memory while the store is open, wiped afterwards.
pub type DataKey = zeroize::Zeroizing<[u8; 32]>;

/// Keeps the one key that data keys are wrapped with. That key never leaves its token.
///
/// Calls may block for as long as a token does; the store makes them off its runtime's threads.
pub trait Custody: Send + Sync + 'static {
    /// A new data key, drawn at random, and the same wrapped.
    ///
    /// # Errors
    /// [`CustodyError`] if the token is away or refuses.
    fn make(&self) -> Result<(DataKey, Vec<u8>), CustodyError>;

    /// A data key that was wrapped before.
    ///
    /// # Errors
    /// [`CustodyError`] if the token is away, or these octets were not wrapped with its key.
    fn unwrap(&self, wrapped: &[u8]) -> Result<DataKey, CustodyError>;
}

/// Why no data key was had. The cause never holds key material.
#[derive(Debug, thiserror::Error)]
#[error("the data keys cannot be unwrapped")]
pub struct CustodyError(#[source] pub Box<dyn std::error::Error + Send + Sync>);
