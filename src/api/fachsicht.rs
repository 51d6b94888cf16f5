//! `/organisation/{id}/planeinheiten`: the branches of the plan that an OE works with.

use actix_web::{HttpResponse, http::Method};

use super::{
    reply,
    routes::{Collector, REGISTRARS, Spec, Who},
    schemas::{plan::Fachsicht, requests::FachsichtNeu},
};
use crate::{
    http::{
        problem::{Code, Problem},
        request::Signed,
    },
    registry,
};

pub(super) fn collect(routes: &mut Collector) {
    let path = "/organisation/{id}/planeinheiten";
    let about = "Die Zweige des Aktenplans, die für diese OE festgelegt sind";
    routes.add(
        Spec::new(Who::Member, Method::GET, path, "fachsicht_lesen", about)
            .answer::<Fachsicht>(200)
            .codes([Code::NichtGefunden]),
        read,
    );
    let about = "Die Zweige des Aktenplans festlegen, mit denen diese OE arbeitet; für die \
                 Registratur dieser OE oder des ganzen Hauses";
    routes.add(
        Spec::new(REGISTRARS, Method::PUT, path, "fachsicht_setzen", about)
            .body::<FachsichtNeu>()
            .if_match()
            .receipt::<Fachsicht>(200)
            .codes([Code::NichtGefunden]),
        set,
    );
}

async fn read(request: Signed) -> Result<HttpResponse, Problem> {
    let id = request.open.path_id("id")?;
    reply::object(&request.acting(move |acting| acting.member().fachsicht(id)).await?)
}

async fn set(mut request: Signed) -> Result<HttpResponse, Problem> {
    let (id, version) = (request.open.path_id("id")?, request.open.if_match()?);
    let new: registry::FachsichtNeu = request.open.json().await?;
    let done = request.acting(move |acting| acting.clerk()?.fachsicht_setzen(id, version, new));
    reply::changed(&done.await?)
}
