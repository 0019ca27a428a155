//! Tidy checks, generated documents, bench drivers.

fn main() {}
