//! `/akten`: opened, changed, closed, reopened; what lies in them hangs below.

use actix_web::{HttpResponse, http::Method};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{
    reply,
    routes::{CLERKS, Collector, READERS, Spec},
    schemas::{
        answers::{Akte, Vorgang},
        requests::{AkteAenderung, AkteNeu, Begruendung, VorgangNeu, Wiederoeffnung},
    },
};
use crate::{
    domain::{akte::Zustand, zeit::Zeitpunkt},
    http::{
        problem::{Code, Problem},
        request::Signed,
    },
    registry,
};

pub(super) fn collect(routes: &mut Collector) {
    let path = "/akten";
    let about = "Akten, zuletzt geänderte zuerst; mit geaendert_seit die älteste Änderung zuerst";
    routes.add(
        Spec::new(READERS, Method::GET, path, "akten_liste", about).query::<List>().page::<Akte>(),
        list,
    );
    let about = "Eine Akte anlegen; das Aktenzeichen vergibt das System";
    routes.add(
        Spec::new(CLERKS, Method::POST, path, "akte_anlegen", about)
            .body::<AkteNeu>()
            .creates()
            .receipt::<Akte>(201),
        create,
    );
    let path = "/akten/{id}";
    routes.add(
        Spec::new(READERS, Method::GET, path, "akte_lesen", "Eine Akte")
            .answer::<Akte>(200)
            .codes([Code::NichtGefunden]),
        read,
    );
    routes.add(
        Spec::new(CLERKS, Method::PATCH, path, "akte_aendern", "Eine Akte ändern oder freigeben")
            .body::<AkteAenderung>()
            .if_match()
            .receipt::<Akte>(200)
            .codes([Code::NichtGefunden]),
        change,
    );
    let about = "Schließen (zdA); alle Vorgänge müssen geschlossen sein";
    routes.add(
        Spec::new(CLERKS, Method::POST, "/akten/{id}/schliessen", "akte_schliessen", about)
            .body::<Begruendung>()
            .if_match()
            .receipt::<Akte>(200)
            .codes([Code::NichtGefunden]),
        close,
    );
    let about = "Innerhalb der Transferfrist wieder öffnen, mit Grund";
    routes.add(
        Spec::new(CLERKS, Method::POST, "/akten/{id}/oeffnen", "akte_oeffnen", about)
            .body::<Wiederoeffnung>()
            .if_match()
            .receipt::<Akte>(200)
            .codes([Code::NichtGefunden]),
        open,
    );
    let path = "/akten/{id}/vorgaenge";
    routes.add(
        Spec::new(READERS, Method::GET, path, "vorgaenge_liste", "Die Vorgänge einer Akte")
            .query::<Below>()
            .page::<Vorgang>()
            .codes([Code::NichtGefunden]),
        list_below,
    );
    routes.add(
        Spec::new(CLERKS, Method::POST, path, "vorgang_anlegen", "Einen Vorgang anlegen")
            .body::<VorgangNeu>()
            .creates()
            .receipt::<Vorgang>(201)
            .codes([Code::NichtGefunden, Code::ZustandVerbietet]),
        create_below,
    );
}

#[derive(Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct List {
    /// State, e.g. `offen`.
    #[param(value_type = Option<String>)]
    zustand: Option<Zustand>,
    /// OE in charge: Kürzel or id.
    oe: Option<String>,
    /// Changed at or after this instant (RFC 3339).
    #[param(value_type = Option<String>)]
    geaendert_seit: Option<Zeitpunkt>,
    /// Number of the plan unit.
    planeinheit: Option<String>,
    /// The number, however it is written.
    aktenzeichen: Option<String>,
    /// Number in the Fachverfahren that asks.
    fremd_id: Option<String>,
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
    let List { zustand, oe, geaendert_seit, planeinheit, aktenzeichen, fremd_id, .. } = query;
    let filter =
        registry::AktenFilter { zustand, oe, geaendert_seit, planeinheit, aktenzeichen, fremd_id };
    let page = request.acting(move |acting| acting.reader()?.akten(&filter, &blatt));
    reply::page(&scope, &page.await?)
}

async fn create(mut request: Signed) -> Result<HttpResponse, Problem> {
    let once = request.once()?;
    let new: registry::AkteNeu = request.open.json().await?;
    let receipt = request.acting(move |acting| {
        let idem = once.as_ref().map(|o| &o.idempotenz);
        acting.clerk()?.akte_anlegen(new, idem)
    });
    reply::created(&receipt.await?, "/akten")
}

async fn read(request: Signed) -> Result<HttpResponse, Problem> {
    let id = request.open.path_id("id")?;
    reply::object(&request.acting(move |acting| acting.reader()?.akte(id)).await?)
}

async fn change(mut request: Signed) -> Result<HttpResponse, Problem> {
    let (id, version) = (request.open.path_id("id")?, request.open.if_match()?);
    let change: registry::AkteAenderung = request.open.json().await?;
    let done = request.acting(move |acting| acting.clerk()?.akte_aendern(id, version, change));
    reply::changed(&done.await?)
}

async fn close(mut request: Signed) -> Result<HttpResponse, Problem> {
    let (id, version) = (request.open.path_id("id")?, request.open.if_match()?);
    let why: registry::Begruendung = request.open.json_or_default().await?;
    let done = request.acting(move |acting| acting.clerk()?.akte_schliessen(id, version, why));
    reply::changed(&done.await?)
}

async fn open(mut request: Signed) -> Result<HttpResponse, Problem> {
    let (id, version) = (request.open.path_id("id")?, request.open.if_match()?);
    let why: registry::Wiederoeffnung = request.open.json_or_default().await?;
    let done = request.acting(move |acting| acting.clerk()?.akte_oeffnen(id, version, why));
    reply::changed(&done.await?)
}

#[derive(Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Below {
    /// 1 to 500, else 50.
    #[serde(skip_serializing)]
    limit: Option<usize>,
    /// Of the page before.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

async fn list_below(request: Signed) -> Result<HttpResponse, Problem> {
    let id = request.open.path_id("id")?;
    let query: Below = request.open.query()?;
    let (scope, blatt) = request.page(&id, query.limit, query.cursor.as_deref())?;
    let page = request.acting(move |acting| acting.reader()?.vorgaenge(id, &blatt));
    reply::page(&scope, &page.await?)
}

async fn create_below(mut request: Signed) -> Result<HttpResponse, Problem> {
    let once = request.once()?;
    let id = request.open.path_id("id")?;
    let new: registry::VorgangNeu = request.open.json().await?;
    let receipt = request.acting(move |acting| {
        let idem = once.as_ref().map(|o| &o.idempotenz);
        acting.clerk()?.vorgang_anlegen(id, new, idem)
    });
    reply::created(&receipt.await?, "/vorgaenge")
}
