//! The signer's own record of everything that it was about to sign, and of what became of it.
//!
//! One file, append-only, one line a record: `SHA-256 of the text`, a space, the text. The text is
//! JSON with its sequence number and the hash of the line before, so that an edit, a deletion or a
//! new order shows. `record` says what is written, `chain` writes and verifies lines,
//! `writer` makes them durable: many threads share one `fdatasync`, and nobody is answered
//! before it.
//!
//! What a chain cannot show by itself is that its end was cut off. Whoever needs to know compares
//! with a head that was read earlier ([`Journal::head`], also in the answer to `hello`).

mod chain;
mod error;
mod record;
mod writer;

#[cfg(test)]
mod tests;

pub use chain::{Head, Verified, head_at, verify};
pub use error::JournalError;
pub use record::{Authority, Entry, Holder, IssuerSeal, Record, Revision};
pub use writer::{Journal, Ticket};
