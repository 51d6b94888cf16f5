//! The REST API under `/api/v1`: one file a resource.
//!
//! It reads requests, asks the registry, writes answers. It decides nothing about rights or record
//! keeping, touches no store, and registers routes through the collector alone.

mod akten;
mod aktenplan;
mod aktentypen;
mod anmeldung;
mod antraege;
mod aussonderung;
mod benutzer;
pub mod check;
mod dokumente;
mod fachsicht;
mod health;
mod inhalt;
mod openapi;
mod organisation;
mod posteingang;
mod protokoll;
pub mod pruefung;
mod push;
mod reply;
pub mod routes;
pub mod schemas;
mod schluessel;
mod sperren;
mod suche;
mod vorgaenge;
mod vorschlaege;

use std::sync::Arc;

use actix_web::web;

use crate::{follow::Follow, intake::Intake};
use routes::{Collector, Info};

/// What the handlers share besides the front.
#[derive(Debug)]
pub struct App {
    /// Takes pushes.
    pub intake: Intake,
    /// How far the index is.
    pub follow: Arc<Follow>,
    /// The check, as the role Revision may ask for it.
    pub check: Arc<check::Check>,
    /// Its runs.
    pub runs: pruefung::Runs,
    /// True: the operator wants nothing written, so that is no reason to be red.
    pub read_only: bool,
}

/// Every route.
#[must_use]
pub fn collect() -> Collector {
    let mut routes = Collector::default();
    health::collect(&mut routes);
    anmeldung::collect(&mut routes);
    benutzer::collect(&mut routes);
    antraege::collect(&mut routes);
    organisation::collect(&mut routes);
    schluessel::collect(&mut routes);
    aktenplan::collect(&mut routes);
    fachsicht::collect(&mut routes);
    aktentypen::collect(&mut routes);
    akten::collect(&mut routes);
    aussonderung::collect(&mut routes);
    sperren::collect(&mut routes);
    vorgaenge::collect(&mut routes);
    push::collect(&mut routes);
    dokumente::collect(&mut routes);
    inhalt::collect(&mut routes);
    vorschlaege::collect(&mut routes);
    posteingang::collect(&mut routes);
    suche::collect(&mut routes);
    protokoll::collect(&mut routes);
    pruefung::collect(&mut routes);
    routes
}

/// Serves every route.
pub fn configure(app: &mut web::ServiceConfig) {
    collect().configure(app);
}

/// The table of all routes.
#[must_use]
pub fn table() -> Vec<Info> {
    collect().table()
}

/// openapi.json
#[must_use]
pub fn openapi() -> serde_json::Value {
    openapi::document(collect())
}
