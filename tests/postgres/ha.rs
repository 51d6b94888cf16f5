//! Standbys, promotion, and commits whose answer is lost: nothing is acknowledged that could go,
//! and no two servers acknowledge.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use aktenlauf::{
    domain::{source::Source, verwaltung::Zaehler, zeit::Zeitpunkt},
    ledger::{
        CommitError, Ledger, Position, State,
        journal::{Compared, compare},
        postgres,
    },
};
use uuid::Uuid;

use super::{
    Cluster,
    ledger::{node, try_open},
};
use crate::ledger::{Fixed, get, set};

/// Short times, so that tests wait for seconds.
fn quick(cluster: &Cluster) -> postgres::Config {
    postgres::Config {
        statement_timeout: Duration::from_secs(3),
        settle_timeout: Duration::from_secs(2),
        ..cluster.config("stadt")
    }
}

fn write(ledger: &Ledger, id: Uuid, reihe: &str) -> Result<Position, CommitError<()>> {
    let reihe = reihe.to_owned();
    let done = ledger.commit(id, move |view| {
        let before = view.get::<Zaehler>(&reihe).map_err(drop)?.map_or(0, |z| z.value.stand);
        Ok::<_, ()>((vec![set(Zeitpunkt(1), &reihe, before + 1)], ()))
    });
    done.map(|done| done.last)
}

fn insist(ledger: &Ledger, source: &Fixed, reihe: &str) -> Position {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        match write(ledger, source.id(), reihe) {
            Ok(position) => return position,
            Err(error) => assert!(Instant::now() < end, "{error}"),
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Names the standbys that a commit waits for.
fn standbys(cluster: &Cluster, names: &str) {
    let mut client = cluster.client().unwrap();
    client.batch_execute("SET synchronous_commit = local").unwrap();
    let set = format!("ALTER SYSTEM SET synchronous_standby_names = '{names}'");
    client.batch_execute(&set).unwrap();
    client.batch_execute("SELECT pg_reload_conf()").unwrap();
    thread::sleep(Duration::from_millis(300));
}

#[test]
fn a_server_that_does_not_keep_what_it_is_told_is_refused() {
    let Some(mut cluster) = Cluster::start() else { return };
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        cluster.sql(&format!("ALTER SYSTEM SET {setting} = off"));
        cluster.kill();
        cluster.up();
        let error = postgres::open(cluster.config("stadt")).unwrap_err().to_string();
        assert!(error.contains(setting), "{error}");
        cluster.sql(&format!("ALTER SYSTEM RESET {setting}"));
    }
    cluster.kill();
    cluster.up();
    postgres::open(cluster.config("stadt")).unwrap();
    cluster.sql("ALTER SYSTEM SET synchronous_commit = local");
    cluster.sql("SELECT pg_reload_conf()");
    thread::sleep(Duration::from_millis(300));
    postgres::open(cluster.config("stadt")).unwrap();
    let strict = postgres::Config { synchronous: true, ..cluster.config("stadt") };
    let error = postgres::open(strict).unwrap_err().to_string();
    assert!(error.contains("synchronous_commit"), "{error}");
}

/// The database goes and comes back: commits are refused as "later", reads fail as such, and all
/// goes on by itself.
#[test]
fn an_outage_costs_nothing_but_time() {
    let Some(mut cluster) = Cluster::start() else { return };
    let (ledger, source) = node(&quick(&cluster), 0);
    for _ in 0..5 {
        write(&ledger, source.id(), "a").unwrap();
    }
    cluster.kill();
    let lost = source.id();
    let refused = write(&ledger, lost, "a").unwrap_err();
    assert!(matches!(refused, CommitError::Unreachable(_)), "{refused}");
    assert!(matches!(ledger.state(), State::Unreachable(_)));
    assert!(ledger.view().get::<Zaehler>("a").is_err());
    cluster.up();
    insist(&ledger, &source, "a");
    assert_eq!(get::<Zaehler>(&ledger, "a").unwrap().stand, 6);
    assert_eq!(ledger.outcome(lost).unwrap(), None, "what was refused was not written");
    assert_eq!(ledger.state(), State::Ready);
    let report = ledger.verify(&mut |_, _| {}).unwrap();
    assert!(report.is_sound(), "{report:?}");
}

const COMMITS: u64 = 200;

/// The connection goes at any moment of a commit; what is asked again under its id is never
/// written twice, and what was acknowledged is there.
#[test]
fn a_commit_whose_answer_was_lost_is_written_once() {
    let Some(cluster) = Cluster::start() else { return };
    let (ledger, source) = node(&quick(&cluster), 0);
    let stop = AtomicBool::new(false);
    let (mut done, mut doubtful) = (0, 0);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut client = cluster.client().unwrap();
            while !stop.load(Ordering::Relaxed) {
                let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                           WHERE application_name = 'aktenlauf'";
                client.batch_execute(cut).unwrap();
                thread::sleep(Duration::from_millis(60));
            }
        });
        for _ in 0..COMMITS {
            let id = source.id();
            let mut answer = write(&ledger, id, "a");
            while let Err(error) = answer {
                doubtful += 1;
                match error {
                    CommitError::Duplicate { .. } => break,
                    _ => answer = write(&ledger, id, "a"),
                }
            }
            done += 1;
        }
        stop.store(true, Ordering::Relaxed);
    });
    println!("{COMMITS} commits, {doubtful} answers that were errors");
    assert!(doubtful > 3, "no connection was cut in the midst of a commit");
    insist(&ledger, &source, "b");
    assert_eq!(get::<Zaehler>(&ledger, "a").unwrap().stand, done);
    assert_eq!(ledger.head().seq, done + 1);
    let report = ledger.verify(&mut |_, _| {}).unwrap();
    assert!(report.is_sound(), "{report:?}");
}

