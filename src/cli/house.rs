//! `verify`, `rebuild`, `sweep`: care of a data directory.

use std::{fs, io, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Value, json};

use super::{Place, progress};
use crate::{
    config,
    domain::source::Source,
    ledger::{
        self,
        journal::{self, Compared},
        postgres,
    },
    server::{House, System, admin::Command, commands, data::Data, moving},
};

/// Arguments of `verify`.
#[derive(Args, Debug)]
pub struct Verify {
    #[command(flatten)]
    place: Place,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Compare the journal with the one on another PostgreSQL server, e.g. a former primary; the
    /// connection string of that server
    #[arg(long, value_name = "URL")]
    against: Option<String>,
}

/// Arguments of `rebuild`.
#[derive(Args, Debug)]
pub struct Rebuild {
    #[command(flatten)]
    place: Place,
}

/// Arguments of `sweep`.
#[derive(Args, Debug)]
pub struct Sweep {
    #[command(flatten)]
    place: Place,
}

/// Arguments of `move`.
#[derive(Args, Debug)]
#[command(after_help = MOVE)]
pub struct Move {
    /// Configuration file of the installation as it is
    #[arg(long)]
    from: PathBuf,
    /// Configuration file of the installation as it shall be
    #[arg(long)]
    to: PathBuf,
}

const MOVE: &str = "\
Example:
  aktenlauf move --from files.toml --to postgres.toml

Nobody may serve either. Cut off, it goes on where it was. At the end heads, counts and the digest
of every blob are compared; then the old data directory is marked as moved and refuses to be
served. Sessions are not moved, and the index is made anew at the first start.";

/// Moves an installation.
///
/// # Errors
/// If one can't be opened, the target holds another history, or the two do not agree.
pub fn carry(args: &Move) -> anyhow::Result<ExitCode> {
    let read = |path| config::File::read(path);
    let (from, to) = (read(&args.from)?, read(&args.to)?);
    let bar = progress(0, "");
    let source: Arc<dyn Source> = Arc::new(System);
    let moved = moving::run(&from, &to, &source, &|stage, done, total| {
        bar.set_message(match stage {
            moving::Stage::Blobs => "blobs copied or found there",
            moving::Stage::Journal => "entries copied",
            moving::Stage::Tables => "entries into the tables",
            moving::Stage::Check => "blobs compared",
        });
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let moving::Moved { head, copied, present } = moved?;
    println!("{} entries, {copied} blobs copied, {present} were there", head.seq);
    println!("head {} {}", head.seq, head.seal);
    Ok(ExitCode::SUCCESS)
}

/// Checks everything; exit code 1 if anything is wrong.
///
/// # Errors
/// If the directory can't be opened for another reason than damage.
pub fn verify(args: &Verify) -> anyhow::Result<ExitCode> {
    let mut file = args.place.file()?;
    // Damage is to be named, not mended: nothing is written into journal or blobs while looking.
    file.read_only = true;
    let bar = progress(0, "checked");
    let request = Command { command: "verify".into(), arguments: Value::Null };
    let done = commands::run(&file, &request, false, &|done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let mut report = done.unwrap_or_else(|reason| json!({ "befunde": [reason] }));
    if let Some(url) = &args.against {
        let found = against(&file, url)?;
        if let Some(Value::Array(list)) = report.get_mut(found.0) {
            list.push(json!(found.1));
        }
    }
    let list = |name: &str| report.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let findings = list("befunde");
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        for finding in &findings {
            println!("{}", finding.as_str().unwrap_or_default());
        }
        for note in list("hinweise") {
            println!("note: {}", note.as_str().unwrap_or_default());
        }
        let count = |name: &str| report.get(name).and_then(Value::as_u64).unwrap_or_default();
        let index = report.get("index").and_then(Value::as_u64);
        println!(
            "{} entries, {} rows, {} blobs, {} checked; {} unreferenced files; {}",
            count("eintraege"),
            count("zeilen"),
            count("blobs"),
            index.map_or("index NOT".into(), |count| format!("{count} objects of the index")),
            count("unbenutzt"),
            if findings.is_empty() { "nothing is wrong" } else { "DAMAGED, see above" }
        );
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Compares with another server's journal: into which list of the report the finding belongs, and
/// what it says.
fn against(file: &config::File, url: &str) -> anyhow::Result<(&'static str, String)> {
    let here = file.postgres()?.context("--against needs ledger.engine = \"postgres\"")?;
    let there = postgres::Config { url: url.to_owned(), ..here.clone() };
    let compared = journal::compare(&postgres::look(here)?, &postgres::look(there)?)?;
    Ok(match compared {
        Compared::OneHistory(here, there) => {
            ("hinweise", format!("one history: it ends with entry {here} here, {there} there"))
        }
        Compared::Fork { last, heads: (here, there) } => (
            "befunde",
            format!(
                "FORK: entry {last} is the last common one; here {} entries follow, there {}",
                here - last,
                there - last
            ),
        ),
    })
}

/// Makes tables and index anew.
///
/// # Errors
/// If somebody serves the directory, or the journal is damaged.
pub fn rebuild(args: &Rebuild) -> anyhow::Result<ExitCode> {
    let file = args.place.file()?;
    let data = Data::own(&file.data, false).context("stop the server first")?;
    for name in ["tables", "index"] {
        match fs::remove_dir_all(data.path(name)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => bail!("{name}: {e}"),
            _ => {}
        }
    }
    drop(data);
    if let Some(config) = file.postgres()? {
        // Nodes that serve refuse to write until they are built, and read the old ones meanwhile.
        ledger::discard(&postgres::open(config)?.1)?;
    }
    let bar = progress(0, "entries into the tables");
    let house = House::open(&file, Arc::new(System), false, &|done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })?;
    let head = house.ledger.head().seq;
    bar.finish_and_clear();
    let bar = progress(usize::try_from(head)?, "entries into the index");
    while house.follow.indexed() < head {
        house.follow.step(Duration::from_millis(10))?;
        bar.set_position(house.follow.indexed());
    }
    bar.finish_and_clear();
    house.follow.close()?;
    house.close();
    println!("tables and index made anew from {head} entries");
    Ok(ExitCode::SUCCESS)
}

/// Removes what nobody refers to.
///
/// # Errors
/// As the owner says.
pub fn sweep(args: &Sweep) -> anyhow::Result<ExitCode> {
    let report = args.place.ask("sweep", Value::Null, false)?;
    let count = |name: &str| report.get(name).and_then(Value::as_u64).unwrap_or_default();
    println!("{} of {} files removed, {} bytes", count("removed"), count("seen"), count("bytes"));
    Ok(ExitCode::SUCCESS)
}
