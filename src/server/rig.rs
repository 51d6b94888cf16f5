//! A house for the tests of its jobs: all in memory but for derived texts and index, with a bucket
//! that can be out of reach and a journal that can be full.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
};

use crate::{
    blob::{self, Derived, Fate, Shared},
    disk::local::Local,
    domain::{
        digest::Digest,
        dokument::{Blob, BlobStand, TextZustand, Textstand},
        source::Source,
        zeit::Zeitpunkt,
    },
    ledger::{
        self, Change, Draft, Free, Ledger, Subject, journal::memory::Memory as Journal,
        table::memory::Memory as Table,
    },
    registry::{Config, Registry},
    search,
    text::{self, Limits, Pool},
};

use super::texts::Texts;

#[derive(Debug)]
pub struct Clock {
    pub now: AtomicI64,
    state: AtomicU64,
}

impl Source for Clock {
    fn now(&self) -> Zeitpunkt {
        Zeitpunkt(self.now.load(Ordering::SeqCst))
    }
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let step = 0x9E37_79B9_7F4A_7C15_u64;
            let seen = self.state.fetch_add(step, Ordering::SeqCst);
            *byte = (seen ^ (seen >> 29)).wrapping_mul(step).to_be_bytes()[0];
        }
    }
}

pub struct Rig {
    pub source: Arc<Clock>,
    pub bucket: Shared,
    pub full: Arc<AtomicBool>,
    pub derived: Arc<Derived>,
    pub registry: Registry,
    folder: tempfile::TempDir,
}

impl Rig {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now = AtomicI64::new(1_800_000_000_000);
        let source = Arc::new(Clock { now, state: AtomicU64::new(1) });
        let (bucket, full) = (Shared::default(), Arc::new(AtomicBool::new(false)));
        let room = Arc::clone(&full);
        let free = Free::new(move || Ok(u64::from(!room.load(Ordering::SeqCst))));
        let config =
            ledger::Config { reserve_bytes: 1, free: Some(free), ..ledger::Config::default() };
        let (journal, table) = (Box::new(Journal::new()), Box::new(Table::new()));
        let ledger = Ledger::open(config, journal, table, source.clone(), &|_, _| {}).unwrap();
        let disk = Arc::new(Local::new());
        let derived = Arc::new(Derived::open(folder.path().join("derived"), disk).unwrap());
        let index = search::Index::open(&folder.path().join("index"), 20 << 20).unwrap();
        let registry = Registry::new(
            Arc::new(ledger),
            Arc::new(blob::Store::memory_shared(&bucket, source.clone())),
            derived.clone(),
            Arc::new(index),
            source.clone(),
            Config::default(),
        );
        Self { source, bucket, full, derived, registry, folder }
    }

    /// Puts the bucket out of reach, or back.
    pub fn away(&self, away: bool) {
        self.bucket.hook(move |_| if away { Fate::Lost } else { Fate::Done });
    }

    /// Bytes that no record names.
    pub fn publish(&self, bytes: &[u8]) -> Digest {
        self.deposit(bytes).0
    }

    fn deposit(&self, bytes: &[u8]) -> (Digest, blob::Deposit) {
        let blobs = self.registry.blobs();
        let mut staging = blobs.stage().unwrap();
        staging.write(bytes).unwrap();
        let staged = staging.finish().unwrap();
        let lock = blobs.lock(staged.digest);
        (staged.digest, blobs.publish(&staged, None, &lock).unwrap())
    }

    /// A blob whose text waits.
    pub fn blob(&self, bytes: &[u8]) -> Digest {
        self.blob_of(bytes, 0)
    }

    /// The same with a priority.
    pub fn blob_of(&self, bytes: &[u8], vorrang: u8) -> Digest {
        self.put(bytes, TextZustand::Offen { vorrang, seit: self.source.now() })
    }

    /// A blob whose text the first readers made.
    pub fn old_text(&self, text: &str) -> Digest {
        let (seiten_ohne_text, guete) = (None, None);
        let zustand = TextZustand::Bereit { zeichen: 1, seiten: None, seiten_ohne_text, guete };
        self.put(text.as_bytes(), zustand)
    }

    fn put(&self, bytes: &[u8], zustand: TextZustand) -> Digest {
        let (sha256, deposit) = self.deposit(bytes);
        let (groesse, ablage) = (bytes.len() as u64, deposit.ablage);
        let blob = Blob { sha256, groesse, ablage, stand: BlobStand::Vorhanden };
        let stand = Textstand { sha256, medientyp: "text/plain".into(), leser: None, zustand };
        let draft = Draft {
            time: self.source.now(),
            actor: "test".into(),
            on_behalf_of: None,
            credential_id: None,
            request_id: None,
            action: "blob_ohne_dokument".into(),
            subject: Subject { kind: "blob".into(), key: sha256.to_string() },
            reason: None,
            records: vec![Change::put(&blob).unwrap(), Change::put(&stand).unwrap()],
            erases: vec![],
        };
        let id = self.source.id();
        let ledger = self.registry.ledger();
        ledger.commit::<(), ()>(id, move |_| Ok((vec![draft], ()))).unwrap();
        sha256
    }

    /// The blob and all that belongs to it goes, as another node would do it.
    pub fn delete(&self, digest: Digest) {
        let jobs = self.registry.jobs();
        jobs.verurteilen(digest, "Test").unwrap();
        assert_eq!(jobs.verurteilte_loeschen(0, 10).unwrap(), 1);
    }

    /// Where the text of a blob is kept.
    pub fn derived_file(&self, digest: Digest) -> PathBuf {
        let hex = digest.to_string();
        let kind = format!("derived/{}-{}", text::KIND, text::VERSION);
        self.folder.path().join(kind).join(&hex[..2]).join(hex)
    }

    /// One node's job, which has no workers.
    pub fn texts(&self) -> Texts {
        let program = PathBuf::from("/nowhere/aktenlauf");
        let pool = Arc::new(Pool::new(program, Limits::default(), 1));
        Texts::new(&self.registry, Arc::clone(&self.derived), &*self.source, pool)
    }
}
