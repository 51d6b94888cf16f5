//! What a simulated disk knows: each file's bytes and each folder's names, live and durable, and
//! the changes between the two.

use super::{BTreeMap, Duration, HashMap, Item, Path, PathBuf, Sync, SystemTime, io, missing};

/// The unit in which a disk writes: a write is torn here and nowhere else.
const SECTOR: u64 = 512;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    File(u64),
    Folder,
}

/// A change of a file's bytes that was not synced yet.
#[derive(Clone, Debug)]
enum Write {
    Bytes(u64, Vec<u8>),
    Size(u64),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Inode {
    pub(super) live: Vec<u8>,
    durable: Vec<u8>,
    /// In order. Those before `forgotten` will not be made durable by a sync any more.
    pending: Vec<Write>,
    forgotten: usize,
    pub(super) protected: bool,
    modified: Option<SystemTime>,
}

/// A change of a name that was not synced yet. `from` is the old name in a rename: the change
/// survives as a whole, as with every journalling file system.
#[derive(Clone, Debug)]
struct Change {
    path: PathBuf,
    node: Option<Node>,
    from: Option<PathBuf>,
}

#[derive(Debug)]
pub(super) struct State {
    files: HashMap<u64, Inode>,
    pub(super) live: BTreeMap<PathBuf, Node>,
    durable: BTreeMap<PathBuf, Node>,
    changes: Vec<Change>,
    next: u64,
    random: u64,
    pub(super) calls: u64,
    pub(super) fail_at: Option<u64>,
    pub(super) off_at: Option<u64>,
    pub(super) room: u64,
    pub(super) used: u64,
    pub(super) skip: Option<Sync>,
    pub(super) now: SystemTime,
    pub(super) counts: BTreeMap<Sync, u64>,
}

impl State {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            files: HashMap::new(),
            live: BTreeMap::new(),
            durable: BTreeMap::new(),
            changes: Vec::new(),
            next: 1,
            random: seed,
            calls: 0,
            fail_at: None,
            off_at: None,
            room: u64::MAX,
            used: 0,
            skip: None,
            now: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
            counts: BTreeMap::new(),
        }
    }

    /// splitmix64: enough for throwing dice.
    fn throw(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.throw() % (end.max(1) as u64)).unwrap_or(0)
    }

    pub(super) fn is_off(&self) -> bool {
        self.off_at.is_some_and(|at| self.calls >= at)
    }

    /// Counts a call; an error if it is the one that fails.
    pub(super) fn call(&mut self) -> io::Result<()> {
        // Calls without power are not counted: who still makes how many is a matter of threads.
        if !self.is_off() {
            self.calls += 1;
        }
        if self.is_off() {
            return Err(io::Error::other("the power is off"));
        }
        if self.fail_at == Some(self.calls) {
            return Err(io::Error::other("the disk failed this call"));
        }
        Ok(())
    }

    pub(super) fn count(&mut self, what: Sync) {
        *self.counts.entry(what).or_default() += 1;
    }

    pub(super) fn file(&self, id: u64) -> io::Result<&Inode> {
        self.files.get(&id).ok_or_else(|| io::Error::other("no such file"))
    }

    pub(super) fn file_mut(&mut self, id: u64) -> io::Result<&mut Inode> {
        self.files.get_mut(&id).ok_or_else(|| io::Error::other("no such file"))
    }

    pub(super) fn find(&self, path: &Path) -> io::Result<u64> {
        match self.live.get(path) {
            Some(Node::File(id)) => Ok(*id),
            Some(Node::Folder) => Err(io::Error::from(io::ErrorKind::IsADirectory)),
            None => Err(missing(path)),
        }
    }

    pub(super) fn folder(&self, path: &Path) -> io::Result<()> {
        if is_root(path) || self.live.get(path) == Some(&Node::Folder) {
            return Ok(());
        }
        Err(missing(path))
    }

    pub(super) fn create(&mut self, path: &Path) -> io::Result<u64> {
        let id = self.next;
        self.name(path.to_path_buf(), id)?;
        self.next += 1;
        self.files.insert(id, Inode { modified: Some(self.now), ..Inode::default() });
        Ok(id)
    }

    /// Gives a file a new name.
    pub(super) fn name(&mut self, path: PathBuf, id: u64) -> io::Result<()> {
        self.folder(path.parent().unwrap_or(Path::new("")))?;
        if self.live.contains_key(&path) {
            return Err(io::Error::from(io::ErrorKind::AlreadyExists));
        }
        self.change(path, Some(Node::File(id)), None);
        Ok(())
    }

    pub(super) fn rename(&mut self, from: PathBuf, to: PathBuf) -> io::Result<()> {
        let node = *self.live.get(&from).ok_or_else(|| missing(&from))?;
        self.folder(to.parent().unwrap_or(Path::new("")))?;
        if node == Node::Folder || self.live.get(&to) == Some(&Node::Folder) {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "folders are not renamed here"));
        }
        if self.live.get(&to) == Some(&node) {
            return Ok(()); // Two names of one file: rename(2) does nothing, and says so to nobody.
        }
        self.change(to, Some(node), Some(from));
        Ok(())
    }

    pub(super) fn change(&mut self, path: PathBuf, node: Option<Node>, from: Option<PathBuf>) {
        let change = Change { path, node, from };
        let gone = self.live.get(&change.path).copied();
        apply(&mut self.live, &change);
        self.changes.push(change);
        if let Some(Node::File(id)) = gone
            && !self.live.values().any(|node| *node == Node::File(id))
            && let Some(file) = self.files.get(&id)
        {
            self.used = self.used.saturating_sub(file.live.len() as u64);
        }
    }

    pub(super) fn make_dir(&mut self, path: &Path) -> io::Result<()> {
        let above: Vec<_> = path.ancestors().filter(|p| !is_root(p)).collect();
        for folder in above.into_iter().rev() {
            match self.live.get(folder) {
                Some(Node::Folder) => {}
                Some(Node::File(_)) => return Err(io::Error::from(io::ErrorKind::AlreadyExists)),
                None => self.change(folder.to_path_buf(), Some(Node::Folder), None),
            }
        }
        Ok(())
    }

    pub(super) fn list(&self, path: &Path) -> io::Result<Vec<Item>> {
        self.folder(path)?;
        let mut items = Vec::new();
        let inside = self.live.range(path.to_path_buf()..).take_while(|(p, _)| p.starts_with(path));
        for (child, node) in inside.filter(|(p, _)| p.parent() == Some(path)) {
            let name = child.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let (size, modified) = match node {
                Node::File(id) => {
                    let file = self.file(*id)?;
                    (file.live.len() as u64, file.modified)
                }
                Node::Folder => (0, None),
            };
            let modified = modified.unwrap_or(self.now);
            items.push(Item { name, size, modified, folder: *node == Node::Folder });
        }
        Ok(items)
    }

    pub(super) fn write(&mut self, id: u64, bytes: &[u8], offset: u64) -> io::Result<()> {
        let size = self.file(id)?.live.len() as u64;
        let end = offset.saturating_add(bytes.len() as u64);
        let left = self.room.saturating_sub(self.used);
        // A full disk takes what still fits, then fails.
        let end_fits = end.min(size.saturating_add(left)).max(offset);
        let taken = usize::try_from(end_fits - offset).unwrap_or(bytes.len()).min(bytes.len());
        let bytes_fit = bytes.get(..taken).unwrap_or_default();
        self.put(id, Write::Bytes(offset, bytes_fit.to_vec()))?;
        if end_fits < end {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        Ok(())
    }

    pub(super) fn resize(&mut self, id: u64, size: u64) -> io::Result<()> {
        let grows = size.saturating_sub(self.file(id)?.live.len() as u64);
        if grows > self.room.saturating_sub(self.used) {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        self.put(id, Write::Size(size))
    }

    fn put(&mut self, id: u64, write: Write) -> io::Result<()> {
        let now = self.now;
        let file = self.file_mut(id)?;
        let before = file.live.len() as u64;
        write.apply(&mut file.live);
        file.pending.push(write);
        file.modified = Some(now);
        let after = file.live.len() as u64;
        self.used = self.used.saturating_add(after).saturating_sub(before);
        Ok(())
    }

    pub(super) fn read(&self, id: u64, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let live = &self.file(id)?.live;
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(live.len());
        let there = live.get(from..).unwrap_or_default();
        let len = there.len().min(bytes.len());
        let (to, from) = (bytes.split_at_mut(len).0, there.split_at(len).0);
        to.copy_from_slice(from);
        Ok(len)
    }

    pub(super) fn sync(&mut self, id: u64) -> io::Result<()> {
        self.file_mut(id)?.sync();
        Ok(())
    }

    pub(super) fn forget(&mut self, id: u64) -> io::Result<()> {
        let file = self.file_mut(id)?;
        file.forgotten = file.pending.len();
        Ok(())
    }

    pub(super) fn sync_dir(&mut self, path: &Path) {
        for change in std::mem::take(&mut self.changes) {
            if change.path.parent() == Some(path) {
                apply(&mut self.durable, &change);
                // The old name's own history is older than this change, so it can't outlive it.
                if let Some(from) = &change.from {
                    self.changes.retain(|c| c.path != *from);
                }
            } else {
                self.changes.push(change);
            }
        }
    }

    pub(super) fn sync_all(&mut self) {
        for file in self.files.values_mut() {
            file.sync();
        }
        for change in std::mem::take(&mut self.changes) {
            apply(&mut self.durable, &change);
        }
    }

    pub(super) fn flip(&mut self, path: &Path, offset: u64, bit: u8) -> io::Result<()> {
        let id = self.find(path)?;
        let file = self.file_mut(id)?;
        let at = usize::try_from(offset).unwrap_or(usize::MAX);
        let byte = file.live.get_mut(at).ok_or_else(|| missing(path))?;
        *byte ^= 1 << (bit % 8);
        if let Some(byte) = file.durable.get_mut(at) {
            *byte ^= 1 << (bit % 8);
        }
        Ok(())
    }

    /// What is found after a power cut.
    pub(super) fn after_cut(&mut self, seed: u64) -> Self {
        let mut after = Self::new(seed);
        after.now = self.now;
        after.room = self.room;
        let mut names = self.durable.clone();
        for change in &self.changes {
            if after.throw().is_multiple_of(2) {
                apply(&mut names, change);
            }
        }
        let folders = names.clone();
        names.retain(|path, _| {
            let mut above = path.ancestors().skip(1);
            above.all(|p| is_root(p) || folders.get(p) == Some(&Node::Folder))
        });
        // In the order of the ids, so that a seed throws the same every time.
        let mut ids: Vec<u64> = self.files.keys().copied().collect();
        ids.sort_unstable();
        ids.retain(|id| names.values().any(|node| *node == Node::File(*id)));
        for id in ids {
            let Some(file) = self.files.get(&id) else { continue };
            let bytes = file.after_cut(&mut after);
            after.used = after.used.saturating_add(bytes.len() as u64);
            let (protected, modified) = (file.protected, file.modified);
            let (live, durable) = (bytes.clone(), bytes);
            let file = Inode { live, durable, protected, modified, ..Inode::default() };
            after.files.insert(id, file);
        }
        after.next = self.next;
        after.live = names.clone();
        after.durable = names;
        after
    }
}

impl Inode {
    fn sync(&mut self) {
        for write in self.pending.drain(..).skip(self.forgotten) {
            write.apply(&mut self.durable);
        }
        self.forgotten = 0;
    }

    /// The bytes after a power cut: each write whole, not at all, or sector by sector.
    fn after_cut(&self, dice: &mut State) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        for write in &self.pending {
            match (write, dice.throw() % 3) {
                (_, 0) => {}
                (Write::Size(_), _) | (_, 1) => write.apply(&mut bytes),
                (Write::Bytes(offset, new), _) => {
                    for (at, sector) in sectors(*offset, new) {
                        if dice.throw().is_multiple_of(2) {
                            Write::Bytes(at, sector.to_vec()).apply(&mut bytes);
                        }
                    }
                }
            }
        }
        bytes
    }
}

