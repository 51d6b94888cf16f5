//! `/api/docs`: the description of REST, for whoever writes a client; `/probleme/{code}`, where the
//! `type` of a problem leads.
//!
//! It is made from the same openapi.json that is checked in and served here, so it can't tell
//! otherwise. A viewer that needs script would need a hole in the pages' policy; this needs none,
//! and nothing from the network.

mod model;
mod schema;

use actix_web::{
    HttpResponse,
    http::{Method, header},
};
use askama::Template;

pub use model::Docs;

use super::{
    chrome::Chrome,
    door::{Guest, render},
    routes::Collector,
};
use crate::http::problem::{Code, Problem};
use model::{Gruppe, Operation};

pub(super) fn collect(routes: &mut Collector) {
    routes.anyone(Method::GET, "/api/docs", "docs", overview);
    routes.anyone(Method::GET, "/api/docs/openapi.json", "docs_openapi", openapi);
    routes.anyone(Method::GET, "/api/docs/probleme", "docs_probleme", problems);
    routes.anyone(Method::GET, "/api/docs/{id}", "docs_operation", operation);
    routes.anyone(Method::GET, "/probleme/{code}", "problem", problem);
}

#[derive(Template)]
#[template(path = "docs.html")]
struct Overview<'a> {
    chrome: Chrome,
    gruppen: &'a [Gruppe],
}

async fn overview(guest: Guest) -> Result<HttpResponse, Problem> {
    let Guest { chrome, setup, .. } = guest;
    render(&Overview { chrome, gruppen: setup.docs.groups() })
}

#[derive(Template)]
#[template(path = "docs_operation.html")]
struct One<'a> {
    chrome: Chrome,
    o: &'a Operation,
}

async fn operation(guest: Guest) -> Result<HttpResponse, Problem> {
    let id = guest.open.path("id");
    let found = guest.setup.docs.operation(&id).ok_or(Code::NichtGefunden)?;
    render(&One { chrome: guest.chrome, o: found })
}

async fn openapi(guest: Guest) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(guest.setup.docs.json()))
}

#[derive(Template)]
#[template(path = "docs_probleme.html")]
struct Problems {
    chrome: Chrome,
    codes: &'static [Code],
}

async fn problems(guest: Guest) -> Result<HttpResponse, Problem> {
    render(&Problems { chrome: guest.chrome, codes: Code::ALL })
}

#[derive(Template)]
#[template(path = "docs_problem.html")]
struct OneProblem {
    chrome: Chrome,
    code: Code,
    rat: String,
}

async fn problem(guest: Guest) -> Result<HttpResponse, Problem> {
    let name = guest.open.path("code");
    let found = Code::ALL.iter().find(|code| code.name() == name);
    let code = *found.ok_or(Code::NichtGefunden)?;
    let rat = Problem::from(code).detail().to_owned();
    render(&OneProblem { chrome: guest.chrome, code, rat })
}
