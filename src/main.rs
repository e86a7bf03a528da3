//! The `sigill` command.
fn main() {}
