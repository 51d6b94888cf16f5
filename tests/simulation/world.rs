//! One seed's history: what was done, what was acknowledged, and how it went on after each cut.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use aktenlauf::{
    disk::{Sync, faulty::Faulty},
    domain::{digest::Digest, dokument::Ablage},
    ledger::{Position, table::Table, table::faulty::Faulty as Tables},
};
use uuid::Uuid;

use super::house::{Clock, Dice, Failed, House, disk, tables};
use crate::blob::{noise, prose};

/// A document that a push was acknowledged for.
#[derive(Clone, Debug)]
pub struct Doc {
    pub content: u64,
    pub digest: Digest,
    pub seq: u64,
}

/// What the outside world knows.
#[derive(Debug)]
pub struct World {
    pub dice: Dice,
    pub source: Arc<Clock>,
    pub disk: Faulty,
    pub tables: Arc<Tables>,
    skip: Option<Sync>,
    contents: Vec<Vec<u8>>,
    /// Acknowledged, and not deleted by an acknowledged call.
    pub docs: BTreeMap<Uuid, Doc>,
    /// Deleted by an acknowledged call.
    pub deleted: BTreeMap<Uuid, Doc>,
    /// Calls whose outcome nobody knows: the content of the push, or none for a deletion.
    pub doubtful: BTreeMap<Uuid, Option<u64>>,
    /// What callers were told: an entry's number and seal.
    pub receipts: Vec<Position>,
    /// Entries whose erasure was acknowledged.
    pub erased: BTreeSet<u64>,
    /// Digests whose stored bytes we have turned over ourselves.
    pub rotten: BTreeSet<Digest>,
    pub counts: BTreeMap<&'static str, u64>,
}

/// Contents are few, so that equal bytes come again and again.
fn content(seed: u64, number: u64) -> Vec<u8> {
    const SIZES: [usize; 10] = [3, 700, 5_000, 20_000, 9_000, 40_000, 1_500, 300_000, 0, 270_000];
    let (seed, len) = (seed * 100 + number, SIZES[usize::try_from(number).unwrap()]);
    if number.is_multiple_of(2) { noise(seed, len) } else { prose(seed, len) }
}

/// The service can't go on before the next start.
pub struct Ended;

impl World {
    pub fn new(seed: u64, skip: Option<Sync>) -> Self {
        let mut world = Self {
            dice: Dice::new(seed),
            source: Clock::new(seed),
            disk: disk(seed),
            tables: tables(),
            skip,
            contents: (0..10).map(|number| content(seed, number)).collect(),
            docs: BTreeMap::new(),
            deleted: BTreeMap::new(),
            doubtful: BTreeMap::new(),
            receipts: Vec::new(),
            erased: BTreeSet::new(),
            rotten: BTreeSet::new(),
            counts: BTreeMap::new(),
        };
        world.dress();
        world
    }

    /// The disk's settings, which a cut does not carry over.
    fn dress(&mut self) {
        self.source.set(&self.disk);
        if let Some(what) = self.skip {
            self.disk.skip(what);
        }
    }

    pub fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    pub fn content(&self, number: u64) -> &[u8] {
        &self.contents[usize::try_from(number).unwrap()]
    }

