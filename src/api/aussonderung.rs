//! `/aussonderung`: what becomes due, and the daily run that computes it.

use actix_web::{HttpResponse, http::Method};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{
    reply,
    routes::{ADMINISTRATORS, Collector, OVERSEERS, READERS, REGISTRARS, Spec},
    schemas::fristen::{Bestaetigung, Faellig, Fristen, Fristenlauf},
};
use crate::{
    domain::fristenstand::Termin,
    http::{
        problem::{Code, Problem},
        request::Signed,
    },
    registry,
};

pub(super) fn collect(routes: &mut Collector) {
    let about = "Die Fristen einer Akte, berechnet für heute, mit ihren Gründen";
    routes.add(
        Spec::new(READERS, Method::GET, "/akten/{id}/fristen", "akte_fristen", about)
            .answer::<Fristen>(200)
            .codes([Code::NichtGefunden]),
        read,
    );
    let about = "Was bis zu einem Tag fällig wird, der früheste Tag zuerst";
    routes.add(
        Spec::new(REGISTRARS, Method::GET, "/aussonderung/faellig", "aussonderung_faellig", about)
            .query::<List>()
            .page::<Faellig>(),
        list,
    );
    let about = "Wie weit der tägliche Lauf über die Fristen ist; Zahlen nur für Revision";
    let path = "/aussonderung/lauf";
    routes.add(
        Spec::new(OVERSEERS, Method::GET, path, "aussonderung_lauf", about)
            .answer::<Fristenlauf>(200),
        state,
    );
    let about = "Nach einem Sprung der Uhr bestätigen, dass heute dieser Tag ist";
    let path = "/aussonderung/lauf/bestaetigung";
    routes.add(
        Spec::new(ADMINISTRATORS, Method::POST, path, "aussonderung_lauf_bestaetigen", about)
            .body::<Bestaetigung>()
            .receipt::<Fristenlauf>(200),
        confirm,
    );
}

async fn read(request: Signed) -> Result<HttpResponse, Problem> {
    let id = request.open.path_id("id")?;
    reply::object(&request.acting(move |acting| acting.reader()?.fristen(id)).await?)
}

#[derive(Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct List {
    /// Up to this day, `JJJJ-MM-TT`; else today.
    #[param(value_type = Option<String>)]
    bis: Option<NaiveDate>,
    /// Number of the plan unit.
    planeinheit: Option<String>,
    /// OE in charge: Kürzel or id.
    oe: Option<String>,
    /// `faellig`, `hoechstens`, `warnung` or `meldetag`.
    #[param(value_type = Option<String>)]
    art: Option<Termin>,
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
    let List { bis, planeinheit, oe, art, .. } = query;
    let filter = registry::FaelligFilter { bis, planeinheit, oe, art };
    let page = request.acting(move |acting| acting.registrar()?.faellig(&filter, &blatt));
    reply::page(&scope, &page.await?)
}

async fn state(request: Signed) -> Result<HttpResponse, Problem> {
    reply::object(&request.acting(|acting| acting.fristenlauf()).await?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirm {
    tag: NaiveDate,
}

async fn confirm(mut request: Signed) -> Result<HttpResponse, Problem> {
    let Confirm { tag } = request.open.json().await?;
    let done =
        request.acting(move |acting| acting.administrator()?.fristenlauf_bestaetigen(tag)).await?;
    reply::changed(&done)
}
