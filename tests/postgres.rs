//! A PostgreSQL cluster of the tests' own, in a folder of the build, on a free port; and what the
//! ledger does on it.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
};

use aktenlauf::ledger::postgres::Config;

mod ha;
mod ledger;
mod server;
mod views;

pub use server::Cluster;

/// The cluster that tests share, each with a schema of its own. It ends with the process.
pub fn schema() -> Option<Config> {
    static SHARED: OnceLock<Option<(u16, PathBuf)>> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let (port, _) = SHARED.get_or_init(keeper).as_ref()?;
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let url = format!("host=127.0.0.1 port={port} user=aktenlauf dbname=postgres");
    Some(Config::new(url, format!("test_{number}")))
}

/// Starts the shared cluster with a shell beside it that ends it when this process is gone.
fn keeper() -> Option<(u16, PathBuf)> {
    let (told, tell) = mpsc::channel();
    std::thread::spawn(move || {
        let Some(cluster) = Cluster::start() else {
            told.send(None).unwrap();
            return;
        };
        let pid = cluster.server.as_ref().unwrap().id();
        let dir = cluster.dir.clone();
        let watch = format!(
            "while kill -0 {me}; do sleep 0.3; done; kill -QUIT {pid}; sleep 1; rm -rf {dir}",
            me = std::process::id(),
            dir = dir.display(),
        );
        let mut shell = Command::new("setsid");
        shell.args(["sh", "-c", &watch]).stdin(Stdio::null());
        shell.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        told.send(Some((cluster.port, dir))).unwrap();
        std::mem::forget(cluster);
    });
    tell.recv().unwrap()
}
