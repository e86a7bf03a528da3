//! Card logins for services that speak SAML, end to end.

mod driver;
mod judge;
mod login;
mod logout;
mod mellon;
mod sp;
