//! Card logins for relying services: OpenID Connect end to end.

mod bound;
mod cards;
mod decision;
mod demo_cards;
mod demo_service;
mod documented;
mod driver;
mod login;
mod logout;
mod misuse;
mod pages;
mod proxied;
mod trouble;
mod walk;
