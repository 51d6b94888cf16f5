//! The opening: finds the segments, checks how they follow each other, and clears away what a
//! crash left. If anything is damaged, nothing at all is changed and the journal is read-only.
//!
//! Sealed segments are not read through, only their headers and indexes: so a start is quick with
//! thousands of them, and damage inside is for `verify` to find.

use std::{
    collections::BTreeMap,
    io,
    path::Path,
    sync::{Arc, Mutex},
};

use super::{
    super::{Error, Position},
    Config, Inner, Ready, aside,
    bytes::size,
    frame::Todo,
    map::{Kind, Map, Segment},
    names::Name,
    scan::{self, Chain, Last, Tail},
    sealed::{self, place},
    segment::{self, HEADER, Prepared, Window, clear},
    verify::{self, Check},
};
use crate::disk::{Disk, Sync};

/// The files in the folder.
#[derive(Debug, Default)]
struct Files {
    /// Of each number: is it there open, is it there sealed.
    segments: BTreeMap<u64, (bool, bool)>,
    temporary: Vec<String>,
    todo: bool,
    others: bool,
}

/// What was found.
struct Found {
    chain: Chain,
    segments: Vec<Segment>,
    tails: Vec<Tail>,
    /// Files that are there twice, sealed and open: the one that is not needed.
    twins: Vec<String>,
    todo: Todo,
}

/// Opens for writing.
///
/// # Errors
/// As the disk says; `Full` if there is no room for the first segment.
pub fn open(config: Config, disk: Arc<dyn Disk>) -> Result<Inner, Error> {
    let dir = config.dir.clone();
    disk.make_dir(&dir)?;
    if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        disk.sync_dir(parent, Sync::SegmentDir)?;
    }
    let files = Files::list(&*disk, &dir)?;
    if files.segments.is_empty() && !files.todo && !files.others {
        for name in &files.temporary {
            clear(&*disk, &dir.join(name))?;
        }
        return first(config, disk);
    }
    let found = look(&*disk, &dir, &files, true)?;
    let mut notes = Vec::new();
    if found.chain.damage.is_empty() {
        for name in files.temporary.iter().chain(&found.twins) {
            clear(&*disk, &dir.join(name))?;
            notes.push(format!("{} was left by an interrupted run and is removed", place(name)));
        }
        for tail in &found.tails {
            notes.push(cut(&*disk, &dir, tail)?);
        }
        settle(&*disk, &dir, found.chain.last)?;
    }
    let todo = found.todo.clone();
    let inner = assemble(config, disk, found);
    for note in notes {
        inner.note(note);
    }
    if inner.read_only.is_none() && !todo.is_empty() {
        let count = todo.len();
        match inner.finish_erasures(&todo) {
            Ok(()) => inner.note(format!("an interrupted erasure of {count} entries is finished")),
            // Nothing is half erased then: a sealed segment is replaced whole or stays.
            Err(Error::Full(why)) => inner.note(format!("an erasure waits for room: {why}")),
            Err(error) => return Err(error),
        }
    }
    Ok(inner)
}

/// Opens for reading; changes nothing.
///
/// # Errors
/// As the disk says.
pub fn open_read_only(config: Config, disk: Arc<dyn Disk>) -> Result<Inner, Error> {
    let dir = config.dir.clone();
    let files = Files::list(&*disk, &dir)?;
    let found = look(&*disk, &dir, &files, false)?;
    let todo = found.todo.clone();
    let torn = found.tails.last().cloned();
    let mut inner = assemble(config, disk, found);
    (inner.todo, inner.torn) = (todo, torn);
    inner.read_only.get_or_insert_with(|| "opened for reading only".into());
    Ok(inner)
}

/// Makes the first segment of a new journal.
fn first(config: Config, disk: Arc<dyn Disk>) -> Result<Inner, Error> {
    let map = Map { segments: Vec::new(), head: Position::default(), last_empty: true };
    let inner = Inner::new(config, disk, map, Ready { number: 2, segments: Vec::new() });
    let made = inner.create(1, 0)?;
    super::alone(&inner.map).begin(made.number, made.file, made.size);
    Ok(inner)
}

