//! The log: one line an event on stderr, as text or JSON. It never carries content: no path, no
//! query, no name, no body.

use tracing_subscriber::{EnvFilter, fmt};

/// Starts it. What is shown may be changed by `RUST_LOG`.
pub fn start(json: bool) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn,tantivy=warn,sled=warn"));
    let log = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // A second start (in tests) changes nothing.
    let _ = if json { log.json().flatten_event(true).try_init() } else { log.try_init() };
}
