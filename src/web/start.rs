//! The start page: where to search, what waits, what was worked on last.

use actix_web::HttpResponse;
use askama::Template;

use super::{
    chrome::{Chrome, allowed},
    door::{Page, render},
    routes::{CLERKS, Collector, READERS, Who},
    show,
};
use crate::{
    domain::access::{Rolle, Wer},
    http::problem::Problem,
    registry::{AkteAnsicht, AktenFilter, Blatt, DokumentAnsicht, PosteingangFilter, Seite},
};

/// Where people go, and who has something to do there.
pub const WEGE: [(&str, &str, Who); 5] = [
    ("/suche", "Suche", READERS),
    ("/akten", "Akten", READERS),
    ("/aktenplan", "Aktenplan", Who::Member),
    ("/posteingang", "Posteingang", CLERKS),
    ("/protokoll", "Protokoll", LOOK_UP),
];

/// Clerks find a log on the page of its object; these have no such pages.
const LOOK_UP: Who = Who::Roles(&[Rolle::Revision, Rolle::Administration]);

/// Rows of each list here.
const ROWS: usize = 8;

pub(super) fn collect(routes: &mut Collector) {
    routes.get("/", "start", Who::Member, start);
}

#[derive(Template)]
#[template(path = "start.html")]
struct Start {
    chrome: Chrome,
    rollen: Vec<&'static str>,
    liest: bool,
    akten: Vec<AkteAnsicht>,
    legt_ab: bool,
    wartend: Vec<DokumentAnsicht>,
    mehr_wartend: bool,
}

async fn start(page: Page) -> Result<HttpResponse, Problem> {
    let caller = &page.signed.caller;
    let (liest, legt_ab) = (allowed(caller, READERS), allowed(caller, CLERKS));
    let rollen = match &caller.actor.wer {
        Wer::Person { rollen, .. } => rollen.iter().map(|r| show::rolle(&r.rolle)).collect(),
        Wer::Maschine(_) => vec![],
    };
    let asked = page.signed.acting(move |acting| {
        let blatt = Blatt { limit: ROWS, nach: None };
        let none = || Seite { eintraege: vec![], weiter: None };
        let akten = match liest {
            true => acting.reader()?.akten(&AktenFilter::default(), &blatt)?,
            false => none(),
        };
        // Who works for too many OE to have one list is asked for one on the page itself.
        let wartend = match legt_ab {
            true => acting.reader()?.posteingang(&PosteingangFilter::default(), &blatt),
            false => Ok(Seite { eintraege: vec![], weiter: None }),
        };
        Ok((akten, wartend.unwrap_or(Seite { eintraege: vec![], weiter: None })))
    });
    let (akten, wartend) = asked.await?;
    let (mehr_wartend, akten) = (wartend.weiter.is_some(), akten.eintraege);
    let wartend = wartend.eintraege;
    let chrome = page.chrome;
    render(&Start { chrome, rollen, liest, akten, legt_ab, wartend, mehr_wartend })
}
