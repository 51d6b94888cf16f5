//! The check: every byte of the journal, the chain, the rule of erasure, every row.
//!
//! It finds and names, it never repairs. Damage is the result; an error means that something
//! could not be read at all. It may run beside the writer: what moves meanwhile is looked at
//! again before it is called damaged.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, VecDeque},
    ops::Bound,
};

use serde::Deserialize;

use super::{
    Error, Ledger, Position,
    apply::{Stores, decode},
    erase,
    journal::{self, Damage, Journal, Sealed},
    recover::{self, each_row},
    rows::{self, Meta, STAND},
    sums::{Sum, Sums},
    table::{Pair, Table},
};
use crate::domain::record::Kind;

/// Entries read at once.
const READ_ENTRIES: usize = 4_000;

/// Bytes of bodies read at once.
const READ_BYTES: usize = 8 << 20;

/// Damages that are named; what comes after is only counted.
const NAMED_MAX: usize = 1_000;

/// How often a prefix is read again before its sum is called wrong: a commit may have come
/// between.
const TRIES: usize = 5;

/// What is being checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Files of the journal; counted in entries.
    Journal,
    /// Chain and erasures; counted in entries.
    Entries,
    /// Rows of the tables.
    Rows,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The last entry checked.
    pub head: Position,
    /// Entries in the chain.
    pub entries: u64,
    /// How many of them have no body any more, as ordered.
    pub erased: u64,
    /// Rows checked.
    pub rows: u64,
    /// Entries that the tables do not show yet; the next start applies them.
    pub behind: u64,
    /// What was written to so busily that only the checksums of its rows were tested, not the sum.
    pub busy: Vec<String>,
    /// What is wrong, at most a thousand.
    pub damages: Vec<Damage>,
    /// Damages that are not named for their number.
    pub unnamed: u64,
}

impl Report {
    /// True if nothing is wrong.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.damages.is_empty()
    }

    fn add(&mut self, damage: Damage) {
        if self.damages.contains(&damage) {
            return;
        }
        if self.damages.len() < NAMED_MAX {
            self.damages.push(damage);
        } else {
            self.unnamed += 1;
        }
    }

    fn add_at(&mut self, place: &str, what: String) {
        self.add(Damage { place: place.into(), offset: None, what });
    }
}

type Progress<'a> = dyn FnMut(Stage, u64) + 'a;

impl Ledger {
    /// Checks journal and tables while the service runs.
    ///
    /// # Errors
    /// If something can't be read at all.
    pub fn verify(&self, progress: &mut Progress<'_>) -> Result<Report, Error> {
        let stores = self.shared.stores();
        let mut report = Report::default();
        journal_bytes(stores, &mut report, progress)?;
        entries(stores, &mut report, progress)?;
        let named = report.damages.len();
        table_rows(stores, &mut report, progress, &|| self.shared.settled())?;
        if let Some(damage) = report.damages.get(named) {
            self.shared.suspect(&damage.what);
        }
        Ok(report)
    }
}

/// Checks journal and tables that nobody writes to.
///
/// # Errors
/// If something can't be read at all.
pub fn verify(
    journal: &dyn Journal,
    table: &dyn Table,
    progress: &mut Progress<'_>,
) -> Result<Report, Error> {
    let stores = Stores { journal, table };
    let mut report = Report::default();
    journal_bytes(stores, &mut report, progress)?;
    entries(stores, &mut report, progress)?;
    if let Some(meta) = meta(stores, &mut report)? {
        table_rows(stores, &mut report, progress, &|| Some(meta.sums.clone()))?;
    }
    Ok(report)
}

