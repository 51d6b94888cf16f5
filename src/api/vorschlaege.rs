//! `/dokumente/{id}/vorschlaege`: where a document may belong, and what became of a suggestion.

use actix_web::{HttpResponse, http::Method};

use super::{
    App, reply,
    routes::{CLERKS, Collector, READERS, Spec},
    schemas::vorschlaege::{Rueckgemeldet, RueckmeldungNeu, Vorschlaege},
};
use crate::{
    http::{
        problem::{Code, Problem},
        refusal,
        request::Signed,
    },
    registry,
};

pub(super) fn collect(routes: &mut Collector) {
    let path = "/dokumente/{id}/vorschlaege";
    let about = "Vorschläge zur Ablage: genaue Funde, Planeinheiten, Akten, Angaben des Kopfes";
    routes.add(
        Spec::new(READERS, Method::GET, path, "vorschlaege", about)
            .answer::<Vorschlaege>(200)
            .codes([Code::NichtGefunden, Code::ZustandVerbietet]),
        read,
    );
    let path = "/dokumente/{id}/vorschlaege/rueckmeldung";
    let about = "Einen Vorschlag annehmen oder ablehnen; abgelegt wird dadurch nichts";
    routes.add(
        Spec::new(CLERKS, Method::POST, path, "vorschlag_rueckmelden", about)
            .body::<RueckmeldungNeu>()
            .creates()
            .receipt::<Rueckgemeldet>(201)
            .codes([Code::NichtGefunden, Code::ZustandVerbietet]),
        feedback,
    );
}

async fn read(request: Signed) -> Result<HttpResponse, Problem> {
    let id = request.open.path_id("id")?;
    // It asks the index, so it takes its turn with the searches.
    let follow = request.open.app::<App>()?.follow.clone();
    let found = request.searching(move |acting| {
        let reader = acting.reader()?;
        reader.vorschlaege(id, || refusal::stale(&follow))
    });
    reply::object(&found.await?)
}

async fn feedback(mut request: Signed) -> Result<HttpResponse, Problem> {
    let id = request.open.path_id("id")?;
    let once = request.once()?;
    let new: registry::RueckmeldungNeu = request.open.json().await?;
    let receipt = request.acting(move |acting| {
        let idem = once.as_ref().map(|o| &o.idempotenz);
        acting.clerk()?.rueckmelden(id, new, idem)
    });
    reply::created(&receipt.await?, "/dokumente")
}
