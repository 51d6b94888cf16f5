//! From credential to caller: a session of a person, or the key of a machine.
//!
//! Rights are read from the ledger for each request; a session only remembers whose it is, and by
//! which password. An unknown, blocked, ended or misplaced credential gets one and the same
//! answer.

use uuid::Uuid;

use super::{
    problem::{Code, Problem},
    request::Open,
};
use crate::{
    domain::{access::Wer, organisation::Grenzen},
    identity::{secret, sessions},
    registry::Actor,
};

/// Who asks.
#[derive(Debug)]
pub struct Caller {
    /// As the registry knows him.
    pub actor: Actor,
    /// For a machine: its key and bounds.
    pub key: Option<(Uuid, Grenzen)>,
    /// True: the person still has the password that the administration knows.
    pub start_password: bool,
}

/// Finds the caller of a request and takes the request from his bucket.
///
/// # Errors
/// 401, 429.
pub async fn caller(open: &Open) -> Result<Caller, Problem> {
    let refused = || Problem::from(Code::NichtAngemeldet);
    let token = open.bearer().ok_or_else(refused)?.to_owned();
    let (front, address, id) = (open.front.clone(), open.address(), open.id());
    let now = front.source.now();
    let bulk = token.starts_with(secret::KEY_PREFIX);
    let registry = front.registry.clone();
    let sessions = front.sessions.clone();
    let found = front.block(false, move || {
        if bulk {
            let key = registry.find_key(&secret::digest(&token), address)?;
            return Ok(key.map(|key| (Wer::Maschine(Box::new(key)), None, false)));
        }
        let Some(session) = sessions.find(&token, now)? else { return Ok(None) };
        let Some((password, start)) = registry.passwortstand(session.person)? else {
            return Ok(None);
        };
        if password != session.password {
            return Ok(None);
        }
        let credential = Some(sessions::credential(&token));
        Ok(registry.wer(session.person)?.map(|wer| (wer, credential, start)))
    });
    let (wer, session, start_password) = found.await?.ok_or_else(refused)?;
    let key = match &wer {
        Wer::Person { .. } => None,
        Wer::Maschine(key) => Some((key.id, key.grenzen)),
    };
    if let Some((key, bounds)) = &key {
        front.buckets.request(*key, bounds, now)?;
    }
    let credential_id = session.or_else(|| key.map(|(id, _)| id.to_string()));
    let actor = Actor { wer, credential_id, request_id: Some(id), on_behalf_of: None };
    Ok(Caller { actor, key, start_password })
}