/// As `verify`, and builds the tables anew in `scratch` (which is wiped) to compare row by row.
///
/// # Errors
/// If something can't be read at all; also if the journal can't be applied.
pub fn verify_deep(
    journal: &dyn Journal,
    table: &dyn Table,
    scratch: &dyn Table,
    progress: &mut Progress<'_>,
) -> Result<Report, Error> {
    let mut report = verify(journal, table, progress)?;
    let fresh = Stores { journal, table: scratch };
    if recover::rebuild(fresh, &|_, _| {})?.is_none() {
        report.add_at("journal", "an entry was erased before it was ordered".into());
        return Ok(report);
    }
    let (mut here, mut there) = (Rows::new(table), Rows::new(scratch));
    loop {
        let what = match (here.peek()?, there.peek()?) {
            (None, None) => return Ok(report),
            (Some(a), Some(b)) if a == b => None,
            (Some(a), Some(b)) if a.0 == b.0 => Some((&a.0, "differs from the journal", (1, 1))),
            (Some(a), Some(b)) if a.0 < b.0 => Some((&a.0, "is not in the journal", (1, 0))),
            (Some(a), None) => Some((&a.0, "is not in the journal", (1, 0))),
            (_, Some(b)) => Some((&b.0, "is missing", (0, 1))),
        };
        let (left, right) = match what {
            None => (1, 1),
            Some((key, what, step)) => {
                report.add_at("tables", format!("{}: {what}", rows::name(key)));
                step
            }
        };
        (left == 1).then(|| here.skip());
        (right == 1).then(|| there.skip());
    }
}

/// All rows but the meta rows, in order.
struct Rows<'a> {
    table: &'a dyn Table,
    last: Option<Vec<u8>>,
    read: VecDeque<Pair>,
}

impl<'a> Rows<'a> {
    const fn new(table: &'a dyn Table) -> Self {
        Self { table, last: None, read: VecDeque::new() }
    }

    fn peek(&mut self) -> Result<Option<&Pair>, Error> {
        while self.read.is_empty() {
            let from = self.last.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
            let found = self.table.scan(from, Bound::Unbounded, false, READ_ENTRIES)?;
            let Some((key, _)) = found.last() else { break };
            self.last = Some(key.clone());
            self.read.extend(found.into_iter().filter(|(key, _)| !key.starts_with(b"m")));
        }
        Ok(self.read.front())
    }

    fn skip(&mut self) {
        self.read.pop_front();
    }
}

fn journal_bytes(
    stores: Stores<'_>,
    report: &mut Report,
    progress: &mut Progress<'_>,
) -> Result<(), Error> {
    // Which bodies are missing is learnt on the way along the chain, beside the orders.
    for damage in stores.journal.verify(&mut |done| progress(Stage::Journal, done))?.damage {
        report.add(damage);
    }
    Ok(())
}

/// As much of a body as the rule of erasure needs.
#[derive(Deserialize)]
struct Slim<'a> {
    #[serde(borrow)]
    action: Cow<'a, str>,
    #[serde(default)]
    erases: Vec<u64>,
}

/// What the walk along the chain learns of erasures.
#[derive(Default)]
struct Erasures {
    missing: BTreeSet<u64>,
    ordered: BTreeSet<u64>,
    /// Orders that are not known to be carried out, by the key of their record.
    open: BTreeMap<String, Vec<u64>>,
    done: BTreeSet<u64>,
}

