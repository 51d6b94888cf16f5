//! The index on disk: one long-lived writer, one reader, and the position they stand at.
//!
//! Every commit carries version and position, so what is on disk always says up to which entry of
//! the journal it is built. Nothing here is repaired: an index that does not fit is wiped.

use std::{
    collections::HashSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::{Deserialize, Serialize};
use tantivy::{
    IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Searcher, TantivyError,
    directory::{Directory, INDEX_WRITER_LOCK, MmapDirectory, error::LockError},
    indexer::{IndexWriterOptions, LogMergePolicy},
};
use uuid::Uuid;

use super::{
    Error,
    analysis::{self, CHAIN},
    collect::{Found, Hit, Order, Page, Place, TopPage},
    doc::{Art, Doc, Fields, VERSION},
    facets::{Counter, Facets},
    query::{LIMIT_MAX, Query},
    score::Statistics,
};

/// The least heap the engine's writer works with.
const HEAP_MIN: usize = 15_000_000;

/// Up to where the journal is in the index. Seq 0 with a zero seal: nothing is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The last entry whose changes are all in the index.
    pub seq: u64,
    /// Its seal; the follower compares it with the journal.
    pub seal: [u8; 32],
    /// Every object in the index is at least as new as this entry left it. More than `seq` while
    /// an index is filled anew, because objects are taken as they are now; otherwise equal to it.
    pub fresh: u64,
}

/// What a commit says of itself.
#[derive(Serialize, Deserialize)]
struct Payload {
    version: u32,
    seq: u64,
    seal: String,
    fresh: u64,
}

impl Payload {
    fn new(at: Position) -> Self {
        Self { version: VERSION, seq: at.seq, seal: hex::encode(at.seal), fresh: at.fresh }
    }

    fn position(&self) -> Option<Position> {
        let mut seal = [0; 32];
        hex::decode_to_slice(&self.seal, &mut seal).ok()?;
        let at = Position { seq: self.seq, seal, fresh: self.fresh };
        (self.version == VERSION).then_some(at)
    }
}

/// What the index holds of an object, for `verify`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// Its id.
    pub id: Uuid,
    /// Its kind.
    pub art: Art,
    /// The entry that it was last changed by when it was indexed.
    pub seq: u64,
    /// The class it is found under.
    pub klasse: u64,
}

/// The index.
pub struct Index {
    dir: PathBuf,
    heap: usize,
    fields: Fields,
    engine: tantivy::Index,
    reader: IndexReader,
    writer: Mutex<Writer>,
    position: RwLock<Position>,
    commits: AtomicU64,
    note: Option<String>,
}

