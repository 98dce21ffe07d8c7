//! The `orcs` command.
fn main() {}
