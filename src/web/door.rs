//! The door of every page: host, origin, session, form token before; headers after; refusals as
//! pages.
//!
//! Whatever a page shows, it may not run, embed, send elsewhere or be framed: no script at all, and
//! nothing from another origin. A refusal keeps its status, and that of a hidden object is the same
//! page as that of an unknown one.

use std::future::Future;

use actix_web::{
    FromRequest as _, HttpRequest, HttpResponse,
    http::header::{self, HeaderName, HeaderValue},
    web,
};
use askama::Template;
use std::sync::Arc;

use super::{
    Setup,
    chrome::Chrome,
    felder::Felder,
    guard::{self, Kind},
    problem::{self, Fault},
    show,
};
use crate::{
    http::{
        front::request_id,
        problem::{Code, Problem},
        request::{Open, Signed},
        sign_on,
    },
    identity::secret,
};

/// No script, no frame, no plug-in, nothing from elsewhere. Forms go to us alone.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
     form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What a page is.
#[derive(Clone, Copy, Debug)]
pub struct Door {
    /// True: it takes a form.
    pub posts: bool,
    /// True: it is open to who still has a start password.
    pub start_password: bool,
}

/// A page asked for by a signed-on person.
#[derive(Debug)]
pub struct Page {
    /// Who asks, and the request.
    pub signed: Signed,
    /// The form, where it takes one.
    pub form: Felder,
    /// The address's fields.
    pub query: Felder,
    /// Around the page.
    pub chrome: Chrome,
    /// The session's token.
    pub session: String,
    /// How things are set up here.
    pub setup: web::Data<Setup>,
}

/// A page asked for by anyone.
#[derive(Debug)]
pub struct Guest {
    /// The request.
    pub open: Open,
    /// The form, where it takes one.
    pub form: Felder,
    /// The address's fields.
    pub query: Felder,
    /// Around the page.
    pub chrome: Chrome,
    /// How things are set up here.
    pub setup: web::Data<Setup>,
}

impl Page {
    /// A part of the path as an id.
    ///
    /// # Errors
    /// 404.
    pub fn id(&self) -> Result<uuid::Uuid, Problem> {
        self.signed.open.path_id("id")
    }
}

/// Renders a page.
///
/// # Errors
/// 500 if the template fails.
pub fn render(template: &impl Template) -> Result<HttpResponse, Problem> {
    let html = template.render().map_err(|error| {
        tracing::error!(%error, "template");
        Problem::from(Code::Intern)
    })?;
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(html))
}

/// Sends the browser on with a GET.
#[must_use]
pub fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, path)).finish()
}

/// Serves a page to whoever is signed on.
pub async fn signed<F, A>(
    door: Door,
    http: HttpRequest,
    payload: web::Payload,
    handler: F,
) -> HttpResponse
where
    F: Fn(Page) -> A,
    A: Future<Output = Result<HttpResponse, Problem>>,
{
    let id = request_id(&http);
    let page = match enter(door, &http, payload).await {
        Ok(Entered::Page(page)) => page,
        Ok(Entered::SignOn) => return dressed(sign_on_first(&http, door)),
        Ok(Entered::Change) => return dressed(see_other("/anmelden/passwort")),
        Err(fault) => return dressed(fault.page(&Chrome::default(), &id)),
    };
    let mut chrome = page.chrome.clone();
    let answer = handler(*page).await;
    chrome.meldung = None;
    dressed(answer.unwrap_or_else(|problem| Fault::from(problem).page(&chrome, &id)))
}

/// Serves a page to anyone.
pub async fn guest<F, A>(
    door: Door,
    http: HttpRequest,
    payload: web::Payload,
    handler: F,
) -> HttpResponse
where
    F: Fn(Guest) -> A,
    A: Future<Output = Result<HttpResponse, Problem>>,
{
    let id = request_id(&http);
    let (guest, fresh) = match enter_guest(door, &http, payload).await {
        Ok(entered) => entered,
        Err(fault) => return dressed(fault.page(&Chrome::default(), &id)),
    };
    let mut answer = match handler(guest).await {
        Ok(answer) => answer,
        Err(problem) => Fault::from(problem).page(&Chrome::default(), &id),
    };
    // Only where a form may be shown that the cookie binds.
    let html = answer.headers().get(header::CONTENT_TYPE);
    let html = html.is_some_and(|t| t.as_bytes().starts_with(b"text/html"));
    if let Some(Fresh { secure, value }) = fresh.filter(|_| html) {
        guard::set(&mut answer, Kind::Before, secure, Some(&value));
    }
    dressed(answer)
}

