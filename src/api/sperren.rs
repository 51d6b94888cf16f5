//! `/sperren`: holds on Akten.

use actix_web::{HttpResponse, http::Method};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use uuid::Uuid;

use super::{
    reply,
    routes::{Collector, READERS, REGISTRARS, Spec},
    schemas::{
        requests::Begruendung,
        sperren::{Sperre, SperreNeu},
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
    let path = "/sperren";
    let about = "Sperren auf Akten, die der Aufrufer liest, die neueste zuerst; mit akte_id die \
                 nicht aufgehobenen dieser Akte";
    routes.add(
        Spec::new(READERS, Method::GET, path, "sperren_liste", about)
            .query::<List>()
            .page::<Sperre>()
            .codes([Code::NichtGefunden]),
        list,
    );
    let about = "Akten sperren: Nichts darin wird storniert, abgegeben oder gelöscht";
    routes.add(
        Spec::new(REGISTRARS, Method::POST, path, "sperre_setzen", about)
            .body::<SperreNeu>()
            .creates()
            .receipt::<Sperre>(201)
            .codes([Code::NichtGefunden]),
        create,
    );
    let path = "/sperren/{id}";
    routes.add(
        Spec::new(READERS, Method::GET, path, "sperre_lesen", "Eine Sperre")
            .answer::<Sperre>(200)
            .codes([Code::NichtGefunden]),
        read,
    );
    let about = "Die Aufhebung beantragen (202), mit Grund; dieselbe Anfrage einer zweiten Person \
                 der Registratur hebt die Sperre auf (200)";
    routes.add(
        Spec::new(REGISTRARS, Method::DELETE, path, "sperre_aufheben", about)
            .body::<Begruendung>()
            .receipt::<Sperre>(200)
            .receipt::<Sperre>(202)
            .codes([Code::NichtGefunden, Code::ZustandVerbietet, Code::ZweitePerson]),
        release,
    );
}

#[derive(Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct List {
    /// Only those on this Akte that were not released.
    #[param(value_type = Option<String>)]
    akte_id: Option<Uuid>,
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
    let akte = query.akte_id;
    let page = request.acting(move |acting| acting.reader()?.sperren(akte, &blatt));
    reply::page(&scope, &page.await?)
}

async fn create(mut request: Signed) -> Result<HttpResponse, Problem> {
    let once = request.once()?;
    let new: registry::SperreNeu = request.open.json().await?;
    let receipt = request.acting(move |acting| {
        let idem = once.as_ref().map(|o| &o.idempotenz);
        acting.registrar()?.sperre_setzen(new, idem)
    });
    reply::created(&receipt.await?, "/sperren")
}

async fn read(request: Signed) -> Result<HttpResponse, Problem> {
    let id = request.open.path_id("id")?;
    reply::object(&request.acting(move |acting| acting.reader()?.sperre(id)).await?)
}

async fn release(mut request: Signed) -> Result<HttpResponse, Problem> {
    let id = request.open.path_id("id")?;
    let why: registry::Begruendung = request.open.json_or_default().await?;
    let done = request.acting(move |acting| acting.registrar()?.sperre_aufheben(id, why)).await?;
    match done.wert.aufgehoben {
        Some(_) => reply::changed(&done),
        None => reply::accepted(&done),
    }
}
