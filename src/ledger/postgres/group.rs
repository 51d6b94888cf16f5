//! The writing transaction: it takes the head row, and ends with a commit that counts, or not.

use std::time::{Duration, Instant};

use super::{
    super::{
        Position, Seal,
        journal::{Sealed, mark},
        table::Write,
    },
    Engine, Error,
    connect::Connection,
    lock, tables,
};

/// Between two attempts to learn what became of a commit.
const SETTLE_EVERY: Duration = Duration::from_millis(100);

const HEAD: &str = "SELECT h.seq, h.seal, h.epoch, h.timeline, \
     ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int8, \
     current_setting('synchronous_standby_names') <> '', \
     pg_advisory_xact_lock_shared(h.gate) IS NULL FROM head h FOR UPDATE";

const APPEND: &str = "WITH new AS (INSERT INTO journal (seq, form, seal, digest, salt, body) \
     SELECT * FROM unnest($1::int8[], $2::int2[], $3::bytea[], $4::bytea[], $5::bytea[], \
     $6::bytea[])) UPDATE head SET seq = $7, seal = $8, epoch = $9, timeline = $10";

/// The connection that writes, and the transaction that is open on it.
#[derive(Debug)]
pub(super) struct Group {
    connection: Option<Connection>,
    open: Option<Open>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    /// The head when it was begun, and with what was appended.
    head: Position,
    epoch: i64,
    timeline: i64,
}

impl Group {
    pub const fn on(connection: Option<Connection>) -> Self {
        Self { connection, open: None }
    }

    pub const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Drops the connection; the server takes back what was open on it.
    fn drop_it(&mut self) {
        (self.connection, self.open) = (None, None);
    }

    fn connection(&mut self) -> Result<&mut Connection, Error> {
        self.connection.as_mut().ok_or_else(|| Error::Unreachable("not connected".into()))
    }
}

impl Engine {
    /// Takes the head row.
    pub fn begin(&self) -> Result<Position, Error> {
        let mut group = lock(&self.group);
        if group.connection.as_ref().is_none_or(|c| c.client.is_closed()) || group.is_open() {
            group.drop_it();
            group.connection = Some(self.connector.writable()?);
        }
        let open = self.take_head(group.connection()?);
        match open {
            Ok(open) => {
                group.open = Some(open);
                lock(&self.cache).begin(open.head);
                *lock(&self.head) = open.head;
                Ok(open.head)
            }
            Err(error) => {
                group.drop_it();
                Err(error)
            }
        }
    }

    fn take_head(&self, connection: &mut Connection) -> Result<Open, Error> {
        let head = connection.prepared(HEAD)?;
        connection.client.batch_execute("BEGIN")?;
        let row = connection.client.query_one(&head, &[])?;
        let (epoch, known): (i64, i64) = (row.try_get(2)?, row.try_get(3)?);
        let (timeline, standbys): (i64, bool) = (row.try_get(4)?, row.try_get(5)?);
        if timeline < known {
            let text = format!("it is on timeline {timeline}, the head row on {known}");
            return Err(Error::Unreachable(text));
        }
        // The first group after a promotion.
        let epoch = if timeline > known { epoch + 1 } else { epoch };
        self.connector.fence.admit(epoch, timeline)?;
        if self.config.synchronous && !standbys {
            return Err(Error::Unreachable(NO_STANDBY.into()));
        }
        let seal: Vec<u8> = row.try_get(1)?;
        Ok(Open { head: position(row.try_get(0)?, &seal)?, epoch, timeline })
    }

    /// Takes back what was begun.
    pub fn give_up(&self) {
        let mut group = lock(&self.group);
        lock(&self.cache).end(None);
        if group.open.take().is_some()
            && group.connection().and_then(|c| Ok(c.client.batch_execute("ROLLBACK")?)).is_err()
        {
            group.drop_it();
        }
    }

    /// Runs a read on the connection that holds the head row, if this thread holds it: another
    /// one may lead to a standby that is behind, and no decision may stand on that.
    pub fn read_in_group<T>(
        &self,
        read: impl Fn(&mut Connection) -> Result<T, Error>,
    ) -> Option<Result<T, Error>> {
        if !lock(&self.cache).is_mine() {
            return None;
        }
        Some(lock(&self.group).connection().and_then(read))
    }

    pub fn in_group(&self) -> bool {
        lock(&self.group).is_open()
    }

    /// Adds entries to the open group.
    pub fn add(&self, entries: &[Sealed]) -> Result<(), Error> {
        let mut group = lock(&self.group);
        let Some(open) = group.open else { return Err(Error::Server("no group is open".into())) };
        let Some(last) = entries.last() else { return Ok(()) };
        let done = group.connection().and_then(|c| append(c, entries, open));
        if done.is_err() {
            lock(&self.cache).forget();
            group.drop_it();
        } else {
            group.open = Some(Open { head: last.position, ..open });
        }
        done
    }

