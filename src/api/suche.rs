//! `/suche`: a question over what the caller may read. POST keeps the words out of URLs,
//! and so out of the logs of proxies.
//!
//! `wait_for` waits without holding a thread until a commit's documents are found with their text,
//! or it is known that they have none; after ten seconds the answer is what there is.

use std::time::Duration;

use actix_web::{HttpResponse, http::Method};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    App, reply,
    routes::{Collector, READERS, Spec},
    schemas::answers::Suchergebnis,
};
use crate::{
    http::{
        problem::{Code, Problem},
        refusal,
        request::Signed,
    },
    registry::{self, Suchanfrage},
    search::{Art, Order},
};

/// The longest wait of `wait_for`.
const WAIT_MAX: Duration = Duration::from_secs(10);

pub(super) fn collect(routes: &mut Collector) {
    routes.add(
        Spec::new(READERS, Method::GET, "/suche", "suche", "Suchen")
            .query::<Question>()
            .answer::<Suchergebnis>(200)
            .codes([Code::CursorUngueltig, Code::EingabeUngueltig]),
        by_url,
    );
    let about = "Suchen, ohne dass die Suchworte in der Adresse stehen";
    routes.add(
        Spec::new(READERS, Method::POST, "/suche", "suche_post", about)
            .body::<Question>()
            .answer::<Suchergebnis>(200)
            .codes([Code::CursorUngueltig]),
        by_body,
    );
}

#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SucheArt)]
pub(super) enum Kind {
    Dokument,
    Akte,
    Vorgang,
}

#[derive(Clone, Copy, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SucheOrdnung)]
pub(super) enum Sort {
    #[default]
    Relevanz,
    Datum,
}

/// What is looked for.
#[derive(Deserialize, Serialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Suchfrage)]
pub(super) struct Question {
    /// Words, all of which must occur; "phrases", beginnings (`gebühr*`), exclusions (`-so`), `a
    /// ODER b`, fields (`betreff:so`, `datum:2024-01..2024-06`; text, betreff, zeichen, absender,
    /// empfaenger, datei, plan, typ, art, datum, oe, stufe, storno), fields of types of Akten
    /// (`bauakte.flurstueck:123/4`). Empty: whatever the filters let through.
    #[serde(default)]
    q: String,
    /// Only this Akte and what lies in it.
    #[param(value_type = Option<String>)]
    #[schema(value_type = Option<String>)]
    akte_id: Option<Uuid>,
    /// Only of this OE (Kürzel or id).
    oe: Option<String>,
    /// Only plan units whose number begins so.
    planeinheit: Option<String>,
    /// Only this type.
    typ: Option<String>,
    /// Only this kind of object.
    #[param(inline)]
    art: Option<Kind>,
    /// First day, inclusive.
    #[param(value_type = Option<String>)]
    #[schema(value_type = Option<String>)]
    von: Option<NaiveDate>,
    /// Last day, inclusive.
    #[param(value_type = Option<String>)]
    #[schema(value_type = Option<String>)]
    bis: Option<NaiveDate>,
    /// Only struck-out documents, or none of them.
    storno: Option<bool>,
    /// Best first, or latest first.
    #[serde(default)]
    #[param(inline)]
    ordnung: Sort,
    /// Count all hits by kind, type, plan unit, OE and year too.
    #[serde(default)]
    facetten: bool,
    /// 1 to 500, else 50.
    #[serde(skip_serializing)]
    limit: Option<usize>,
    /// Of the page before.
    #[serde(skip_serializing)]
    cursor: Option<String>,
    /// Wait until the documents of this entry are found, at most 10 s.
    #[serde(skip_serializing)]
    wait_for: Option<u64>,
}

async fn by_url(request: Signed) -> Result<HttpResponse, Problem> {
    let question: Question = request.open.query()?;
    search(request, question).await
}

async fn by_body(mut request: Signed) -> Result<HttpResponse, Problem> {
    let question: Question = request.open.json().await?;
    search(request, question).await
}

async fn search(request: Signed, question: Question) -> Result<HttpResponse, Problem> {
    let (scope, page) = request.page(&question, question.limit, question.cursor.as_deref())?;
    let app = request.open.app::<App>()?;
    let ready = match question.wait_for {
        Some(seq) => Some(wait(&request, &app, seq).await?),
        None => None,
    };
    let asked = Suchanfrage {
        text: question.q,
        akte: question.akte_id,
        oe: question.oe,
        planeinheit: question.planeinheit,
        typ: question.typ,
        art: question.art.map(|kind| match kind {
            Kind::Dokument => Art::Dokument,
            Kind::Akte => Art::Akte,
            Kind::Vorgang => Art::Vorgang,
        }),
        von: question.von,
        bis: question.bis,
        storno: question.storno,
        ordnung: match question.ordnung {
            Sort::Relevanz => Order::Score,
            Sort::Datum => Order::Date,
        },
        limit: page.limit,
        nach: page.nach,
        facetten: question.facetten,
    };
    let indexed = app.follow.indexed();
    let follow = app.follow.clone();
    let found = request
        .searching(move |acting| {
            let reader = acting.reader()?;
            reader.suche(&asked, || refusal::stale(&follow))
        })
        .await?;
    let cursor = found.weiter.as_deref().map(|place| scope.cursor(place));
    answer(&found, cursor, indexed, ready)
}

fn answer(
    found: &registry::Suchergebnis,
    cursor: Option<String>,
    indexed: u64,
    ready: Option<bool>,
) -> Result<HttpResponse, Problem> {
    let value = |of: serde_json::Result<Value>| of.map_err(|_| Problem::from(Code::Intern));
    let mut hits = value(serde_json::to_value(&found.treffer))?;
    for hit in hits.as_array_mut().into_iter().flatten() {
        lift_id(hit);
    }
    let mut body = json!({
        "treffer": hits,
        "anzahl": found.anzahl,
        "cursor": cursor,
        "indiziert_bis": indexed,
    });
    let facets = found.facetten.as_ref().map(|facets| value(serde_json::to_value(facets)));
    let more = [
        ("facetten", facets.transpose()?),
        ("meinten_sie", found.meinten_sie.clone().map(Value::String)),
        ("gewartet_auf_gefunden", ready.map(Value::Bool)),
    ];
    for (name, value) in more {
        if let (Some(value), Some(fields)) = (value, body.as_object_mut()) {
            fields.insert(name.into(), value);
        }
    }
    reply::object(&body)
}

/// The id of what was found, beside `art`, so that a client need not look into the object.
fn lift_id(hit: &mut Value) {
    let Some(fields) = hit.as_object_mut() else { return };
    let kinds = ["dokument", "akte", "vorgang"];
    let id = kinds.iter().find_map(|kind| fields.get(*kind)?.get("id").cloned());
    if let Some(id) = id {
        fields.insert("id".into(), id);
    }
}

/// Waits for an entry to be found; false: it was not, or is none.
async fn wait(request: &Signed, app: &App, seq: u64) -> Result<bool, Problem> {
    let mut waiter = app.follow.waiter();
    let asked = async {
        loop {
            let follow = app.follow.clone();
            let ready = request
                .open
                .front
                .block(request.caller.key.is_some(), move || {
                    Ok(follow.ready_for(seq).map_err(registry::Error::intern)?)
                })
                .await?;
            if ready || waiter.moved().await.is_none() {
                return Ok(ready);
            }
        }
    };
    tokio::time::timeout(WAIT_MAX, asked).await.unwrap_or(Ok(false))
}
