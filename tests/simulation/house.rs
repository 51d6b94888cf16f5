//! A store and a ledger on one simulated disk, and what a push, a deletion and a sweep do with
//! them: as the registry does it, without the registry.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use aktenlauf::{
    blob::{self, DigestLock, Staged, Store},
    disk::{Disk, Sync, faulty::Faulty},
    domain::{
        digest::Digest,
        dokument::{Ablage, Blob, BlobStand, Dokument, Fassung, Ort, Primaerdokument},
        record::{Index, Parts, Record},
        source::Source,
        verwaltung::Loeschung,
        zeit::Zeitpunkt,
    },
    ledger::{
        self, Change, CommitError, Draft, Ledger, Position, Subject, View,
        journal::{
            Journal,
            file::{Config as JournalConfig, FileJournal},
        },
        table::{Table, faulty::Faulty as Tables},
    },
};
use uuid::Uuid;

/// Seeded dice: splitmix64.
#[derive(Debug)]
pub struct Dice(AtomicU64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed.wrapping_mul(0xD6E8_FEB8_6659_FD93)))
    }

    pub fn throw(&self) -> u64 {
        let step = 0x9E37_79B9_7F4A_7C15_u64;
        let mut z = self.0.fetch_add(step, Ordering::SeqCst).wrapping_add(step);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&self, end: u64) -> u64 {
        self.throw() % end.max(1)
    }

    pub fn of<'a, T>(&self, list: &'a [T]) -> Option<&'a T> {
        list.get(usize::try_from(self.below(list.len() as u64)).unwrap())
    }
}

/// The simulation's clock, in step with the disk's.
#[derive(Debug)]
pub struct Clock {
    millis: AtomicI64,
    dice: Dice,
}

impl Clock {
    pub fn new(seed: u64) -> Arc<Self> {
        let millis = AtomicI64::new(1_800_000_000_000);
        Arc::new(Self { millis, dice: Dice::new(!seed) })
    }

    pub fn pass(&self, hours: i64, disk: &Faulty) {
        self.millis.fetch_add(hours * 3_600_000, Ordering::SeqCst);
        self.set(disk);
    }

    pub fn set(&self, disk: &Faulty) {
        let millis = u64::try_from(self.now().0).unwrap();
        disk.set_time(SystemTime::UNIX_EPOCH + Duration::from_millis(millis));
    }
}

impl Source for Clock {
    fn now(&self) -> Zeitpunkt {
        Zeitpunkt(self.millis.load(Ordering::SeqCst))
    }
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.dice.throw().to_be_bytes()[..chunk.len()]);
        }
    }
}

/// Tables that outlive a ledger.
#[derive(Clone, Debug)]
pub struct Shared(pub Arc<Tables>);

type TableResult<T> = Result<T, ledger::table::Error>;

impl Table for Shared {
    fn get(&self, key: &[u8]) -> TableResult<Option<Vec<u8>>> {
        self.0.get(key)
    }
    fn scan(
        &self,
        from: std::ops::Bound<&[u8]>,
        to: std::ops::Bound<&[u8]>,
        reverse: bool,
        limit: usize,
    ) -> TableResult<Vec<ledger::table::Pair>> {
        self.0.scan(from, to, reverse, limit)
    }
    fn commit(&self, batch: &[ledger::table::Write]) -> TableResult<()> {
        self.0.commit(batch)
    }
    fn wipe(&self) -> TableResult<()> {
        self.0.wipe()
    }
}

pub fn tables() -> Arc<Tables> {
    Arc::new(Tables::new(Arc::new(ledger::table::memory::Memory::new())))
}

/// Segments small enough that each run fills and seals some; no thread, so that a seed repeats.
pub fn journal_config() -> JournalConfig {
    JournalConfig {
        segment_bytes: 16 << 10,
        block_bytes: 4 << 10,
        background: false,
        ..JournalConfig::new("/data/journal")
    }
}

/// An empty disk on which the data directory is durable.
pub fn disk(seed: u64) -> Faulty {
    let disk = Faulty::new(seed);
    disk.make_dir(Path::new("/data")).unwrap();
    disk.sync_dir(Path::new("/"), Sync::SegmentDir).unwrap();
    disk
}

/// What runs between two starts.
#[derive(Debug)]
pub struct House {
    pub store: Store,
    pub ledger: Ledger,
    pub source: Arc<Clock>,
    pub read_only: Option<String>,
}

/// Why a push or a deletion did not come to its end.
#[derive(Clone, Copy, Debug)]
pub enum Failed {
    /// Nothing was written, later may do.
    Later,
    /// Nothing was written, nothing will be.
    Ended,
    /// Nobody knows.
    Unknown,
}

/// The digest was condemned since the push looked.
#[derive(Debug)]
pub struct Condemned;

