//! The ledger on PostgreSQL: what only this engine can do wrong.

use std::sync::Arc;

use aktenlauf::{
    domain::{source::Source, verwaltung::Zaehler, zeit::Zeitpunkt},
    ledger::{CommitError, Config, Ledger, State, postgres},
};

use crate::ledger::{Fixed, get, set};

pub fn node(config: &postgres::Config, seed: u64) -> (Ledger, Arc<Fixed>) {
    let source = Arc::new(Fixed::default());
    (0..seed).for_each(|_| {
        source.next();
    });
    let ledger = try_node(config, &source).unwrap();
    (ledger, source)
}

/// As a node, which may be refused.
pub fn try_open(config: &postgres::Config) -> Result<Ledger, aktenlauf::ledger::Error> {
    try_node(config, &Arc::new(Fixed::default()))
}

fn try_node(
    config: &postgres::Config,
    source: &Arc<Fixed>,
) -> Result<Ledger, aktenlauf::ledger::Error> {
    let (journal, tables) = postgres::open(config.clone()).unwrap();
    let source: Arc<dyn Source> = Arc::clone(source) as _;
    Ledger::open(Config::default(), Box::new(journal), Box::new(tables), source, &|_, _| {})
}

/// Two nodes count one counter up; no number is given twice and none is left out.
#[test]
fn two_nodes_decide_one_after_the_other() {
    let Some(config) = super::schema() else { return };
    // Far apart in the one sequence that both take their ids from.
    let nodes = [node(&config, 0), node(&config, 1_000_000)];
    let rounds: u64 = 60;
    std::thread::scope(|scope| {
        for (ledger, source) in &nodes {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..rounds {
                        count(ledger, source).unwrap();
                    }
                });
            }
        }
    });
    for (ledger, _) in &nodes {
        assert_eq!(get::<Zaehler>(ledger, "a").unwrap().stand, 8 * rounds);
        let report = ledger.verify(&mut |_, _| {}).unwrap();
        assert!(report.is_sound() && report.entries == 8 * rounds, "{report:?}");
    }
    assert_eq!(nodes[0].0.view().count(aktenlauf::domain::record::Kind::Zaehler).unwrap(), 1);
}

/// A failover may take back what a node has shown and nobody was told of. The node must not go on
/// as if nothing had happened: its index holds the old history.
#[test]
fn a_node_ends_when_its_history_was_replaced() {
    let Some(config) = super::schema() else { return };
    let (shown, source) = node(&config, 0);
    let (writer, other) = node(&config, 1_000_000);
    count(&shown, &source).unwrap();
    let mut client = ::postgres::Client::connect(&config.url, ::postgres::NoTls).unwrap();
    client.batch_execute(&format!("SET search_path TO {}", config.schema)).unwrap();
    client.batch_execute("CREATE TABLE saved AS TABLE rows").unwrap();
    count(&shown, &source).unwrap();
    // As on a standby that had not got the last one.
    drop(writer);
    client
        .batch_execute(
            "BEGIN; DELETE FROM journal WHERE seq > 1; UPDATE head SET seq = 1, \
             seal = (SELECT seal FROM journal WHERE seq = 1); DELETE FROM rows; \
             INSERT INTO rows TABLE saved; COMMIT",
        )
        .unwrap();
    let writer = try_node(&config, &other).unwrap();
    count(&writer, &other).unwrap();
    count(&writer, &other).unwrap();
    let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while !matches!(shown.state(), State::Poisoned(_)) {
        assert!(std::time::Instant::now() < end, "{:?}", shown.state());
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(count(&shown, &source).is_err());
    assert_eq!(get::<Zaehler>(&writer, "a").unwrap().stand, 3);
}

/// 64 writers share transactions: each waits for one, and 10 commits at least go into it.
#[test]
fn a_transaction_carries_many_commits() {
    let Some(config) = super::schema() else { return };
    let (ledger, source) = node(&config, 0);
    let transactions = |url: &str| -> i64 {
        let mut client = ::postgres::Client::connect(url, ::postgres::NoTls).unwrap();
        let sql = format!(
            "SELECT n_tup_upd FROM pg_stat_user_tables \
                           WHERE schemaname = '{}' AND relname = 'head'",
            config.schema
        );
        std::thread::sleep(std::time::Duration::from_millis(1500));
        client.query_one(&sql, &[]).unwrap().get(0)
    };
    let before = transactions(&config.url);
    std::thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                for _ in 0..25 {
                    count(&ledger, &source).unwrap();
                }
            });
        }
    });
    let commits = 64 * 25;
    drop(ledger);
    let groups = transactions(&config.url) - before;
    println!("{commits} commits in {groups} transactions");
    assert!(groups > 0 && commits >= 10 * groups, "{groups} transactions for {commits} commits");
}

fn count(ledger: &Ledger, source: &Arc<Fixed>) -> Result<u64, CommitError<()>> {
    let done = ledger.commit(source.id(), |view| {
        let before = view.get::<Zaehler>("a").unwrap().map_or(0, |z| z.value.stand);
        Ok::<_, ()>((vec![set(Zeitpunkt(1), "a", before + 1)], before + 1))
    })?;
    Ok(done.value)
}
