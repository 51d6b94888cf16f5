//! The rows' side of the schema. A record's JSON stands in a column of type `json`, which keeps
//! it as it is, so that views can read it; everything before it stands in `head`.
//!
//! Tables that are being built anew stand beside the serving ones and are swapped in at the end.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{
    super::table::{Error, Led, Pair, Table, Write, crossed},
    Engine,
    connect::Connection,
    lock, schema,
};

/// Bytes of a record's row before its JSON: checksum, seq, form.
const RECORD_HEAD: usize = 18;

/// Rows in PostgreSQL.
#[derive(Clone, Debug)]
pub struct Tables {
    engine: Arc<Engine>,
    /// From a wipe to the next empty batch.
    building: Arc<AtomicBool>,
}

impl Tables {
    pub(super) fn new(engine: Arc<Engine>) -> Self {
        Self { engine, building: Arc::default() }
    }

    pub(super) const fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    fn building(&self) -> bool {
        self.building.load(Ordering::SeqCst)
    }

    fn alone(&self, batch: &[Write]) -> Result<(), super::Error> {
        let building = self.building();
        let mut connection = self.engine.connector.writable()?;
        connection.client.batch_execute("BEGIN")?;
        write(&mut connection, building, batch)?;
        let commit = |c: &mut Connection| {
            let lost = |e: postgres::Error| super::Error::Unknown(super::full(&e));
            c.client.batch_execute("COMMIT").map_err(lost)
        };
        self.engine.patient(connection, commit).map(drop)
    }

    fn try_scan(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        reverse: bool,
        limit: usize,
    ) -> Result<Vec<Pair>, super::Error> {
        let (low, high) = ends(from, to);
        let range = (low, high, reverse, limit);
        if let Some(found) = lock(&self.engine.cache).range(&range) {
            return Ok(found);
        }
        let sql = match (self.building(), reverse) {
            (false, false) => {
                "SELECT key, head, value::text FROM rows \
                 WHERE key >= $1 AND key < $2 ORDER BY key LIMIT $3"
            }
            (false, true) => {
                "SELECT key, head, value::text FROM rows \
                 WHERE key >= $1 AND key < $2 ORDER BY key DESC LIMIT $3"
            }
            (true, false) => {
                "SELECT key, head, value::text FROM rows_new \
                 WHERE key >= $1 AND key < $2 ORDER BY key LIMIT $3"
            }
            (true, true) => {
                "SELECT key, head, value::text FROM rows_new \
                 WHERE key >= $1 AND key < $2 ORDER BY key DESC LIMIT $3"
            }
        };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let found: Vec<Pair> = self.engine.read(|connection| {
            let statement = connection.prepared(sql)?;
            let (low, high, ..) = &range;
            let rows = connection.client.query(&statement, &[low, high, &limit])?;
            rows.iter().map(|row| Ok((row.try_get(0)?, joined(row, 1)?))).collect()
        })?;
        lock(&self.engine.cache).keep_range(range, &found);
        Ok(found)
    }
}

/// A key beyond all keys.
const BEYOND: [u8; 64] = [0xFF; 64];

/// The first key of a range, and the first behind it.
fn ends(from: Bound<&[u8]>, to: Bound<&[u8]>) -> (Vec<u8>, Vec<u8>) {
    let behind = |key: &[u8]| [key, &[0]].concat();
    let low = match from {
        Bound::Included(key) => key.to_vec(),
        Bound::Excluded(key) => behind(key),
        Bound::Unbounded => Vec::new(),
    };
    let high = match to {
        Bound::Included(key) => behind(key),
        Bound::Excluded(key) => key.to_vec(),
        Bound::Unbounded => BEYOND.to_vec(),
    };
    (low, high)
}

/// The value of a row whose parts begin at that column.
fn joined(row: &postgres::Row, at: usize) -> Result<Vec<u8>, postgres::Error> {
    let mut value: Vec<u8> = row.try_get(at)?;
    if let Some(json) = row.try_get::<_, Option<&str>>(at + 1)? {
        value.extend_from_slice(json.as_bytes());
    }
    Ok(value)
}

/// A value as it is stored: what stands before a record's JSON, and the JSON.
fn parted<'v>(key: &[u8], value: &'v [u8]) -> (&'v [u8], Option<&'v str>) {
    let record = key.first() == Some(&b'r');
    let parts = value.split_at_checked(RECORD_HEAD).filter(|_| record).and_then(|(head, json)| {
        serde_json::from_slice::<serde::de::IgnoredAny>(json).ok()?;
        Some((head, Some(std::str::from_utf8(json).ok()?)))
    });
    parts.unwrap_or((value, None))
}

const WRITE: &str = "WITH gone AS (DELETE FROM rows WHERE key = ANY($4::bytea[])) \
     INSERT INTO rows (key, head, value) \
     SELECT k, h, v::json FROM unnest($1::bytea[], $2::bytea[], $3::text[]) AS new (k, h, v) \
     ON CONFLICT (key) DO UPDATE SET head = excluded.head, value = excluded.value";

