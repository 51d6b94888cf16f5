//! Commits of the embedded engine beside a bare log with group commit, and the chain's check.

use std::{path::Path, sync::Arc, thread, time::Instant};

use aktenlauf::{
    disk::local::Local,
    domain::{
        record::{Kind, Record as _},
        source::Source as _,
        verwaltung::Zaehler,
    },
    ledger::{
        Change, CommitError, Config, Draft, Ledger, Subject,
        journal::{Journal as _, file},
        table::sled,
    },
    server::System,
};

use crate::{raw, row};

const WRITERS: usize = 64;
const COMMITS: usize = 64_000;

fn open(folder: &Path) -> Ledger {
    let disk = Arc::new(Local::new());
    let journal = file::FileJournal::open(file::Config::new(folder.join("journal")), disk).unwrap();
    let table = sled::Sled::open(sled::Config::new(folder.join("tables"))).unwrap();
    let source = Arc::new(System);
    Ledger::open(Config::default(), Box::new(journal), Box::new(table), source, &|_, _| {}).unwrap()
}

fn one(ledger: &Ledger, writer: usize, number: usize) {
    let record = Zaehler { reihe: format!("reihe-{writer}-{number}"), stand: number as u64 };
    let draft = Draft {
        time: System.now(),
        actor: "system".into(),
        on_behalf_of: None,
        credential_id: None,
        request_id: None,
        action: "gezaehlt".into(),
        subject: Subject { kind: Kind::Zaehler.name().into(), key: record.key() },
        reason: Some("x".repeat(600)),
        records: vec![Change::put(&record).unwrap()],
        erases: Vec::new(),
    };
    let done: Result<_, CommitError<()>> =
        ledger.commit(System.id(), move |_| Ok((vec![draft], ())));
    done.unwrap();
}

/// 64 writers, bodies of about 1 kB.
pub fn commits() {
    let folder = tempfile::tempdir().unwrap();
    let limit = raw::commits(folder.path(), COMMITS, WRITERS);
    let ledger = open(folder.path());
    let start = Instant::now();
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let ledger = &ledger;
            scope.spawn(move || (0..COMMITS / WRITERS).for_each(|n| one(ledger, writer, n)));
        }
    });
    let rate = COMMITS as f64 / start.elapsed().as_secs_f64();
    row(
        "commits, 64 writers",
        &format!("{rate:.0}/s"),
        &format!("{limit:.0}/s (bare group log)"),
        &format!("{:.2}", rate / limit),
        "0.30",
    );
    ledger.close();
    drop(ledger);
    let config = file::Config::new(folder.path().join("journal"));
    let journal = file::FileJournal::open(config, Arc::new(Local::new())).unwrap();
    let start = Instant::now();
    let report = journal.verify(&mut |_| {}).unwrap();
    let rate = report.entries as f64 / start.elapsed().as_secs_f64();
    row("check of the chain", &format!("{rate:.0} entries/s"), "-", "-", "200,000 entries/s");
}
