//! `/health`: for whoever watches the process. It says nothing of what is kept here.

use actix_web::{HttpResponse, http::Method};
use serde_json::json;

use super::{
    reply,
    routes::{Collector, Spec, Who},
    schemas::answers::Bereitschaft,
};
use crate::{
    http::{
        problem::{Code, Problem},
        request::Open,
    },
    ledger::State,
};

pub(super) fn collect(routes: &mut Collector) {
    let live = "Der Prozess antwortet";
    routes.add(
        Spec::new(Who::Anyone, Method::GET, "/health/live", "health_live", live)
            .answer::<Bereitschaft>(200),
        |_: Open| async { reply::object(&json!({ "zustand": "lebt" })) },
    );
    let ready = "Anfragen werden angenommen; rot, wenn das Journal beschädigt oder der Ausgang \
                 eines Schreibens unbekannt ist";
    routes.add(
        Spec::new(Who::Anyone, Method::GET, "/health/ready", "health_ready", ready)
            .answer::<Bereitschaft>(200)
            .codes([Code::NichtBereit]),
        is_ready,
    );
}

/// A full disk is no reason to take the readers' service away: it is named, and stays green.
async fn is_ready(request: Open) -> Result<HttpResponse, Problem> {
    let app = request.app::<super::App>()?;
    if app.check.blobs.broken().is_some() {
        let detail = "Ein Schreibfehler: es können keine Dokumente mehr abgelegt werden.";
        return Err(Problem::new(Code::NichtBereit, detail));
    }
    let ledger = request.front.registry.ledger();
    if !ledger.readable() {
        return Err(Problem::new(Code::NichtBereit, "Die Datenbank ist nicht erreichbar."));
    }
    let state = match ledger.state() {
        State::Ready => "bereit",
        State::Full(_) => "speicher_voll",
        State::Unreachable(_) => "nicht_schreibbar",
        State::ReadOnly(_) if app.read_only => "nur_lesend",
        State::ReadOnly(_) => {
            return Err(Problem::new(Code::NichtBereit, "Das Journal ist beschädigt."));
        }
        State::Poisoned(_) => {
            let detail = "Ein Schreibfehler: der Ausgang der letzten Änderung ist unbekannt.";
            return Err(Problem::new(Code::NichtBereit, detail));
        }
    };
    reply::object(&json!({ "zustand": state }))
}
