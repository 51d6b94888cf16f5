//! `/antraege`: changes that a second person releases: rights, start passwords, keys that read.

use actix_web::{HttpResponse, http::Method};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{
    reply,
    routes::{ADMINISTRATORS, APPROVERS, Collector, Spec},
    schemas::{
        answers::{Antrag, Freigegeben},
        requests::AntragNeu,
    },
};
use crate::{
    domain::verwaltung::Vorhaben,
    http::{
        problem::{Code, Problem},
        request::Signed,
    },
    registry::{self, Acting},
};

pub(super) fn collect(routes: &mut Collector) {
    let path = "/antraege";
    routes.add(
        Spec::new(APPROVERS, Method::GET, path, "antraege_liste", "Anträge")
            .query::<List>()
            .page::<Antrag>(),
        list,
    );
    routes.add(
        Spec::new(ADMINISTRATORS, Method::POST, path, "antrag_stellen", "Einen Antrag stellen")
            .body::<AntragNeu>()
            .creates()
            .receipt::<Antrag>(201)
            .codes([Code::NichtGefunden]),
        create,
    );
    routes.add(
        Spec::new(APPROVERS, Method::GET, "/antraege/{id}", "antrag_lesen", "Ein Antrag")
            .answer::<Antrag>(200)
            .codes([Code::NichtGefunden]),
        read,
    );
    let release = "Freigeben: es wirkt sofort. Ein Startpasswort oder Schlüssel wird nur jetzt \
                   gezeigt.";
    routes.add(
        Spec::new(APPROVERS, Method::POST, "/antraege/{id}/freigabe", "antrag_freigeben", release)
            .receipt::<Freigegeben>(200)
            .codes([Code::NichtGefunden, Code::ZustandVerbietet, Code::Konflikt]),
        release_it,
    );
    let refuse = "Ablehnen; wer ihn gestellt hat, zieht ihn damit zurück";
    routes.add(
        Spec::new(APPROVERS, Method::POST, "/antraege/{id}/ablehnung", "antrag_ablehnen", refuse)
            .receipt::<Antrag>(200)
            .codes([Code::NichtGefunden, Code::ZustandVerbietet, Code::Konflikt]),
        refuse_it,
    );
}

#[derive(Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct List {
    /// True: only those that wait.
    #[serde(default)]
    offen: bool,
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
    let page = request.acting(move |acting| acting.approver()?.antraege(query.offen, &blatt));
    reply::page(&scope, &page.await?)
}

async fn create(mut request: Signed) -> Result<HttpResponse, Problem> {
    let once = request.once()?;
    let new: registry::AntragNeu = request.open.json().await?;
    let receipt = request.acting(move |acting| {
        let idem = once.as_ref().map(|o| &o.idempotenz);
        acting.administrator()?.antrag_stellen(new, idem)
    });
    reply::created(&receipt.await?, "/antraege")
}

async fn read(request: Signed) -> Result<HttpResponse, Problem> {
    let id = request.open.path_id("id")?;
    reply::object(&request.acting(move |acting| acting.approver()?.antrag(id)).await?)
}

async fn release_it(request: Signed) -> Result<HttpResponse, Problem> {
    let id = request.open.path_id("id")?;
    let front = request.open.front.clone();
    let release = move |acting: &Acting| {
        let done = acting.approver()?.freigeben(&front.gate, id)?;
        // Whose password was replaced is signed on no more; other rights count from the next
        // request.
        if let Vorhaben::Zugang { person } = &done.wert.antrag.vorhaben {
            front.sessions.close_all(*person);
        }
        Ok(done)
    };
    reply::changed(&request.acting(release).await?)
}

async fn refuse_it(request: Signed) -> Result<HttpResponse, Problem> {
    let id = request.open.path_id("id")?;
    reply::changed(&request.acting(move |acting| acting.approver()?.ablehnen(id)).await?)
}
