//! The work behind the appender's back: making the next segment, sealing full ones.
//!
//! Sealing changes nothing that is needed: it writes a compressed copy, checks it, puts it in
//! place durably, and only then takes the open file away. Whatever fails here is noted and tried
//! again later; entries stay where they are.

use std::{io, sync::Arc, sync::PoisonError, sync::atomic::Ordering};

use super::{
    super::{Damage, Error, Position},
    Inner, Kind, alone,
    bytes::long,
    frame::{Todo, Wrong},
    lock,
    map::{Open, Segment},
    sealed::{self, Index, Writer, place},
    segment::{self, HEADER, Window, clear, temporary},
    shared,
    verify::{self, Check},
};
use crate::disk::Sync;

impl Inner {
    /// Tells the thread that there may be work; without one, does it.
    pub fn wake(&self) {
        if self.config.background {
            lock(&self.work).waiting = true;
            self.wake.notify_all();
        } else {
            self.tend();
        }
    }

    /// What the thread does until it is stopped.
    pub fn work(&self) {
        loop {
            let mut work = lock(&self.work);
            while !work.waiting && !work.stop {
                work = self.wake.wait(work).unwrap_or_else(PoisonError::into_inner);
            }
            if work.stop {
                return;
            }
            work.waiting = false;
            drop(work);
            self.tend();
        }
    }

    fn stopped(&self) -> bool {
        lock(&self.work).stop
    }

    /// Makes the next segment, then seals those that are full.
    pub fn tend(&self) {
        if let Err(error) = self.make_next() {
            self.note(format!("the next segment can't be made yet: {error}"));
        }
        let full = |segment: &Segment| matches!(segment.kind, Kind::Open(_));
        let numbers: Vec<u64> = {
            let map = shared(&self.map);
            let (_, done) = map.segments.split_last().unzip();
            let done: &[Segment] = done.unwrap_or_default();
            done.iter().filter(|s| full(s)).map(|s| s.number).collect()
        };
        for number in numbers {
            // The next segment comes first, always: an appender may be waiting for it.
            if self.stopped() || self.make_next().is_err() {
                return;
            }
            if let Err(error) = self.seal(number) {
                self.note(format!("segment {number} can't be sealed: {error}"));
            }
        }
    }

    fn make_next(&self) -> Result<(), Error> {
        let mut ready = lock(&self.ready);
        if ready.segments.is_empty() && !self.stopped() {
            let made = self.create(ready.number, 0)?;
            ready.number = ready.number.saturating_add(1);
            ready.segments.push(made);
        }
        Ok(())
    }

    /// Seals a full segment.
    fn seal(&self, number: u64) -> Result<(), Error> {
        let path = self.config.dir.join(sealed::name(number));
        let tmp = temporary(&path);
        loop {
            let erasures = self.erasures.load(Ordering::SeqCst);
            let found = shared(&self.map).numbered(number).cloned();
            let Some(Segment { before, kind: Kind::Open(open), .. }) = found else {
                return Ok(());
            };
            let copy = self.copy(number, before, &open);
            let Ok(Some(index)) = copy else {
                clear(&*self.disk, &tmp)?;
                return copy.map(|_| ());
            };
            let _erasing = lock(&self.erasing);
            if erasures != self.erasures.load(Ordering::SeqCst) {
                // The copy may hold a body that is erased by now.
                clear(&*self.disk, &tmp)?;
                continue;
            }
            self.disk.rename(&tmp, &path)?;
            self.disk.sync_dir(&self.config.dir, Sync::SegmentDir)?;
            alone(&self.map).replace(number, Kind::Sealed(Arc::new(index)));
            return Ok(clear(&*self.disk, &self.config.dir.join(segment::name(number)))?);
        }
    }

    /// Writes and checks the compressed copy; none if the thread is to stop.
    fn copy(&self, number: u64, before: Position, open: &Open) -> Result<Option<Index>, Error> {
        let tmp = temporary(&self.config.dir.join(sealed::name(number)));
        clear(&*self.disk, &tmp)?;
        let file = self.disk.create(&tmp)?;
        let mut writer = Writer::new(file, number, before, self.config.block_bytes)?;
        let mut window = Window::new(&*open.file, open.end, Some(&self.bytes));
        let (mut at, mut last) = (HEADER, before);
        let damaged = |at: u64, wrong: &Wrong| {
            let place = place(&segment::name(number));
            let offset = Some(at.saturating_add(wrong.at()));
            Error::Damaged(Damage { place, offset, what: wrong.to_string() })
        };
        while at < open.end {
            if self.stopped() {
                return Ok(None);
            }
            let frame = window.frame(at)?.map_err(|wrong| damaged(at, &wrong))?;
            last = frame.check(Some(last), &Todo::new()).map_err(|wrong| damaged(at, &wrong))?;
            writer.frame(frame.bytes, frame.first_seq)?;
            at += long(frame.bytes.len());
        }
        let index = writer.finish(last)?;
        self.disk.protect(&tmp)?;
        // The open file goes once this one is in place, so what was written is read back first.
        let (todo, mut progress) = (Todo::new(), |_| {});
        let mut check = Check::new(Some(before), &todo, &mut progress);
        verify::sealed_segment(&*self.disk, &tmp, number, &mut check, Some(last))?;
        match check.report.damage.into_iter().next() {
            None => Ok(Some(index)),
            Some(damage) => Err(Error::Io(io::Error::other(damage.to_string()))),
        }
    }
}
