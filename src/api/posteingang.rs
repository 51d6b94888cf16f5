//! `/posteingang`: documents that wait to be filed.

use actix_web::{HttpResponse, http::Method};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{
    reply,
    routes::{Collector, READERS, Spec},
    schemas::answers::Dokument,
};
use crate::{
    domain::zeit::Zeitpunkt,
    http::{problem::Problem, request::Signed},
    registry,
};

pub(super) fn collect(routes: &mut Collector) {
    let about = "Dokumente, die auf Ablage warten, älteste zuerst";
    routes.add(
        Spec::new(READERS, Method::GET, "/posteingang", "posteingang", about)
            .query::<List>()
            .page::<Dokument>(),
        list,
    );
}

#[derive(Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct List {
    /// Only of this OE: Kürzel or id.
    oe: Option<String>,
    /// Changed at or after this instant (RFC 3339).
    #[param(value_type = Option<String>)]
    geaendert_seit: Option<Zeitpunkt>,
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
    let filter = registry::PosteingangFilter { oe: query.oe, geaendert_seit: query.geaendert_seit };
    let page = request.acting(move |acting| acting.reader()?.posteingang(&filter, &blatt));
    reply::page(&scope, &page.await?)
}
