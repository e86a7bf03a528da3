//! Tenants, people, enrolment, approvals, access, the audit chain, and the ports that store them.
//!
//! Nothing here does IO, reads a clock or draws randomness: time and random bytes are arguments.
//! The tour: [`enrolment`] holds the stages of an application as types; [`operation`] and
//! [`evidence`] say what officers sign and who may sign it; [`approval`] is the dual-control
//! aggregate; [`changes`] is the only way to write, and carries the audit event of each change;
//! [`ports`] is what a store promises.

pub mod access;
pub mod approval;
pub mod audit;
pub mod bundle;
pub mod card;
pub mod certificate;
pub mod changes;
pub mod enrolment;
pub mod evidence;
pub mod id;
pub mod operation;
pub mod people;
pub mod ports;
pub mod relying;
pub mod revocation;
pub mod session;

pub use id::{ApprovalId, CardNumber, EnrolmentId, PersonId, TenantId};
pub use pki::Kind;
