//! `/protokoll`: the entries that concern an object, old and new value.
//!
//! Who reads an object sees its values; Revision sees that and by whom it was changed, not what;
//! Administration sees persons, OEs, keys and requests alone.

use actix_web::{HttpResponse, http::Method};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use uuid::Uuid;

use super::{
    reply,
    routes::{Collector, LOG_READERS, Spec},
    schemas::answers::Protokolleintrag,
};
use crate::http::{
    problem::{Code, Problem},
    request::Signed,
};

pub(super) fn collect(routes: &mut Collector) {
    let about = "Was mit einem Gegenstand geschah, neueste Einträge zuerst";
    routes.add(
        Spec::new(LOG_READERS, Method::GET, "/protokoll", "protokoll", about)
            .query::<List>()
            .page::<Protokolleintrag>()
            .codes([Code::NichtGefunden]),
        list,
    );
}

#[derive(Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct List {
    /// Id of an Akte, a Vorgang, a Dokument, a person, an OE, a key, a request.
    #[param(value_type = String)]
    betrifft: Uuid,
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
    let id = query.betrifft;
    let page = request.acting(move |acting| acting.protokoll(id, &blatt));
    reply::page(&scope, &page.await?)
}