#[test]
fn without_a_standby_nothing_is_acknowledged() {
    let Some(cluster) = Cluster::start() else { return };
    let config = postgres::Config { synchronous: true, ..quick(&cluster) };
    // Founded before: DDL waits for a standby too.
    drop(postgres::open(quick(&cluster)).unwrap());
    let error = try_open(&config).err().map(|e| e.to_string());
    assert!(error.as_ref().is_some_and(|e| e.contains("synchronous_standby_names")), "{error:?}");
    let (founding, source) = node(&quick(&cluster), 0);
    write(&founding, source.id(), "a").unwrap();
    drop(founding);
    let standby = cluster.standby("b");
    standbys(&cluster, "b");
    let (ledger, source) = node(&config, 5000);
    insist(&ledger, &source, "a");

    // The standby goes; a commit waits for it, and somebody cancels the wait.
    drop(standby);
    let stop = AtomicBool::new(false);
    let id = source.id();
    let answer = thread::scope(|scope| {
        scope.spawn(|| {
            let mut client = cluster.client().unwrap();
            while !stop.load(Ordering::Relaxed) {
                let cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity \
                              WHERE wait_event = 'SyncRep'";
                client.batch_execute(cancel).unwrap();
                thread::sleep(Duration::from_millis(20));
            }
        });
        let answer = write(&ledger, id, "a");
        stop.store(true, Ordering::Relaxed);
        answer
    });
    // It is committed here and nowhere else: PostgreSQL said so, and only by a warning.
    assert!(matches!(answer, Err(CommitError::Unknown(_))), "{answer:?}");
    let here: i64 = cluster
        .client()
        .unwrap()
        .query_one("SELECT count(*) FROM stadt.journal", &[])
        .unwrap()
        .get(0);
    assert_eq!(here, 3, "the commit that nobody was told of");

    // Who empties the list sets all free who wait, without a word.
    standbys(&cluster, "");
    let refused = write(&ledger, source.id(), "a").unwrap_err();
    assert!(matches!(&refused, CommitError::Unreachable(why) if why.contains("standby")));
    assert_eq!(get::<Zaehler>(&ledger, "a").unwrap().stand, 3, "reading goes on");

    // A new standby: what nobody was told of is written, once.
    let again = cluster.standby("b");
    standbys(&cluster, "b");
    insist(&ledger, &source, "b");
    let answer = write(&ledger, id, "a");
    assert!(matches!(answer, Err(CommitError::Duplicate { .. })), "{answer:?}");
    drop(again);
}

