//! `/organisation`: the OEs.

use actix_web::{HttpResponse, http::Method};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{
    reply,
    routes::{ADMINISTRATORS, Collector, Spec, Who},
    schemas::{
        answers::Oe,
        requests::{OeAenderung, OeNeu},
    },
};
use crate::{
    http::{
        problem::{Code, Problem},
        request::Signed,
    },
    registry,
};

pub(super) fn collect(routes: &mut Collector) {
    let path = "/organisation";
    routes.add(
        Spec::new(Who::Member, Method::GET, path, "oe_liste", "Alle Organisationseinheiten")
            .query::<List>()
            .page::<Oe>(),
        list,
    );
    routes.add(
        Spec::new(ADMINISTRATORS, Method::POST, path, "oe_anlegen", "Eine OE anlegen")
            .body::<OeNeu>()
            .creates()
            .receipt::<Oe>(201),
        create,
    );
    let path = "/organisation/{id}";
    routes.add(
        Spec::new(Who::Member, Method::GET, path, "oe_lesen", "Eine OE")
            .answer::<Oe>(200)
            .codes([Code::NichtGefunden]),
        read,
    );
    routes.add(
        Spec::new(ADMINISTRATORS, Method::PATCH, path, "oe_aendern", "Eine OE umbenennen")
            .body::<OeAenderung>()
            .if_match()
            .receipt::<Oe>(200)
            .codes([Code::NichtGefunden, Code::Konflikt]),
        change,
    );
}

#[derive(Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct List {
    /// 1 to 500, else 50.
    #[serde(skip_serializing)]
    limit: Option<usize>,
    /// Of the page before.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

async fn list(request: Signed) -> Result<HttpResponse, Problem> {
    let query: List = request.open.query()?;
    let (scope, blatt) = request.page(&query, query.limit, query.cursor.as_deref())?;
    let page = request.acting(move |acting| acting.member().organisation(&blatt));
    reply::page(&scope, &page.await?)
}

async fn create(mut request: Signed) -> Result<HttpResponse, Problem> {
    let once = request.once()?;
    let new: registry::OeNeu = request.open.json().await?;
    let receipt = request.acting(move |acting| {
        let idem = once.as_ref().map(|o| &o.idempotenz);
        acting.administrator()?.oe_anlegen(new, idem)
    });
    reply::created(&receipt.await?, "/organisation")
}

async fn read(request: Signed) -> Result<HttpResponse, Problem> {
    let id = request.open.path_id("id")?;
    reply::object(&request.acting(move |acting| acting.member().oe(id)).await?)
}

async fn change(mut request: Signed) -> Result<HttpResponse, Problem> {
    let (id, version) = (request.open.path_id("id")?, request.open.if_match()?);
    let change: registry::OeAenderung = request.open.json().await?;
    let done =
        request.acting(move |acting| acting.administrator()?.oe_aendern(id, version, change));
    reply::changed(&done.await?)
}