impl Files {
    fn list(disk: &dyn Disk, dir: &Path) -> io::Result<Self> {
        let mut files = Self::default();
        for item in disk.list(dir)? {
            match Name::read(&item.name) {
                Name::Open(number) => files.segments.entry(number).or_default().0 = true,
                Name::Sealed(number) => files.segments.entry(number).or_default().1 = true,
                Name::Temporary => files.temporary.push(item.name),
                Name::Todo => files.todo = true,
                Name::Cut => files.others = true,
                Name::Unknown => {}
            }
        }
        Ok(files)
    }
}

/// Looks at all segments in order.
fn look(disk: &dyn Disk, dir: &Path, files: &Files, write: bool) -> Result<Found, Error> {
    let mut chain = Chain { follows: Some(Position::default()), ..Chain::default() };
    chain.last_empty = true;
    let todo = match files.todo.then(|| aside::load_todo(disk, dir)).transpose()? {
        Some(Some(todo)) => todo,
        Some(None) => {
            chain.damaged(aside::TODO, None, "the list of erasures is damaged");
            chain.follows = Some(Position::default());
            Todo::new()
        }
        None => Todo::new(),
    };
    let mut found =
        Found { chain, segments: Vec::new(), tails: Vec::new(), twins: Vec::new(), todo };
    let mut expected = 1;
    for (&number, &(open, sealed)) in &files.segments {
        if number != expected {
            let what = format!("segments {expected} to {} are missing", number.saturating_sub(1));
            found.chain.damaged(&segment::name(expected), None, what);
        }
        expected = number.saturating_add(1);
        if !sealed || !look_sealed(disk, dir, number, open, &mut found)? {
            look_open(disk, dir, number, write, &mut found)?;
        }
    }
    judge(&mut found);
    Ok(found)
}

/// Takes up a sealed segment; false: the open one of the same number is to be taken.
fn look_sealed(
    disk: &dyn Disk,
    dir: &Path,
    number: u64,
    open: bool,
    found: &mut Found,
) -> Result<bool, Error> {
    let name = sealed::name(number);
    let path = dir.join(&name);
    if open {
        // A crash came between the renaming of the one and the removal of the other.
        let mut progress = |_| {};
        let mut check = Check::new(found.chain.follows, &found.todo, &mut progress);
        verify::sealed_segment(disk, &path, number, &mut check, None)?;
        let whole = check.report.damage.is_empty();
        if !whole {
            found.twins.push(name);
            return Ok(false);
        }
        found.twins.push(segment::name(number));
    }
    let chain = &mut found.chain;
    match sealed::open(disk, &path, number) {
        Ok((_, index)) => {
            if chain.follows.is_some_and(|follows| follows != index.before) {
                chain.damaged(&name, Some(0), "the segment does not continue the one before");
            }
            chain.advance(index.last);
            chain.last_empty = false;
            let before = index.before;
            found.segments.push(Segment { number, before, kind: Kind::Sealed(Arc::new(index)) });
        }
        Err(Error::Damaged(damage)) => {
            chain.damage.push(damage);
            chain.follows = None;
        }
        Err(other) => return Err(other),
    }
    Ok(true)
}

fn look_open(
    disk: &dyn Disk,
    dir: &Path,
    number: u64,
    write: bool,
    found: &mut Found,
) -> Result<(), Error> {
    let file = disk.open(&dir.join(segment::name(number)), write)?;
    let scanned = scan::open_segment(file, number, &mut found.chain, &found.todo)?;
    found.tails.extend(scanned.tail);
    let kind = Kind::Open(scanned.open);
    found.segments.push(Segment { number, before: scanned.before, kind });
    Ok(())
}

/// True if a segment is open and without frames.
fn is_empty(segment: &Segment) -> bool {
    matches!(&segment.kind, Kind::Open(open) if open.end == HEADER)
}