/// The engine's writer (none after it failed, until the next use) and what waits in it.
struct Writer {
    engine: Option<IndexWriter>,
    pending: usize,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl Index {
    /// Opens the index in `dir`, which belongs to it alone. An absent, damaged or differently
    /// versioned one is wiped and stands at position 0 ([`Index::note`] says why). `heap_bytes`
    /// bounds what the writer gathers before it writes a segment (at least 15 MB; it is taken when
    /// documents come and given back at the commit).
    ///
    /// # Errors
    /// `Locked` if another process writes it; `Io` if the folder can't be made.
    pub fn open(dir: &Path, heap_bytes: usize) -> Result<Self, Error> {
        fs::create_dir_all(dir)?;
        // The lock is asked for first: the index of a running process must never be wiped.
        drop(lock(dir)?);
        let heap = heap_bytes.max(HEAP_MIN);
        // A damaged file can make the engine panic; then the index is as damaged as if it had
        // told so. The half-opened one is dropped.
        let opened = catch_unwind(AssertUnwindSafe(|| Self::open_existing(dir, heap)));
        let why = match opened {
            Ok(Ok(index)) => return Ok(index),
            Ok(Err(why)) => why,
            Err(_) => "the engine panicked while opening it".to_owned(),
        };
        for item in fs::read_dir(dir)? {
            let path = item?.path();
            if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
        }
        let (schema, fields) = Fields::schema();
        let settings = IndexSettings {
            // Nothing is stored, so nothing is to be compressed beside the writer.
            docstore_compress_dedicated_thread: false,
            ..IndexSettings::default()
        };
        let engine =
            tantivy::Index::builder().schema(schema).settings(settings).create_in_dir(dir)?;
        Self::assemble(dir, heap, engine, fields, Position::default(), Some(why))
    }

    fn open_existing(dir: &Path, heap: usize) -> Result<Self, String> {
        let engine = tantivy::Index::open_in_dir(dir).map_err(|e| e.to_string())?;
        let (schema, fields) = Fields::schema();
        if engine.schema() != schema {
            return Err("its fields are not those of this version".into());
        }
        let metas = engine.load_metas().map_err(|e| e.to_string())?;
        let payload = metas.payload.ok_or("it was never committed")?;
        let payload: Payload = serde_json::from_str(&payload).map_err(|e| e.to_string())?;
        let version = payload.version;
        let at = payload
            .position()
            .ok_or_else(|| format!("it is of version {version}, this is {VERSION}"))?;
        Self::assemble(dir, heap, engine, fields, at, None).map_err(|e| e.to_string())
    }

    fn assemble(
        dir: &Path,
        heap: usize,
        engine: tantivy::Index,
        fields: Fields,
        at: Position,
        note: Option<String>,
    ) -> Result<Self, Error> {
        engine.tokenizers().register(CHAIN, analysis::for_documents());
        let reader = engine.reader_builder().reload_policy(ReloadPolicy::Manual);
        let reader = reader.doc_store_cache_num_blocks(1).try_into()?;
        let writer = new_writer(&engine, &fields, heap)?;
        Ok(Self {
            dir: dir.to_owned(),
            heap,
            fields,
            engine,
            reader,
            writer: Mutex::new(Writer { engine: Some(writer), pending: 0 }),
            position: RwLock::new(at),
            commits: AtomicU64::new(0),
            note,
        })
    }

    /// Why it was wiped when it was opened, if so.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Where the last commit stands; what searches see is at least as new.
    #[must_use]
    pub fn position(&self) -> Position {
        *self.position.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Commits since it was opened.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Bytes of text put and not yet committed. They are in memory: whoever puts much commits
    /// often, at the position where the last commit stood if need be.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.writer().pending
    }

    /// Bytes on disk.
    ///
    /// # Errors
    /// If the folder can't be read.
    pub fn size(&self) -> Result<u64, Error> {
        let mut size = 0;
        for item in fs::read_dir(&self.dir)? {
            // Files of merged segments go while we look.
            size += item?.metadata().map_or(0, |meta| meta.len());
        }
        Ok(size)
    }

    /// Puts an object in the place of what was there under its id. Visible after the commit.
    ///
    /// # Errors
    /// If the engine failed: everything since the last commit is to be put again.
    pub fn put(&self, doc: &Doc) -> Result<(), Error> {
        self.write(|index, writer| {
            writer.delete_term(index.fields.key(doc.id));
            writer.add_document(index.fields.document(doc))?;
            Ok(doc.weight())
        })
    }

    /// Removes an object; an unknown id is no error.
    ///
    /// # Errors
    /// As `put`.
    pub fn remove(&self, id: Uuid) -> Result<(), Error> {
        self.write(|index, writer| {
            writer.delete_term(index.fields.key(id));
            Ok(64)
        })
    }

    /// Makes everything put and removed so far lasting and visible, and notes the position.
    ///
    /// # Errors
    /// As `put`; the position is then unchanged.
    pub fn commit(&self, at: Position) -> Result<(), Error> {
        self.write(|index, writer| {
            let mut prepared = writer.prepare_commit()?;
            let payload = serde_json::to_string(&Payload::new(at));
            prepared.set_payload(&payload.map_err(|e| TantivyError::SystemError(e.to_string()))?);
            prepared.commit()?;
            index.reader.reload()?;
            *index.position.write().unwrap_or_else(PoisonError::into_inner) = at;
            index.commits.fetch_add(1, Ordering::Relaxed);
            Ok(0)
        })?;
        self.writer().pending = 0;
        Ok(())
    }

    /// Forgets what was put and removed since the last commit.
    pub fn discard(&self) {
        let mut writer = self.writer();
        writer.pending = 0;
        if let Some(engine) = writer.engine.take() {
            // A merge that ends while the next writer begins would write its own list of segments
            // over the new one. Where it failed there is nothing to wait for.
            let _ = engine.wait_merging_threads();
        }
    }

    /// Removes everything and goes back to position 0, for good.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn wipe(&self) -> Result<(), Error> {
        // The writer may still be adding documents.
        self.discard();
        self.write(|_, writer| {
            writer.delete_all_documents()?;
            Ok(0)
        })?;
        self.commit(Position::default())
    }

