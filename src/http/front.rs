//! What every request passes before a handler sees it: its id, its origin, its bounds, its log
//! line.
//!
//! The log line carries route pattern, status and time, never a path, a query or a body: those name
//! people. Errors of the framework are turned into problems here, so that no answer has another
//! form.

use std::{
    net::{IpAddr, Ipv4Addr},
    num::NonZeroUsize,
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{
    Error, HttpMessage as _, HttpRequest,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    middleware::Next,
    web,
};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{
    buckets::Buckets,
    peer::Proxies,
    problem::{Code, Problem},
    slots::{Slot, Slots},
    twins::Twins,
};
use crate::{
    domain::source::Source,
    identity::{Delays, Gate, Sessions},
    registry::Registry,
};

/// Password hashes at the same time: 19 MiB each.
const HASHES: usize = 4;

/// Bounds of a request, the same for all callers.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a JSON body.
    pub json_bytes: usize,
    /// Uploads that are received at the same time, of all callers.
    pub uploads: usize,
    /// Files that are sent at the same time, to all callers.
    pub downloads: usize,
    /// Blocking work of keys at the same time; the rest of the pool is kept for people.
    pub bulk: usize,
    /// Longest silence of a client that sends a body, or to whom one is sent.
    pub idle: Duration,
    /// Bytes a second that a body must bring on average after `idle` has passed.
    pub bytes_per_s_min: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            json_bytes: 64 << 10,
            uploads: 128,
            downloads: 512,
            bulk: 64,
            idle: Duration::from_secs(30),
            bytes_per_s_min: 1024,
        }
    }
}

/// What all requests share.
#[derive(Debug)]
pub struct Front {
    /// Clock and randomness.
    pub source: Arc<dyn Source>,
    /// Whose `X-Forwarded-For` is believed.
    pub proxies: Proxies,
    /// Bounds of all.
    pub limits: Limits,
    /// Bounds of each key.
    pub buckets: Buckets,
    /// Requests that are being worked on.
    pub twins: Twins,
    /// Who may what.
    pub registry: Registry,
    /// Who is signed on. To be asked where it may block: they may lie in a database.
    pub sessions: Arc<Sessions>,
    /// Lets only so many password hashes run, whichever door they are asked for at.
    pub gate: Gate,
    /// Slows guessing down, at all doors together.
    pub delays: Delays,
    uploads: Slots,
    downloads: Slots,
    bulk: Arc<Semaphore>,
    searches: Arc<Semaphore>,
    searches_of_machines: Arc<Semaphore>,
}

/// Two for each processor: some wait for a database.
fn searches() -> usize {
    2 * std::thread::available_parallelism().map_or(2, NonZeroUsize::get)
}

/// The id of a request: the client's, where it is sane, or a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

impl Front {
    /// Ready for requests.
    #[must_use]
    pub fn new(
        source: Arc<dyn Source>,
        registry: Registry,
        proxies: Proxies,
        limits: Limits,
        sessions: Arc<Sessions>,
    ) -> Self {
        Self {
            sessions,
            gate: Gate::new(HASHES),
            delays: Delays::new(),
            source,
            registry,
            twins: Twins::default(),
            proxies,
            buckets: Buckets::default(),
            uploads: Slots::new(limits.uploads),
            downloads: Slots::new(limits.downloads),
            bulk: Arc::new(Semaphore::new(limits.bulk)),
            searches: Arc::new(Semaphore::new(searches())),
            searches_of_machines: Arc::new(Semaphore::new(searches() / 2)),
            limits,
        }
    }

