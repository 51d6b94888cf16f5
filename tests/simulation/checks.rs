//! What must hold after every start.

use aktenlauf::{
    blob,
    disk::Disk,
    domain::dokument::Dokument,
    ledger::{self, journal::Journal, journal::file::FileJournal},
};
use std::{collections::BTreeMap, path::Path, sync::Arc};
use uuid::Uuid;

use super::{
    house::{House, journal_config, tables},
    world::{Doc, World},
};

impl World {
    pub fn check(&mut self, house: &House) -> Result<(), String> {
        if let Some(why) = &house.read_only {
            return Err(format!("the journal is read-only: {why}"));
        }
        self.check_documents(house)?;
        self.check_entries(house)?;
        let mut report = house.ledger.verify(&mut |_, _| {}).map_err(|e| e.to_string())?;
        if !report.is_sound() {
            return Err(format!("verify finds: {}", report.damages.remove(0)));
        }
        let sealed = self.disk.files().iter().any(|p| p.extension().is_some_and(|e| e == "segz"));
        if sealed {
            self.count("sealed");
        }
        Ok(())
    }

    /// Every acknowledged document is there with its bytes, and no deleted one is.
    fn check_documents(&mut self, house: &House) -> Result<(), String> {
        let found =
            house.ledger.view().kind::<Dokument>(None, 10_000).map_err(|e| e.to_string())?;
        let found: BTreeMap<Uuid, (u64, Dokument)> =
            found.into_iter().map(|stored| (stored.value.id, (stored.seq, stored.value))).collect();
        for (id, content) in std::mem::take(&mut self.doubtful) {
            match (content, found.get(&id)) {
                (Some(content), Some((seq, dokument))) => {
                    let digest = dokument.fassungen[0].formate[0].sha256;
                    self.docs.insert(id, Doc { content, digest, seq: *seq });
                    self.count("unknown was written");
                }
                (None, None) => {
                    if let Some(doc) = self.docs.remove(&id) {
                        self.deleted.insert(id, doc);
                    }
                }
                _ => {}
            }
        }
        for (id, doc) in &self.docs {
            let Some((_, dokument)) = found.get(id) else {
                return Err(format!("document {id}, acknowledged as entry {}, is lost", doc.seq));
            };
            let digest = dokument.fassungen[0].formate[0].sha256;
            match house.store.read(digest) {
                Ok(bytes) if bytes == self.content(doc.content) => {}
                Ok(_) => return Err(format!("document {id} has wrong bytes")),
                Err(blob::Error::Damaged { .. }) if self.rotten.contains(&digest) => {}
                Err(error) => return Err(format!("document {id}: {error}")),
            }
        }
        match found.keys().find(|id| !self.docs.contains_key(id)) {
            Some(id) => Err(format!("document {id} is there and was never acknowledged")),
            None => Ok(()),
        }
    }

    /// Everybody's receipt fits, and what was erased stays erased.
    fn check_entries(&self, house: &House) -> Result<(), String> {
        let mut entries = BTreeMap::new();
        loop {
            let next = entries.len() as u64 + 1;
            let read = house.ledger.entries(next, 500).map_err(|e| e.to_string())?;
            if read.is_empty() {
                break;
            }
            entries.extend(read.into_iter().map(|entry| (entry.position.seq, entry)));
        }
        for receipt in &self.receipts {
            match entries.get(&receipt.seq) {
                Some(entry) if entry.position == *receipt => {}
                Some(_) => return Err(format!("entry {} has another seal", receipt.seq)),
                None => return Err(format!("entry {} is lost", receipt.seq)),
            }
        }
        for seq in &self.erased {
            if entries.get(seq).is_some_and(|entry| entry.body.is_some()) {
                return Err(format!("the body of entry {seq} is back"));
            }
        }
        Ok(())
    }

    /// At the end, stopped: tables built anew are the same, and no flipped bit passes silently.
    pub fn rot(&mut self) -> Result<(), String> {
        let disk: Arc<dyn Disk> = Arc::new(self.disk.clone());
        let open = || FileJournal::open_read_only(journal_config(), Arc::clone(&disk));
        let journal = open().map_err(|e| e.to_string())?;
        let deep = ledger::verify_deep(&journal, &*self.tables, &*tables(), &mut |_, _| {});
        let deep = deep.map_err(|e| e.to_string())?;
        if !deep.is_sound() {
            return Err(format!("built anew: {:?}", deep.damages.first()));
        }
        drop(journal);
        let files: Vec<_> = self.disk.files();
        let files: Vec<_> = files.into_iter().filter(|p| p.starts_with("/data/journal")).collect();
        let Some(path) = self.dice.of(&files) else { return Ok(()) };
        let folder = path.parent().unwrap_or(Path::new("/"));
        let items = self.disk.list(folder).map_err(|e| e.to_string())?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let size = items.iter().find(|item| item.name == name).map_or(0, |item| item.size);
        let (at, bit) = (self.dice.below(size), self.dice.below(8));
        self.disk.flip(path, at, u8::try_from(bit).unwrap()).map_err(|e| e.to_string())?;
        let found = match open() {
            Err(_) => true,
            Ok(journal) => match journal.verify(&mut |_| {}) {
                Err(_) => true,
                Ok(report) => !report.damage.is_empty(),
            },
        };
        if !found {
            return Err(format!("byte {at} of {} was flipped unnoticed", path.display()));
        }
        Ok(())
    }
}