    /// Adds rows to the open group and commits it. `Unreachable`: nothing was written.
    pub fn finish(&self, batch: &[Write]) -> Result<(), Error> {
        let mut group = lock(&self.group);
        let Some(open) = group.open.take() else {
            return Err(Error::Server("no group is open".into()));
        };
        let Some(mut connection) = group.connection.take() else {
            return Err(Error::Unreachable("not connected".into()));
        };
        // Known again only if all goes well.
        let mut cache = std::mem::take(&mut *lock(&self.cache));
        self.write(&mut connection, batch, open)?;
        let synchronous = self.config.synchronous;
        let done = self.patient(connection, move |c| commit(c, synchronous))?;
        group.connection = Some(done.0);
        cache.end(Some((batch, open.head)));
        *lock(&self.cache) = cache;
        *lock(&self.head) = open.head;
        Ok(())
    }

    fn write(&self, connection: &mut Connection, batch: &[Write], open: Open) -> Result<(), Error> {
        if !batch.is_empty() {
            tables::write(connection, false, batch)?;
        }
        let notify = connection.prepared("SELECT pg_notify($1, '')")?;
        connection.client.execute(&notify, &[&self.channel()])?;
        // Remembered before it counts: a node must not forget what it acknowledged.
        self.connector.fence.remember(open.epoch, open.timeline)
    }

    /// Looks for the last entry of a commit until the time is over. One that is found counts only
    /// once a later commit counts: the log is written and sent in order.
    pub fn settle(&self, last: Position) -> Result<bool, Error> {
        // Real time: it only bounds how long the answer is looked for.
        let end = Instant::now() + self.config.settle_timeout;
        loop {
            let looked = self.look_for(last);
            if looked.is_err() {
                self.give_up();
            }
            match looked {
                Err(error) if Instant::now() < end => {
                    tracing::debug!(%error, "a commit's outcome is not known yet");
                    std::thread::sleep(SETTLE_EVERY);
                }
                known => return known,
            }
        }
    }

    fn look_for(&self, last: Position) -> Result<bool, Error> {
        self.begin()?;
        let found = {
            let mut group = lock(&self.group);
            let connection = group.connection()?;
            let seq = number(last.seq)?;
            let seal = "SELECT seal FROM journal WHERE seq = $1";
            let row = connection.client.query_opt(seal, &[&seq])?;
            let seal: Option<Vec<u8>> = row.map(|row| row.try_get(0)).transpose()?;
            seal.is_some_and(|seal| seal == last.seal.0)
        };
        if !found {
            self.give_up();
            return Ok(false);
        }
        {
            let mut group = lock(&self.group);
            let connection = group.connection()?;
            connection.client.execute("UPDATE head SET seq = seq", &[])?;
        }
        self.finish(&[])?;
        Ok(true)
    }
}

/// A commit that counts: without a warning, and with a standby where there must be one.
fn commit(connection: &mut Connection, synchronous: bool) -> Result<(), Error> {
    let unknown = |what: String| Error::Unknown(what);
    connection.warned();
    connection.client.batch_execute("COMMIT").map_err(|e| unknown(super::full(&e)))?;
    if connection.warned() {
        return Err(unknown("the wait for a standby was cancelled".into()));
    }
    if synchronous {
        // Who empties the list sets free whoever waits, without a word.
        let standbys = "SELECT current_setting('synchronous_standby_names') <> ''";
        let row = connection.client.query_one(standbys, &[]);
        let there: bool =
            row.and_then(|row| row.try_get(0)).map_err(|e| unknown(super::full(&e)))?;
        if !there {
            return Err(unknown(NO_STANDBY.into()));
        }
    }
    Ok(())
}

const NO_STANDBY: &str =
    "synchronous_standby_names is empty: no standby would have what is written";

fn append(connection: &mut Connection, entries: &[Sealed], open: Open) -> Result<(), Error> {
    let statement = connection.prepared(APPEND)?;
    let last = entries.last().map(|e| e.position).unwrap_or_default();
    let seqs: Vec<i64> =
        entries.iter().map(|e| number(e.position.seq)).collect::<Result<_, _>>()?;
    let forms: Vec<i16> = entries
        .iter()
        .map(|e| i16::try_from(e.form).map_err(|e| Error::Server(e.to_string())))
        .collect::<Result<_, _>>()?;
    let seals: Vec<&[u8]> = entries.iter().map(|e| &e.position.seal.0[..]).collect();
    let digests: Vec<&[u8]> = entries.iter().map(|e| &e.digest[..]).collect();
    let secret = |e: &Sealed| match &e.secret {
        Some((salt, body)) => (salt.to_vec(), body.clone()),
        None => (mark(&e.digest).to_vec(), Vec::new()),
    };
    let (salts, bodies): (Vec<_>, Vec<_>) = entries.iter().map(secret).unzip();
    let (seq, seal) = (number(last.seq)?, &last.seal.0[..]);
    connection.client.execute(
        &statement,
        &[
            &seqs,
            &forms,
            &seals,
            &digests,
            &salts,
            &bodies,
            &seq,
            &seal,
            &open.epoch,
            &open.timeline,
        ],
    )?;
    Ok(())
}

/// A seq as PostgreSQL counts.
pub(super) fn number(seq: u64) -> Result<i64, Error> {
    i64::try_from(seq).map_err(|e| Error::Server(e.to_string()))
}

/// A place as it is stored.
pub(super) fn position(seq: i64, seal: &[u8]) -> Result<Position, Error> {
    let seq = u64::try_from(seq).map_err(|e| Error::Server(e.to_string()))?;
    let seal = seal.try_into().map_err(|_| Error::Server(format!("entry {seq}: a bad seal")))?;
    Ok(Position { seq, seal: Seal(seal) })
}
