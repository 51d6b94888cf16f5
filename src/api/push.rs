//! `POST /dokumente` and `/dokumente/{id}/fassungen`: a document arrives.
//!
//! Metadata first; then right, target and quota are asked for; then the bytes are staged as they
//! come. The answer is sent when bytes and entry are on disk.

use std::sync::Arc;

use actix_web::{
    HttpResponse,
    http::{Method, header},
};
use serde_json::json;
use utoipa::openapi::Required;

use super::{
    App,
    routes::{Collector, PUSHERS, Spec},
    schemas::{
        answers::Eingeliefert,
        requests::{EinlieferungMultipart, FassungMultipart},
    },
};
use crate::{
    http::{
        problem::{Code, Problem},
        request::Signed,
        upload::Upload,
    },
    intake::{FassungMetadaten, Metadaten, Permit, Receipt},
};

const MULTIPART: &str = "multipart/form-data";

/// What any push may be answered with.
const CODES: [Code; 16] = [
    Code::NichtGefunden,
    Code::EingabeUngueltig,
    Code::JsonUngueltig,
    Code::MultipartUngueltig,
    Code::TeileReihenfolge,
    Code::UploadAbgebrochen,
    Code::PruefsummeFalsch,
    Code::DateiLeer,
    Code::ZuLangsam,
    Code::ZustandVerbietet,
    Code::ZuGross,
    Code::MedientypNichtErlaubt,
    Code::ZuVieleUploads,
    Code::TagesmengeErschoepft,
    Code::Ausgelastet,
    Code::SpeicherVoll,
];

pub(super) fn collect(routes: &mut Collector) {
    let about = "Ein Dokument einliefern: zuerst der Teil metadaten, dann der Teil inhalt";
    let digest = "Prüfsumme des ganzen Rumpfs (RFC 9530); wird geprüft";
    routes.add(
        Spec::new(PUSHERS, Method::POST, "/dokumente", "dokument_einliefern", about)
            .body_of::<EinlieferungMultipart>(MULTIPART)
            .header("Content-Digest", digest, Required::False)
            .creates()
            .answer::<Eingeliefert>(201)
            .codes(CODES),
        push,
    );
    let about = "Eine neue Fassung eines Dokuments einliefern";
    let path = "/dokumente/{id}/fassungen";
    routes.add(
        Spec::new(PUSHERS, Method::POST, path, "fassung_einliefern", about)
            .body_of::<FassungMultipart>(MULTIPART)
            .header("Content-Digest", digest, Required::False)
            .if_match()
            .creates()
            .answer::<Eingeliefert>(201)
            .codes(CODES),
        push_version,
    );
}

async fn push(mut request: Signed) -> Result<HttpResponse, Problem> {
    let once = request.idempotency_key()?;
    let _room = request.open.front.upload(request.caller.key.is_some())?;
    let mut upload = request.open.upload()?;
    let metadata: Metadaten = upload.metadata().await?;
    let intake = request.open.app::<App>()?.intake.clone();
    let permit = request.blocking(move |acting| Ok(intake.begin(acting, metadata, once)?)).await?;
    receive(&request, upload, permit).await
}

async fn push_version(mut request: Signed) -> Result<HttpResponse, Problem> {
    let (id, version) = (request.open.path_id("id")?, request.open.if_match()?);
    let once = request.idempotency_key()?;
    let _room = request.open.front.upload(request.caller.key.is_some())?;
    let mut upload = request.open.upload()?;
    let metadata: FassungMetadaten = upload.metadata().await?;
    let intake = request.open.app::<App>()?.intake.clone();
    let permit = request
        .blocking(move |acting| Ok(intake.begin_fassung(acting, id, version, metadata, once)?));
    let permit = permit.await?;
    receive(&request, upload, permit).await
}

async fn receive(
    request: &Signed,
    upload: Upload,
    mut permit: Permit,
) -> Result<HttpResponse, Problem> {
    let blobs = Arc::clone(request.open.front.registry.blobs());
    let arrived = upload.content(&blobs, |bytes| Ok(permit.take(bytes)?)).await?;
    // The rest of the bytes and the commit go to the pool in one piece of work.
    let receipt = request.blocking(move |_| {
        let name = arrived.file_name.clone();
        Ok(permit.finish(arrived.finish(&blobs)?, name.as_deref())?)
    });
    let Receipt { id, sha256, seq, siegel, wiederholt } = receipt.await?;
    let url = format!("/api/v1/dokumente/{id}");
    let mut answer = HttpResponse::Created();
    answer.insert_header((header::LOCATION, url.as_str()));
    if wiederholt {
        answer.insert_header(("Idempotency-Replayed", "true"));
    }
    let body = json!({ "id": id, "sha256": sha256, "seq": seq, "siegel": siegel, "url": url });
    Ok(answer.json(body))
}
