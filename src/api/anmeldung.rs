//! `/anmeldung`: from name and password to a session token, and back.
//!
//! A wrong name, a wrong password and a blocked person get the same answer after the same work.

use actix_web::{HttpResponse, http::Method};
use serde::Deserialize;
use serde_json::json;

use super::{
    App, reply,
    routes::{Collector, Spec, Who},
    schemas::{
        answers::Sitzung,
        requests::{Anmeldung, Passwortwechsel},
    },
};
use crate::{
    http::{
        Front,
        problem::{Code, Problem},
        request::{Open, Signed},
    },
    identity::password,
    registry::Acting,
};

pub(super) fn collect(routes: &mut Collector) {
    let path = "/anmeldung";
    routes.add(
        Spec::new(Who::Anyone, Method::POST, path, "anmelden", "Anmelden")
            .body::<Anmeldung>()
            .answer::<Sitzung>(201)
            .codes([Code::AnmeldungFalsch, Code::AnmeldungGebremst, Code::Ausgelastet]),
        sign_on,
    );
    routes.add(
        Spec::new(Who::Member, Method::GET, path, "sitzung_lesen", "Wer bin ich")
            .answer::<Sitzung>(200),
        who_am_i,
    );
    routes.add(
        Spec::new(Who::Member, Method::DELETE, path, "abmelden", "Abmelden")
            .answer_bytes(204, None),
        sign_off,
    );
    routes.add(
        Spec::new(
            Who::Member,
            Method::POST,
            "/anmeldung/passwort",
            "passwort_aendern",
            "Das eigene Passwort ändern; alle anderen Sitzungen enden",
        )
        .body::<Passwortwechsel>()
        .answer::<Sitzung>(200)
        .codes([
            Code::NichtErlaubt,
            Code::Veraltet,
            Code::Ausgelastet,
            Code::AnmeldungGebremst,
        ]),
        change_password,
    );
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Credentials {
    name: String,
    passwort: String,
}

async fn sign_on(mut request: Open) -> Result<HttpResponse, Problem> {
    let Credentials { name, passwort } = request.json().await?;
    let app = request.app::<App>()?;
    let (address, now) = (request.address(), request.front.source.now());
    app.delays.check(&name, address, now).map_err(slow)?;
    let front = request.front.clone();
    // The attempt is judged, and its judgement counted, also when the caller hangs up meanwhile.
    let judge = move || {
        let opened = open_session(&front, &app.gate, &name, &passwort);
        match &opened {
            Ok(Some(_)) => app.delays.succeeded(&name, address),
            Ok(None) => {}
            Err(_) => app.delays.withdrawn(&name, address),
        }
        opened
    };
    let opened = request.front.block(false, judge).await?;
    let (token, start_password) = opened.ok_or(Code::AnmeldungFalsch)?;
    let body = json!({ "token": token, "passwort_aendern": start_password });
    Ok(HttpResponse::Created().json(body))
}

fn slow(seconds: u64) -> Problem {
    Problem::from(Code::AnmeldungGebremst).retry_after_s(seconds)
}

/// A token, and whether it was opened with a start password; none for a wrong name or password.
fn open_session(
    front: &Front,
    gate: &password::Gate,
    name: &str,
    passwort: &str,
) -> Result<Option<(String, bool)>, Problem> {
    let found = front.registry.person_by_name(name)?;
    let found = found.filter(|(person, _)| !person.value.gesperrt);
    let hash = found.as_ref().and_then(|(_, zugang)| zugang.as_ref()).map(|z| &*z.value.hash);
    let fits = match gate.verify(hash, passwort) {
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

async fn who_am_i(request: Signed) -> Result<HttpResponse, Problem> {
    let start_password = request.caller.start_password;
    let person = request.acting(|acting| acting.member().ich()).await?;
    reply::object(&json!({ "person": person, "passwort_aendern": start_password }))
}

async fn sign_off(request: Signed) -> Result<HttpResponse, Problem> {
    if let Some(token) = request.open.bearer().map(str::to_owned) {
        let sessions = request.open.front.sessions.clone();
        request.open.front.block(false, move || Ok(sessions.close(&token)?)).await?;
    }
    Ok(reply::nothing())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    alt: String,
    neu: String,
}

async fn change_password(mut request: Signed) -> Result<HttpResponse, Problem> {
    let Change { alt, neu } = request.open.json().await?;
    let app = request.open.app::<App>()?;
    let (person, front) = (request.caller.actor.id(), request.open.front.clone());
    let address = request.open.address();
    // Delayed like the sign-on, and together with it: else who stole a session could guess on.
    let change = move |acting: &Acting| {
        let Some(me) = acting.member().ich()? else { return Err(Code::NichtErlaubt.into()) };
        app.delays.check(&me.anmeldename, address, front.source.now()).map_err(slow)?;
        let changed = acting.member().passwort_aendern(&app.gate, &alt, &neu);
        match &changed {
            Ok(_) => app.delays.succeeded(&me.anmeldename, address),
            Err(refusal) if refusal.fehler.iter().any(|f| f.code == "passwort_falsch") => {}
            Err(_) => app.delays.withdrawn(&me.anmeldename, address),
        }
        let entry = changed?;
        front.sessions.close_all(person);
        Ok(front.sessions.open(person, entry, front.source.now())?)
    };
    let token = request.blocking(change).await?;
    reply::object(&json!({ "token": token, "passwort_aendern": false }))
}
