//! An upload: first the metadata, then the file, staged while it arrives.
//!
//! The order is part of the contract: right, target and quota are checked between the two, so that
//! nobody sends two gigabytes to be told that he may not. Memory is bounded by one buffer for each
//! upload. The stage is only a stage: nothing here makes a document.

use std::sync::Arc;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::{HttpRequest, dev::Payload, error::PayloadError, web};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;

use super::{
    content_digest::{Body, Claim},
    front::{Front, Limits},
    input::{read_json, too_large},
    pace::Pace,
    problem::{Code, Problem},
};
use crate::blob::{Staged, Staging, Store};

/// Bytes that are handed to the disk at once; a smaller file is handed over as a whole.
const PIECE_BYTES: usize = 256 << 10;

/// What may follow the last part.
const EPILOGUE_BYTES_MAX: usize = 64 << 10;

/// A multipart body that is being read.
#[derive(Debug)]
pub struct Upload {
    parts: Parts,
    body: Body,
    pace: Pace,
    limits: Limits,
}

/// The framework's reader is not `Debug`.
struct Parts(Multipart);

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Parts")
    }
}

/// A file that has arrived, not yet finished on disk.
#[derive(Debug)]
pub struct Arrived {
    /// The name the client gave it, as it came: hostile.
    pub file_name: Option<String>,
    /// Bytes.
    pub size: u64,
    staging: Option<Staging>,
    tail: Vec<u8>,
}

impl Arrived {
    /// Hands the rest to the disk. Blocks.
    ///
    /// # Errors
    /// As the store says.
    pub fn finish(self, store: &Store) -> Result<Staged, crate::blob::Error> {
        let mut staging = match self.staging {
            Some(staging) => staging,
            None => store.stage()?,
        };
        staging.write(&self.tail)?;
        staging.finish()
    }
}

impl Upload {
    /// Begins to read a request's body.
    ///
    /// # Errors
    /// 415 if it is not `multipart/form-data`, 400 for an unreadable Content-Digest.
    pub fn begin(request: &HttpRequest, payload: Payload, front: &Front) -> Result<Self, Problem> {
        let kind = request.headers().get("content-type").and_then(|v| v.to_str().ok());
        let kind = kind.unwrap_or_default().to_ascii_lowercase();
        if !kind.starts_with("multipart/form-data") {
            let detail = "Erwartet wird Content-Type: multipart/form-data.";
            return Err(Problem::new(Code::MedientypNichtErlaubt, detail));
        }
        let body = Body::new(payload, Claim::read(request.headers())?);
        let parts = Parts(Multipart::new(request.headers(), body.clone()));
        let limits = front.limits.clone();
        Ok(Self { parts, body, pace: Pace::start(&limits), limits })
    }

    /// Reads the first part, `metadaten`.
    ///
    /// # Errors
    /// 400 if it is another part or does not fit, 413 above the bound for JSON.
    pub async fn metadata<T: DeserializeOwned>(&mut self) -> Result<T, Problem> {
        let mut field = self.part("metadaten").await?;
        let mut json = Vec::new();
        while let Some(piece) = self.pace.next(field.next()).await? {
            let piece = piece.map_err(broken)?;
            self.pace.count(piece.len())?;
            if json.len() + piece.len() > self.limits.json_bytes {
                return Err(too_large(self.limits.json_bytes));
            }
            json.extend_from_slice(&piece);
        }
        read_json(&json)
    }

    /// Reads the second part, `inhalt`, to the end of the body. `count` is asked for every piece.
    ///
    /// # Errors
    /// 400 for a wrong part, an empty or truncated file or a wrong Content-Digest, those of
    /// `count`, which knows the bound, and what the store says.
    pub async fn content(
        mut self,
        store: &Arc<Store>,
        mut count: impl FnMut(usize) -> Result<(), Problem>,
    ) -> Result<Arrived, Problem> {
        let mut field = self.part("inhalt").await?;
        let disposition = field.content_disposition();
        let file_name = disposition.and_then(|d| d.get_filename().map(str::to_owned));
        let mut arrived = Arrived { file_name, size: 0, staging: None, tail: Vec::new() };
        while let Some(piece) = self.pace.next(field.next()).await? {
            let piece = piece.map_err(broken)?;
            self.body.used();
            self.pace.count(piece.len())?;
            let bytes = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            arrived.size = arrived.size.saturating_add(bytes);
            count(piece.len())?;
            arrived.tail.extend_from_slice(&piece);
            if arrived.tail.len() >= PIECE_BYTES {
                arrived = spill(arrived, store).await?;
            }
        }
        drop(field);
        self.end().await?;
        if arrived.size == 0 {
            return Err(Code::DateiLeer.into());
        }
        Ok(arrived)
    }

    async fn part(&mut self, name: &str) -> Result<Field, Problem> {
        let next = self.pace.next(self.parts.0.next()).await?;
        let field = match next.transpose().map_err(broken)? {
            Some(field) if field.name() == Some(name) => field,
            _ => return Err(out_of_order()),
        };
        Ok(field)
    }

    async fn end(mut self) -> Result<(), Problem> {
        if self.pace.next(self.parts.0.next()).await?.transpose().map_err(broken)?.is_some() {
            return Err(out_of_order());
        }
        // The digest is over the whole body, also over what follows the last boundary.
        let mut epilogue = 0;
        while let Some(piece) = self.pace.next(self.body.next()).await? {
            epilogue += piece.map_err(|e| broken(e.into()))?.len();
            if epilogue > EPILOGUE_BYTES_MAX {
                return Err(Code::MultipartUngueltig.into());
            }
        }
        self.body.check()
    }
}

fn out_of_order() -> Problem {
    let detail = "Erwartet werden genau zwei Teile: zuerst `metadaten`, dann `inhalt`.";
    Problem::new(Code::TeileReihenfolge, detail)
}

/// Hands what is buffered to the disk, on the blocking pool.
async fn spill(mut arrived: Arrived, store: &Arc<Store>) -> Result<Arrived, Problem> {
    let store = Arc::clone(store);
    let written = web::block(move || {
        let mut staging = match arrived.staging.take() {
            Some(staging) => staging,
            None => store.stage()?,
        };
        staging.write(&arrived.tail)?;
        arrived.tail.clear();
        arrived.staging = Some(staging);
        Ok::<_, crate::blob::Error>(arrived)
    });
    Ok(written.await.map_err(|_| Problem::from(Code::Intern))??)
}

fn broken(error: MultipartError) -> Problem {
    match error {
        MultipartError::Incomplete
        | MultipartError::Payload(PayloadError::Incomplete(_) | PayloadError::Io(_)) => {
            Code::UploadAbgebrochen.into()
        }
        MultipartError::Payload(PayloadError::Overflow) => Code::ZuGross.into(),
        _ => Code::MultipartUngueltig.into(),
    }
}
