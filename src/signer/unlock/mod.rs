//! A token that opens only when custodians come together.
//!
//! The PIN is on no disk. It is sealed under a key, the key is split so that any m of n shares give it back and fewer say
//! nothing about it, and each share is sealed for one custodian. So the file with all of it opens nothing by itself.
//!
//! The tour: [`share_key`] is what a custodian's share is sealed with; [`shared_pin`] is the file, and how it is split and
//! put together again; [`quorum`] counts who gave a share and forgets the shares when the window is over; [`vault`] stands
//! where the token will be and opens it once; [`door`] is the socket in the signer's own folder where custodians give
//! their shares.

pub mod door;
pub mod quorum;
pub mod share_key;
pub mod shared_pin;
pub mod vault;

#[cfg(test)]
mod tests;