const WRITE_NEW: &str = "WITH gone AS (DELETE FROM rows_new WHERE key = ANY($4::bytea[])) \
     INSERT INTO rows_new (key, head, value) \
     SELECT k, h, v::json FROM unnest($1::bytea[], $2::bytea[], $3::text[]) AS new (k, h, v) \
     ON CONFLICT (key) DO UPDATE SET head = excluded.head, value = excluded.value";

/// Writes a batch into the open transaction; later writes of a key win.
pub(super) fn write(
    connection: &mut Connection,
    building: bool,
    batch: &[Write],
) -> Result<(), super::Error> {
    let last: BTreeMap<&[u8], Option<&[u8]>> =
        batch.iter().map(|(key, value)| (key.as_slice(), value.as_deref())).collect();
    let (mut keys, mut heads, mut values, mut gone) = (vec![], vec![], vec![], vec![]);
    for (key, value) in last {
        match value {
            Some(value) => {
                let (head, json) = parted(key, value);
                keys.push(key);
                heads.push(head);
                values.push(json);
            }
            None => gone.push(key),
        }
    }
    let statement = connection.prepared(if building { WRITE_NEW } else { WRITE })?;
    connection.client.execute(&statement, &[&keys, &heads, &values, &gone])?;
    Ok(())
}

impl Table for Tables {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let sql = match self.building() {
            false => "SELECT head, value::text FROM rows WHERE key = $1",
            true => "SELECT head, value::text FROM rows_new WHERE key = $1",
        };
        if let Some(found) = lock(&self.engine.cache).row(key) {
            return Ok(found);
        }
        let found = self.engine.read(|connection| {
            let statement = connection.prepared(sql)?;
            let row = connection.client.query_opt(&statement, &[&key])?;
            Ok(row.map(|row| joined(&row, 0)).transpose()?)
        })?;
        lock(&self.engine.cache).keep_row(key, &found);
        Ok(found)
    }

    fn get_many(&self, keys: &[Vec<u8>]) -> Result<Option<Vec<Pair>>, Error> {
        if self.building() {
            return Ok(None);
        }
        let sql = "SELECT key, head, value::text FROM rows WHERE key = ANY($1)";
        let found: Vec<Pair> = self.engine.read(|connection| {
            let statement = connection.prepared(sql)?;
            let rows = connection.client.query(&statement, &[&keys])?;
            rows.iter().map(|row| Ok((row.try_get(0)?, joined(row, 1)?))).collect()
        })?;
        lock(&self.engine.cache).keep_rows(keys, &found);
        Ok(Some(found))
    }

    fn lead(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        prefix: &[u8],
        skip: usize,
    ) -> Result<Option<Led>, Error> {
        let (low, high) = ends(from, to);
        let sql = "SELECT i.key, i.head, r.key IS NOT NULL, r.head, r.value::text FROM \
             (SELECT key, head FROM rows WHERE key >= $1 AND key < $2 ORDER BY key LIMIT 1) i \
             LEFT JOIN rows r ON r.key = $3::bytea || substring(i.head FROM $4)";
        let skip = i32::try_from(skip.saturating_add(1)).unwrap_or(i32::MAX);
        Ok(self.engine.read(|connection| {
            let statement = connection.prepared(sql)?;
            let row = connection.client.query_opt(&statement, &[&low, &high, &prefix, &skip])?;
            let Some(row) = row else { return Ok(None) };
            let led = match row.try_get(2)? {
                true => Some(joined(&row, 3)?),
                false => None,
            };
            Ok(Some(((row.try_get(0)?, row.try_get(1)?), led)))
        })?)
    }

    fn scan(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        reverse: bool,
        limit: usize,
    ) -> Result<Vec<Pair>, Error> {
        if crossed(from, to) || limit == 0 {
            return Ok(Vec::new());
        }
        Ok(self.try_scan(from, to, reverse, limit)?)
    }

    fn commit(&self, batch: &[Write]) -> Result<(), Error> {
        if self.engine.in_group() {
            return Ok(self.engine.finish(batch)?);
        }
        if !batch.is_empty() {
            return Ok(self.alone(batch)?);
        }
        if self.building() {
            lock(&self.engine.cache).forget();
            let (connection, config) =
                (self.engine.connector.writable()?, self.engine.config.clone());
            self.engine.patient(connection, move |c| schema::swap(c, &config))?;
            self.building.store(false, Ordering::SeqCst);
        }
        Ok(())
    }

    fn wipe(&self) -> Result<(), Error> {
        let mut connection = self.engine.connector.writable()?;
        schema::build_anew(&mut connection)?;
        self.building.store(true, Ordering::SeqCst);
        Ok(())
    }
}
