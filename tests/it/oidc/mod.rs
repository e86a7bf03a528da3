//! Card logins for relying services: OpenID Connect end to end.

mod bound;
mod cards;
mod decision;
mod driver;
pub mod login;
pub mod logout;
mod misuse;
mod pages;
mod trouble;