impl House {
    pub fn open(disk: &Faulty, tables: &Arc<Tables>, source: &Arc<Clock>) -> Result<Self, String> {
        let whole: Arc<dyn Disk> = Arc::new(disk.clone());
        let clock = Arc::clone(source) as Arc<dyn Source>;
        let config = blob::Config {
            dir: "/data/blobs".into(),
            compress_level: 1,
            own_filesystem: source.dice.below(3) == 0,
            reserve_bytes: 0,
        };
        let store = Store::open(config, Arc::clone(&whole), Arc::clone(&clock));
        let store = store.map_err(|e| format!("the store does not open: {e}"))?;
        let journal = FileJournal::open(journal_config(), whole);
        let journal = journal.map_err(|e| format!("the journal does not open: {e}"))?;
        let read_only = journal.read_only();
        let config = ledger::Config { quiet_ms: 3_600_000, ..ledger::Config::default() };
        let tables = Box::new(Shared(Arc::clone(tables)));
        let ledger = Ledger::open(config, Box::new(journal), tables, clock, &|_, _| {});
        let ledger = ledger.map_err(|e| format!("the ledger does not open: {e}"))?;
        Ok(Self { store, ledger, source: Arc::clone(source), read_only })
    }

    /// Commits, and waits until the writer has nothing left to do: it answers before it erases and
    /// seals, and a seed repeats only if nobody works beside it.
    fn commit(
        &self,
        decide: impl FnOnce(&View<'_>) -> Result<(Vec<Draft>, ()), Condemned> + Send + 'static,
    ) -> Result<Position, CommitError<Condemned>> {
        let done = self.ledger.commit(self.source.id(), decide);
        let nothing = |_: &View<'_>| Ok::<_, Condemned>((Vec::new(), ()));
        let _ = self.ledger.commit(self.source.id(), nothing);
        Ok(done?.last)
    }

    pub fn stage(&self, bytes: &[u8]) -> Result<Staged, Failed> {
        let mut staging = self.store.stage().map_err(later)?;
        for part in bytes.chunks(60_000) {
            staging.write(part).map_err(later)?;
        }
        staging.finish().map_err(later)
    }

    /// Whether the ledger holds the digest as present.
    pub fn knows(&self, digest: Digest) -> bool {
        stand(&self.ledger.view(), digest) == Some(BlobStand::Vorhanden)
    }

    /// The commit of a push. `relied`: the stored copy was taken for good, nothing was written.
    pub fn commit_push(
        &self,
        id: Uuid,
        staged: &Staged,
        relied: bool,
        padding: usize,
    ) -> Result<Result<Position, Condemned>, Failed> {
        let (digest, size, now) = (staged.digest, staged.size, self.source.now());
        let decide = move |view: &View<'_>| {
            let present = stand(view, digest) == Some(BlobStand::Vorhanden);
            if relied && !present {
                return Err(Condemned);
            }
            let mut drafts = Vec::new();
            if !present {
                let blob = Blob {
                    sha256: digest,
                    groesse: size,
                    ablage: Ablage::default(),
                    stand: BlobStand::Vorhanden,
                };
                drafts.push(draft(now, vec![put(&blob)], padding));
            }
            drafts.push(draft(now, vec![put(&dokument(id, digest, size, now))], padding));
            Ok((drafts, ()))
        };
        match self.commit(decide) {
            Ok(position) => Ok(Ok(position)),
            Err(CommitError::Refused(condemned)) => Ok(Err(condemned)),
            Err(error) => Err(failed(error)),
        }
    }

    /// A whole push: returns once bytes and entry are durable.
    pub fn push(&self, id: Uuid, bytes: &[u8], padding: usize) -> Result<Position, Failed> {
        let staged = self.stage(bytes)?;
        let lock = self.store.lock(staged.digest);
        let mut known = self.knows(staged.digest);
        loop {
            self.store.publish(&staged, known.then(Ablage::default), &lock).map_err(later)?;
            match self.commit_push(id, &staged, known, padding)? {
                Ok(position) => return Ok(position),
                Err(Condemned) => known = false,
            }
        }
    }

