//! Sessions in PostgreSQL: what `identity` keeps on its shelf, beside the journal that nodes share.
//!
//! A value is the person, the password's entry, opening and last use, 40 bytes. One of another
//! length is no session: another version's costs a sign-on.

use uuid::Uuid;

use crate::{
    domain::zeit::Zeitpunkt,
    identity::{Session, Shelf, sessions::Error},
    ledger::postgres::{self, Operational},
};

/// What the keys of sessions begin with.
const PREFIX: &str = "sitzung:";

/// A shelf in the schema of journal and tables.
#[derive(Debug)]
pub struct Shared(pub Operational);

impl From<postgres::Error> for Error {
    fn from(error: postgres::Error) -> Self {
        match error {
            postgres::Error::Unreachable(why) | postgres::Error::Unknown(why) => {
                Self::Unreachable(why)
            }
            other => Self::Fault(other.to_string()),
        }
    }
}

fn name(key: &str) -> Vec<u8> {
    format!("{PREFIX}{key}").into_bytes()
}

fn written(session: &Session) -> Vec<u8> {
    let Session { person, password, opened, used } = session;
    let (opened, used) = (opened.0.to_be_bytes(), used.0.to_be_bytes());
    [&person.as_bytes()[..], &password.to_be_bytes(), &opened, &used].concat()
}

fn read(value: &[u8]) -> Option<Session> {
    let (person, rest) = value.split_first_chunk()?;
    let (password, rest) = rest.split_first_chunk()?;
    let (opened, rest) = rest.split_first_chunk()?;
    Some(Session {
        person: Uuid::from_bytes(*person),
        password: u64::from_be_bytes(*password),
        opened: Zeitpunkt(i64::from_be_bytes(*opened)),
        used: Zeitpunkt(i64::from_be_bytes(rest.try_into().ok()?)),
    })
}

impl Shelf for Shared {
    fn get(&self, key: &str) -> Result<Option<Session>, Error> {
        Ok(self.0.get(&name(key))?.and_then(|value| read(&value)))
    }

    fn put(&self, key: &str, session: &Session) -> Result<(), Error> {
        Ok(self.0.put(&name(key), &written(session))?)
    }

    fn replace(&self, key: &str, session: &Session) -> Result<(), Error> {
        Ok(self.0.replace(&name(key), &written(session))?)
    }

    fn remove(&self, keys: &[String]) -> Result<(), Error> {
        let keys: Vec<Vec<u8>> = keys.iter().map(|key| name(key)).collect();
        Ok(self.0.remove(&keys)?)
    }

    fn list(&self, person: Option<Uuid>, max: usize) -> Result<Vec<(String, Session)>, Error> {
        let value = person.map_or(Vec::new(), |person| person.as_bytes().to_vec());
        let rows = self.0.list(PREFIX.as_bytes(), &value, max)?;
        let session = |(key, value): (Vec<u8>, Vec<u8>)| {
            let key = String::from_utf8(key).ok()?;
            Some((key.strip_prefix(PREFIX)?.to_owned(), read(&value)?))
        };
        Ok(rows.into_iter().filter_map(session).collect())
    }

    fn count(&self) -> Result<usize, Error> {
        Ok(usize::try_from(self.0.count(PREFIX.as_bytes())?).unwrap_or(usize::MAX))
    }
}