    /// Goes through the whole history; what was lost, if anything was.
    pub fn run(mut self) -> Result<BTreeMap<&'static str, u64>, String> {
        for _ in 0..2 + self.dice.below(3) {
            self.epoch()?;
        }
        let house = self.start()?;
        house.ledger.close();
        drop(house);
        self.rot()?;
        Ok(self.counts)
    }

    /// From one start to the next cut.
    fn epoch(&mut self) -> Result<(), String> {
        let house = self.start()?;
        match self.dice.below(4) {
            0 => self.disk.fail_after(self.dice.below(400)),
            1 => {}
            _ => self.disk.off_after(self.dice.below(900)),
        }
        for _ in 0..10 + self.dice.below(50) {
            if let Err(Ended) = self.step(&house)? {
                break;
            }
        }
        if self.dice.below(3) == 0 {
            house.ledger.close();
        }
        drop(house);
        // Either the process alone ends, or the power does.
        if self.disk.is_off() || self.dice.below(3) > 0 {
            self.cut();
        } else {
            self.count("killed");
            self.disk.calm();
            self.disk.set_room(u64::MAX);
        }
        Ok(())
    }

    pub fn cut(&mut self) {
        self.count("cut");
        *self.counts.entry("calls").or_default() += self.disk.calls();
        self.disk = self.disk.cut(self.dice.throw());
        self.disk.set_room(u64::MAX);
        self.dress();
        match self.dice.below(3) {
            0 => {
                self.count("lost");
                self.tables.wipe().unwrap();
            }
            1 => {
                let batches = usize::try_from(self.dice.below(20)).unwrap();
                if self.tables.power_cut(batches).unwrap() > 0 {
                    self.count("stale");
                }
            }
            _ => {}
        }
    }

    /// Starts and checks everything; sometimes the power goes in the middle of the start.
    pub fn start(&mut self) -> Result<House, String> {
        while self.dice.below(4) == 0 {
            self.disk.off_after(self.dice.below(600));
            drop(House::open(&self.disk, &self.tables, &self.source));
            if !self.disk.is_off() {
                self.count("started before the cut");
            }
            self.cut();
        }
        let house = House::open(&self.disk, &self.tables, &self.source)?;
        self.check(&house)?;
        Ok(house)
    }

    /// One call, chosen by the dice.
    fn step(&mut self, house: &House) -> Result<Result<(), Ended>, String> {
        self.source.pass(1, &self.disk);
        let done = match self.dice.below(20) {
            0..=7 => self.push(house),
            8 => self.abandon(house),
            9..=11 => self.delete(house),
            12..=13 => self.remove(house),
            14 => self.sweep(house),
            15..=16 => self.erase(house),
            17 => return self.read(house).map(Ok),
            18 => return Ok(self.rot_and_heal(house)),
            _ => {
                let full = self.dice.below(2) == 0;
                let room = if full { self.used() + self.dice.below(30_000) } else { u64::MAX };
                self.disk.set_room(room);
                Ok(())
            }
        };
        Ok(self.ended(done))
    }

    fn used(&self) -> u64 {
        use aktenlauf::disk::Disk;
        self.disk.set_room(u64::MAX);
        u64::MAX - self.disk.free(std::path::Path::new("/data")).unwrap()
    }

    fn ended(&mut self, done: Result<(), Failed>) -> Result<(), Ended> {
        match done {
            Ok(()) => Ok(()),
            Err(Failed::Later) if self.disk.is_off() => Err(Ended),
            Err(Failed::Later) => {
                self.count("refused");
                Ok(())
            }
            Err(Failed::Ended) => Err(Ended),
            Err(Failed::Unknown) => {
                self.count("unknown");
                Err(Ended)
            }
        }
    }

    fn push(&mut self, house: &House) -> Result<(), Failed> {
        let content = self.dice.below(10);
        let again = self.docs.values().any(|doc| doc.content == content);
        let pushed = self.push_content(house, content);
        if pushed.is_ok() {
            self.count(if again { "again" } else { "push" });
        }
        pushed
    }

    /// A push that ends between publishing and its commit.
    fn abandon(&mut self, house: &House) -> Result<(), Failed> {
        let staged = house.stage(self.content(self.dice.below(10)))?;
        let lock = house.store.lock(staged.digest);
        let known = house.knows(staged.digest);
        let known = known.then(Ablage::default);
        house.store.publish(&staged, known, &lock).map(drop).map_err(|_| Failed::Later)
    }

    fn push_content(&mut self, house: &House, content: u64) -> Result<(), Failed> {
        use sha2::Digest as _;
        let (id, bytes) = (Uuid::from_u128(u128::from(self.dice.throw())), self.content(content));
        let digest = Digest(sha2::Sha256::digest(bytes).into());
        let padding = usize::try_from(self.dice.below(1500)).unwrap();
        match house.push(id, bytes, padding) {
            Ok(position) => {
                self.receipts.push(position);
                self.docs.insert(id, Doc { content, digest, seq: position.seq });
                self.rotten.remove(&digest);
                Ok(())
            }
            Err(failed) => {
                if let Failed::Unknown = failed {
                    self.doubtful.insert(id, Some(content));
                }
                Err(failed)
            }
        }
    }

    fn pick(&self) -> Option<(Uuid, Doc)> {
        let ids: Vec<_> = self.docs.keys().copied().collect();
        let id = *self.dice.of(&ids)?;
        Some((id, self.docs.get(&id)?.clone()))
    }

    fn delete(&mut self, house: &House) -> Result<(), Failed> {
        let Some((id, doc)) = self.pick() else { return Ok(()) };
        match house.delete(id, doc.digest) {
            Ok(position) => {
                self.receipts.push(position);
                self.docs.remove(&id);
                self.deleted.insert(id, doc);
                self.count("deleted");
                Ok(())
            }
            Err(failed) => {
                if let Failed::Unknown = failed {
                    self.doubtful.insert(id, None);
                }
                Err(failed)
            }
        }
    }

    fn remove(&mut self, house: &House) -> Result<(), Failed> {
        let digests: BTreeSet<_> = self.deleted.values().map(|doc| doc.digest).collect();
        for digest in digests {
            if house.remove(digest)? {
                self.count("removed");
            }
        }
        Ok(())
    }

    fn sweep(&mut self, house: &House) -> Result<(), Failed> {
        self.source.pass(30, &self.disk);
        let swept = house.sweep()?;
        *self.counts.entry("swept").or_default() += swept;
        Ok(())
    }

    /// Erases the entries of deleted documents.
    fn erase(&mut self, house: &House) -> Result<(), Failed> {
        let seqs: Vec<u64> = self.deleted.values().map(|doc| doc.seq).collect();
        let mut open = seqs;
        open.retain(|seq| !self.erased.contains(seq));
        open.sort_unstable();
        open.truncate(3);
        if open.is_empty() {
            return Ok(());
        }
        let position = house.erase(open.clone())?;
        self.receipts.push(position);
        self.erased.extend(open);
        self.count("erased");
        Ok(())
    }

    /// Bytes may be refused (the disk fails), never be wrong.
    fn read(&mut self, house: &House) -> Result<(), String> {
        let Some((_, doc)) = self.pick() else { return Ok(()) };
        match house.store.read(doc.digest) {
            Ok(bytes) if bytes != self.content(doc.content) => Err("wrong bytes were read".into()),
            _ => Ok(()),
        }
    }

    /// The stored file of a digest, if there is one.
    pub fn file(&self, digest: Digest) -> Option<PathBuf> {
        let hex = digest.to_string();
        let is_it = |path: &PathBuf| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&hex))
        };
        self.disk.files().into_iter().find(is_it)
    }

    /// Turns a bit over in a stored file; the same bytes, pushed again, replace it.
    fn rot_and_heal(&mut self, house: &House) -> Result<(), Ended> {
        let Some((_, doc)) = self.pick() else { return Ok(()) };
        let Some(path) = self.file(doc.digest) else { return Ok(()) };
        let (at, bit) = (self.dice.below(3), 5);
        if self.disk.flip(&path, at, bit).is_err() {
            return Ok(());
        }
        self.rotten.insert(doc.digest);
        let healed = self.push_content(house, doc.content);
        if healed.is_ok() {
            self.count("healed");
        }
        self.ended(healed)
    }
}