/// Index of the segment to be written to: the last one with frames, or the one behind it if that
/// is sealed.
fn current(segments: &[Segment]) -> usize {
    segments.iter().rposition(|segment| !is_empty(segment)).map_or(0, |at| {
        let sealed = matches!(segments.get(at), Some(Segment { kind: Kind::Sealed(_), .. }));
        at.saturating_add(usize::from(sealed))
    })
}

/// What only shows in the order of the segments. A write can be torn in the last segment with
/// frames, or at the beginning of the one behind it, and only in one place.
fn judge(found: &mut Found) {
    let Found { chain, segments, tails, .. } = found;
    let current = current(segments);
    let follows = chain.follows;
    match segments.get(current) {
        // The next segment is there before the one before is sealed.
        None => chain.damaged("", None, "the open segment is missing"),
        Some(segment) => {
            let last = segment.number.saturating_add(u64::from(!is_empty(segment)));
            let torn = tails.pop_if(|tail| tail.number == segment.number || tail.number == last);
            for tail in tails.drain(..) {
                chain.damaged(&segment::name(tail.number), Some(tail.at), tail.wrong.to_string());
            }
            tails.extend(torn);
        }
    }
    for segment in segments.iter().take(current).filter(|segment| is_empty(segment)) {
        chain.damaged(&segment::name(segment.number), None, "its frames are gone");
    }
    chain.follows = follows;
}

/// Cuts a torn write off: keeps its bytes, then puts zeros in their place.
fn cut(disk: &dyn Disk, dir: &Path, tail: &Tail) -> Result<String, Error> {
    let Tail { number, at, first, last, wrong } = tail;
    let name = segment::name(*number);
    let file = disk.open(&dir.join(&name), true)?;
    let len = size(last.saturating_add(1).saturating_sub(*first));
    let mut window = Window::new(&*file, last.saturating_add(1), None);
    let bytes = window.get(*first, len)?.to_vec();
    let kept = aside::keep_cut(disk, dir, (*number, *first), &bytes)?;
    file.write_at(&vec![0; len], *first)?;
    file.sync(Sync::Journal)?;
    Ok(format!(
        "{} at byte {at}: a write that was never acknowledged is cut off ({wrong}); its {len} \
         bytes from {first} on are kept in {}",
        place(&name),
        place(&kept),
    ))
}

/// Makes durable what is about to be built upon: after a sync that failed, or a process that was
/// killed before it, the last frame and the newest names may be seen and yet not be on disk. The
/// frame is written once more, because pages whose sync failed count as clean.
fn settle(disk: &dyn Disk, dir: &Path, last: Option<Last>) -> Result<(), Error> {
    if let Some(Last { number, at, len }) = last {
        let file = disk.open(&dir.join(segment::name(number)), true)?;
        let end = at.saturating_add(len);
        let frame = Window::new(&*file, end, None).get(at, size(len))?.to_vec();
        file.write_at(&frame, at)?;
        file.sync(Sync::Journal)?;
    }
    disk.sync_dir(dir, Sync::SegmentDir)?;
    Ok(())
}

/// Puts together what was found.
fn assemble(config: Config, disk: Arc<dyn Disk>, found: Found) -> Inner {
    let Found { chain, mut segments, todo, .. } = found;
    let current = current(&segments);
    let next = segments.last().map_or(1, |last| last.number.saturating_add(1));
    let behind = segments.split_off(segments.len().min(current.saturating_add(1)));
    let ready = behind.into_iter().filter_map(|segment| match segment.kind {
        Kind::Open(open) => {
            Some(Prepared { number: segment.number, file: open.file, size: open.size })
        }
        Kind::Sealed(_) => None,
    });
    let ready = Ready { number: next, segments: ready.collect() };
    let map = Map { segments, head: chain.head, last_empty: chain.last_empty };
    let mut inner = Inner::new(config, disk, map, ready);
    inner.read_only = chain.damage.first().map(ToString::to_string);
    let more = chain.damage.iter().map(|damage| format!("damage: {damage}"));
    inner.notes = Mutex::new(more.collect());
    inner.damage = chain.damage;
    if inner.read_only.is_some() {
        inner.todo = todo;
    }
    inner
}
