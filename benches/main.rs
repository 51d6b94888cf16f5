//! Benches: each prints its figure beside the raw limit of the same run.

fn main() {}
