//! Card logins for relying services: OpenID Connect end to end.

mod driver;
mod login;
mod logout;
mod misuse;
mod pages;
