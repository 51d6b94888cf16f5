//! `/dokumente/{id}/inhalt`: the bytes as they came, whole or in part; `/dokumente/{id}/text`: the
//! text that was read from them.

use actix_web::{
    HttpResponse,
    body::SizedStream,
    http::{Method, header},
    web::Bytes,
};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, openapi::Required};

use super::routes::{Collector, READERS, Spec};
use crate::{
    http::{
        delivery::{self, Use},
        file,
        outflow::{Outflow, Pieces},
        problem::{Code, Problem},
        request::Signed,
    },
    registry::Inhalt,
};

/// Bytes of a text that are handed to the connection at once.
const PIECE_BYTES: usize = 64 << 10;

pub(super) fn collect(routes: &mut Collector) {
    let about = "Die Bytes eines Dokuments, seiner neuesten Fassung oder der genannten";
    routes.add(
        Spec::new(READERS, Method::GET, "/dokumente/{id}/inhalt", "dokument_inhalt", about)
            .query::<Which>()
            .header("Range", "Ein Bereich, bytes=von-bis", Required::False)
            .header("If-None-Match", "ETag einer schon geholten Fassung", Required::False)
            .answer_bytes(200, Some("application/octet-stream"))
            .answer_bytes(206, Some("application/octet-stream"))
            .answer_bytes(304, None)
            .codes([Code::NichtGefunden, Code::BereichUngueltig, Code::BlobBeschaedigt])
            .codes([Code::Ausgelastet, Code::ZuVieleUploads]),
        content,
    );
    let about = "Größe, ETag und Name der Bytes, ohne sie";
    routes.add(
        Spec::new(READERS, Method::HEAD, "/dokumente/{id}/inhalt", "dokument_inhalt_kopf", about)
            .query::<Which>()
            .header("If-None-Match", "ETag einer schon geholten Fassung", Required::False)
            .answer_bytes(200, Some("application/octet-stream"))
            .answer_bytes(304, None)
            .codes([Code::NichtGefunden]),
        content_head,
    );
    let about = "Der gelesene Text eines Dokuments, seiner neuesten Fassung";
    routes.add(
        Spec::new(READERS, Method::GET, "/dokumente/{id}/text", "dokument_text", about)
            .answer_bytes(200, Some("text/plain; charset=utf-8"))
            .codes([Code::NichtGefunden, Code::KeinText, Code::TextOffen])
            .codes([Code::Ausgelastet, Code::ZuVieleUploads]),
        text,
    );
}

#[derive(Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Number of a Fassung, else the newest.
    fassung: Option<u32>,
    /// Place among the files of the Fassung, from 0.
    #[serde(default)]
    format: usize,
}

async fn find(request: &Signed) -> Result<Inhalt, Problem> {
    let id = request.open.path_id("id")?;
    let Which { fassung, format } = request.open.query()?;
    request.acting(move |acting| acting.reader()?.inhalt(id, fassung, format)).await
}

async fn content_head(request: Signed) -> Result<HttpResponse, Problem> {
    let found = find(&request).await?;
    Ok(delivery::announce(&request, &found, Use::keep(&found)))
}

async fn content(request: Signed) -> Result<HttpResponse, Problem> {
    let found = find(&request).await?;
    let how = Use::keep(&found);
    delivery::send(&request, found, how).await
}

/// The text lies in memory as a whole until it is sent, so it takes a place as a download does.
async fn text(request: Signed) -> Result<HttpResponse, Problem> {
    let id = request.open.path_id("id")?;
    let found = request.acting(move |acting| acting.reader()?.volltext(id)).await?;
    let caller = &request.caller;
    let slot = request.open.front.download(caller.actor.id(), caller.key.is_some())?;
    let idle = request.open.front.limits.idle;
    let name = format!("{}.txt", found.dateiname);
    let (text, slot) = request.blocking(move |_| Ok((found.lesen()?, slot))).await?;
    let size = text.len() as u64;
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::CONTENT_TYPE, "text/plain; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_SECURITY_POLICY, file::CONTENT_SECURITY_POLICY))
        .insert_header((header::CONTENT_DISPOSITION, file::disposition("text/plain", &name)));
    let pieces: Pieces =
        Box::pin(stream::try_unfold((Bytes::from(text), slot), |(mut text, slot)| async move {
            let piece = text.split_to(text.len().min(PIECE_BYTES));
            Ok((!piece.is_empty()).then_some((piece, (text, slot))))
        }));
    Ok(answer.body(SizedStream::new(size, Outflow::new(pieces, idle))))
}
