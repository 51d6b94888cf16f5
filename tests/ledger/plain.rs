//! A journal in memory that counts appends and fails when it is told to.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU8, AtomicU64, Ordering},
};

use aktenlauf::ledger::{
    Position,
    journal::{Damage, Error, Journal, Report, Sealed},
};

/// What the next append does.
pub const WORK: u8 = 0;
/// It finds no room and writes nothing.
pub const FULL: u8 = 1;
/// It fails before anything is written.
pub const BREAK: u8 = 2;

/// Taking bodies away fails; appends work.
pub const KEEP: u8 = 3;

/// Shared, so that a test can open the same entries again.
#[derive(Clone, Debug, Default)]
pub struct Plain {
    pub entries: Arc<Mutex<Vec<Sealed>>>,
    pub appends: Arc<AtomicU64>,
    pub quiets: Arc<AtomicU64>,
    pub erases: Arc<AtomicU64>,
    pub mode: Arc<AtomicU8>,
}

impl Plain {
    pub fn set(&self, mode: u8) {
        self.mode.store(mode, Ordering::SeqCst);
    }
}

impl Journal for Plain {
    fn head(&self) -> Position {
        self.entries.lock().unwrap().last().map(|e| e.position).unwrap_or_default()
    }

    fn append(&self, group: &[Sealed]) -> Result<(), Error> {
        assert!(!group.is_empty());
        match self.mode.load(Ordering::SeqCst) {
            FULL => return Err(Error::Full("no room".into())),
            BREAK => return Err(Error::Io(std::io::Error::other("broken"))),
            _ => {}
        }
        // As long as a fast disk takes, so that a group can gather.
        std::thread::sleep(std::time::Duration::from_micros(200));
        self.appends.fetch_add(1, Ordering::SeqCst);
        let mut head = self.head();
        for sealed in group {
            assert!(sealed.fits(head), "the chain is broken at {}", sealed.position.seq);
            head = sealed.position;
        }
        self.entries.lock().unwrap().extend_from_slice(group);
        Ok(())
    }

    fn quiet(&self) -> Result<(), Error> {
        self.quiets.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn read(&self, from: u64, max_entries: usize, max_bytes: usize) -> Result<Vec<Sealed>, Error> {
        let entries = self.entries.lock().unwrap();
        let start = usize::try_from(from.saturating_sub(1)).unwrap();
        let mut bytes = 0;
        let mut found = Vec::new();
        for sealed in entries.iter().skip(start).take(max_entries) {
            bytes += sealed.secret.as_ref().map_or(0, |(_, body)| body.len());
            if bytes > max_bytes && !found.is_empty() {
                break;
            }
            found.push(sealed.clone());
        }
        Ok(found)
    }

    fn erase(&self, seqs: &[u64]) -> Result<(), Error> {
        if self.mode.load(Ordering::SeqCst) == KEEP {
            return Err(Error::Io(std::io::Error::other("broken")));
        }
        self.erases.fetch_add(1, Ordering::SeqCst);
        let mut entries = self.entries.lock().unwrap();
        for sealed in entries.iter_mut().filter(|e| seqs.contains(&e.position.seq)) {
            sealed.secret = None;
        }
        Ok(())
    }

    fn verify(&self, progress: &mut dyn FnMut(u64)) -> Result<Report, Error> {
        let mut report = Report::default();
        for sealed in self.entries.lock().unwrap().iter() {
            if !sealed.fits(report.head) {
                let place = format!("entry {}", sealed.position.seq);
                report.damage.push(Damage { place, offset: None, what: "does not fit".into() });
            }
            report.head = sealed.position;
            report.entries += 1;
            progress(report.entries);
        }
        Ok(report)
    }

    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    fn read_only(&self) -> Option<String> {
        None
    }
}
