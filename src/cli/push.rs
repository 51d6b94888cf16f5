//! `push`: files and folders into a server, in parallel, with a report of what failed.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use clap::Args;

use serde_json::json;

use super::client::{Client, Error};

/// Tries of one file, when the server says that a later one may succeed.
const TRIES: u32 = 6;

/// Arguments of `push`.
#[derive(Args, Debug)]
pub struct Push {
    /// Address of the server
    #[arg(long)]
    server: String,
    /// API key (better: in the environment, where other users' `ps` does not show it)
    #[arg(long, env = "AKTENLAUF_KEY", hide_env_values = true)]
    key: String,
    /// Aktenzeichen of the Akte to file into; without it documents go to the Posteingang
    #[arg(long)]
    target: Option<String>,
    /// OE (short sign) whose Posteingang is meant
    #[arg(long)]
    oe: Option<String>,
    /// PEM file of the city's own certificate authority
    #[arg(long)]
    ca: Option<PathBuf>,
    /// Uploads at the same time
    #[arg(long, default_value_t = 4)]
    parallel: usize,
    /// Files and folders; folders are read with everything below them
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Pushes and reports; exit code 1 if any file failed.
///
/// # Errors
/// If a folder can't be read.
pub fn run(args: &Push) -> anyhow::Result<ExitCode> {
    let client = Client::new(&args.server, &args.key, args.ca.as_deref())?;
    let mut files = Vec::new();
    for path in &args.files {
        collect(path, &mut files)?;
    }
    let bar = super::progress(files.len(), "pushed");
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..args.parallel.clamp(1, 64) {
            scope.spawn(|| {
                while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(error) = one(&client, args, path) {
                        bar.suspend(|| eprintln!("{}: {error}", path.display()));
                        if let Ok(mut failed) = failed.lock() {
                            failed.push(path.clone());
                        }
                    }
                    bar.inc(1);
                }
            });
        }
    });
    bar.finish_and_clear();
    let failed = failed.into_inner().unwrap_or_default().len();
    println!("{} pushed, {failed} failed", files.len() - failed);
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn one(client: &Client, args: &Push, path: &Path) -> Result<(), Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut metadata = json!({ "dateiname": name });
    for (field, value) in [("aktenzeichen", &args.target), ("oe", &args.oe)] {
        if let (Some(value), Some(fields)) = (value, metadata.as_object_mut()) {
            fields.insert(field.into(), json!(value));
        }
    }
    let mut pause = Duration::from_millis(250);
    for _ in 1..TRIES {
        match client.push_file(path, &metadata) {
            Err(error) if error.again() => thread::sleep(pause),
            other => return other.map(drop),
        }
        pause *= 2;
    }
    client.push_file(path, &metadata).map(drop)
}

/// Symbolic links are not followed: a link in a scan folder must not reach outside of it.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let about = fs::symlink_metadata(path)
        .map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))?;
    if about.is_dir() {
        let mut inner: Vec<PathBuf> =
            fs::read_dir(path)?.map(|i| i.map(|i| i.path())).collect::<Result<_, _>>()?;
        inner.sort();
        for path in inner {
            collect(&path, files)?;
        }
    } else if about.is_file() {
        files.push(path.to_owned());
    }
    Ok(())
}
