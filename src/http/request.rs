//! A request in a handler's hand: who asks, and what he sends, in that order.
//!
//! The body is not touched before the caller is known and within his bounds. A credential is never
//! logged; whatever is wrong with it, the answer is the same.

use std::{net::IpAddr, sync::Arc};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{self, HeaderMap},
    web,
};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{
    file,
    front::{Front, Limits, request_id},
    input, page,
    problem::{Code, Problem},
    sign_on::{self, Caller},
    twins::Running,
    upload::Upload,
};
use crate::registry::{self, Acting, Blatt, Idempotenz};

/// What a handler takes; the collector compares it with what the route table says.
pub trait Request {
    /// True if the caller is known before the handler runs.
    const SIGNED_ON: bool;
}

/// A request of anyone.
pub struct Open {
    /// What all requests share.
    pub front: web::Data<Front>,
    http: HttpRequest,
    payload: Payload,
}

/// A request of a signed-on caller.
#[derive(Debug)]
pub struct Signed {
    /// The request.
    pub open: Open,
    /// Who asks.
    pub caller: Arc<Caller>,
}

/// A request that is done once, however often it comes.
#[derive(Debug)]
pub struct Once {
    /// What the registry remembers it by.
    pub idempotenz: Idempotenz,
    _running: Running,
}

impl Request for Open {
    const SIGNED_ON: bool = false;
}

impl Request for Signed {
    const SIGNED_ON: bool = true;
}

impl std::fmt::Debug for Open {
    /// Without headers: they carry the credential.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.http.method(), self.http.path())
    }
}

impl FromRequest for Open {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(http: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let front = http.app_data::<web::Data<Front>>().cloned();
        let front = front.ok_or_else(|| Problem::from(Code::Intern));
        let (http, payload) = (http.clone(), payload.take());
        std::future::ready(front.map(|front| Self { front, http, payload }))
    }
}

impl FromRequest for Signed {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(http: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let open = Open::from_request(http, payload).into_inner();
        Box::pin(async move {
            let open = open?;
            let caller = sign_on::caller(&open).await?;
            // With a start password one may do nothing but replace it.
            if caller.start_password && !open.route().starts_with("/api/v1/anmeldung") {
                return Err(Code::PasswortAendern.into());
            }
            Ok(Self { open, caller: Arc::new(caller) })
        })
    }
}

impl Open {
    /// Headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.http.headers()
    }

    /// The request's id.
    #[must_use]
    pub fn id(&self) -> String {
        request_id(&self.http)
    }

    /// Where it comes from.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.front.address(&self.http)
    }

    /// The credential as sent.
    #[must_use]
    pub fn bearer(&self) -> Option<&str> {
        let line = self.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = line.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    }

    /// A cookie, as sent; none where its value is not plain text.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        let lines = self.headers().get_all(header::COOKIE).filter_map(|v| v.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|p| p.split_once('='));
        pairs.find(|(n, _)| n.trim() == name).map(|(_, value)| value.trim().to_owned())
    }

    /// Method, path and query as they came.
    #[must_use]
    pub const fn http(&self) -> &HttpRequest {
        &self.http
    }

    /// The route's pattern: what idempotency and cursors are bound to.
    #[must_use]
    pub fn route(&self) -> String {
        self.http.match_pattern().unwrap_or_default()
    }

    /// What the application holds for its handlers.
    ///
    /// # Errors
    /// 500 if it was put together without it.
    pub fn app<T: 'static>(&self) -> Result<web::Data<T>, Problem> {
        self.http.app_data::<web::Data<T>>().cloned().ok_or_else(|| Code::Intern.into())
    }

    /// The JSON body.
    ///
    /// # Errors
    /// 400, 408, 413, 415.
    pub async fn json<T: DeserializeOwned>(&mut self) -> Result<T, Problem> {
        input::json(&self.http, self.payload.take(), &self.front.limits).await
    }

    /// The JSON body of a route that takes files as text: up to so many bytes.
    ///
    /// # Errors
    /// As `json`.
    pub async fn json_up_to<T: DeserializeOwned>(&mut self, bytes: usize) -> Result<T, Problem> {
        let limits = Limits { json_bytes: bytes, ..self.front.limits.clone() };
        input::json(&self.http, self.payload.take(), &limits).await
    }

    /// Reads a body that must be empty or a JSON object without required fields.
    ///
    /// # Errors
    /// As `json`.
    pub async fn json_or_default<T: DeserializeOwned + Default>(&mut self) -> Result<T, Problem> {
        let length = self.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok());
        let chunked = self.headers().contains_key(header::TRANSFER_ENCODING);
        if !chunked && length.is_none_or(|l| l == "0") {
            return Ok(T::default());
        }
        self.json().await
    }

    /// The body of an HTML form: names and values, in their order.
    ///
    /// # Errors
    /// 400, 408, 413, 415.
    pub async fn form(&mut self) -> Result<Vec<(String, String)>, Problem> {
        input::form(&self.http, self.payload.take(), &self.front.limits).await
    }

    /// The query.
    ///
    /// # Errors
    /// 400.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        input::query(self.http.query_string())
    }

    /// A part of the path as text.
    #[must_use]
    pub fn path(&self, name: &str) -> String {
        self.http.match_info().query(name).to_owned()
    }

    /// A part of the path as an id. What is no id is an unknown one.
    ///
    /// # Errors
    /// 404.
    pub fn path_id(&self, name: &str) -> Result<Uuid, Problem> {
        let text = self.http.match_info().query(name);
        Uuid::try_parse(text).map_err(|_| Code::NichtGefunden.into())
    }

    /// The state the caller has seen.
    ///
    /// # Errors
    /// 428, 412.
    pub fn if_match(&self) -> Result<u64, Problem> {
        file::if_match(self.headers())
    }

    /// Begins to read an upload.
    ///
    /// # Errors
    /// 400, 415.
    pub fn upload(&mut self) -> Result<Upload, Problem> {
        Upload::begin(&self.http, self.payload.take(), &self.front)
    }
}

