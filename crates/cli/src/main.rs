//! The `cubit` binary.
fn main() {}
