//! The binary. The worker is told apart before anything else is set up.

use std::process::ExitCode;

use aktenlauf::{cli, text};

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|first| first == text::WORKER_ARGUMENT) {
        return text::worker();
    }
    cli::main()
}
