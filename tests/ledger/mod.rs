//! The ledger: groups, refusals, faults, replay and rebuild, erasure, the check.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use std::{
    ops::Bound,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use aktenlauf::{
    domain::{record::Record, source::Source, verwaltung::Zaehler, zeit::Zeitpunkt},
    ledger::{
        Change, Committed, Config, Draft, Error, Ledger, Report, Subject,
        table::{self, Pair, Table, Write, memory::Memory},
        verify_deep,
    },
};
use uuid::Uuid;

mod check;
mod commits;
mod erasure;
mod plain;
mod random;
mod recovery;
mod tables;
mod views;

use plain::Plain;

/// A clock that a test moves, and a seeded stream of bytes.
#[derive(Debug, Default)]
pub struct Fixed {
    pub millis: AtomicI64,
    state: AtomicU64,
}

impl Fixed {
    pub fn next(&self) -> u64 {
        // splitmix64
        let mut z = self.state.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::SeqCst);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

impl Source for Fixed {
    fn now(&self) -> Zeitpunkt {
        Zeitpunkt(self.millis.load(Ordering::SeqCst))
    }

    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_be_bytes()[..chunk.len()]);
        }
    }
}

/// A table that several ledgers may open, one after the other.
#[derive(Clone, Debug)]
pub struct Same(pub Arc<dyn Table>);

impl Table for Same {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, table::Error> {
        self.0.get(key)
    }
    fn scan(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        reverse: bool,
        limit: usize,
    ) -> Result<Vec<Pair>, table::Error> {
        self.0.scan(from, to, reverse, limit)
    }
    fn commit(&self, batch: &[Write]) -> Result<(), table::Error> {
        self.0.commit(batch)
    }
    fn wipe(&self) -> Result<(), table::Error> {
        self.0.wipe()
    }
}

/// A ledger with what it stands on, which outlives it.
pub struct House {
    pub journal: Plain,
    pub table: Arc<dyn Table>,
    pub source: Arc<Fixed>,
    pub config: Config,
}

impl House {
    pub fn new() -> Self {
        Self::on(Arc::new(Memory::new()))
    }

    pub fn on(table: Arc<dyn Table>) -> Self {
        let source = Arc::new(Fixed::default());
        source.millis.store(1_800_000_000_000, Ordering::SeqCst);
        let config = Config { quiet_ms: 20, ..Config::default() };
        Self { journal: Plain::default(), table, source, config }
    }

    pub fn try_open(&self) -> Result<Ledger, Error> {
        Ledger::open(
            self.config.clone(),
            Box::new(self.journal.clone()),
            Box::new(Same(Arc::clone(&self.table))),
            Arc::clone(&self.source) as Arc<dyn Source>,
            &|_, _| {},
        )
    }

    pub fn open(&self) -> Ledger {
        self.try_open().unwrap()
    }

    pub fn id(&self) -> Uuid {
        self.source.id()
    }

    /// All rows but the meta ones.
    pub fn rows(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut rows =
            self.table.scan(Bound::Unbounded, Bound::Unbounded, false, usize::MAX).unwrap();
        rows.retain(|(key, _)| key[0] != b'm');
        rows
    }
}

/// A draft that concerns `subject` and changes `records`.
pub fn draft(at: Zeitpunkt, subject: &Change, records: Vec<Change>) -> Draft {
    Draft {
        time: at,
        actor: "person:test".into(),
        on_behalf_of: None,
        credential_id: None,
        request_id: None,
        action: "test".into(),
        subject: Subject { kind: subject.kind.clone(), key: subject.key.clone() },
        reason: None,
        records,
        erases: Vec::new(),
    }
}

/// A draft that sets a counter.
pub fn set(at: Zeitpunkt, reihe: &str, stand: u64) -> Draft {
    let change = Change::put(&Zaehler { reihe: reihe.into(), stand }).unwrap();
    draft(at, &change.clone(), vec![change])
}

/// The counter's state.
pub fn get<R: Record>(ledger: &Ledger, key: &str) -> Option<R> {
    ledger.view().get::<R>(key).unwrap().map(|stored| stored.value)
}

/// Commits drafts that must be taken.
pub fn put(ledger: &Ledger, house: &House, drafts: Vec<Draft>) -> Committed<()> {
    ledger.commit(house.id(), |_| Ok::<_, ()>((drafts, ()))).unwrap()
}

/// Everything that can be compared, compared: the rows must be what a rebuild makes.
pub fn report(house: &House) -> Report {
    verify_deep(&house.journal, &*house.table, &Memory::new(), &mut |_, _| {}).unwrap()
}

/// As `report`, and nothing may be wrong.
pub fn verify(house: &House) {
    let report = report(house);
    assert!(report.is_sound(), "{:#?}", report.damages);
    assert_eq!(report.behind, 0);
    assert_eq!(report.rows, house.rows().len() as u64);
}