    /// Where a request comes from.
    #[must_use]
    pub fn address(&self, request: &HttpRequest) -> IpAddr {
        let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |a| a.ip());
        self.proxies.client(peer, request.headers())
    }

    /// Room for one more upload.
    ///
    /// # Errors
    /// 503 if as many run as memory was planned for, or as machines may take of them.
    pub fn upload(&self, machine: bool) -> Result<Slot, Problem> {
        self.uploads.take(machine)
    }

    /// Room for one more file that is sent, of which a caller gets no more than a quarter.
    ///
    /// # Errors
    /// As `upload`, and 429.
    pub fn download(&self, caller: Uuid, machine: bool) -> Result<Slot, Problem> {
        self.downloads.take_of(caller, machine)
    }

    /// Runs a search in its turn. Searches are work for the processors: of many at once each would
    /// take as long as all together, in turns most are done sooner and none later. Machines have
    /// half the turns, and never hold one while they wait for anything else.
    ///
    /// # Errors
    /// Those of `work`, and 500 if it panicked.
    pub async fn search<T: Send + 'static>(
        &self,
        bulk: bool,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let mut turns = Vec::new();
        if bulk {
            for room in [&self.bulk, &self.searches_of_machines] {
                turns.extend(Arc::clone(room).acquire_owned().await);
            }
        }
        turns.extend(Arc::clone(&self.searches).acquire_owned().await);
        // As in `block`: the turns end with the work, also where the caller has hung up.
        let in_turn = move || {
            let done = work();
            drop(turns);
            done
        };
        self.block(false, in_turn).await
    }

    /// Runs blocking work. Machines wait for each other, so that they can't take every thread of
    /// the pool from the people.
    ///
    /// # Errors
    /// Those of `work`, and 500 if it panicked.
    pub async fn block<T: Send + 'static>(
        &self,
        bulk: bool,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let permit = match bulk {
            true => Arc::clone(&self.bulk).acquire_owned().await.ok(),
            false => None,
        };
        // The permit goes with the work: this future is dropped when the caller hangs up, and the
        // thread works on.
        let done = web::block(move || {
            let done = work();
            drop(permit);
            done
        });
        done.await.unwrap_or_else(|_| Err(Code::Intern.into()))
    }
}

/// The id of this request, as `trace` gave it.
#[must_use]
pub fn request_id(request: &HttpRequest) -> String {
    request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default()
}

fn sane(id: &str) -> bool {
    let known = |b: u8| b.is_ascii_alphanumeric() || b".-_".contains(&b);
    (1..=64).contains(&id.len()) && id.bytes().all(known)
}

/// The middleware around every route.
///
/// # Errors
/// None of a handler: those become answers.
pub async fn trace(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    // A duration for the log is measured on the monotonic clock; nothing is decided by it.
    let begun = Instant::now();
    let claimed = request.headers().get("x-request-id").and_then(|v| v.to_str().ok());
    let id = match (claimed.filter(|id| sane(id)), request.app_data::<web::Data<Front>>()) {
        (Some(id), _) => id.to_owned(),
        (None, Some(front)) => front.source.id().to_string(),
        (None, None) => String::new(),
    };
    request.extensions_mut().insert(RequestId(id.clone()));
    // Handlers' errors come as answers. The request must not be cloned here: the router wants it
    // alone.
    let mut answer = next.call(request).await?.map_into_boxed_body();
    if let Some(problem) = problem_of(&answer) {
        if problem.code() == Code::Intern {
            tracing::error!(request_id = %id, error = ?answer.response().error(), "internal error");
        }
        let (http, _) = answer.into_parts();
        answer = ServiceResponse::new(http, problem.response(&id));
    }
    finish(&mut answer, &id);
    let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    let route = answer.request().match_pattern().unwrap_or_else(|| "-".into());
    let method = answer.request().method().as_str();
    tracing::info!(request_id = %id, method, route, status = answer.status().as_u16(), micros);
    Ok(answer)
}

fn finish(answer: &mut ServiceResponse<BoxBody>, id: &str) {
    let headers = answer.headers_mut();
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(header::CACHE_CONTROL) {
        // What a clerk may read now he may not be allowed to read later.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// The problem an answer stands for; none where it is a success, or was written as one.
fn problem_of(answer: &ServiceResponse<BoxBody>) -> Option<Problem> {
    let error = answer.response().error();
    if let Some(problem) = error.and_then(Error::as_error::<Problem>) {
        return Some(problem.clone());
    }
    if !answer.status().is_client_error() && !answer.status().is_server_error() {
        return None;
    }
    let written = answer.headers().get(header::CONTENT_TYPE);
    // Pages write theirs for people, see `web`.
    let as_meant =
        |t: &HeaderValue| t == "application/problem+json" || t.as_bytes().starts_with(b"text/html");
    if error.is_none() && written.is_some_and(as_meant) {
        return None;
    }
    Some(Problem::from(match answer.status() {
        StatusCode::NOT_FOUND => Code::NichtGefunden,
        StatusCode::PAYLOAD_TOO_LARGE => Code::ZuGross,
        StatusCode::REQUEST_TIMEOUT => Code::ZuLangsam,
        status if status.is_client_error() => Code::AnfrageUngueltig,
        _ => Code::Intern,
    }))
}

#[cfg(test)]
mod tests {
    use super::sane;

    #[test]
    fn an_id_that_could_forge_a_log_line_is_not_taken() {
        assert!(sane("a-B.9_") && sane(&"x".repeat(64)));
        assert!(!sane("") && !sane(&"x".repeat(65)) && !sane("a b") && !sane("a\u{e4}"));
    }
}
