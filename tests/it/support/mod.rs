//! A whole installation as a test sees it: the real program, real tokens, an outside client.

pub mod client;
pub mod installation;
pub mod oracle;
pub mod story;

pub use installation::Installation;
