//! Checks every byte that is kept: headers, heads, seals, bodies, padding, what must be zero, and
//! files that should not be there. It goes on behind damage, and needs little memory.

use std::{io, path::Path, sync::Arc, sync::RwLock};

use super::{
    super::{Damage, Error, Position, Report},
    Inner, aside,
    bytes::{is_zero, long, size},
    frame::{ALIGN, Frame, State, Todo, Wrong},
    lock,
    map::Kind,
    names::Name,
    sealed::{self, place},
    segment::{self, HEADER, WINDOW, Window},
    shared,
};
use crate::disk::{Disk, File};

/// Damage beyond this is not listed any more.
const MOST: usize = 1_000;

/// A check as it goes along the chain.
pub struct Check<'a> {
    /// What was found so far.
    pub report: Report,
    /// Where the chain stands; none behind damage.
    pub follows: Option<Position>,
    todo: &'a Todo,
    progress: &'a mut dyn FnMut(u64),
}

impl<'a> Check<'a> {
    /// Begins behind `follows`.
    pub fn new(
        follows: Option<Position>,
        todo: &'a Todo,
        progress: &'a mut dyn FnMut(u64),
    ) -> Self {
        Self { report: Report::default(), follows, todo, progress }
    }

    fn add(&mut self, damage: Damage) {
        if self.report.damage.len() < MOST {
            self.report.damage.push(damage);
        }
    }

    fn damaged(&mut self, name: &str, offset: Option<u64>, what: impl Into<String>) {
        self.add(Damage { place: place(name), offset, what: what.into() });
    }

    /// Checks a frame; `at` is its offset, or that of its block.
    fn frame(&mut self, name: &str, at: u64, frame: &Frame<'_>) {
        match frame.chain(self.follows) {
            Ok(last) => self.follows = Some(last),
            Err(wrong) => {
                self.damaged(name, Some(at), wrong.to_string());
                self.follows = frame.chain(None).ok();
            }
        }
        for item in frame.items() {
            match item.state(self.todo) {
                State::Kept => {}
                State::Erased => self.report.erased.push(item.seq),
                State::Wrong => self.wrong(name, at, &Wrong::Body(item.seq, item.at)),
            }
        }
        if let Err(wrong) = frame.padding() {
            self.wrong(name, at, &wrong);
        }
        self.report.entries += u64::from(frame.count);
        self.report.head = self.follows.unwrap_or(self.report.head);
        (self.progress)(self.report.entries);
    }

    fn wrong(&mut self, name: &str, at: u64, wrong: &Wrong) {
        self.damaged(name, Some(at.saturating_add(wrong.at())), wrong.to_string());
    }

    /// Takes up what a file says of the place before its first entry.
    fn before(&mut self, name: &str, before: Position) {
        if self.follows.is_some_and(|follows| follows != before) {
            self.damaged(name, Some(0), "the segment does not continue the one before");
        }
        self.follows = Some(before);
    }
}

