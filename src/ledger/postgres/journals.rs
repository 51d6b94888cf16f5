//! The journal's side of the schema: entries kept verbatim, one row each.

use std::{sync::Arc, time::Duration};

use super::{
    super::journal::{Damage, Error, Joint, Journal, Report, Sealed, continues, mark},
    Engine, Position, connect, group, lock,
};

/// Entries fetched at once while the whole journal is read.
const FETCH: usize = 2_000;
/// Bytes of bodies fetched at once.
const FETCH_BYTES: usize = 8 << 20;

/// The limit in bytes counts what comes before a row, so that one row always fits.
const READ: &str = "SELECT seq, form, seal, digest, salt, body FROM (SELECT *, \
     sum(length(body)) OVER (ORDER BY seq) - length(body) AS before, \
     sum(length(body)) OVER (ORDER BY seq) AS upto FROM (SELECT * FROM journal \
     WHERE seq >= $1 ORDER BY seq LIMIT $2) AS part) AS counted \
     WHERE before = 0 AND seq <= $1 OR upto <= $3 ORDER BY seq";

const ERASE: &str = "UPDATE journal SET salt = m.mark, body = '' \
     FROM unnest($1::int8[], $2::bytea[]) AS m (seq, mark) \
     WHERE journal.seq = m.seq AND journal.body <> ''";

/// Entries in PostgreSQL.
#[derive(Clone, Debug)]
pub struct Journals(pub(super) Arc<Engine>);

impl Journals {
    fn rows(&self, from: u64, max: usize, max_bytes: usize) -> Result<Vec<Sealed>, super::Error> {
        let from = group::number(from.max(1))?;
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        let max_bytes = i64::try_from(max_bytes).unwrap_or(i64::MAX);
        self.0.read(|connection| {
            let statement = connection.prepared(READ)?;
            let rows = connection.client.query(&statement, &[&from, &max, &max_bytes])?;
            rows.iter().map(sealed).collect()
        })
    }

    fn try_erase(&self, seqs: &[u64]) -> Result<(), super::Error> {
        let numbers: Vec<i64> = seqs.iter().filter_map(|seq| i64::try_from(*seq).ok()).collect();
        let connection = self.0.connector.writable()?;
        let done = self.0.patient(connection, move |c| erase(&mut c.client, &numbers));
        match done {
            // Nobody waits for it, and doing it again does no harm.
            Err(super::Error::Unknown(why)) => Err(super::Error::Unreachable(why)),
            other => other.map(drop),
        }
    }

    fn append_alone(&self, entries: &[Sealed]) -> Result<(), Error> {
        let head = self.0.begin()?;
        let done = continues(head, entries)
            .and_then(|()| Ok(self.0.add(entries)?))
            .and_then(|()| Ok(self.0.finish(&[])?));
        if done.is_err() {
            self.0.give_up();
        }
        done
    }
}

fn erase(client: &mut postgres::Client, numbers: &[i64]) -> Result<(), super::Error> {
    let found = client
        .query("SELECT seq, digest FROM journal WHERE seq = ANY($1)", &[&numbers])?
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect::<Result<Vec<(i64, Vec<u8>)>, postgres::Error>>()?;
    let (seqs, digests): (Vec<i64>, Vec<Vec<u8>>) = found.into_iter().unzip();
    let marks: Vec<Vec<u8>> = digests.iter().map(|digest| mark(&array(digest)).to_vec()).collect();
    client.execute(ERASE, &[&seqs, &marks])?;
    Ok(())
}

fn sealed(row: &postgres::Row) -> Result<Sealed, super::Error> {
    let seal: Vec<u8> = row.try_get(2)?;
    let position = group::position(row.try_get(0)?, &seal)?;
    let form: i16 = row.try_get(1)?;
    let (digest, salt): (Vec<u8>, Vec<u8>) = (row.try_get(3)?, row.try_get(4)?);
    let digest = array(&digest);
    let body: Vec<u8> = row.try_get(5)?;
    let erased = body.is_empty() && salt == mark(&digest);
    let secret = (!erased).then(|| (array(&salt), body));
    Ok(Sealed { position, form: u16::try_from(form).unwrap_or_default(), digest, secret })
}

/// 32 bytes; what has another length is damage and becomes zeros, which fit nothing.
fn array(bytes: &[u8]) -> [u8; 32] {
    bytes.try_into().unwrap_or_default()
}

impl Journal for Journals {
    fn head(&self) -> Position {
        *lock(&self.0.head)
    }

    fn append(&self, group: &[Sealed]) -> Result<(), Error> {
        if group.is_empty() {
            return Ok(());
        }
        if self.0.in_group() { Ok(self.0.add(group)?) } else { self.append_alone(group) }
    }

    fn quiet(&self) -> Result<(), Error> {
        Ok(())
    }

    fn read(&self, from: u64, max_entries: usize, max_bytes: usize) -> Result<Vec<Sealed>, Error> {
        Ok(self.rows(from, max_entries, max_bytes)?)
    }

    fn erase(&self, seqs: &[u64]) -> Result<(), Error> {
        if seqs.is_empty() { Ok(()) } else { Ok(self.try_erase(seqs)?) }
    }

    fn verify(&self, progress: &mut dyn FnMut(u64)) -> Result<Report, Error> {
        let mut report = Report::default();
        let end = self.0.refresh()?;
        loop {
            let found = self.rows(report.head.seq + 1, FETCH, FETCH_BYTES)?;
            let inside = found.iter().take_while(|entry| entry.position.seq <= end.seq);
            let before = report.entries;
            for entry in inside {
                if !entry.fits(report.head) {
                    let seq = entry.position.seq;
                    report.damage.push(damage(seq, "the entry does not fit the chain"));
                    report.damage.truncate(1_000);
                }
                if entry.secret.is_none() {
                    report.erased.push(entry.position.seq);
                }
                report.entries += 1;
                report.head = entry.position;
            }
            progress(report.entries);
            if report.entries == before {
                break;
            }
        }
        if report.head != end {
            report.damage.push(damage(end.seq, "the head row names another last entry"));
        }
        Ok(report)
    }

    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    fn read_only(&self) -> Option<String> {
        None
    }

    fn joint(&self) -> Option<&dyn Joint> {
        Some(self)
    }
}

fn damage(seq: u64, what: &str) -> Damage {
    Damage { place: format!("journal, entry {seq}"), offset: None, what: what.into() }
}

impl Joint for Journals {
    fn begin(&self) -> Result<Position, Error> {
        Ok(self.0.begin()?)
    }

    fn give_up(&self) {
        self.0.give_up();
    }

    fn settle(&self, last: Position) -> Result<bool, Error> {
        Ok(self.0.settle(last)?)
    }

    fn keep_out(&self) -> Result<Box<dyn Send>, Error> {
        let mut connection = self.0.connector.writable().map_err(Error::from)?;
        let gate = "SELECT pg_try_advisory_lock(gate) FROM head";
        let row = connection.client.query_one(gate, &[]).map_err(super::Error::from)?;
        if row.try_get::<_, bool>(0).map_err(super::Error::from)? {
            self.0.refresh()?;
            // The lock is the connection's, and goes with it.
            return Ok(Box::new(KeptOut { _connection: connection }));
        }
        let busy = "another node writes, or builds the tables; try again".to_owned();
        Err(Error::Unreachable(busy))
    }

    fn watch(&self, timeout: Duration) -> Result<(), Error> {
        Ok(self.0.watch(timeout)?)
    }
}

/// Holds the gate shut for as long as it lives.
struct KeptOut {
    _connection: connect::Connection,
}
