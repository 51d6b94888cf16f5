//! `/aktentypen`: the types of Akten that there are, the program's and the city's.

use actix_web::{HttpResponse, http::Method};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{
    reply,
    routes::{Collector, Spec, Who},
    schemas::plan::Aktentyp,
};
use crate::http::{
    problem::{Code, Problem},
    request::Signed,
};

pub(super) fn collect(routes: &mut Collector) {
    let about = "Die Aktentypen nach ihrem Namen, jeder in seiner neuesten Version";
    routes.add(
        Spec::new(Who::Member, Method::GET, "/aktentypen", "aktentypen", about)
            .query::<List>()
            .page::<Aktentyp>(),
        list,
    );
    let about = "Ein Aktentyp mit dem JSON-Schema seiner Felder";
    routes.add(
        Spec::new(Who::Member, Method::GET, "/aktentypen/{name}", "aktentyp_lesen", about)
            .query::<Version>()
            .answer::<Aktentyp>(200)
            .codes([Code::NichtGefunden]),
        read,
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

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Version {
    /// As an Akte names it in `typ_version`; else the newest.
    version: Option<u32>,
}

async fn list(request: Signed) -> Result<HttpResponse, Problem> {
    let query: List = request.open.query()?;
    let (scope, blatt) = request.page(&query, query.limit, query.cursor.as_deref())?;
    let page = request.acting(move |acting| acting.member().aktentypen(&blatt));
    reply::page(&scope, &page.await?)
}

async fn read(request: Signed) -> Result<HttpResponse, Problem> {
    let (name, query) = (request.open.path("name"), request.open.query::<Version>()?);
    let found = request.acting(move |acting| acting.member().aktentyp(&name, query.version));
    reply::object(&found.await?)
}