/// A node reads from a standby while the primary is away. Once it is back, no decision may stand
/// on what a standby that is behind still says.
#[test]
fn a_decision_never_stands_on_what_a_standby_says() {
    let Some(mut primary) = Cluster::start() else { return };
    drop(node(&quick(&primary), 0));
    let standby = primary.standby("b");
    let url = format!(
        "host=127.0.0.1,127.0.0.1 port={},{} user=aktenlauf dbname=postgres",
        primary.port, standby.port
    );
    let (both, source) = node(&postgres::Config { url, ..quick(&primary) }, 1000);
    let (alone, other) = node(&quick(&primary), 2_000_000);
    write(&both, source.id(), "a").unwrap();
    thread::sleep(Duration::from_millis(500));
    standby.sql("SELECT pg_wal_replay_pause()");
    write(&alone, other.id(), "a").unwrap();
    write(&alone, other.id(), "a").unwrap();
    primary.kill();
    let end = Instant::now() + Duration::from_secs(10);
    let stand = loop {
        match both.view().get::<Zaehler>("a") {
            Ok(found) => break found.unwrap().value.stand,
            Err(error) => assert!(Instant::now() < end, "{error}"),
        }
    };
    assert_eq!(stand, 1, "the standby is behind, and answers");
    primary.up();
    insist(&both, &source, "a");
    assert_eq!(get::<Zaehler>(&alone, "a").unwrap().stand, 4);
}

/// What a client was told, by the server that it was told by.
type Told = Mutex<BTreeMap<u64, Position>>;

fn client(ledger: &Ledger, source: &Arc<Fixed>, told: &Told, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        match write(ledger, source.id(), "a") {
            Ok(position) => {
                told.lock().unwrap().insert(position.seq, position);
            }
            Err(_) => thread::sleep(Duration::from_millis(5)),
        }
    }
}

#[test]
fn a_promoted_standby_and_the_old_primary_never_both_acknowledge() {
    let Some(old) = Cluster::start() else { return };
    let home = tempfile::tempdir().unwrap();
    drop(node(&quick(&old), 0));
    let new = old.standby("b");
    standbys(&old, "b");
    let strict = postgres::Config { synchronous: true, ..quick(&old) };
    let (a, source_a) = node(&strict, 1000);
    let (told_a, told_b) = (Told::default(), Told::default());
    let stop = AtomicBool::new(false);
    let seen = home.path().join("seen.json");
    // The town hall that takes over gives up on a standby on purpose, until it has one again.
    let alone = postgres::Config { seen: Some(seen.clone()), ..quick(&new) };
    let b = thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| client(&a, &source_a, &told_a, &stop));
        }
        thread::sleep(Duration::from_millis(1500));
        // The cable is cut: the standby hears no more of the old primary, and takes over. Clients
        // of the old one go on asking it.
        new.promote();
        standbys(&new, "");
        let (b, source_b) = node(&alone, 2000);
        let end = Instant::now() + Duration::from_secs(2);
        while Instant::now() < end {
            if let Ok(position) = write(&b, source_b.id(), "b") {
                told_b.lock().unwrap().insert(position.seq, position);
            }
        }
        stop.store(true, Ordering::Relaxed);
        b
    });
    let (told_a, told_b) = (told_a.into_inner().unwrap(), told_b.into_inner().unwrap());
    println!("{} acknowledged by the old primary, {} by the new", told_a.len(), told_b.len());
    assert!(told_a.len() > 20 && told_b.len() > 20, "too little to prove anything");
    let entries = b.entries(1, usize::MAX).unwrap();
    for (seq, position) in told_a.iter().chain(&told_b) {
        let kept = entries.get(usize::try_from(*seq - 1).unwrap()).map(|e| e.position);
        assert_eq!(kept.as_ref(), Some(position), "acknowledged, and not in the history");
    }
    assert!(told_a.keys().all(|seq| !told_b.contains_key(seq)), "acknowledged by both");
    let report = b.verify(&mut |_, _| {}).unwrap();
    assert!(report.is_sound(), "{report:?}");

    // What the old primary holds and nobody was told of is hidden there as long as it waits for
    // its standby. Where somebody ends the wait, it shows: a fork, which is named.
    drop(a);
    old.sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
    thread::sleep(Duration::from_millis(300));
    let look = |cluster: &Cluster| postgres::look(quick(cluster)).unwrap();
    let compared = compare(&look(&old), &look(&new)).unwrap();
    let Compared::Fork { last, heads } = compared else { panic!("{compared:?}") };
    println!("fork after entry {last}, heads {heads:?}");
    assert!(last >= *told_a.keys().last().unwrap() && heads.0 > last);
    drop(b);

    // A node that saw the new history never goes back to the old server.
    let back = postgres::Config { seen: Some(seen), ..quick(&old) };
    let error = postgres::open(back).err().map(|e| e.to_string());
    assert!(error.as_ref().is_some_and(|e| e.contains("newer history")), "{error:?}");
}
