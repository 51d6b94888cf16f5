//! `/dokumente/{id}/inhalt`: the bytes as they came, whole or in part.
//!
//! Wrong bytes never pass: a damaged blob is a problem before the first byte, or, where a large
//! file was begun, a connection that breaks instead of ending well.

use std::{io::Read as _, pin::Pin};

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    body::SizedStream,
    http::{Method, StatusCode, header},
    web::{self, Bytes},
};
use futures_util::{Stream, stream};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, openapi::Required};

use super::routes::{Collector, READERS, Spec};
use crate::{
    blob::Reader,
    http::{
        file,
        problem::{Code, Problem},
        request::Signed,
    },
    registry::Inhalt,
};

/// Bytes that are read from the store at once.
const PIECE_BYTES: usize = 256 << 10;

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
            .codes([Code::NichtGefunden, Code::BereichUngueltig, Code::BlobBeschaedigt]),
        content,
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

type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, Problem>>>>;

async fn content(request: Signed) -> Result<HttpResponse, Problem> {
    let id = request.open.path_id("id")?;
    let Which { fassung, format } = request.open.query()?;
    let found = request.acting(move |acting| acting.reader()?.inhalt(id, fassung, format)).await?;
    let etag = format!("\"{}\"", found.sha256());
    if file::not_modified(request.open.headers(), &etag) {
        return Ok(head(HttpResponse::NotModified(), &found, &etag).finish());
    }
    let size = found.datei.groesse;
    let part = file::range(request.open.headers(), &etag, size)?;
    let Some(part) = part else {
        let (found, reader) = open(found).await?;
        let answer =
            head(HttpResponse::Ok(), &found, &etag).body(SizedStream::new(size, whole(reader)));
        return Ok(answer);
    };
    // The first piece is read before the status is sent, so that damage is still a problem.
    let (found, first) = piece(found, part.from, part.len).await?;
    let last = part.from + part.len - 1;
    let mut answer = head(HttpResponse::build(StatusCode::PARTIAL_CONTENT), &found, &etag);
    answer.insert_header((header::CONTENT_RANGE, format!("bytes {}-{last}/{size}", part.from)));
    Ok(answer.body(SizedStream::new(part.len, pieces(found, part, first))))
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

async fn open(found: Inhalt) -> Result<(Inhalt, Reader), Problem> {
    let opened = web::block(move || found.reader().map(|reader| (found, reader))).await;
    Ok(opened.map_err(|_| Problem::from(Code::Intern))??)
}

fn whole(reader: Reader) -> Pieces {
    Box::pin(stream::try_unfold(reader, |mut reader| async move {
        let read = web::block(move || {
            let mut bytes = vec![0; PIECE_BYTES];
            let count = reader.read(&mut bytes)?;
            bytes.truncate(count);
            Ok::<_, std::io::Error>((Bytes::from(bytes), reader))
        });
        let read = read.await.map_err(|_| Problem::from(Code::Intern))?;
        let (bytes, reader) = read.map_err(|error| {
            tracing::error!(%error, "a blob broke while it was sent");
            Problem::from(Code::BlobBeschaedigt)
        })?;
        Ok((!bytes.is_empty()).then_some((bytes, reader)))
    }))
}

async fn piece(found: Inhalt, from: u64, len: u64) -> Result<(Inhalt, Bytes), Problem> {
    let len = usize::try_from(len).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
    let read = web::block(move || found.range(from, len).map(|bytes| (found, Bytes::from(bytes))));
    Ok(read.await.map_err(|_| Problem::from(Code::Intern))??)
}

fn pieces(found: Inhalt, part: file::Range, first: Bytes) -> Pieces {
    let state = (found, part.from, part.len, Some(first));
    Box::pin(stream::try_unfold(state, |(found, from, left, ready)| async move {
        if left == 0 {
            return Ok(None);
        }
        let (found, bytes) = match ready {
            Some(bytes) => (found, bytes),
            None => piece(found, from, left).await?,
        };
        if bytes.is_empty() {
            return Err(Problem::from(Code::BlobBeschaedigt));
        }
        let count = u64::try_from(bytes.len()).unwrap_or(left).min(left);
        Ok(Some((bytes, (found, from + count, left - count, None))))
    }))
}