impl Signed {
    /// Runs blocking work in the caller's name.
    ///
    /// # Errors
    /// What it refuses.
    pub async fn acting<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Acting) -> Result<T, registry::Error> + Send + 'static,
    ) -> Result<T, Problem> {
        self.blocking(move |acting| Ok(work(acting)?)).await
    }

    /// The same for a search, in its turn.
    ///
    /// # Errors
    /// What it refuses.
    pub async fn searching<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Acting) -> Result<T, registry::Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let acting = self.open.front.registry.acting_as(self.caller.actor.clone());
        let bulk = self.caller.key.is_some();
        self.open.front.search(bulk, move || Ok(work(&acting)?)).await
    }

    /// The same for work that knows more problems than the registry's.
    ///
    /// # Errors
    /// What it refuses.
    pub async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Acting) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let acting = self.open.front.registry.acting_as(self.caller.actor.clone());
        let bulk = self.caller.key.is_some();
        self.open.front.block(bulk, move || work(&acting)).await
    }

    /// The page asked for, and the scope of its cursor.
    ///
    /// # Errors
    /// 400.
    pub fn page(
        &self,
        filters: &impl serde::Serialize,
        limit: Option<usize>,
        cursor: Option<&str>,
    ) -> Result<(page::Scope, Blatt), Problem> {
        let scope = page::Scope::new(&self.caller.actor.name(), &self.open.route(), filters);
        let blatt = Blatt { limit: page::limit(limit)?, nach: scope.place(cursor)? };
        Ok((scope, blatt))
    }

    /// The Idempotency-Key.
    ///
    /// # Errors
    /// 400 if a machine sends none, or it is not one.
    pub fn idempotency_key(&self) -> Result<Option<Idempotenz>, Problem> {
        let Some(key) = self.open.headers().get("idempotency-key") else {
            if self.caller.key.is_some() {
                let detail = "API-Schlüssel müssen zu jeder Anfrage, die etwas anlegt, einen \
                              Idempotency-Key senden.";
                return Err(Problem::new(Code::IdempotencyKeyFehlt, detail));
            }
            return Ok(None);
        };
        let key = key.to_str().ok().filter(|k| (1..=200).contains(&k.len()));
        let key = key.filter(|k| k.bytes().all(|b| b.is_ascii_graphic())).ok_or_else(|| {
            let detail = "Idempotency-Key: 1 bis 200 sichtbare ASCII-Zeichen.";
            Problem::new(Code::AnfrageUngueltig, detail)
        })?;
        let route = format!("{} {}", self.open.http.method(), self.open.http.path());
        Ok(Some(Idempotenz { schluessel: key.to_owned(), route }))
    }

    /// The Idempotency-Key, and the guard against its running twin.
    ///
    /// # Errors
    /// As `idempotency_key`, and 409 while its twin runs.
    pub fn once(&self) -> Result<Option<Once>, Problem> {
        let Some(idempotenz) = self.idempotency_key()? else { return Ok(None) };
        let twins = &self.open.front.twins;
        let running = twins.begin(self.caller.actor.id(), &idempotenz.schluessel)?;
        Ok(Some(Once { idempotenz, _running: running }))
    }
}
