//! The `zb` command.
fn main() {}
