//! `/aktenplan`: the filing plan, for whoever is signed on.

use actix_web::{HttpResponse, http::Method};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::IntoParams;

use super::{
    reply,
    routes::{ADMINISTRATORS, Collector, Spec, Who},
    schemas::{
        answers::{Aktenplan, Planeinheit},
        plan::{Planbericht, Planuebergaenge},
        requests::Planfassung,
    },
};
use crate::{
    domain::aktenplan::BYTES_MAX,
    http::{
        problem::{Code, Problem},
        request::Signed,
    },
    registry,
};

pub(super) fn collect(routes: &mut Collector) {
    let about = "Der Aktenplan: seine Angaben, und seine Einheiten in der Ordnung ihrer Nummern";
    routes.add(
        Spec::new(Who::Member, Method::GET, "/aktenplan", "aktenplan", about)
            .query::<List>()
            .page_and::<Planeinheit, Aktenplan>("plan")
            .codes([Code::NichtGefunden]),
        list,
    );
    let about = "Was aus einer Nummer des Plans wurde, und woraus sie hervorging";
    routes.add(
        Spec::new(Who::Member, Method::GET, "/aktenplan/konkordanz", "aktenplan_konkordanz", about)
            .query::<Number>()
            .answer::<Planuebergaenge>(200)
            .codes([Code::NichtGefunden]),
        concordance,
    );
    let about = "Eine neue Fassung des Plans vergleichen, und (ohne dry_run) einer zweiten Person \
                 zur Freigabe vorlegen";
    routes.add(
        Spec::new(ADMINISTRATORS, Method::POST, "/aktenplan/import", "aktenplan_import", about)
            .query::<Import>()
            .body::<Planfassung>()
            .answer::<Planbericht>(200)
            .codes([Code::ZustandVerbietet, Code::Konflikt]),
        import,
    );
    let path = "/aktenplan/{nummer}";
    routes.add(
        Spec::new(Who::Member, Method::GET, path, "planeinheit_lesen", "Eine Einheit")
            .answer::<Planeinheit>(200)
            .codes([Code::NichtGefunden]),
        read,
    );
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Number {
    /// A number of this or an older version of the plan.
    nummer: String,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Import {
    /// True: only report what it would do.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct List {
    /// Only the units directly below this one; empty: the top.
    unter: Option<String>,
    /// Only what this OE (Kürzel or id) works with, and the units above that.
    oe: Option<String>,
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
    let read = request.acting(move |acting| {
        let member = acting.member();
        let unter = query.unter.as_deref();
        Ok((member.aktenplan()?, member.planeinheiten(unter, query.oe.as_deref(), &blatt)?))
    });
    let (plan, page) = read.await?;
    let cursor = page.weiter.as_deref().map(|place| scope.cursor(place));
    reply::object(&json!({ "plan": plan, "eintraege": page.eintraege, "cursor": cursor }))
}

async fn concordance(request: Signed) -> Result<HttpResponse, Problem> {
    let query: Number = request.open.query()?;
    let found = request.acting(move |acting| acting.member().konkordanz(&query.nummer));
    reply::object(&found.await?)
}

async fn import(mut request: Signed) -> Result<HttpResponse, Problem> {
    let query: Import = request.open.query()?;
    // Asked first, and as one of so many uploads: it is much that is read.
    request.acting(|acting| acting.administrator().map(drop)).await?;
    let _room = request.open.front.upload(request.caller.key.is_some())?;
    // Quotes and line ends take two bytes in JSON.
    let new: registry::Planfassung = request.open.json_up_to(BYTES_MAX + (BYTES_MAX >> 2)).await?;
    let report = request
        .acting(move |acting| acting.administrator()?.planfassung(&new, query.dry_run))
        .await?;
    reply::object(&report)
}

async fn read(request: Signed) -> Result<HttpResponse, Problem> {
    let number = request.open.path("nummer");
    reply::object(&request.acting(move |acting| acting.member().planeinheit(&number)).await?)
}
