//! Card logins for relying services: OpenID Connect end to end.

mod bound;
mod cards;
mod decision;
mod demo_cards;
mod demo_service;
mod documented;
mod driver;
mod encrypted;
pub mod login;
pub mod logout;
mod misuse;
mod pages;
mod proxied;
mod refresh;
mod trouble;
mod walk;
