//! What is beside the journal on purpose: small values that nodes share and may lose.
//!
//! A commit here waits for this server's disk and for no standby: after a failover some of it may
//! be as it was a moment before, and so it may be read from a standby while there is no other
//! server. Nothing that counts as a record may lie here. Each call may be
//! carried out twice, and is written so that this does no harm.

use std::sync::Arc;

use postgres::types::ToSql;

use super::{super::table::Pair, Engine, Error, tables::Tables};

const GET: &str = "SELECT value FROM operational WHERE key = $1";
const PUT: &str = "INSERT INTO operational (key, value) VALUES ($1, $2) \
     ON CONFLICT (key) DO UPDATE SET value = excluded.value";
const REPLACE: &str = "UPDATE operational SET value = $2 WHERE key = $1";
const REMOVE: &str = "DELETE FROM operational WHERE key = ANY($1::bytea[])";
const LIST: &str = "SELECT key, value FROM operational WHERE key >= $1 AND key < $2 \
     AND substr(value, 1, length($3::bytea)) = $3 LIMIT $4";
const COUNT: &str = "SELECT count(*) FROM operational WHERE key >= $1 AND key < $2";

/// Operational values in PostgreSQL.
#[derive(Clone, Debug)]
pub struct Operational(Arc<Engine>);

impl Tables {
    /// What lies in the same schema beside journal and tables.
    #[must_use]
    pub fn operational(&self) -> Operational {
        Operational(Arc::clone(self.engine()))
    }
}

impl Operational {
    /// One value.
    ///
    /// # Errors
    /// As the server says.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.0.read(|connection| {
            let statement = connection.prepared(GET)?;
            let row = connection.client.query_opt(&statement, &[&key])?;
            Ok(row.map(|row| row.try_get(0)).transpose()?)
        })
    }

    /// Those whose key begins with one and whose value with the other; in no order.
    ///
    /// # Errors
    /// As the server says.
    pub fn list(&self, key: &[u8], value: &[u8], max: usize) -> Result<Vec<Pair>, Error> {
        let (behind, max) = (behind(key), i64::try_from(max).unwrap_or(i64::MAX));
        self.0.read(|connection| {
            let statement = connection.prepared(LIST)?;
            let rows = connection.client.query(&statement, &[&key, &behind, &value, &max])?;
            rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
        })
    }

    /// How many keys begin so.
    ///
    /// # Errors
    /// As the server says.
    pub fn count(&self, key: &[u8]) -> Result<u64, Error> {
        let behind = behind(key);
        self.0.read(|connection| {
            let statement = connection.prepared(COUNT)?;
            let row = connection.client.query_one(&statement, &[&key, &behind])?;
            let count: i64 = row.try_get(0)?;
            Ok(u64::try_from(count).unwrap_or(0))
        })
    }

    /// Puts a value.
    ///
    /// # Errors
    /// As the server says.
    pub fn put(&self, key: &[u8], value: &[u8]) -> Result<(), Error> {
        self.write(PUT, &[&key, &value])
    }

    /// Replaces a value; where there is none any more, none is put.
    ///
    /// # Errors
    /// As the server says.
    pub fn replace(&self, key: &[u8], value: &[u8]) -> Result<(), Error> {
        self.write(REPLACE, &[&key, &value])
    }

    /// Takes values away.
    ///
    /// # Errors
    /// As the server says.
    pub fn remove(&self, keys: &[Vec<u8>]) -> Result<(), Error> {
        self.write(REMOVE, &[&keys])
    }

    fn write(&self, sql: &'static str, values: &[&(dyn ToSql + Sync)]) -> Result<(), Error> {
        self.0.read(|connection| {
            let statement = connection.prepared(sql)?;
            let mut change = connection.client.transaction()?;
            change.batch_execute("SET LOCAL synchronous_commit = local")?;
            change.execute(&statement, values)?;
            Ok(change.commit()?)
        })
    }
}

/// Where keys that begin so end: no key has a byte 0xFF.
fn behind(key: &[u8]) -> Vec<u8> {
    [key, &[0xFF]].concat()
}
