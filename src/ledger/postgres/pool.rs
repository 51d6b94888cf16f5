//! Connections for reading, lent and given back.
//!
//! A broken one is never given back; one to a standby is given up after a moment, so that reading
//! returns to the server that takes writes.

use std::{
    sync::{Condvar, Mutex},
    time::{Duration, Instant},
};

use super::{
    Error,
    connect::{Connection, Connector},
    lock,
};

/// How long a connection to a standby is used.
const STANDBY_FOR: Duration = Duration::from_secs(5);

/// How long a reader waits for a connection.
const WAIT: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Pool {
    max: usize,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<(Connection, Instant)>,
    lent: usize,
}

impl Pool {
    pub fn new(max: usize) -> Self {
        Self { max: max.max(1), state: Mutex::default(), freed: Condvar::new() }
    }

    /// Runs `read` on a connection; once more on a fresh one, if the first turns out to be dead.
    pub fn read<T>(
        &self,
        connector: &Connector,
        read: impl Fn(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (found, made) = self.lend(connector.fence.epoch())?;
        let result = found.map_or_else(|| connector.readable(), Ok).and_then(|mut connection| {
            match read(&mut connection) {
                // The connection may have been dead for long; a read does no harm twice.
                Err(Error::Unreachable(_)) => {
                    connection = connector.readable()?;
                    let result = read(&mut connection);
                    Ok((connection, Instant::now(), result))
                }
                result => Ok((connection, made, result)),
            }
        });
        let mut state = lock(&self.state);
        state.lent -= 1;
        self.freed.notify_one();
        let (connection, made, result) = result?;
        let sound = !matches!(result, Err(Error::Unreachable(_)));
        if sound && !connection.client.is_closed() {
            state.idle.push((connection, made));
        }
        result
    }

    /// An idle connection and when it was made; none: one may be made.
    /// One to a server of an older epoch is never lent: another has taken over.
    fn lend(&self, epoch: i64) -> Result<(Option<Connection>, Instant), Error> {
        let state = lock(&self.state);
        // Real time: it only bounds a wait.
        let full = |state: &mut State| state.lent >= self.max;
        let (mut state, timeout) = self
            .freed
            .wait_timeout_while(state, WAIT, full)
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if timeout.timed_out() {
            return Err(Error::Unreachable("all connections for reading are in use".into()));
        }
        state.lent += 1;
        let now = Instant::now();
        state.idle.retain(|(c, made)| {
            c.epoch >= epoch && (!c.standby || now.duration_since(*made) < STANDBY_FOR)
        });
        Ok(match state.idle.pop() {
            Some((connection, made)) => (Some(connection), made),
            None => (None, now),
        })
    }
}