/// Cuts a write where the disk's sectors end.
fn sectors(offset: u64, bytes: &[u8]) -> Vec<(u64, &[u8])> {
    let (mut at, mut rest, mut parts) = (offset, bytes, Vec::new());
    while !rest.is_empty() {
        let room = usize::try_from(SECTOR - at % SECTOR).unwrap_or(1);
        let (part, after) = rest.split_at(room.min(rest.len()));
        parts.push((at, part));
        at += part.len() as u64;
        rest = after;
    }
    parts
}

impl Write {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Size(size) => bytes.resize(usize::try_from(*size).unwrap_or(usize::MAX), 0),
            Self::Bytes(offset, new) => {
                let from = usize::try_from(*offset).unwrap_or(usize::MAX);
                let end = from.saturating_add(new.len());
                if bytes.len() < end && !new.is_empty() {
                    bytes.resize(end, 0);
                }
                if let Some(old) = bytes.get_mut(from..end) {
                    old.copy_from_slice(new);
                }
            }
        }
    }
}

fn apply(names: &mut BTreeMap<PathBuf, Node>, change: &Change) {
    match change.node {
        Some(node) => names.insert(change.path.clone(), node),
        None => names.remove(&change.path),
    };
    if let Some(from) = &change.from {
        names.remove(from);
    }
}

fn is_root(path: &Path) -> bool {
    path.parent().is_none() || path == Path::new("")
}
