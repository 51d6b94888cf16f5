//! How the tables are laid out: keys, checksummed values, the meta row.
//!
//! The first byte of a key names the table, the second a kind or an index; together they are the
//! prefix that counts and sums are kept for. A change of anything here must raise `TABLE_FORM`,
//! which makes every opening rebuild.
//!
//! ```text
//! r kind record-key                   seq u64, form u16, state as JSON
//! i index parts record-key            record-key
//! h kind record-key (as text) seq     (nothing)
//! c 0 commit-id                       first u64, last u64
//! m stand | m sauber                  applied position, sums | (nothing): stopped cleanly
//! ```
//!
//! Numbers are big-endian; each value begins with eight bytes of checksum over key and value.

use uuid::Uuid;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::{Error, Position, Seal, sums::Sums};
use crate::domain::{
    record::{INDEX_VERSION, Index, Kind, Parts},
    zeit::Zeitpunkt,
};

/// The version of the layout.
pub(super) const TABLE_FORM: u16 = 1;

/// Bytes in front of each value.
pub(super) const CHECKSUM_BYTES: usize = 8;

/// The row that says how far the tables are and what they should hold.
pub(super) const STAND: &[u8] = b"m\0stand";

/// The row that is there only after a clean stop.
pub(super) const CLEAN: &[u8] = b"m\0sauber";

/// Every prefix that rows can have.
pub(super) fn prefixes() -> impl Iterator<Item = [u8; 2]> {
    let kinds = |table| Kind::ALL.iter().map(move |kind| [table, kind.code()]);
    let indexes = Index::ALL.iter().map(|index| [b'i', index.code()]);
    kinds(b'r').chain(indexes).chain(kinds(b'h')).chain([[b'c', 0]])
}

pub(super) fn prefix(table: u8, code: u8) -> Vec<u8> {
    vec![table, code]
}

pub(super) fn record(kind: Kind, key: &str) -> Vec<u8> {
    join(b'r', kind.code(), &[key.as_bytes()])
}

pub(super) fn index(index: Index, parts: &[u8], key: &str) -> Vec<u8> {
    join(b'i', index.code(), &[parts, key.as_bytes()])
}

/// Where the history of one object begins; its rows end with the seq.
pub(super) fn history(kind: Kind, key: &str) -> Vec<u8> {
    join(b'h', kind.code(), &[&Parts::new().text(key).0])
}

pub(super) fn history_row(kind: Kind, key: &str, seq: u64) -> Vec<u8> {
    let mut row = history(kind, key);
    row.extend(seq.to_be_bytes());
    row
}

pub(super) fn commit(id: Uuid) -> Vec<u8> {
    join(b'c', 0, &[id.as_bytes()])
}

fn join(table: u8, code: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = Vec::with_capacity(2 + parts.iter().map(|p| p.len()).sum::<usize>());
    key.extend([table, code]);
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}

/// The first key behind all that begin with `prefix`; none: there is no such key.
pub(super) fn after(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Some(end);
        }
    }
    None
}

fn checksum(key: &[u8], payload: &[u8]) -> [u8; 8] {
    xxh3_64_with_seed(payload, xxh3_64(key)).to_be_bytes()
}

/// A value with its checksum in front.
pub(super) fn seal(key: &[u8], payload: &[&[u8]]) -> Vec<u8> {
    let mut value = Vec::with_capacity(8 + payload.iter().map(|p| p.len()).sum::<usize>());
    value.extend([0; 8]);
    payload.iter().for_each(|part| value.extend_from_slice(part));
    if let Some((head, rest)) = value.split_first_chunk_mut::<8>() {
        *head = checksum(key, rest);
    }
    value
}

/// What stands behind the checksum, which is tested first.
pub(super) fn open<'v>(key: &[u8], value: &'v [u8]) -> Result<&'v [u8], Error> {
    match value.split_first_chunk::<8>() {
        Some((head, payload)) if *head == checksum(key, payload) => Ok(payload),
        _ => Err(Error::Damaged(name(key))),
    }
}

/// The value of a record's row.
pub(super) fn record_value(key: &[u8], seq: u64, form: u16, json: &str) -> Vec<u8> {
    seal(key, &[&seq.to_be_bytes(), &form.to_be_bytes(), json.as_bytes()])
}

/// A record's row, opened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stand<'v> {
    pub seq: u64,
    pub form: u16,
    pub json: &'v str,
}

pub(super) fn open_record<'v>(key: &[u8], value: &'v [u8]) -> Result<Stand<'v>, Error> {
    let mut rest = open(key, value)?;
    let stand = (|| {
        let seq = u64::from_be_bytes(take(&mut rest)?);
        let form = u16::from_be_bytes(take(&mut rest)?);
        Some(Stand { seq, form, json: std::str::from_utf8(rest).ok()? })
    })();
    stand.ok_or_else(|| Error::Damaged(name(key)))
}

/// The value of an index row: the record's key.
pub(super) fn open_text(key: &[u8], value: &[u8]) -> Result<String, Error> {
    let payload = open(key, value)?;
    String::from_utf8(payload.to_vec()).map_err(|_| Error::Damaged(name(key)))
}

pub(super) fn commit_value(key: &[u8], first: u64, last: u64) -> Vec<u8> {
    seal(key, &[&first.to_be_bytes(), &last.to_be_bytes()])
}

pub(super) fn open_commit(key: &[u8], value: &[u8]) -> Result<(u64, u64), Error> {
    let mut rest = open(key, value)?;
    match (take(&mut rest), take(&mut rest)) {
        (Some(first), Some(last)) => Ok((u64::from_be_bytes(first), u64::from_be_bytes(last))),
        _ => Err(Error::Damaged(name(key))),
    }
}

