//! The binary. The worker is told apart before anything else is set up.

use std::process::ExitCode;

use aktenlauf::{cli, text};

// The C library's keeps what each of many threads once used: four times the memory after a morning
// of pushes, and a third of a search's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|first| first == text::WORKER_ARGUMENT) {
        return text::worker();
    }
    cli::main()
}
