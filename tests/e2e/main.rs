//! End to end, through the real binaries.
fn main() {}
