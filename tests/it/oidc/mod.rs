//! Card logins for relying services: OpenID Connect end to end.

mod bound;
mod cards;
mod driver;
mod login;
mod logout;
mod misuse;
mod pages;
mod trouble;