/// The chain from the first entry on, and the rule of erasure: a body may be missing only if a
/// later entry orders it, and must be missing once that order is done.
fn entries(
    stores: Stores<'_>,
    report: &mut Report,
    progress: &mut Progress<'_>,
) -> Result<(), Error> {
    let mut erasures = Erasures::default();
    loop {
        let next = report.head.seq + 1;
        let group = match stores.journal.read(next, READ_ENTRIES, READ_BYTES) {
            Ok(group) => group,
            Err(journal::Error::Damaged(damage)) => {
                report.add(damage);
                report.add_at("journal", format!("nothing from entry {next} on can be checked"));
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        if group.is_empty() {
            break;
        }
        for sealed in &group {
            if !sealed.fits(report.head) {
                let what = "does not follow the entry before it, or is not what was sealed";
                report.add_at(&format!("entry {}", sealed.position.seq), what.into());
            }
            report.head = sealed.position;
            report.entries += 1;
            if let Err(error) = erasures.see(sealed) {
                report.add_at("journal", error.to_string());
            }
        }
        progress(Stage::Entries, report.entries);
    }
    for seq in erasures.missing.difference(&erasures.ordered) {
        report.add_at(&format!("entry {seq}"), "has lost its body, nobody ordered it".into());
    }
    report.erased = erasures.missing.len() as u64;
    for seq in erasures.done.difference(&erasures.missing) {
        // The order may have been carried out after the walk had passed the entry.
        if stores.entry(*seq)?.is_some_and(|entry| entry.body.is_some()) {
            let what = "still has its body, although its erasure is said to be done";
            report.add_at(&format!("entry {seq}"), what.into());
        }
    }
    Ok(())
}

impl Erasures {
    fn see(&mut self, sealed: &Sealed) -> Result<(), Error> {
        let seq = sealed.position.seq;
        let Some((_, json)) = &sealed.secret else {
            self.missing.insert(seq);
            return Ok(());
        };
        let broken = |what: String| Error::Entry { seq, what };
        let slim: Slim<'_> = serde_json::from_slice(json).map_err(|e| broken(e.to_string()))?;
        if slim.erases.is_empty() && slim.action != erase::DONE {
            return Ok(());
        }
        let Some(body) = decode(sealed)?.body else { return Ok(()) };
        for order in erase::orders(&body).map_err(broken)? {
            self.open.insert(order.id.to_string(), order.seqs);
        }
        self.ordered.extend(body.erases);
        for change in body.records.iter().filter(|change| change.state.is_none()) {
            if change.kind == Kind::Loeschung.name()
                && let Some(seqs) = self.open.remove(&change.key)
            {
                self.done.extend(seqs);
            }
        }
        Ok(())
    }
}

/// The meta row of tables at rest, if it is one of this journal.
fn meta(stores: Stores<'_>, report: &mut Report) -> Result<Option<Meta>, Error> {
    let head = stores.journal.head();
    let Some(value) = stores.table.get(STAND)? else {
        if head.seq > 0 {
            report.add_at("tables", "they say no position".into());
        }
        return Ok(None);
    };
    let found = match Meta::read(&value) {
        Ok(meta) => meta,
        Err(reason) => {
            report.add_at("tables", reason);
            return Ok(None);
        }
    };
    if let Some(reason) = recover::foreign(stores, found.applied)? {
        report.add_at("tables", reason);
        return Ok(None);
    }
    report.behind = head.seq - found.applied.seq;
    Ok(Some(found))
}

/// Every row against its checksum, every prefix against its count and sum. `expected` says what
/// the tables hold at this instant, or nothing while a batch is on its way into them.
fn table_rows(
    stores: Stores<'_>,
    report: &mut Report,
    progress: &mut Progress<'_>,
    expected: &dyn Fn() -> Option<Sums>,
) -> Result<(), Error> {
    let expected = |prefix| expected().map(|sums| sums.of(prefix));
    for prefix in rows::prefixes() {
        let mut tries = TRIES;
        let (read, what) = loop {
            tries -= 1;
            let before = expected(prefix);
            let read = read_prefix(stores, prefix)?;
            let still = before == expected(prefix);
            match before {
                Some(before) if still && read.sum == before => break (read, None),
                // Once is not enough: a row may have come and gone between the two looks.
                Some(before) if still && tries == 0 => break (read, Some(before)),
                _ if tries == 0 => {
                    report.busy.push(rows::prefix_name(prefix));
                    break (read, None);
                }
                _ => {}
            }
        };
        for key in &read.damaged {
            report.add_at("tables", format!("{}: wrong checksum", rows::name(key)));
        }
        if let Some(before) = what {
            let (name, found) = (rows::prefix_name(prefix), read.sum.count);
            let written = before.count;
            let what = format!("{name}: the {found} rows are not the {written} that were written");
            report.add_at("tables", what);
        }
        report.rows += read.sum.count;
        progress(Stage::Rows, report.rows);
    }
    Ok(())
}

/// The rows under a prefix as they are.
struct Read {
    sum: Sum,
    /// Keys of rows whose checksum is wrong.
    damaged: Vec<Vec<u8>>,
}

fn read_prefix(stores: Stores<'_>, prefix: [u8; 2]) -> Result<Read, Error> {
    let mut sums = Sums::default();
    let mut damaged = Vec::new();
    each_row(stores, &prefix, |key, value| {
        sums.add(key, Sum::change(key, None, Some(value)));
        if rows::open(key, value).is_err() && damaged.len() < NAMED_MAX {
            damaged.push(key.to_vec());
        }
        Ok(())
    })?;
    Ok(Read { sum: sums.of(prefix), damaged })
}
