//! Integration tests: the real program, real tokens, real databases, foreign judges.

mod access;
mod crash;
mod status;
mod support;