/// A refusal before any page: of a method.
pub fn refused(http: &HttpRequest, problem: Problem) -> HttpResponse {
    dressed(Fault::from(problem).page(&Chrome::default(), &request_id(http)))
}

/// What is no route: a page for people, a problem for programs.
///
/// # Errors
/// 404 for programs.
pub async fn unknown(http: HttpRequest) -> Result<HttpResponse, Problem> {
    let problem = Problem::from(Code::NichtGefunden);
    if http.path().starts_with("/api/v1") { Err(problem) } else { Ok(refused(&http, problem)) }
}

enum Entered {
    Page(Box<Page>),
    SignOn,
    Change,
}

async fn enter(door: Door, http: &HttpRequest, payload: web::Payload) -> Result<Entered, Fault> {
    let (mut open, setup) = begin(door, http, payload)?;
    let Some(session) = open.cookie(guard::name(Kind::Session, setup.secure)) else {
        return Ok(Entered::SignOn);
    };
    let Some(caller) = sign_on::person(&open, session.clone()).await? else {
        return Ok(Entered::SignOn);
    };
    // With a start password one may do nothing but replace it.
    if caller.start_password && !door.start_password {
        return Ok(Entered::Change);
    }
    let form = read_form(door, &mut open, &session).await?;
    let query = Felder::new(open.query()?);
    let signed = Signed { open, caller: Arc::new(caller) };
    let me = signed.acting(|acting| acting.member().ich()).await?;
    let mut chrome = Chrome::of(&signed.caller, me, guard::token(&session), http.path());
    chrome.meldung = show::meldung(&query);
    Ok(Entered::Page(Box::new(Page { signed, form, query, chrome, session, setup })))
}

/// The value of a cookie that the browser has not yet.
struct Fresh {
    secure: bool,
    value: String,
}

async fn enter_guest(
    door: Door,
    http: &HttpRequest,
    payload: web::Payload,
) -> Result<(Guest, Option<Fresh>), Fault> {
    let (mut open, setup) = begin(door, http, payload)?;
    let known = open.cookie(guard::name(Kind::Before, setup.secure)).filter(|v| !v.is_empty());
    let form = read_form(door, &mut open, known.as_deref().unwrap_or_default()).await?;
    let query = Felder::new(open.query()?);
    let (value, fresh) = match known {
        Some(value) => (value, None),
        None => {
            let value = secret::new(&*open.front.source, "").shown;
            (value.clone(), Some(Fresh { secure: setup.secure, value }))
        }
    };
    let chrome = Chrome { formular: guard::token(&value), ..Chrome::default() };
    Ok((Guest { open, form, query, chrome, setup }, fresh))
}

/// Host and origin: asked before anything is read.
fn begin(
    door: Door,
    http: &HttpRequest,
    payload: web::Payload,
) -> Result<(Open, web::Data<Setup>), Fault> {
    let mut payload = payload.into_inner();
    let open = Open::from_request(http, &mut payload).into_inner()?;
    let setup = open.app::<Setup>()?;
    let host = guard::host(open.headers()).unwrap_or_default();
    if !guard::known(host, &setup.hosts) {
        return Err(problem::foreign_host());
    }
    if door.posts && !guard::own_origin(open.headers(), host) {
        return Err(problem::foreign_form());
    }
    Ok((open, setup))
}

/// The form, if its token is the one of `cookie`.
async fn read_form(door: Door, open: &mut Open, cookie: &str) -> Result<Felder, Fault> {
    if !door.posts {
        return Ok(Felder::default());
    }
    let form = Felder::new(open.form().await?);
    if cookie.is_empty() || !guard::fits(cookie, form.text(guard::FIELD)) {
        return Err(problem::stale_form());
    }
    Ok(form)
}

/// To the sign-on, and from there to where the person wanted to go; a form is not sent again.
fn sign_on_first(http: &HttpRequest, door: Door) -> HttpResponse {
    let wanted = http.uri().path_and_query().map_or("/", |p| p.as_str());
    if door.posts || wanted == "/" || guard::own_path(wanted) != wanted {
        return see_other("/anmelden");
    }
    see_other(&format!("/anmelden{}", show::query(&[("ziel", wanted)])))
}

fn dressed(mut answer: HttpResponse) -> HttpResponse {
    let headers = answer.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    // Not `no-referrer`: with that, browsers send `Origin: null` with our own forms.
    set(header::REFERRER_POLICY, "same-origin");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    answer
}