    /// Deletes a document; condemns its bytes if it was the last one that refers to them.
    pub fn delete(&self, id: Uuid, digest: Digest) -> Result<Position, Failed> {
        let now = self.source.now();
        let decide = move |view: &View<'_>| {
            let Some(stored) = view.get::<Dokument>(&id.to_string()).unwrap() else {
                return Err(Condemned);
            };
            let mut changes = vec![Change::delete(Dokument::KIND, id.to_string())];
            if references(view, digest) == [id] {
                let groesse = stored.value.fassungen[0].formate[0].groesse;
                let stand = BlobStand::Verurteilt { seit: now };
                changes.push(put(&Blob {
                    sha256: digest,
                    groesse,
                    ablage: Ablage::default(),
                    stand,
                }));
            }
            Ok((vec![draft(now, changes, 0)], ()))
        };
        self.commit(decide).map_err(failed)
    }

    /// True if the ledger has condemned the digest and nobody refers to it.
    pub fn may_remove(&self, digest: Digest) -> bool {
        let view = self.ledger.view();
        matches!(stand(&view, digest), Some(BlobStand::Verurteilt { .. }))
            && references(&view, digest).is_empty()
    }

    /// Says that condemned bytes are gone. The lock has been held since `may_remove`.
    pub fn commit_removal(&self, lock: &DigestLock) -> Result<(), Failed> {
        let (digest, now) = (lock.digest(), self.source.now());
        let decide = move |view: &View<'_>| {
            if !matches!(stand(view, digest), Some(BlobStand::Verurteilt { .. })) {
                return Err(Condemned);
            }
            let gone = Change::delete(Blob::KIND, digest.to_string());
            Ok((vec![draft(now, vec![gone], 0)], ()))
        };
        self.commit(decide).map(|_| ()).map_err(failed)
    }

    /// Removes the bytes of a condemned digest. True if it did.
    pub fn remove(&self, digest: Digest) -> Result<bool, Failed> {
        let lock = self.store.lock(digest);
        if !self.may_remove(digest) {
            return Ok(false);
        }
        self.store.remove(digest, Ablage::default(), &lock).map_err(later)?;
        self.commit_removal(&lock)?;
        Ok(true)
    }

    /// Removes files that no record tells of, if they are old enough. Returns how many.
    pub fn sweep(&self) -> Result<u64, Failed> {
        let mut swept = 0;
        for found in self.store.list() {
            let found = found.map_err(later)?;
            let lock = self.store.lock(found.digest);
            if self.store.settled(&found) && stand(&self.ledger.view(), found.digest).is_none() {
                self.store.remove(found.digest, found.ablage, &lock).map_err(later)?;
                swept += 1;
            }
        }
        Ok(swept)
    }

    /// Orders that the bodies of these entries be erased.
    pub fn erase(&self, seqs: Vec<u64>) -> Result<Position, Failed> {
        let (now, id) = (self.source.now(), self.source.id());
        let decide = move |_: &View<'_>| {
            let order = put(&Loeschung { id, seqs: seqs.clone() });
            let draft = Draft { erases: seqs, ..draft(now, vec![order], 0) };
            Ok((vec![draft], ()))
        };
        self.commit(decide).map_err(failed)
    }
}

fn later(_: blob::Error) -> Failed {
    Failed::Later
}

fn failed(error: CommitError<Condemned>) -> Failed {
    match error {
        CommitError::Unknown(_) => Failed::Unknown,
        CommitError::ReadOnly(_) => Failed::Ended,
        CommitError::Duplicate { .. } => panic!("no id is used twice: {error}"),
        CommitError::Refused(_)
        | CommitError::Full
        | CommitError::Unreachable(_)
        | CommitError::Ledger(_) => Failed::Later,
    }
}

pub fn stand(view: &View<'_>, digest: Digest) -> Option<BlobStand> {
    Some(view.get::<Blob>(&digest.to_string()).unwrap()?.value.stand)
}

fn references(view: &View<'_>, digest: Digest) -> Vec<Uuid> {
    let prefix = Parts::new().bytes(&digest.0);
    let rows = view.scan(Index::DokumentBlob, &prefix, None, false, 100).unwrap();
    rows.iter().map(|row| row.key.parse().unwrap()).collect()
}

fn put(record: &impl Record) -> Change {
    Change::put(record).unwrap()
}

/// A draft about its first record. `padding`: bytes that fill the journal.
fn draft(time: Zeitpunkt, records: Vec<Change>, padding: usize) -> Draft {
    let subject = Subject { kind: records[0].kind.clone(), key: records[0].key.clone() };
    Draft {
        time,
        actor: "system".into(),
        on_behalf_of: None,
        credential_id: None,
        request_id: None,
        action: "test".into(),
        subject,
        reason: Some("x".repeat(padding)),
        records,
        erases: Vec::new(),
    }
}

fn dokument(id: Uuid, sha256: Digest, groesse: u64, now: Zeitpunkt) -> Dokument {
    let (dateiname, medientyp) = ("brief.pdf".into(), "application/pdf".into());
    let formate = vec![Primaerdokument { sha256, groesse, dateiname, medientyp }];
    let fassung = Fassung { nummer: 1, formate, angelegt_von: "system".into(), angelegt: now };
    Dokument {
        id,
        ort: Ort::Posteingang { oe: Uuid::nil(), rechteklasse: 1 },
        betreff: "Antrag".into(),
        typ: None,
        posteingangsdatum: now.datum(),
        postausgangsdatum: None,
        datum: None,
        fremdes_geschaeftszeichen: None,
        absender: None,
        empfaenger: None,
        bemerkung: None,
        fremd_id: None,
        quelle: None,
        fassungen: vec![fassung],
        storno: None,
        angelegt: now,
        geaendert: now,
    }
}
