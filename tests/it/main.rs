//! Integration tests: the real program, real tokens, real databases, foreign judges.

#![expect(unreachable_pub, reason = "one test binary: its modules see each other")]
#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected stops there")]

mod access;
mod agencies;
mod audit;
mod bulk;
mod card_desk;
mod ceremony;
mod cheats;
mod conditions;
mod crash;
mod custody;
mod drivers;
mod emergency;
mod enrolment;
mod evidence;
mod faulty_signer;
mod functions;
mod fuzz;
mod hr;
mod hsm_faults;
mod lifecycle;
mod lists;
mod no_log;
mod notices;
mod oidc;
mod packages;
mod persons;
mod policies;
mod power_loss;
mod quickstart;
mod requests;
mod reserve;
mod revocation;
mod revocation_code;
mod rollover;
mod saml;
mod schemathesis;
mod stamps;
mod status;
mod support;
mod trays;
mod unlock;
mod validation;
