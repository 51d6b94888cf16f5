//! A document's bytes on their way to whoever may read it, whole or in part.
//!
//! Wrong bytes never pass: a damaged blob is a problem before the first byte, or, where a large
//! file was begun, a connection that breaks instead of ending well. What a browser may do with them
//! is the caller's to say.

use std::{io::Read as _, time::Duration};

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    body::SizedStream,
    http::{StatusCode, header},
    web::{self, Bytes},
};
use futures_util::stream;

use super::{
    file,
    outflow::{Outflow, Pieces},
    problem::{Code, Problem},
    request::Signed,
    slots::Slot,
};
use crate::{
    blob::{Reader, Verified},
    registry::Inhalt,
};

/// Bytes that are handed to the connection at once.
const PIECE_BYTES: usize = 64 << 10;

/// Bytes of a part that are read from the store at once: as much as it unpacks at once.
const CHUNK_BYTES: u64 = 256 << 10;

/// What a browser may do with the bytes.
#[derive(Clone, Debug)]
pub struct Use {
    /// `Content-Disposition`.
    pub disposition: String,
    /// `Content-Security-Policy`.
    pub policy: &'static str,
}

impl Use {
    /// To be kept as a file; a browser may run nothing of it.
    #[must_use]
    pub fn keep(found: &Inhalt) -> Self {
        let file = &found.datei;
        let disposition = file::disposition(&file.medientyp, &file.dateiname);
        Self { disposition, policy: file::CONTENT_SECURITY_POLICY }
    }
}

/// What `send` would answer to the whole, without reading it. A range means nothing here (RFC
/// 9110, 14.2).
#[must_use]
pub fn announce(request: &Signed, found: &Inhalt, how: Use) -> HttpResponse {
    let etag = format!("\"{}\"", found.sha256());
    if file::not_modified(request.open.headers(), &etag) {
        return head(HttpResponse::NotModified(), found, &etag, how).finish();
    }
    let nothing = stream::empty::<Result<Bytes, Problem>>();
    head(HttpResponse::Ok(), found, &etag, how).body(SizedStream::new(found.datei.groesse, nothing))
}

/// Hands the bytes out, or the part that was asked for.
///
/// # Errors
/// 416, 429, 500 for a damaged blob, 503.
pub async fn send(request: &Signed, found: Inhalt, how: Use) -> Result<HttpResponse, Problem> {
    let etag = format!("\"{}\"", found.sha256());
    if file::not_modified(request.open.headers(), &etag) {
        return Ok(head(HttpResponse::NotModified(), &found, &etag, how).finish());
    }
    let size = found.datei.groesse;
    let part = file::range(request.open.headers(), &etag, size)?;
    // Taken before anything is read, and kept until the last byte is sent. While the blob is
    // verified the work holds it, because that goes on when the caller hangs up.
    let caller = &request.caller;
    let slot = request.open.front.download(caller.actor.id(), caller.key.is_some())?;
    let idle = request.open.front.limits.idle;
    let status = if part.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let mut answer = head(HttpResponse::build(status), &found, &etag, how);
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

fn head(
    mut answer: HttpResponseBuilder,
    found: &Inhalt,
    etag: &str,
    how: Use,
) -> HttpResponseBuilder {
    answer
        .insert_header((header::CONTENT_TYPE, found.datei.medientyp.as_str()))
        .insert_header((header::ETAG, etag))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        // May be kept by the caller's own browser, but asked for again each time: the right to
        // read may have ended.
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .insert_header((header::CONTENT_SECURITY_POLICY, how.policy))
        .insert_header((header::CONTENT_DISPOSITION, how.disposition));
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
