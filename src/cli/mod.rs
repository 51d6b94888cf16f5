//! The commands of the one binary. What the operator reads here is English.
//!
//! Commands that need the data directory's owner go through its admin socket, or take the lock
//! when nobody serves. Exit codes: 0 done, 1 something failed, 2 wrong usage.

use indicatif::{ProgressBar, ProgressStyle};

mod client;
pub mod demo;
pub mod pdf;
mod push;

/// A bar on the terminal; nothing where there is none.
fn progress(total: usize, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(total).unwrap_or(u64::MAX));
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg} {per_sec} {eta}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())).with_message(what)
}
