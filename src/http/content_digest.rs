//! `Content-Digest` (RFC 9530): the digest of the whole body, hashed while it streams past.
//!
//! Only members of algorithms known here are checked; others are ignored, as the RFC allows. A
//! header that can't be read is refused rather than ignored, because its sender meant it.

use std::{
    cell::RefCell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix_web::{dev::Payload, error::PayloadError, http::header::HeaderMap, web::Bytes};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::Stream;
use sha2::{Digest as _, Sha256, Sha512};

use super::problem::{Code, Problem};

/// Bytes that may come while none of a file is handed on. Whoever parses the parts keeps these in
/// memory, however long a part's header goes on.
const UNUSED_BYTES_MAX: usize = 1 << 20;

/// What the sender says of the body.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Claim {
    sha256: Option<Vec<u8>>,
    sha512: Option<Vec<u8>>,
}

impl Claim {
    /// Reads the header; none where nothing is claimed that can be checked.
    ///
    /// # Errors
    /// 400 if the header is not a dictionary of byte sequences (RFC 9651).
    pub fn read(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let mut claim = Self::default();
        for line in headers.get_all("content-digest") {
            let line = line.to_str().map_err(|_| unreadable())?;
            for member in line.split(',').map(str::trim).filter(|m| !m.is_empty()) {
                let (name, value) = member.split_once('=').ok_or_else(unreadable)?;
                // Parameters (`;a=b`) say nothing here.
                let value = value.split(';').next().unwrap_or_default().trim();
                let value = value.strip_prefix(':').and_then(|v| v.strip_suffix(':'));
                let value = value.and_then(|v| STANDARD.decode(v).ok()).ok_or_else(unreadable)?;
                match name.trim() {
                    "sha-256" => claim.sha256 = Some(value),
                    "sha-512" => claim.sha512 = Some(value),
                    _ => {}
                }
            }
        }
        Ok(Some(claim).filter(|c| *c != Self::default()))
    }
}

fn unreadable() -> Problem {
    Problem::new(Code::AnfrageUngueltig, "Content-Digest ist nicht lesbar (RFC 9530).")
}

#[derive(Default)]
struct State {
    payload: Option<Payload>,
    sha256: Option<Sha256>,
    sha512: Option<Sha512>,
    claim: Claim,
    /// Bytes that came since some of the file were last handed on.
    unused: usize,
}

/// A request body that is hashed as far as a digest was claimed, and ends in an error when too much
/// comes that is of no use. Clones share the body.
#[derive(Clone)]
pub struct Body(Rc<RefCell<State>>);

impl Body {
    /// Wraps a request's body.
    #[must_use]
    pub fn new(payload: Payload, claim: Option<Claim>) -> Self {
        let claim = claim.unwrap_or_default();
        Self(Rc::new(RefCell::new(State {
            payload: Some(payload),
            sha256: claim.sha256.as_ref().map(|_| Sha256::new()),
            sha512: claim.sha512.as_ref().map(|_| Sha512::new()),
            claim,
            unused: 0,
        })))
    }

    /// Some of the file was handed on: what came until now was of use.
    pub fn used(&self) {
        self.0.borrow_mut().unused = 0;
    }

    /// Compares, once the whole body has passed.
    ///
    /// # Errors
    /// 400 if a claimed digest is another one.
    pub fn check(&self) -> Result<(), Problem> {
        let mut state = self.0.borrow_mut();
        let found256 = state.sha256.take().map(|h| h.finalize().to_vec());
        let found512 = state.sha512.take().map(|h| h.finalize().to_vec());
        if found256 == state.claim.sha256 && found512 == state.claim.sha512 {
            return Ok(());
        }
        let detail = "Der Rumpf hat nicht die Prüfsumme, die Content-Digest nennt.";
        Err(Problem::new(Code::PruefsummeFalsch, detail))
    }
}

impl Stream for Body {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut state = self.0.borrow_mut();
        let Some(payload) = &mut state.payload else { return Poll::Ready(None) };
        let polled = Pin::new(payload).poll_next(cx);
        if let Poll::Ready(Some(Ok(bytes))) = &polled {
            state.unused = state.unused.saturating_add(bytes.len());
            if state.unused > UNUSED_BYTES_MAX {
                // Nothing more is read of it, whoever asks again.
                state.payload = None;
                return Poll::Ready(Some(Err(PayloadError::Overflow)));
            }
            if let Some(hash) = &mut state.sha256 {
                hash.update(bytes);
            }
            if let Some(hash) = &mut state.sha512 {
                hash.update(bytes);
            }
        }
        polled
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Body")
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn read(line: &'static str) -> Result<Option<Claim>, Problem> {
        let mut headers = HeaderMap::new();
        let name = HeaderName::from_static("content-digest");
        headers.append(name, HeaderValue::from_static(line));
        Claim::read(&headers)
    }

    #[test]
    fn the_example_of_the_rfc_is_read() {
        // RFC 9530, appendix B.1: the body {"hello": "world"} followed by a line feed.
        let line = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
        let claim = read(line).unwrap().unwrap();
        assert_eq!(claim.sha256.unwrap(), Sha256::digest(b"{\"hello\": \"world\"}\n").to_vec());
    }

    #[test]
    fn unknown_algorithms_are_ignored_and_nonsense_is_not() {
        assert_eq!(read("md5=:AAAA:").unwrap(), None);
        assert!(read("sha-256=abc").is_err());
        assert!(read("sha-256").is_err());
    }
}
