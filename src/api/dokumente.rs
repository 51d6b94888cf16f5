//! `/dokumente`: metadata, filing, striking out. How documents arrive is `push`, how their bytes
//! are handed out `inhalt`.

use actix_web::{HttpResponse, http::Method};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use uuid::Uuid;

use super::{
    reply,
    routes::{CLERKS, Collector, READERS, Spec},
    schemas::{
        answers::Dokument,
        requests::{Begruendung, DokumentAenderung, Ziel},
    },
};
use crate::{
    domain::{digest::Digest, zeit::Zeitpunkt},
    http::{
        problem::{Code, Problem},
        request::Signed,
    },
    registry,
};

pub(super) fn collect(routes: &mut Collector) {
    let about = "Dokumente einer Akte, eines Vorgangs, mit einer Prüfsumme oder fremd_id";
    routes.add(
        Spec::new(READERS, Method::GET, "/dokumente", "dokumente_liste", about)
            .query::<List>()
            .page::<Dokument>()
            .codes([Code::NichtGefunden]),
        list,
    );
    let path = "/dokumente/{id}";
    routes.add(
        Spec::new(READERS, Method::GET, path, "dokument_lesen", "Ein Dokument")
            .answer::<Dokument>(200)
            .codes([Code::NichtGefunden]),
        read,
    );
    routes.add(
        Spec::new(CLERKS, Method::PATCH, path, "dokument_aendern", "Metadaten ändern")
            .body::<DokumentAenderung>()
            .if_match()
            .receipt::<Dokument>(200)
            .codes([Code::NichtGefunden]),
        change,
    );
    let about = "Aus dem Posteingang in eine Akte oder einen Vorgang ablegen";
    routes.add(
        Spec::new(CLERKS, Method::POST, "/dokumente/{id}/ablage", "dokument_ablegen", about)
            .body::<Ziel>()
            .if_match()
            .receipt::<Dokument>(200)
            .codes([Code::NichtGefunden]),
        file,
    );
    let about = "Stornieren, mit Grund; das Dokument bleibt sichtbar";
    routes.add(
        Spec::new(CLERKS, Method::POST, "/dokumente/{id}/storno", "dokument_stornieren", about)
            .body::<Begruendung>()
            .if_match()
            .receipt::<Dokument>(200)
            .codes([Code::NichtGefunden, Code::Gesperrt]),
        strike_out,
    );
}

#[derive(Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct List {
    /// In this Vorgang.
    #[param(value_type = Option<String>)]
    vorgang_id: Option<Uuid>,
    /// In this Akte and its Vorgänge.
    #[param(value_type = Option<String>)]
    akte_id: Option<Uuid>,
    /// With these bytes.
    #[param(value_type = Option<String>)]
    sha256: Option<Digest>,
    /// Number in the Fachverfahren that asks.
    fremd_id: Option<String>,
    /// Only of this OE: Kürzel or id. Narrows what another filter finds.
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
    let List { vorgang_id, akte_id, sha256, fremd_id, oe, geaendert_seit, .. } = query;
    let filter =
        registry::DokumenteFilter { vorgang_id, akte_id, sha256, fremd_id, oe, geaendert_seit };
    let page = request.acting(move |acting| acting.reader()?.dokumente(&filter, &blatt));
    reply::page(&scope, &page.await?)
}

async fn read(request: Signed) -> Result<HttpResponse, Problem> {
    let id = request.open.path_id("id")?;
    reply::object(&request.acting(move |acting| acting.reader()?.dokument(id)).await?)
}

async fn change(mut request: Signed) -> Result<HttpResponse, Problem> {
    let (id, version) = (request.open.path_id("id")?, request.open.if_match()?);
    let change: registry::DokumentAenderung = request.open.json().await?;
    let done = request.acting(move |acting| acting.clerk()?.dokument_aendern(id, version, change));
    reply::changed(&done.await?)
}

async fn file(mut request: Signed) -> Result<HttpResponse, Problem> {
    let (id, version) = (request.open.path_id("id")?, request.open.if_match()?);
    let target: registry::Zielangabe = request.open.json().await?;
    let done = request.acting(move |acting| acting.clerk()?.ablegen(id, version, target));
    reply::changed(&done.await?)
}

async fn strike_out(mut request: Signed) -> Result<HttpResponse, Problem> {
    let (id, version) = (request.open.path_id("id")?, request.open.if_match()?);
    let why: registry::Begruendung = request.open.json().await?;
    let done = request.acting(move |acting| acting.clerk()?.storno(id, version, why));
    reply::changed(&done.await?)
}
