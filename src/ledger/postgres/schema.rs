//! The schema: its tables, its version, the views for reporting, and the connection that listens.
//!
//! A view must never show a walled unit to a role that was not granted it by name.

use std::time::Duration;

use postgres::fallible_iterator::FallibleIterator as _;

use super::{
    super::Position, Config, Engine, Error, connect::Connection, group::position, lock, views,
};

/// The form of the schema that this version makes.
const FORM: i32 = 1;

const TABLES: &str = "\
    CREATE TABLE head (one bool PRIMARY KEY DEFAULT true CHECK (one), form int4 NOT NULL, \
      gate int8 NOT NULL, seq int8 NOT NULL, seal bytea NOT NULL, epoch int8 NOT NULL, \
      timeline int8 NOT NULL) WITH (fillfactor = 10);\
    CREATE TABLE journal (seq int8 PRIMARY KEY, form int2 NOT NULL, seal bytea NOT NULL, \
      digest bytea NOT NULL, salt bytea NOT NULL, body bytea NOT NULL);\
    CREATE TABLE rows (key bytea PRIMARY KEY, head bytea NOT NULL, value json);\
    CREATE TABLE operational (key bytea PRIMARY KEY, value bytea NOT NULL);\
    INSERT INTO head (form, gate, seq, seal, epoch, timeline) SELECT 1, \
      ('x' || left(md5('aktenlauf ' || current_database() || ' ' || current_schema()), 16)) \
      ::bit(64)::int8, 0, decode(repeat('00', 32), 'hex'), 1, \
      ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int8;";

/// Makes the schema where there is none. A lock keeps two first starts apart.
pub(super) fn ensure(
    connection: &mut Connection,
    config: &Config,
    known: bool,
) -> Result<(), Error> {
    let client = &mut connection.client;
    let mut change = client.transaction()?;
    change.execute("SELECT pg_advisory_xact_lock(hashtext($1))", &[&config.schema])?;
    let there = change.query_opt(
        "SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'head'",
        &[&config.schema],
    )?;
    if there.is_none() && known {
        let text = "the schema is gone that this node has written to; a server that lost its data \
                    must not begin a new history";
        return Err(Error::Unfit(text.into()));
    }
    if there.is_none() {
        change.batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS \"{}\"", config.schema))?;
        change.batch_execute(TABLES)?;
    }
    let form: i32 = change.query_one("SELECT form FROM head", &[])?.try_get(0)?;
    if form > FORM {
        let text = format!("its schema has form {form}, this version knows up to {FORM}");
        return Err(Error::Unfit(text));
    }
    // Written only where they are others: a commit waits for a standby, and a node must be able to
    // start, and serve readers, without one.
    let views = views::sql(config);
    let made = xxhash_rust::xxh3::xxh3_128(views.as_bytes()).to_be_bytes().to_vec();
    let kept = change.query_opt("SELECT value FROM operational WHERE key = $1", &[&VIEWS])?;
    let kept: Option<Vec<u8>> = kept.map(|row| row.try_get(0)).transpose()?;
    if there.is_some() && kept.as_ref() == Some(&made) {
        return Ok(change.rollback()?);
    }
    change.batch_execute(&views)?;
    let keep = "INSERT INTO operational (key, value) VALUES ($1, $2) \
                ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    change.execute(keep, &[&VIEWS, &made])?;
    Ok(change.commit()?)
}

/// The row that says which views were made.
const VIEWS: &[u8] = b"views";

/// The head row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub position: Position,
    pub epoch: i64,
    pub timeline: i64,
}

pub(super) fn head(connection: &mut Connection) -> Result<Head, Error> {
    let sql = "SELECT seq, seal, epoch, timeline FROM head";
    let statement = connection.prepared(sql)?;
    let row = connection.client.query_one(&statement, &[])?;
    let seal: Vec<u8> = row.try_get(1)?;
    let position = position(row.try_get(0)?, &seal)?;
    Ok(Head { position, epoch: row.try_get(2)?, timeline: row.try_get(3)? })
}

/// Begins rows beside the serving ones.
pub(super) fn build_anew(connection: &mut Connection) -> Result<(), Error> {
    connection.client.batch_execute(
        "BEGIN; DROP TABLE IF EXISTS rows_new; \
         CREATE TABLE rows_new (LIKE rows INCLUDING ALL); COMMIT",
    )?;
    Ok(())
}

/// Puts the rows that were built in the place of the serving ones.
pub(super) fn swap(connection: &mut Connection, config: &Config) -> Result<(), Error> {
    let sql = format!(
        "BEGIN; ALTER TABLE rows RENAME TO rows_old; ALTER TABLE rows_new RENAME TO rows; \
         {} DROP TABLE rows_old; COMMIT",
        views::sql(config)
    );
    Ok(connection.client.batch_execute(&sql)?)
}

/// Waits for a notification and takes what came with it.
fn hear(connection: &mut Connection, timeout: Duration) -> Result<(), Error> {
    let mut heard = connection.client.notifications();
    let first = heard.timeout_iter(timeout).next()?;
    while first.is_some() && heard.iter().next()?.is_some() {}
    Ok(())
}

impl Engine {
    /// The name under which commits are made known.
    pub fn channel(&self) -> String {
        format!("aktenlauf_{}", self.config.schema)
    }

    /// Runs a read on a connection of the pool.
    pub fn read<T>(&self, read: impl Fn(&mut Connection) -> Result<T, Error>) -> Result<T, Error> {
        if let Some(done) = self.read_in_group(&read) {
            return done;
        }
        self.pool.read(&self.connector, read)
    }

    /// The head row as it is now.
    pub fn refresh(&self) -> Result<Position, Error> {
        let found = self.read(head)?;
        self.connector.fence.admit(found.epoch, found.timeline)?;
        *lock(&self.head) = found.position;
        Ok(found.position)
    }

    /// Waits for a commit of any node. Notifications are a help only: who waits looks again
    /// after a while, and a lost connection is made anew at the next call.
    pub fn watch(&self, timeout: Duration) -> Result<(), Error> {
        let mut ear = lock(&self.ear);
        let mut connection = match ear.take().filter(|c| !c.client.is_closed()) {
            Some(connection) => connection,
            None => {
                let mut connection = self.connector.readable()?;
                let listen = format!("LISTEN \"{}\"", self.channel());
                if !connection.standby {
                    connection.client.batch_execute(&listen)?;
                }
                connection
            }
        };
        if connection.standby {
            // A standby sends no notifications, and is left as soon as it may be.
            drop(connection);
            std::thread::sleep(timeout);
        } else {
            let heard = hear(&mut connection, timeout);
            *ear = Some(connection);
            heard?;
        }
        drop(ear);
        self.refresh().map(drop)
    }
}