/// The seq that a history row ends with.
pub(super) fn history_seq(key: &[u8]) -> Result<u64, Error> {
    let seq = key.last_chunk::<8>().ok_or_else(|| Error::Damaged(name(key)))?;
    Ok(u64::from_be_bytes(*seq))
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*head)
}

/// What the tables say of themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Meta {
    /// The last entry that they hold.
    pub applied: Position,
    /// The time of that entry or of one before it, whichever is later.
    pub time: Zeitpunkt,
    /// How many rows there should be, and their sums.
    pub sums: Sums,
}

impl Meta {
    pub fn write(&self) -> (Vec<u8>, Option<Vec<u8>>) {
        let value = seal(
            STAND,
            &[
                &TABLE_FORM.to_be_bytes(),
                &INDEX_VERSION.to_be_bytes(),
                &self.applied.seq.to_be_bytes(),
                &self.applied.seal.0,
                &self.time.0.to_be_bytes(),
                &self.sums.write(),
            ],
        );
        (STAND.to_vec(), Some(value))
    }

    /// True if a newer version of this program wrote the row.
    pub fn is_newer(value: &[u8]) -> bool {
        let versions = open(STAND, value).ok().and_then(|mut rest| {
            let form = u16::from_be_bytes(take(&mut rest)?);
            Some((form, u32::from_be_bytes(take(&mut rest)?)))
        });
        versions.is_some_and(|(form, index)| form > TABLE_FORM || index > INDEX_VERSION)
    }

    /// Reads the row, or says why the tables can't be used.
    pub fn read(value: &[u8]) -> Result<Self, String> {
        let mut rest = open(STAND, value).map_err(|e| e.to_string())?;
        let short = || "the meta row is too short".to_string();
        let form = u16::from_be_bytes(take(&mut rest).ok_or_else(short)?);
        let version = u32::from_be_bytes(take(&mut rest).ok_or_else(short)?);
        if (form, version) != (TABLE_FORM, INDEX_VERSION) {
            return Err(format!(
                "they have form {form}, index version {version}; \
                 this program makes {TABLE_FORM}, {INDEX_VERSION}"
            ));
        }
        let seq = u64::from_be_bytes(take(&mut rest).ok_or_else(short)?);
        let seal = Seal(take(&mut rest).ok_or_else(short)?);
        let time = Zeitpunkt(i64::from_be_bytes(take(&mut rest).ok_or_else(short)?));
        let sums = Sums::read(rest).ok_or_else(short)?;
        Ok(Self { applied: Position { seq, seal }, time, sums })
    }
}

/// A row's name for the operator: table, kind or index, and the rest of the key.
pub(super) fn name(key: &[u8]) -> String {
    let (Some(table), Some(code)) = (key.first(), key.get(1)) else { return hex::encode(key) };
    let rest = key.get(2..).unwrap_or_default();
    let text = || String::from_utf8_lossy(rest).escape_default().to_string();
    let kind = || Kind::ALL.iter().find(|k| k.code() == *code).map_or("?", |k| k.name());
    match table {
        b'r' => format!("record {} {}", kind(), text()),
        b'i' => {
            let index = Index::ALL.iter().find(|i| i.code() == *code);
            format!("index {} {}", index.map_or("?", |i| i.name()), hex::encode(rest))
        }
        b'h' => {
            let (object, seq) = rest.split_at(rest.len().saturating_sub(9));
            let seq = seq.last_chunk::<8>().map_or(0, |seq| u64::from_be_bytes(*seq));
            let object = String::from_utf8_lossy(object).escape_default().to_string();
            format!("history {} {object} {seq}", kind())
        }
        b'c' => format!("commit {}", Uuid::from_slice(rest).unwrap_or_default()),
        _ => format!("row {}", String::from_utf8_lossy(key).escape_default()),
    }
}

/// The name of a prefix for the operator.
pub(super) fn prefix_name(prefix: [u8; 2]) -> String {
    name(&prefix).trim_end().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_byte_of_a_row_is_noticed() {
        let key = record(Kind::Akte, "a");
        let value = record_value(&key, 7, 1, "{}");
        let stand = open_record(&key, &value).unwrap();
        assert_eq!((stand.seq, stand.form, stand.json), (7, 1, "{}"));
        for at in 0..value.len() {
            let mut bad = value.clone();
            bad[at] ^= 1;
            assert!(open_record(&key, &bad).is_err(), "byte {at}");
        }
        // A value that stands under another key is none either.
        assert!(open(&record(Kind::Akte, "b"), &value).is_err());
        assert!(open(&key, &value[..7]).is_err());
    }

    #[test]
    fn tables_of_another_version_are_refused_by_name() {
        let meta = Meta { applied: Position { seq: 3, seal: Seal([9; 32]) }, ..Meta::default() };
        let value = meta.write().1.unwrap();
        assert_eq!(Meta::read(&value).unwrap(), meta);
        for (at, what) in [(9, "form 0"), (13, "index version 0")] {
            let mut payload = value[8..].to_vec();
            payload[at - 8] = 0;
            let reason = Meta::read(&seal(STAND, &[&payload])).unwrap_err();
            assert!(reason.contains(what), "{reason}");
        }
    }

    #[test]
    fn histories_of_keys_that_begin_alike_are_apart() {
        let row = history_row(Kind::Zaehler, "a\0b", u64::MAX);
        assert!(!row.starts_with(&history(Kind::Zaehler, "a")));
        assert_eq!(history_seq(&row).unwrap(), u64::MAX);
        assert_eq!(after(&[1, u8::MAX]), Some(vec![2]));
        assert_eq!(after(&[u8::MAX]), None);
    }
}
