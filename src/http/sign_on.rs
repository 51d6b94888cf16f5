//! From credential to caller: a session of a person, or the key of a machine; and how a session is
//! opened with a password.
//!
//! Rights are read from the ledger for each request; a session only remembers whose it is, and by
//! which password. An unknown, blocked, ended or misplaced credential gets one and the same
//! answer. A wrong name, a wrong password and a blocked person get the same answer after the same
//! work, whichever door they come to: REST and pages share this code, and so its delays.

use uuid::Uuid;

use super::{
    front::Front,
    problem::{Code, Problem},
    request::{Open, Signed},
};
use crate::{
    domain::{access::Wer, organisation::Grenzen, zeit::Zeitpunkt},
    identity::{password, secret, sessions},
    registry::{Acting, Actor, Registry},
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

/// Finds the caller of a request by its `Authorization` and takes the request from his bucket.
///
/// # Errors
/// 401, 429.
pub async fn caller(open: &Open) -> Result<Caller, Problem> {
    let refused = || Problem::from(Code::NichtAngemeldet);
    let token = open.bearer().ok_or_else(refused)?.to_owned();
    if !token.starts_with(secret::KEY_PREFIX) {
        return person(open, token).await?.ok_or_else(refused);
    }
    let (front, address, id) = (open.front.clone(), open.address(), open.id());
    let registry = front.registry.clone();
    let found =
        front.block(false, move || Ok(registry.find_key(&secret::digest(&token), address)?));
    let key = found.await?.ok_or_else(refused)?;
    front.buckets.request(key.id, &key.grenzen, front.source.now())?;
    let (id_of_key, bounds) = (key.id, key.grenzen);
    let credential_id = Some(id_of_key.to_string());
    let wer = Wer::Maschine(Box::new(key));
    let actor = Actor { wer, credential_id, request_id: Some(id), on_behalf_of: None };
    Ok(Caller { actor, key: Some((id_of_key, bounds)), start_password: false })
}

/// The person whose session a token opened; none if there is no such session, or no more.
///
/// # Errors
/// 503 while the sessions are not reachable.
pub async fn person(open: &Open, token: String) -> Result<Option<Caller>, Problem> {
    let (front, id, now) = (open.front.clone(), open.id(), open.front.source.now());
    let (registry, sessions) = (front.registry.clone(), front.sessions.clone());
    let found = front.block(false, move || person_of(&registry, &sessions, &token, now)).await?;
    Ok(found.map(|(wer, credential, start_password)| {
        let credential_id = Some(credential);
        let actor = Actor { wer, credential_id, request_id: Some(id), on_behalf_of: None };
        Caller { actor, key: None, start_password }
    }))
}

fn person_of(
    registry: &Registry,
    sessions: &sessions::Sessions,
    token: &str,
    now: Zeitpunkt,
) -> Result<Option<(Wer, String, bool)>, Problem> {
    let Some(session) = sessions.find(token, now)? else { return Ok(None) };
    let Some((password, start)) = registry.passwortstand(session.person)? else {
        return Ok(None);
    };
    if password != session.password {
        return Ok(None);
    }
    Ok(registry.wer(session.person)?.map(|wer| (wer, sessions::credential(token), start)))
}

/// Opens a session: its token, and whether the password is a start password.
///
/// # Errors
/// 401 for whatever is wrong, 429 while guessing is slowed down, 503.
pub async fn open(
    request: &Open,
    name: String,
    passwort: String,
) -> Result<(String, bool), Problem> {
    let (address, now) = (request.address(), request.front.source.now());
    let front = request.front.clone();
    front.delays.check(&name, address, now).map_err(slow)?;
    // The attempt is judged, and its judgement counted, also when the caller hangs up meanwhile.
    let judge = move || {
        let opened = open_session(&front, &name, &passwort);
        match &opened {
            Ok(Some(_)) => front.delays.succeeded(&name, address),
            Ok(None) => {}
            Err(_) => front.delays.withdrawn(&name, address),
        }
        opened
    };
    request.front.block(false, judge).await?.ok_or_else(|| Code::AnmeldungFalsch.into())
}

fn slow(seconds: u64) -> Problem {
    Problem::from(Code::AnmeldungGebremst).retry_after_s(seconds)
}

/// A token, and whether it was opened with a start password; none for a wrong name or password.
fn open_session(
    front: &Front,
    name: &str,
    passwort: &str,
) -> Result<Option<(String, bool)>, Problem> {
    let found = front.registry.person_by_name(name)?;
    let found = found.filter(|(person, _)| !person.value.gesperrt);
    let hash = found.as_ref().and_then(|(_, zugang)| zugang.as_ref()).map(|z| &*z.value.hash);
    let fits = match front.gate.verify(hash, passwort) {
        Ok(fits) => fits,
        Err(password::Error::Busy) => {
            return Err(Problem::from(Code::Ausgelastet).retry_after_s(2));
        }
        Err(password::Error::Hash(cause)) => {
            tracing::error!(cause, "password hash");
            return Err(Code::Intern.into());
        }
    };
    let Some((person, Some(zugang))) = found.filter(|_| fits) else { return Ok(None) };
    let token = front.sessions.open(person.value.id, zugang.seq, front.source.now())?;
    Ok(Some((token, zugang.value.einmalig)))
}

/// Ends a session.
///
/// # Errors
/// 503 while the sessions are not reachable.
pub async fn close(request: &Open, token: String) -> Result<(), Problem> {
    let sessions = request.front.sessions.clone();
    request.front.block(false, move || Ok(sessions.close(&token)?)).await
}

/// Changes the caller's own password, ends all his sessions, and opens a new one.
///
/// # Errors
/// 400 for a wrong old or a weak new one, 403 for a machine, 412, 429, 503.
pub async fn change_password(
    request: &Signed,
    alt: String,
    neu: String,
) -> Result<String, Problem> {
    let (person, front) = (request.caller.actor.id(), request.open.front.clone());
    let address = request.open.address();
    // Delayed like the sign-on, and together with it: else who stole a session could guess on.
    let change = move |acting: &Acting| {
        let Some(me) = acting.member().ich()? else { return Err(Code::NichtErlaubt.into()) };
        front.delays.check(&me.anmeldename, address, front.source.now()).map_err(slow)?;
        let changed = acting.member().passwort_aendern(&front.gate, &alt, &neu);
        match &changed {
            Ok(_) => front.delays.succeeded(&me.anmeldename, address),
            Err(refusal) if refusal.fehler.iter().any(|f| f.code == "passwort_falsch") => {}
            Err(_) => front.delays.withdrawn(&me.anmeldename, address),
        }
        let entry = changed?;
        front.sessions.close_all(person);
        Ok(front.sessions.open(person, entry, front.source.now())?)
    };
    request.blocking(change).await
}
