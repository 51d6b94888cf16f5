//! `/vorgaenge`: one matter within an Akte. Its rights are the Akte's.

use actix_web::{HttpResponse, http::Method};

use super::{
    reply,
    routes::{CLERKS, Collector, READERS, Spec},
    schemas::{
        answers::Vorgang,
        requests::{Begruendung, VorgangAenderung},
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
    let path = "/vorgaenge/{id}";
    routes.add(
        Spec::new(READERS, Method::GET, path, "vorgang_lesen", "Ein Vorgang")
            .answer::<Vorgang>(200)
            .codes([Code::NichtGefunden]),
        read,
    );
    routes.add(
        Spec::new(CLERKS, Method::PATCH, path, "vorgang_aendern", "Einen Vorgang ändern")
            .body::<VorgangAenderung>()
            .if_match()
            .receipt::<Vorgang>(200)
            .codes([Code::NichtGefunden]),
        change,
    );
    let path = "/vorgaenge/{id}/schliessen";
    let about = "Schließen; er ändert sich dann nicht mehr";
    routes.add(
        Spec::new(CLERKS, Method::POST, path, "vorgang_schliessen", about)
            .body::<Begruendung>()
            .if_match()
            .receipt::<Vorgang>(200)
            .codes([Code::NichtGefunden]),
        close,
    );
}

async fn read(request: Signed) -> Result<HttpResponse, Problem> {
    let id = request.open.path_id("id")?;
    reply::object(&request.acting(move |acting| acting.reader()?.vorgang(id)).await?)
}

async fn change(mut request: Signed) -> Result<HttpResponse, Problem> {
    let (id, version) = (request.open.path_id("id")?, request.open.if_match()?);
    let change: registry::VorgangAenderung = request.open.json().await?;
    let done = request.acting(move |acting| acting.clerk()?.vorgang_aendern(id, version, change));
    reply::changed(&done.await?)
}

async fn close(mut request: Signed) -> Result<HttpResponse, Problem> {
    let (id, version) = (request.open.path_id("id")?, request.open.if_match()?);
    let why: registry::Begruendung = request.open.json_or_default().await?;
    let done = request.acting(move |acting| acting.clerk()?.vorgang_schliessen(id, version, why));
    reply::changed(&done.await?)
}
