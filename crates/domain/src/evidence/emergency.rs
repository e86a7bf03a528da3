//! Who may stop an emergency: any security officer who is left, alone.

use super::security::is_security_officer;
use super::{EvidenceError, Officers, Signed, the_one};
use crate::PersonId;
use crate::operation::{Act, CancelEmergency, Operation};
use pki::time::UtcTime;

/// Verifies that a security officer signed for the cancellation of exactly this emergency.
///
/// One is enough: stopping can be repeated by appointing again, and appointing cannot be taken back.
///
/// # Errors
/// [`EvidenceError`], the first thing found wrong.
pub fn verify_cancellation(
    cancellation: &Signed,
    emergency: CancelEmergency,
    officers: &dyn Officers,
    now: UtcTime,
) -> Result<PersonId, EvidenceError> {
    if cancellation.operation.as_bytes() != Operation::CancelEmergency(emergency).to_bytes() {
        return Err(EvidenceError::OtherOperation);
    }
    let stated = the_one(cancellation, Act::Approve, officers, now)?;
    is_security_officer(&stated)?;
    Ok(stated.officer.person)
}
