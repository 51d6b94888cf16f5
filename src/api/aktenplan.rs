//! `/aktenplan`: the filing plan, for whoever is signed on.

use actix_web::{HttpResponse, http::Method};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::IntoParams;

use super::{
    reply,
    routes::{Collector, Spec, Who},
    schemas::answers::{Aktenplan, Planeinheit},
};
use crate::http::{
    problem::{Code, Problem},
    request::Signed,
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
    let path = "/aktenplan/{nummer}";
    routes.add(
        Spec::new(Who::Member, Method::GET, path, "planeinheit_lesen", "Eine Einheit")
            .answer::<Planeinheit>(200)
            .codes([Code::NichtGefunden]),
        read,
    );
}

#[derive(Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct List {
    /// Only the units directly below this one; empty: the top.
    unter: Option<String>,
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
        Ok((member.aktenplan()?, member.planeinheiten(query.unter.as_deref(), &blatt)?))
    });
    let (plan, page) = read.await?;
    let cursor = page.weiter.as_deref().map(|place| scope.cursor(place));
    reply::object(&json!({ "plan": plan, "eintraege": page.eintraege, "cursor": cursor }))
}

async fn read(request: Signed) -> Result<HttpResponse, Problem> {
    let number = request.open.path("nummer");
    reply::object(&request.acting(move |acting| acting.member().planeinheit(&number)).await?)
}