/// Damage is a finding; other errors end the check.
fn finding<T>(check: &mut Check<'_>, result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Damaged(damage)) => {
            check.add(damage);
            check.follows = None;
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

/// Checks a sealed segment, which may lie under another name.
///
/// # Errors
/// As the disk says; damage is in the report.
pub fn sealed_segment(
    disk: &dyn Disk,
    path: &Path,
    number: u64,
    check: &mut Check<'_>,
    expected: Option<Position>,
) -> Result<(), Error> {
    let name = sealed::name(number);
    let opened = sealed::open(disk, path, number);
    let Some((file, index)) = finding(check, opened)? else { return Ok(()) };
    check.before(&name, index.before);
    for block in &index.blocks {
        let raw = sealed::frames(&*file, number, block);
        let Some(raw) = finding(check, raw)? else { continue };
        let mut at = 0;
        while let Some(rest) = raw.get(at..).filter(|rest| !rest.is_empty()) {
            match Frame::parse(rest) {
                Ok(frame) => {
                    if at == 0 && frame.first_seq != block.first_seq {
                        check.damaged(&name, Some(block.offset), "the block names another entry");
                    }
                    check.frame(&name, block.offset, &frame);
                    at += frame.bytes.len();
                }
                Err(wrong) => {
                    check.damaged(&name, Some(block.offset), wrong.to_string());
                    check.follows = None;
                    break;
                }
            }
        }
    }
    let ends = |last: Position| last == index.last && expected.is_none_or(|head| head == last);
    if check.follows.is_some_and(|last| !ends(last)) {
        check.damaged(&name, None, "the segment ends elsewhere than its index says");
    }
    check.follows = Some(index.last);
    Ok(())
}

/// Checks the frames of an open segment from `at` up to `end`. If `live`, all of it must be
/// frames; else zeros may follow. Returns where the frames end.
fn open_segment(
    file: &dyn File,
    number: u64,
    (mut at, end, live): (u64, u64, bool),
    lock: &RwLock<()>,
    check: &mut Check<'_>,
) -> io::Result<u64> {
    let name = segment::name(number);
    let mut window = Window::new(file, end, Some(lock));
    while at < end {
        match window.frame(at)? {
            Ok(frame) => {
                check.frame(&name, at, &frame);
                at += long(frame.bytes.len());
            }
            Err(wrong) => {
                if !live && window.not_zero(at)?.is_none() {
                    return Ok(at);
                }
                check.wrong(&name, at, &wrong);
                check.follows = None;
                at = window.next_valid(at.saturating_add(ALIGN))?.unwrap_or(end);
            }
        }
    }
    Ok(at)
}

impl Inner {
    /// As `Journal::verify`.
    pub fn verify(&self, progress: &mut dyn FnMut(u64)) -> Result<Report, Error> {
        let mut check = Check::new(Some(Position::default()), &self.todo, progress);
        let dir = &self.config.dir;
        // What is appended from here on may be checked or not; segments begun later are not.
        let (head, last) = {
            let map = shared(&self.map);
            (map.head, map.segments.last().map_or(0, |segment| segment.number))
        };
        let mut expected: u64 = 1;
        while expected <= last {
            let kind = shared(&self.map).numbered(expected).map(|found| found.kind.clone());
            match kind {
                Some(Kind::Sealed(index)) => {
                    let path = dir.join(sealed::name(expected));
                    let before = index.last;
                    let disk = &*self.disk;
                    sealed_segment(disk, &path, expected, &mut check, Some(before))
                        .or_else(|error| gone(&mut check, &sealed::name(expected), error))?;
                }
                Some(Kind::Open(_)) => {
                    if !self.verify_open(expected, &mut check)? {
                        // It was sealed meanwhile.
                        continue;
                    }
                }
                None => self.verify_unmapped(expected, &mut check)?,
            }
            expected = expected.saturating_add(1);
        }
        self.verify_ready(expected, &mut check)?;
        self.verify_others(&mut check)?;
        // Nobody can tell a torn write from rot in the very last frame; the operator is told both.
        if let Some(tail) = &self.torn {
            let place = place(&segment::name(tail.number));
            let here = |d: &&mut Damage| d.place == place && d.offset >= Some(tail.at);
            for damage in check.report.damage.iter_mut().filter(here) {
                damage.what.push_str("; if the last run was interrupted, the next start cuts it");
            }
        }
        // What made the journal read-only is named in any case.
        for damage in &self.damage {
            if check.report.damage.iter().all(|named| named.place != damage.place) {
                check.add(damage.clone());
            }
        }
        if check.report.damage.is_empty() && check.report.head.seq < head.seq {
            let what =
                format!("the journal ends at {}, not at {}", check.report.head.seq, head.seq);
            check.damaged("", None, what);
        }
        Ok(check.report)
    }

    /// A segment that could not be taken up at the opening: its file is damaged or missing.
    fn verify_unmapped(&self, number: u64, check: &mut Check<'_>) -> Result<(), Error> {
        let name = sealed::name(number);
        let path = self.config.dir.join(&name);
        sealed_segment(&*self.disk, &path, number, check, None)
            .or_else(|error| gone(check, &name, error))
    }

    /// Checks an open segment; false if it was sealed under our hands.
    fn verify_open(&self, number: u64, check: &mut Check<'_>) -> Result<bool, Error> {
        let name = segment::name(number);
        let file = match self.disk.open(&self.config.dir.join(&name), false) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let map = shared(&self.map);
                let sealed = map.numbered(number).map(|found| &found.kind);
                if matches!(sealed, Some(Kind::Sealed(_))) {
                    return Ok(false);
                }
                gone(check, &name, error.into())?;
                return Ok(true);
            }
            Err(error) => return Err(error.into()),
        };
        if let Err(what) = segment::check_header(&*file, number)? {
            check.damaged(&name, Some(0), what);
        }
        if self.read_only.is_some() {
            let place = (HEADER, file.size()?, false);
            open_segment(&*file, number, place, &self.bytes, check)?;
            return Ok(true);
        }
        let begun = (check.report.clone(), check.follows);
        let mut at = HEADER;
        // What is appended meanwhile is checked too, until we have caught up.
        while let Some(end) = self.end_of(number).filter(|end| *end > at) {
            at = open_segment(&*file, number, (at, end, true), &self.bytes, check)?;
        }
        let done = self.verify_zeros(&file, number, at, check)?;
        if !done {
            (check.report, check.follows) = begun;
        }
        Ok(done)
    }

    /// Byte behind the last frame of an open segment; none if it is sealed by now.
    fn end_of(&self, number: u64) -> Option<u64> {
        match shared(&self.map).numbered(number).map(|found| &found.kind) {
            Some(Kind::Open(open)) => Some(open.end),
            Some(Kind::Sealed(_)) => None,
            None => Some(HEADER),
        }
    }

    /// Checks that nothing stands behind the frames. The appender waits for each piece, so that
    /// what it writes is told from what should not be there. False: it was sealed meanwhile.
    fn verify_zeros(
        &self,
        file: &Arc<dyn File>,
        number: u64,
        from: u64,
        check: &mut Check<'_>,
    ) -> Result<bool, Error> {
        let (mut at, len) = (from, file.size()?);
        let mut piece = vec![0; WINDOW];
        loop {
            let _writer = lock(&self.writer);
            let Some(end) = self.end_of(number) else { return Ok(false) };
            at = at.max(end);
            if at >= len {
                return Ok(true);
            }
            let want = piece.len().min(size(len.saturating_sub(at)));
            let read = file.read_at(piece.get_mut(..want).unwrap_or_default(), at)?;
            let found = piece.get(..read).unwrap_or_default();
            if !is_zero(found) {
                let first = found.iter().position(|byte| *byte != 0).unwrap_or(0);
                let offset = at.saturating_add(long(first));
                let what = "something stands behind the last frame";
                check.damaged(&segment::name(number), Some(offset), what);
                return Ok(true);
            }
            at = at.saturating_add(long(read.max(1)));
        }
    }

    /// Checks the segments that wait to be written to.
    fn verify_ready(&self, from: u64, check: &mut Check<'_>) -> Result<(), Error> {
        for item in self.disk.list(&self.config.dir)? {
            let Name::Open(number) = Name::read(&item.name) else { continue };
            if number < from {
                continue;
            }
            let file = match self.disk.open(&self.config.dir.join(&item.name), false) {
                // Written to, full and sealed since it was listed.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                other => other?,
            };
            if let Err(what) = segment::check_header(&*file, number)? {
                check.damaged(&item.name, Some(0), what);
            }
            self.verify_zeros(&file, number, HEADER, check)?;
        }
        Ok(())
    }

    /// Checks the files beside the segments.
    fn verify_others(&self, check: &mut Check<'_>) -> Result<(), Error> {
        let _erasing = lock(&self.erasing);
        let dir = &self.config.dir;
        let live = self.read_only.is_none();
        for item in self.disk.list(dir)? {
            let name = &item.name;
            let twin = |number| shared(&self.map).numbered(number).map(|found| found.kind.clone());
            match Name::read(name) {
                Name::Cut if !aside::check_cut(&*self.disk, dir, name)? => {
                    check.damaged(name, None, "the bytes that were cut off are damaged");
                }
                Name::Todo if aside::load_todo(&*self.disk, dir)?.is_none() => {
                    check.damaged(name, None, "the list of erasures is damaged");
                }
                Name::Todo => check.report.notes.push(format!("{}: to be finished", place(name))),
                Name::Temporary if !live => {
                    check.report.notes.push(format!("{}: unfinished", place(name)));
                }
                Name::Open(number) if matches!(twin(number), Some(Kind::Sealed(_))) => {
                    let what = format!("{}: already sealed, to be removed", place(name));
                    check.report.notes.push(what);
                }
                Name::Unknown => check.damaged(name, None, "an unknown file"),
                _ => {}
            }
        }
        Ok(())
    }
}

/// A file that is not there is a finding.
fn gone(check: &mut Check<'_>, name: &str, error: Error) -> Result<(), Error> {
    match error {
        Error::Io(error) if error.kind() == io::ErrorKind::NotFound => {
            check.damaged(name, None, "the file is missing");
            check.follows = None;
            Ok(())
        }
        other => Err(other),
    }
}
