//! `/schluessel`: keys of scan stations and Fachverfahren. Here are only those that write; one
//! that reads takes a second person (`/antraege`).

use actix_web::{HttpResponse, http::Method};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{
    reply,
    routes::{ADMINISTRATORS, Collector, Spec},
    schemas::{
        answers::{Schluessel, SchluesselMitGeheimnis},
        requests::SchluesselNeu,
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
    let path = "/schluessel";
    routes.add(
        Spec::new(ADMINISTRATORS, Method::GET, path, "schluessel_liste", "Alle Schlüssel")
            .query::<List>()
            .page::<Schluessel>(),
        list,
    );
    let about = "Einen Schlüssel anlegen, der nur schreibt. Das Geheimnis wird nur jetzt gezeigt.";
    routes.add(
        Spec::new(ADMINISTRATORS, Method::POST, path, "schluessel_anlegen", about)
            .body::<SchluesselNeu>()
            .creates()
            .receipt::<SchluesselMitGeheimnis>(201),
        create,
    );
    let path = "/schluessel/{id}";
    routes.add(
        Spec::new(ADMINISTRATORS, Method::GET, path, "schluessel_lesen", "Ein Schlüssel")
            .answer::<Schluessel>(200)
            .codes([Code::NichtGefunden]),
        read,
    );
    routes.add(
        Spec::new(ADMINISTRATORS, Method::PUT, path, "schluessel_aendern", "Neuer Umfang")
            .body::<SchluesselNeu>()
            .if_match()
            .receipt::<Schluessel>(200)
            .codes([Code::NichtGefunden, Code::Konflikt]),
        change,
    );
    let about = "Neues Geheimnis; das alte gilt noch eine Zeit lang";
    let path = "/schluessel/{id}/rotation";
    routes.add(
        Spec::new(ADMINISTRATORS, Method::POST, path, "schluessel_rotieren", about)
            .if_match()
            .receipt::<SchluesselMitGeheimnis>(200)
            .codes([Code::NichtGefunden]),
        rotate,
    );
    let path = "/schluessel/{id}/sperren";
    routes.add(
        Spec::new(ADMINISTRATORS, Method::POST, path, "schluessel_sperren", "Für immer sperren")
            .if_match()
            .receipt::<Schluessel>(200)
            .codes([Code::NichtGefunden]),
        block,
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
    let page = request.acting(move |acting| acting.administrator()?.schluessel_liste(&blatt));
    reply::page(&scope, &page.await?)
}

async fn create(mut request: Signed) -> Result<HttpResponse, Problem> {
    let once = request.once()?;
    let new: registry::SchluesselNeu = request.open.json().await?;
    let receipt = request.acting(move |acting| {
        let idem = once.as_ref().map(|o| &o.idempotenz);
        acting.administrator()?.schluessel_anlegen(new, idem)
    });
    reply::created(&receipt.await?, "/schluessel")
}

async fn read(request: Signed) -> Result<HttpResponse, Problem> {
    let id = request.open.path_id("id")?;
    reply::object(&request.acting(move |acting| acting.administrator()?.schluessel(id)).await?)
}

async fn change(mut request: Signed) -> Result<HttpResponse, Problem> {
    let (id, version) = (request.open.path_id("id")?, request.open.if_match()?);
    let new: registry::SchluesselNeu = request.open.json().await?;
    let done =
        request.acting(move |acting| acting.administrator()?.schluessel_aendern(id, version, new));
    reply::changed(&done.await?)
}

async fn rotate(request: Signed) -> Result<HttpResponse, Problem> {
    let (id, version) = (request.open.path_id("id")?, request.open.if_match()?);
    let done =
        request.acting(move |acting| acting.administrator()?.schluessel_rotieren(id, version));
    reply::changed(&done.await?)
}

async fn block(request: Signed) -> Result<HttpResponse, Problem> {
    let (id, version) = (request.open.path_id("id")?, request.open.if_match()?);
    let done =
        request.acting(move |acting| acting.administrator()?.schluessel_sperren(id, version));
    reply::changed(&done.await?)
}
