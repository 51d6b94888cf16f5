//! `/dokumente/{id}/inhalt`: the bytes as they came, whole or in part; `/dokumente/{id}/text`: the
//! text that was read from them.
//!
//! Wrong bytes never pass: a damaged blob is a problem before the first byte, or, where a large
//! file was begun, a connection that breaks instead of ending well.

use std::{io::Read as _, time::Duration};

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    body::SizedStream,
    http::{Method, StatusCode, header},
    web::{self, Bytes},
};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, openapi::Required};

use super::routes::{Collector, READERS, Spec};
use crate::{
    blob::{Reader, Verified},
    http::{
        file,
        outflow::{Outflow, Pieces},
        problem::{Code, Problem},
        request::Signed,
        slots::Slot,
    },
    registry::Inhalt,
};

/// Bytes that are handed to the connection at once.
const PIECE_BYTES: usize = 64 << 10;

/// Bytes of a part that are read from the store at once: as much as it unpacks at once.
const CHUNK_BYTES: u64 = 256 << 10;

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

/// What is asked for, and its `ETag`.
async fn find(request: &Signed) -> Result<(Inhalt, String), Problem> {
    let id = request.open.path_id("id")?;
    let Which { fassung, format } = request.open.query()?;
    let found = request.acting(move |acting| acting.reader()?.inhalt(id, fassung, format)).await?;
    let etag = format!("\"{}\"", found.sha256());
    Ok((found, etag))
}

/// What `content` would answer to the whole, without reading it. A range means nothing here (RFC
/// 9110, 14.2).
async fn content_head(request: Signed) -> Result<HttpResponse, Problem> {
    let (found, etag) = find(&request).await?;
    if file::not_modified(request.open.headers(), &etag) {
        return Ok(head(HttpResponse::NotModified(), &found, &etag).finish());
    }
    let size = found.datei.groesse;
    let nothing = stream::empty::<Result<Bytes, Problem>>();
    Ok(head(HttpResponse::Ok(), &found, &etag).body(SizedStream::new(size, nothing)))
}

async fn content(request: Signed) -> Result<HttpResponse, Problem> {
    let (found, etag) = find(&request).await?;
    if file::not_modified(request.open.headers(), &etag) {
        return Ok(head(HttpResponse::NotModified(), &found, &etag).finish());
    }
    let size = found.datei.groesse;
    let part = file::range(request.open.headers(), &etag, size)?;
    // Taken before anything is read, and kept until the last byte is sent. While the blob is
    // verified the work holds it, because that goes on when the caller hangs up.
    let caller = &request.caller;
    let slot = request.open.front.download(caller.actor.id(), caller.key.is_some())?;
    let idle = request.open.front.limits.idle;
    let status = if part.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let mut answer = head(HttpResponse::build(status), &found, &etag);
    let part = part.unwrap_or(file::Range { from: 0, len: size });
    if status == StatusCode::PARTIAL_CONTENT {
        let last = part.from + part.len - 1;
        answer.insert_header((header::CONTENT_RANGE, format!("bytes {}-{last}/{size}", part.from)));
    }
    // A range that is the whole file proves itself while it is sent, as the file does.
    if part.len == size {
        let opened = request.blocking(move |_| Ok((found.reader()?, slot)));
        let (reader, slot) = opened.await?;
        return Ok(answer.body(SizedStream::new(size, whole(reader, slot, idle))));
    }
    let (blob, slot) = request.blocking(move |_| Ok((found.verified()?, slot))).await?;
    Ok(answer.body(SizedStream::new(part.len, pieces(blob, part, slot, idle))))
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

fn head(mut answer: HttpResponseBuilder, found: &Inhalt, etag: &str) -> HttpResponseBuilder {
    let file = &found.datei;
    answer
        .insert_header((header::CONTENT_TYPE, file.medientyp.as_str()))
        .insert_header((header::ETAG, etag))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        // May be kept by the caller's own browser, but asked for again each time: the right to
        // read may have ended.
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .insert_header((header::CONTENT_SECURITY_POLICY, file::CONTENT_SECURITY_POLICY))
        .insert_header((
            header::CONTENT_DISPOSITION,
            file::disposition(&file.medientyp, &file.dateiname),
        ));
    answer
}

fn whole(reader: Reader, slot: Slot, idle: Duration) -> Outflow {
    let pieces: Pieces =
        Box::pin(stream::try_unfold((reader, slot), |(mut reader, slot)| async move {
            let read = web::block(move || {
                let mut bytes = vec![0; PIECE_BYTES];
                let count = reader.read(&mut bytes)?;
                bytes.truncate(count);
                Ok::<_, std::io::Error>((Bytes::from(bytes), reader))
            });
            let read = read.await.map_err(|_| Problem::from(Code::Intern))?;
            let (bytes, reader) = read.map_err(broke)?;
            Ok((!bytes.is_empty()).then_some((bytes, (reader, slot))))
        }));
    Outflow::new(pieces, idle)
}

/// What is left of a part.
struct Rest {
    blob: Verified,
    from: u64,
    left: u64,
    /// Read, not yet sent.
    ready: Bytes,
    _slot: Slot,
}

fn pieces(blob: Verified, part: file::Range, slot: Slot, idle: Duration) -> Outflow {
    let rest = Rest { blob, from: part.from, left: part.len, ready: Bytes::new(), _slot: slot };
    let pieces: Pieces = Box::pin(stream::try_unfold(rest, |mut rest| async move {
        if rest.ready.is_empty() {
            if rest.left == 0 {
                return Ok(None);
            }
            rest = web::block(move || refill(rest)).await.map_err(|_| Code::Intern)??;
        }
        let bytes = rest.ready.split_to(rest.ready.len().min(PIECE_BYTES));
        Ok(Some((bytes, rest)))
    }));
    Outflow::new(pieces, idle)
}

/// Reads on, to the end of what the store unpacks at once. Blocks.
fn refill(mut rest: Rest) -> Result<Rest, Problem> {
    let len = rest.left.min(CHUNK_BYTES - rest.from % CHUNK_BYTES);
    let bytes = rest.blob.read_at(rest.from, usize::try_from(len).unwrap_or(usize::MAX));
    rest.ready = Bytes::from(bytes.map_err(broke)?);
    if rest.ready.len() as u64 != len {
        return Err(broke("it ends too early"));
    }
    rest.from += len;
    rest.left -= len;
    Ok(rest)
}

fn broke(error: impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "a blob broke while it was sent");
    Problem::from(Code::BlobBeschaedigt)
}
