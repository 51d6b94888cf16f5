//! The collector of pages: the only way to register one, and so the table of all of them.
//!
//! Each handler stands behind the `door`, which is put before it here and nowhere else. A page
//! that is not in the table is not reachable; one without a row in the access walk fails it.

use std::{collections::BTreeMap, future::Future};

use actix_web::{
    HttpRequest, HttpResponse, Route,
    guard::{self, Guard},
    http::Method,
    web,
};

use super::door::{self, Door, Guest, Page};
use crate::{
    domain::access::Rolle,
    http::problem::{Code, Problem},
};

/// Who sees a page at all; what he sees on it is decided for each object, by the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Without sign-on.
    Anyone,
    /// Whoever is signed on.
    Member,
    /// Whoever has one of these roles.
    Roles(&'static [Rolle]),
}

use Rolle::{Administration, Archiv, Registratur, Revision, Sachbearbeitung};

/// Those who read content.
pub const READERS: Who = Who::Roles(&[Sachbearbeitung, Registratur, Archiv]);
/// Those who read the log of an object.
pub const LOG_READERS: Who =
    Who::Roles(&[Sachbearbeitung, Registratur, Archiv, Revision, Administration]);
/// Those who work on files.
pub const CLERKS: Who = Who::Roles(&[Sachbearbeitung, Registratur]);

/// A page as the table names it.
#[derive(Clone, Debug)]
pub struct Info {
    /// Method.
    pub method: Method,
    /// Path with `{name}` for what varies.
    pub path: &'static str,
    /// Stable name.
    pub id: &'static str,
    /// Who sees it.
    pub who: Who,
}

/// What is open to who still has a start password.
const START_PASSWORD: [&str; 2] = ["/anmelden/passwort", "/abmelden"];

struct Entry {
    info: Info,
    route: Route,
}

/// Collects pages.
#[derive(Default)]
pub struct Collector {
    entries: Vec<Entry>,
}

impl Collector {
    /// A page for whoever is signed on.
    pub fn get<F, A>(&mut self, path: &'static str, id: &'static str, who: Who, handler: F)
    where
        F: Fn(Page) -> A + Clone + 'static,
        A: Future<Output = Result<HttpResponse, Problem>> + 'static,
    {
        self.signed(Method::GET, path, id, who, handler);
    }

    /// A form of whoever is signed on.
    pub fn post<F, A>(&mut self, path: &'static str, id: &'static str, who: Who, handler: F)
    where
        F: Fn(Page) -> A + Clone + 'static,
        A: Future<Output = Result<HttpResponse, Problem>> + 'static,
    {
        self.signed(Method::POST, path, id, who, handler);
    }

    fn signed<F, A>(
        &mut self,
        method: Method,
        path: &'static str,
        id: &'static str,
        who: Who,
        handler: F,
    ) where
        F: Fn(Page) -> A + Clone + 'static,
        A: Future<Output = Result<HttpResponse, Problem>> + 'static,
    {
        let start_password = START_PASSWORD.contains(&path);
        let door = Door { posts: method == Method::POST, start_password };
        let route = route(&method).to(move |http: HttpRequest, payload: web::Payload| {
            door::signed(door, http, payload, handler.clone())
        });
        self.entries.push(Entry { info: Info { method, path, id, who }, route });
    }

    /// A page for anyone.
    pub fn anyone<F, A>(&mut self, method: Method, path: &'static str, id: &'static str, handler: F)
    where
        F: Fn(Guest) -> A + Clone + 'static,
        A: Future<Output = Result<HttpResponse, Problem>> + 'static,
    {
        let door = Door { posts: method == Method::POST, start_password: true };
        let route = route(&method).to(move |http: HttpRequest, payload: web::Payload| {
            door::guest(door, http, payload, handler.clone())
        });
        self.entries.push(Entry { info: Info { method, path, id, who: Who::Anyone }, route });
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> Vec<Info> {
        self.entries.iter().map(|e| e.info.clone()).collect()
    }

    /// Serves what was collected: one resource a path, so that a wrong method is told from a
    /// wrong path.
    pub fn configure(self, app: &mut web::ServiceConfig) {
        let mut paths: BTreeMap<&str, Vec<Entry>> = BTreeMap::new();
        for entry in self.entries {
            paths.entry(entry.info.path).or_default().push(entry);
        }
        for (path, entries) in paths {
            let methods: Vec<&str> = entries.iter().map(|e| e.info.method.as_str()).collect();
            let allow = methods.join(", ");
            let mut resource = web::resource(path);
            for entry in entries {
                resource = resource.route(entry.route);
            }
            app.service(resource.default_service(web::to(move |http: HttpRequest| {
                let problem = Problem::from(Code::MethodeNichtErlaubt).allow(allow.clone());
                std::future::ready(door::refused(&http, problem))
            })));
        }
    }
}

/// A page answers HEAD like GET; the connection leaves the body away.
fn route(method: &Method) -> Route {
    match *method {
        Method::GET => web::route().guard(guard::Any(guard::Get()).or(guard::Head())),
        _ => {
            let method = method.clone();
            web::route().guard(guard::fn_guard(move |c| guard::Method(method.clone()).check(c)))
        }
    }
}
