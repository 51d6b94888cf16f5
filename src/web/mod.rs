//! The pages under `/`: what a clerk sees in the browser, one file a subject.
//!
//! They ask the registry the same verbs as REST and decide nothing about rights or record keeping.
//! A page takes no script: what documents, names and passages bring along is escaped by the
//! templates, and what slips through would not run (`door`). Pages know the session by a cookie
//! and nothing else, REST by a token and nothing else.

mod akten;
mod aktenplan;
mod anmeldung;
mod assets;
mod chrome;
mod dokumentation;
mod dokumente;
mod door;
mod facetten;
mod felder;
mod guard;
mod inhalt;
mod listen;
mod posteingang;
mod problem;
mod protokoll;
mod routes;
mod show;
mod start;
mod suche;

use std::sync::Arc;

use actix_web::web;

use crate::follow::Follow;
pub use dokumentation::Docs;
use routes::Collector;
pub use routes::{Info, Who};

/// What the pages share besides the front.
#[derive(Debug)]
pub struct Setup {
    /// Names under which browsers may ask, besides `localhost` and addresses.
    pub hosts: Vec<String>,
    /// True: browsers come over TLS, ours or a proxy's, so that cookies are `Secure`.
    pub secure: bool,
    /// How far the index is.
    pub follow: Arc<Follow>,
    /// The description of REST.
    pub docs: Docs,
}

fn collect() -> Collector {
    let mut routes = Collector::default();
    assets::collect(&mut routes);
    anmeldung::collect(&mut routes);
    start::collect(&mut routes);
    suche::collect(&mut routes);
    aktenplan::collect(&mut routes);
    akten::collect(&mut routes);
    dokumente::collect(&mut routes);
    inhalt::collect(&mut routes);
    posteingang::collect(&mut routes);
    protokoll::collect(&mut routes);
    dokumentation::collect(&mut routes);
    routes
}

/// Serves every page.
pub fn configure(app: &mut web::ServiceConfig) {
    collect().configure(app);
}

/// The answer to a path that is no route: a page for people, a problem for programs.
pub use door::unknown;

/// The table of all pages.
#[must_use]
pub fn table() -> Vec<Info> {
    collect().table()
}
