//! Card logins for relying services: OpenID Connect end to end.

mod bound;
mod cards;
mod decision;
mod driver;
mod encrypted;
mod login;
mod logout;
mod misuse;
mod pages;
mod refresh;
mod trouble;
