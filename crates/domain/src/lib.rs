//! Tenants, people, enrolment, approvals, access, the audit chain, and the ports that store them.
//!
//! Nothing here does IO, reads a clock or draws randomness: time and random bytes are arguments.
//! The tour: [`enrolment`] holds the stages of an application as types; [`operation`] and
//! [`evidence`] say what officers sign and who may sign it; [`approval`] is the dual-control
//! aggregate; [`onboarding`] leads an agency to where it may issue, [`packages`], [`assignment`] and
//! [`rights`] say who may do what; [`changes`] is the only way to write, and carries the audit event of each change;
//! [`ports`] is what a store promises.

pub mod access;
pub mod approval;
pub mod assignment;
pub mod assurance;
pub mod audit;
pub mod bulk;
pub mod bundle;
pub mod calendar;
pub mod card;
pub mod certificate;
pub mod changes;
pub mod decisions;
pub mod eligibility;
pub mod end_of_ca;
pub mod enrolment;
pub mod evidence;
pub mod function;
pub mod hand_out;
pub mod id;
pub mod key;
pub mod notice;
pub mod onboarding;
pub mod operation;
pub mod orders;
pub mod packages;
pub mod people;
pub mod ports;
pub mod register;
pub mod relying;
pub mod request;
pub mod reserve;
pub mod retention;
pub mod revocation;
pub mod revocation_code;
pub mod rights;
pub mod session;
pub mod subject;
pub mod work;

pub use id::{
    ApprovalId, AssignmentId, BulkId, CardNumber, EnrolmentId, FunctionId, MoveId, NoticeId, PersonId, TenantId, WorkId,
};
pub use pki::Kind;
