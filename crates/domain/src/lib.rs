//! Tenants, people, enrolment, approvals, access, audit chain and the ports. No IO, no clock, no randomness.
