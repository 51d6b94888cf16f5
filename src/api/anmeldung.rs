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
        problem::{Code, Problem},
        request::{Open, Signed},
    },
    identity::password,
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
        .codes([Code::NichtErlaubt, Code::Veraltet, Code::Ausgelastet]),
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
    let front = request.front.clone();
    let (address, now) = (request.address(), front.source.now());
    let slow = |s| Problem::from(Code::AnmeldungGebremst).retry_after_s(s);
    app.delays.check(&name, address, now).map_err(slow)?;
    let (registry, doors) = (front.registry.clone(), app.clone());
    let claimed = name.clone();
    let work = move || {
        let found = registry.person_by_name(&claimed)?;
        let found = found.filter(|(person, _)| !person.value.gesperrt);
        let stored = found.as_ref().and_then(|(_, zugang)| zugang.as_ref());
        let hash = stored.map(|z| z.value.hash.as_str());
        let fits = match doors.gate.verify(hash, &passwort) {
            Ok(fits) => fits,
            Err(password::Error::Busy) => {
                doors.delays.withdrawn(&claimed, address);
                return Err(Problem::from(Code::Ausgelastet).retry_after_s(2));
            }
            Err(password::Error::Hash(cause)) => {
                tracing::error!(cause, "password hash");
                return Err(Code::Intern.into());
            }
        };
        let start_password = stored.is_some_and(|z| z.value.einmalig);
        Ok(found.filter(|_| fits).map(|(person, _)| (person.value.id, start_password)))
    };
    let found = front.block(false, work).await?;
    let (person, start_password) = found.ok_or(Code::AnmeldungFalsch)?;
    app.delays.succeeded(&name, address);
    let token = front.sessions.open(person, now);
    let body = json!({ "token": token, "passwort_aendern": start_password });
    Ok(HttpResponse::Created().json(body))
}

async fn who_am_i(request: Signed) -> Result<HttpResponse, Problem> {
    let start_password = request.caller.start_password;
    let person = request.acting(|acting| acting.member().ich()).await?;
    reply::object(&json!({ "person": person, "passwort_aendern": start_password }))
}

async fn sign_off(request: Signed) -> Result<HttpResponse, Problem> {
    if let Some(token) = request.open.bearer() {
        request.open.front.sessions.close(token);
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
    let person = request.caller.actor.id();
    request.acting(move |a| a.member().passwort_aendern(&app.gate, &alt, &neu)).await?;
    let front = &request.open.front;
    front.sessions.close_all(person);
    let token = front.sessions.open(person, front.source.now());
    reply::object(&json!({ "token": token, "passwort_aendern": false }))
}
