//! `/benutzer`: persons who work here. Rights and passwords are changed by `/antraege` alone.

use actix_web::{HttpResponse, http::Method};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{
    reply,
    routes::{ADMINISTRATORS, APPROVERS, Collector, Spec},
    schemas::{answers::Person, requests::PersonNeu},
};
use crate::{
    http::{
        problem::{Code, Problem},
        request::Signed,
    },
    registry::{self, Acting},
};

pub(super) fn collect(routes: &mut Collector) {
    let path = "/benutzer";
    routes.add(
        Spec::new(APPROVERS, Method::GET, path, "benutzer_liste", "Alle Personen und ihre Rechte")
            .query::<List>()
            .page::<Person>(),
        list,
    );
    routes.add(
        Spec::new(ADMINISTRATORS, Method::POST, path, "benutzer_anlegen", "Eine Person anlegen")
            .body::<PersonNeu>()
            .creates()
            .receipt::<Person>(201),
        create,
    );
    let path = "/benutzer/{id}";
    routes.add(
        Spec::new(ADMINISTRATORS, Method::GET, path, "benutzer_lesen", "Eine Person")
            .answer::<Person>(200)
            .codes([Code::NichtGefunden]),
        read,
    );
    for (path, id, summary) in [
        ("/benutzer/{id}/sperren", "benutzer_sperren", "Eine Person sperren"),
        ("/benutzer/{id}/entsperren", "benutzer_entsperren", "Eine Sperre aufheben"),
    ] {
        let block = id == "benutzer_sperren";
        routes.add(
            Spec::new(ADMINISTRATORS, Method::POST, path, id, summary)
                .if_match()
                .receipt::<Person>(200)
                .codes([Code::NichtGefunden]),
            move |request| set_block(request, block),
        );
    }
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
    let page = request.acting(move |acting| match acting.administrator() {
        Ok(administrator) => administrator.personen(&blatt),
        Err(_) => acting.auditor()?.personen(&blatt),
    });
    reply::page(&scope, &page.await?)
}

async fn create(mut request: Signed) -> Result<HttpResponse, Problem> {
    let once = request.once()?;
    let new: registry::PersonNeu = request.open.json().await?;
    let receipt = request.acting(move |acting| {
        let idem = once.as_ref().map(|o| &o.idempotenz);
        acting.administrator()?.person_anlegen(new, idem)
    });
    reply::created(&receipt.await?, "/benutzer")
}

async fn read(request: Signed) -> Result<HttpResponse, Problem> {
    let id = request.open.path_id("id")?;
    reply::object(&request.acting(move |acting| acting.administrator()?.person(id)).await?)
}

async fn set_block(request: Signed, block: bool) -> Result<HttpResponse, Problem> {
    let (id, version) = (request.open.path_id("id")?, request.open.if_match()?);
    let front = request.open.front.clone();
    let change = move |acting: &Acting| {
        let done = acting.administrator()?.person_sperren(id, version, block)?;
        if block {
            front.sessions.close_all(id);
        }
        Ok(done)
    };
    reply::changed(&request.acting(change).await?)
}
