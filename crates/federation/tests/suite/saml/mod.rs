//! The SAML identity provider's decisions: good messages, and a corpus of hostile ones.

mod algorithms;
mod answers;
mod parser;
mod released;
mod requests;
mod services;
mod world;
mod wrapping;