    /// Takes over what background merges have done since the last commit, and lets go of the files
    /// they replaced. To be called now and then while nothing is written; true: there was work.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn settle(&self) -> Result<bool, Error> {
        let wanted: HashSet<_> = self.engine.searchable_segment_ids()?.into_iter().collect();
        let searcher = self.reader.searcher();
        let read: HashSet<_> = searcher.segment_readers().iter().map(|s| s.segment_id()).collect();
        drop(searcher);
        if wanted == read {
            return Ok(false);
        }
        self.reader.reload()?;
        self.write(|_, writer| {
            writer.garbage_collect_files().wait()?;
            Ok(0)
        })?;
        Ok(true)
    }

    /// Reads every byte against the engine's checksums and names the files that are damaged.
    ///
    /// # Errors
    /// If they can't be read at all.
    pub fn check(&self) -> Result<Vec<String>, Error> {
        let damaged = self.engine.validate_checksum()?;
        Ok(damaged.into_iter().map(|path| path.display().to_string()).collect())
    }

    /// Shows every object in the index once, in no order, for `verify`.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn each(&self, show: &mut dyn FnMut(Row)) -> Result<(), Error> {
        for segment in self.reader.searcher().segment_readers() {
            let column = |name: &str| segment.fast_fields().column_first_or_default::<u64>(name);
            let (hi, lo) = (column("id_hi")?, column("id_lo")?);
            let (art, seq, klasse) = (column("art")?, column("seq")?, column("klasse")?);
            for doc in segment.doc_ids_alive() {
                show(Row {
                    id: Uuid::from_u64_pair(hi.get_val(doc), lo.get_val(doc)),
                    art: Art::of(art.get_val(doc)),
                    seq: seq.get_val(doc),
                    klasse: klasse.get_val(doc),
                });
            }
        }
        Ok(())
    }

    /// Answers a query from the last commit.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn search(&self, query: &Query) -> Result<Page, Error> {
        if query.klassen.is_empty() {
            let facets = query.facets.then(Facets::default);
            return Ok(Page { facets, ..Page::default() });
        }
        let limit = query.limit.min(LIMIT_MAX);
        let page = TopPage { order: query.order, limit, after: query.after };
        let (searcher, engine) = (self.reader.searcher(), query.engine(&self.fields));
        let statistics = Statistics(self.fields);
        let (found, facets): (Found, _) = if query.facets {
            let both = (page, Counter);
            let (found, facets) =
                searcher.search_with_statistics_provider(&*engine, &both, &statistics)?;
            (found, Some(facets))
        } else {
            (searcher.search_with_statistics_provider(&*engine, &page, &statistics)?, None)
        };
        let hits = hits(&searcher, &found, query.order)?;
        let more = found.behind > u64::try_from(hits.len()).unwrap_or(u64::MAX);
        let next = if more { hits.last().map(|hit| hit.place) } else { None };
        Ok(Page { hits, count: found.count, next, facets })
    }

    /// What the last commit shows.
    pub(super) fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    /// The field that holds all that a plain word finds.
    pub(super) const fn text_field(&self) -> tantivy::schema::Field {
        self.fields.inhalt
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `act` on the writer. A writer that failed is dropped with what it had gathered, and
    /// the next call has a new one, which stands where the last commit does.
    fn write(
        &self,
        act: impl FnOnce(&Self, &mut IndexWriter) -> Result<usize, TantivyError>,
    ) -> Result<(), Error> {
        let mut writer = self.writer();
        let engine = match &mut writer.engine {
            Some(engine) => engine,
            none => none.insert(new_writer(&self.engine, &self.fields, self.heap)?),
        };
        match act(self, engine) {
            Ok(weight) => writer.pending = writer.pending.saturating_add(weight),
            Err(error) => {
                *writer = Writer { engine: None, pending: 0 };
                return Err(error.into());
            }
        }
        Ok(())
    }
}

fn hits(searcher: &Searcher, found: &Found, order: Order) -> Result<Vec<Hit>, Error> {
    let mut hits = Vec::with_capacity(found.top.len());
    for candidate in &found.top {
        let segment = searcher.segment_reader(candidate.segment);
        let column = |name: &str| segment.fast_fields().column_first_or_default::<u64>(name);
        let id = Uuid::from_u64_pair(candidate.id.0, candidate.id.1);
        let bits = u32::try_from(candidate.key).unwrap_or(0);
        hits.push(Hit {
            id,
            art: Art::of(column("art")?.get_val(candidate.doc)),
            storno: column("storno")?.get_val(candidate.doc) != 0,
            score: if order == Order::Score { f32::from_bits(bits) } else { 0.0 },
            place: Place { key: candidate.key, id },
        });
    }
    Ok(hits)
}

/// One thread that writes and one that merges: the rest of the machine belongs to the clerks.
fn new_writer(engine: &tantivy::Index, fields: &Fields, heap: usize) -> Result<IndexWriter, Error> {
    let options = IndexWriterOptions::builder()
        .num_worker_threads(1)
        .num_merge_threads(1)
        .memory_budget_per_thread(heap)
        .build();
    let writer = engine.writer_with_options(options)?;
    // The engine gives the first operation of a new writer the number of the last commit, and a
    // merge that begins before the next commit then takes that operation for done in segments
    // that had deletions at that commit. So the first operation is one that may be lost: else an
    // old version of a document, with its old rights, could be found for ever.
    writer.delete_term(fields.key(Uuid::nil()));
    // Segments with more than a quarter of deleted documents are written anew, so that the index
    // stays below twice its live size however often documents change.
    let mut policy = LogMergePolicy::default();
    policy.set_min_num_segments(8);
    policy.set_del_docs_ratio_before_merge(0.25);
    writer.set_merge_policy(Box::new(policy));
    Ok(writer)
}

fn lock(dir: &Path) -> Result<tantivy::directory::DirectoryLock, Error> {
    let directory = MmapDirectory::open(dir).map_err(TantivyError::from)?;
    directory.acquire_lock(&INDEX_WRITER_LOCK).map_err(|error| match error {
        LockError::LockBusy => Error::Locked(dir.display().to_string()),
        error @ LockError::IoError(_) => TantivyError::LockFailure(error, None).into(),
    })
}
