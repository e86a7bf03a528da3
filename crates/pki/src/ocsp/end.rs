//! The end of a CA, as its last CRL proves it.

use crate::certificate::Certificate;
use crate::crl::{CrlError, CrlSummary, parse_crl, verify_crl};
use crate::serial::SerialNumber;
use crate::time::UtcTime;

use super::Status;

/// The last CRL of a CA: its key signed it, and it lives longer than the CA. No other CRL is so (ours end with the CA at
/// the latest), so whoever holds one knows that nothing about the CA's certificates changes any more.
#[derive(Debug, Clone)]
pub struct LastCrl(CrlSummary);

/// A CRL that is no last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotLast {
    /// Not a CRL of this CA.
    #[error(transparent)]
    Crl(#[from] CrlError),
    /// Another one follows it.
    #[error("the CRL ends {next_update}, and the CA lives until {until}")]
    Ends {
        /// Its nextUpdate.
        next_update: UtcTime,
        /// The CA's last second.
        until: UtcTime,
    },
}

impl LastCrl {
    /// Reads and verifies the last CRL of `issuer`.
    ///
    /// # Errors
    /// [`NotLast`].
    pub fn verify(der: &[u8], issuer: &Certificate) -> Result<Self, NotLast> {
        verify_crl(der, issuer)?;
        let (list, until) = (parse_crl(der)?, issuer.not_after());
        match list.next_update {
            next_update if next_update > until => Ok(Self(list)),
            next_update => Err(NotLast::Ends { next_update, until }),
        }
    }

    /// When it was made.
    pub const fn this_update(&self) -> UtcTime {
        self.0.this_update
    }

    /// Until when it stands.
    pub const fn next_update(&self) -> UtcTime {
        self.0.next_update
    }

    /// What it says of a certificate of the CA: a serial that is not on it is good for ever.
    pub fn status_of(&self, serial: &SerialNumber) -> Status {
        match self.0.revoked.get(serial) {
            Some(revoked) => Status::Revoked { at: revoked.at, reason: revoked.reason },
            None => Status::Good,
        }
    }

    #[cfg(test)]
    pub(crate) fn of(list: CrlSummary) -> Self {
        Self(list)
    }
}
