//! Taking bodies away: in place in an open segment, by rewriting a sealed one.
//!
//! What is to go is first written down (`erase.todo`, seqs and digests), so that a crash at any
//! line is finished by the next start and a half-erased body is never taken for rot. Bytes that
//! recovery cut off are removed by any erasure, all of them: they were never acknowledged, nobody
//! can tell whose they are, and one may be the twin of an erased body.

use std::{collections::BTreeSet, sync::Arc, sync::atomic::Ordering};

use super::{
    super::{Damage, Error},
    Inner, Kind, alone, aside,
    bytes::long,
    frame::{Frame, Todo},
    full, lock,
    map::{Open, Segment},
    names::Name,
    sealed::{self, Index, Writer, place},
    segment::{self, Window, clear},
    shared,
};
use crate::disk::{File, Sync};

impl Inner {
    /// As `Journal::erase`.
    pub fn erase(&self, seqs: &[u64]) -> Result<(), Error> {
        self.may_write()?;
        let _erasing = lock(&self.erasing);
        let head = shared(&self.map).head.seq;
        let seqs: BTreeSet<u64> =
            seqs.iter().copied().filter(|seq| (1..=head).contains(seq)).collect();
        let mut todo = Todo::new();
        for seq in &seqs {
            let found = self.read(*seq, 1, 0)?;
            todo.extend(found.iter().filter(|e| e.secret.is_some()).map(|e| (*seq, e.digest)));
        }
        if seqs.is_empty() {
            return Ok(());
        }
        self.erasures.fetch_add(1, Ordering::SeqCst);
        let done = self.clear_copies().and_then(|()| {
            if todo.is_empty() {
                return Ok(());
            }
            aside::put_todo(&*self.disk, &self.config.dir, &todo).map_err(full)?;
            self.finish_erasures(&todo)
        });
        // A sealing that began since may have read what is gone now: it sees the second step.
        self.erasures.fetch_add(1, Ordering::SeqCst);
        done
    }

    /// Removes files in which a body may stand besides its segment.
    fn clear_copies(&self) -> Result<(), Error> {
        let dir = &self.config.dir;
        let mut removed = false;
        for item in self.disk.list(dir)? {
            let sealed = |number| {
                let map = shared(&self.map);
                map.numbered(number).map(|s| matches!(s.kind, Kind::Sealed(_)))
            };
            let copy = match Name::read(&item.name) {
                Name::Cut => true,
                // A segment in the making holds nothing but zeros.
                Name::Temporary => !item.name.ends_with(".seg.tmp"),
                Name::Open(number) => sealed(number) == Some(true),
                Name::Sealed(number) => sealed(number) == Some(false),
                Name::Todo | Name::Unknown => false,
            };
            if copy {
                clear(&*self.disk, &dir.join(&item.name))?;
                removed = true;
            }
        }
        if removed {
            self.disk.sync_dir(dir, Sync::SegmentDir)?;
        }
        Ok(())
    }

    /// Does the erasures that are written down, and then takes the list away.
    pub fn finish_erasures(&self, todo: &Todo) -> Result<(), Error> {
        let segments: BTreeSet<u64> = {
            let map = shared(&self.map);
            todo.keys().filter_map(|seq| map.find(*seq)).map(|segment| segment.number).collect()
        };
        for number in segments {
            let found = shared(&self.map).numbered(number).cloned();
            match found {
                Some(Segment { kind: Kind::Sealed(index), .. }) => self.rewrite(&index, todo)?,
                Some(Segment { kind: Kind::Open(open), .. }) => {
                    self.overwrite(number, &open, todo)?;
                }
                None => {}
            }
        }
        // Its name may come back after a power cut; then the same is done again, to no effect.
        Ok(clear(&*self.disk, &self.config.dir.join(aside::TODO))?)
    }

