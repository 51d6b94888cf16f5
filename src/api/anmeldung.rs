//! `/anmeldung`: from name and password to a session token, and back.

use actix_web::{HttpResponse, http::Method};
use serde::Deserialize;
use serde_json::json;

use super::{
    reply,
    routes::{Collector, Spec, Who},
    schemas::{
        answers::Sitzung,
        requests::{Anmeldung, Passwortwechsel},
    },
};
use crate::http::{
    problem::{Code, Problem},
    request::{Open, Signed},
    sign_on,
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
    let (token, start_password) = sign_on::open(&request, name, passwort).await?;
    let body = json!({ "token": token, "passwort_aendern": start_password });
    Ok(HttpResponse::Created().json(body))
}

async fn who_am_i(request: Signed) -> Result<HttpResponse, Problem> {
    let start_password = request.caller.start_password;
    let person = request.acting(|acting| acting.member().ich()).await?;
    reply::object(&json!({ "person": person, "passwort_aendern": start_password }))
}

async fn sign_off(request: Signed) -> Result<HttpResponse, Problem> {
    if let Some(token) = request.open.bearer().map(str::to_owned) {
        sign_on::close(&request.open, token).await?;
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
    let token = sign_on::change_password(&request, alt, neu).await?;
    reply::object(&json!({ "token": token, "passwort_aendern": false }))
}
