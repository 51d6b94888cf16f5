//! Benches: each prints its figure beside the raw limit of the same run, as a ratio.
//!
//! `cargo bench` runs all; `cargo bench -- ingest` one of `ingest`, `found`, `commits`, `start`,
//! `search`, `plan`, `engines`, `classify`.
//! `BENCH_DOCUMENTS` sets the stock of `start` and `search` (default 100,000), `BENCH_STOCK` names
//! a folder where that of `search` stays for the next run. See benches/README.md.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that panics has failed")]

mod classify;
mod engines;
mod ingest;
mod ledger;
mod plan;
mod process;
mod raw;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/s3.rs"]
mod s3;
mod search;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/served.rs"]
mod served;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/postgres/server.rs"]
mod server;
mod shares;
mod start;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let want = |name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    println!("| what | figure | raw limit of this run | ratio | target |");
    println!("|---|---|---|---|---|");
    if want("ingest") {
        ingest::acknowledged();
    }
    if want("found") {
        ingest::until_found();
    }
    if want("commits") {
        ledger::commits();
    }
    if want("start") {
        start::all();
    }
    if want("search") {
        search::all();
    }
    if want("plan") {
        plan::import();
    }
    if want("engines") {
        engines::all();
    }
    if want("classify") {
        classify::all();
    }
}

/// One row of the table.
fn row(what: &str, figure: &str, raw: &str, ratio: &str, target: &str) {
    println!("| {what} | {figure} | {raw} | {ratio} | {target} |");
}