    /// Erases in an open segment, in place.
    fn overwrite(&self, number: u64, open: &Open, todo: &Todo) -> Result<(), Error> {
        let name = segment::name(number);
        let _writer = lock(&self.writer);
        let _bytes = alone(&self.bytes);
        let mut window = Window::new(&*open.file, open.end, None);
        let mut writes = Vec::new();
        for seq in todo.keys() {
            let mut at = open.place(*seq);
            while at < open.end {
                let frame = window.frame(at)?.map_err(|wrong| {
                    let (place, what) = (place(&name), wrong.to_string());
                    Error::Damaged(Damage { place, offset: Some(at), what })
                })?;
                let behind = frame.first_seq.saturating_add(u64::from(frame.count));
                if behind > *seq {
                    let only = todo.range(*seq..=*seq).map(|(seq, digest)| (*seq, *digest));
                    let found: Vec<_> = edits(&frame, &only.collect()).collect();
                    writes.extend(found.into_iter().map(|(o, bytes)| (at + long(o), bytes)));
                    break;
                }
                at += long(frame.bytes.len());
            }
        }
        if writes.is_empty() {
            return Ok(());
        }
        // A sync that fails may hide the failure of an append's bytes, so it poisons as well.
        writes
            .iter()
            .try_for_each(|(at, bytes)| open.file.write_at(bytes, *at))
            .and_then(|()| open.file.sync(Sync::Journal))
            .map_err(|error| self.poisoned(error))
    }

    /// Erases in a sealed segment: writes it anew without the bodies.
    fn rewrite(&self, index: &Index, todo: &Todo) -> Result<(), Error> {
        let (disk, dir) = (&*self.disk, &self.config.dir);
        let path = dir.join(sealed::name(index.number));
        let tmp = dir.join(format!("{:08}.erase.tmp", index.number));
        clear(disk, &tmp)?;
        let old = disk.open(&path, false)?;
        let new = disk.create(&tmp)?;
        let written = self.write_anew(&*old, new, index, todo);
        let index = match written.and_then(|index| Ok(disk.protect(&tmp).map(|()| index)?)) {
            Ok(index) => index,
            Err(error) => {
                // It holds nothing that is needed, and the next start removes it as well.
                let _ = clear(disk, &tmp);
                return Err(if let Error::Io(error) = error { full(error) } else { error });
            }
        };
        {
            let _bytes = alone(&self.bytes);
            disk.rename(&tmp, &path)?;
            alone(&self.map).replace(index.number, Kind::Sealed(Arc::new(index)));
            lock(&self.cache).clear();
        }
        Ok(disk.sync_dir(dir, Sync::SegmentDir)?)
    }

    /// Copies a sealed segment; only blocks with something to erase are unpacked.
    fn write_anew(
        &self,
        old: &dyn File,
        new: Arc<dyn File>,
        index: &Index,
        todo: &Todo,
    ) -> Result<Index, Error> {
        let number = index.number;
        let mut writer = Writer::new(new, number, index.before, self.config.block_bytes)?;
        let ends = index.blocks.iter().skip(1).map(|block| block.first_seq);
        let ends = ends.chain([index.last.seq.saturating_add(1)]);
        for (block, end) in index.blocks.iter().zip(ends) {
            if todo.range(block.first_seq..end).next().is_none() {
                writer.copy(block, &sealed::stored(old, number, block)?)?;
                continue;
            }
            let raw = sealed::frames(old, number, block)?;
            let mut rest = raw.as_slice();
            while !rest.is_empty() {
                let frame = Frame::parse(rest)
                    .map_err(|wrong| sealed::damaged(number, block.offset, wrong.to_string()))?;
                writer.frame(&without(&frame, todo), frame.first_seq)?;
                rest = rest.get(frame.bytes.len()..).unwrap_or_default();
            }
            writer.flush()?;
        }
        Ok(writer.finish(index.last)?)
    }
}

/// What is to be written over the ordered bodies of a frame, and where in it.
fn edits<'f>(frame: &Frame<'f>, todo: &'f Todo) -> impl Iterator<Item = (usize, Vec<u8>)> + 'f {
    let ordered = frame.items().filter(|item| todo.get(&item.seq) == Some(&item.digest));
    ordered.map(|item| (item.at, item.erased()))
}

/// The frame's bytes without the ordered bodies.
fn without(frame: &Frame<'_>, todo: &Todo) -> Vec<u8> {
    let mut bytes = frame.bytes.to_vec();
    for (at, erased) in edits(frame, todo) {
        let place = bytes.iter_mut().skip(at);
        place.zip(erased).for_each(|(to, from)| *to = from);
    }
    bytes
}
