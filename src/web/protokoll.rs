//! `/protokoll`: what happened to an object, old and new value; also the last entries on the pages
//! of Akte and Dokument.

use std::collections::BTreeSet;

use actix_web::HttpResponse;
use askama::Template;
use uuid::Uuid;

use super::{
    chrome::Chrome,
    door::{Page, render},
    listen::{Blaettern, Liste},
    routes::{Collector, LOG_READERS},
    show,
};
use crate::{
    http::problem::Problem,
    registry::{Acting, Blatt, Error, Feldaenderung},
};

/// Entries of a page: each may have changed twenty fields.
const ENTRIES: usize = 15;
/// Characters of a value that are shown.
const VALUE_MAX: usize = 160;

pub(super) fn collect(routes: &mut Collector) {
    routes.get("/protokoll", "protokoll_suche", LOG_READERS, look_up);
    routes.get("/protokoll/{id}", "protokoll", LOG_READERS, log);
}

/// An entry as it is shown.
#[derive(Clone, Debug)]
pub struct Eintrag {
    /// Number in the journal.
    pub seq: u64,
    /// The first letters of its seal.
    pub siegel: String,
    /// When; none: the body was erased.
    pub zeit: Option<String>,
    /// Who, by name where it is known.
    pub akteur: String,
    /// What.
    pub aktion: String,
    /// Why.
    pub grund: Option<String>,
    /// Fields.
    pub aenderungen: Vec<Aenderung>,
}

/// A changed field as it is shown.
#[derive(Clone, Debug)]
pub struct Aenderung {
    /// Which.
    pub feld: String,
    /// Before.
    pub alt: String,
    /// After.
    pub neu: String,
}

/// The log of an object, newest first, and where it goes on.
///
/// # Errors
/// As the registry refuses.
pub fn read(
    acting: &Acting,
    id: Uuid,
    blatt: &Blatt,
) -> Result<(Vec<Eintrag>, Option<Vec<u8>>), Error> {
    let page = acting.protokoll(id, blatt)?;
    let actors: BTreeSet<String> = page.eintraege.iter().filter_map(|e| e.akteur.clone()).collect();
    let names = acting.member().namen(&actors)?;
    let shown = page.eintraege.into_iter().map(|e| {
        let akteur = e.akteur.unwrap_or_default();
        let named = names.get(&akteur).cloned().unwrap_or_else(|| match akteur.as_str() {
            "" => "–".to_owned(),
            other => other.to_owned(),
        });
        Eintrag {
            seq: e.seq,
            siegel: e.siegel.chars().take(12).collect(),
            zeit: e.zeit.as_ref().map(show::zeit),
            akteur: match e.im_auftrag_von {
                Some(person) => format!("{named} für {person}"),
                None => named,
            },
            aktion: e.aktion.map_or_else(|| "Inhalt gelöscht".into(), |a| show::aktion(&a)),
            grund: e.grund,
            aenderungen: e.aenderungen.iter().filter_map(change).collect(),
        }
    });
    Ok((shown.collect(), page.weiter))
}

/// A changed field; the one that changes with every other is left aside.
fn change(change: &Feldaenderung) -> Option<Aenderung> {
    if change.feld == "geaendert" {
        return None;
    }
    let value = |value: &Option<serde_json::Value>| match value {
        _ if change.verdeckt => "(verdeckt)".to_owned(),
        Some(value) => cut(show::wert(&change.feld, value)),
        None => "–".to_owned(),
    };
    let (alt, neu) = (value(&change.alt), value(&change.neu));
    Some(Aenderung { feld: show::feld(&change.feld), alt, neu })
}

fn cut(text: String) -> String {
    match text.char_indices().nth(VALUE_MAX) {
        Some((end, _)) => format!("{} …", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[derive(Template)]
#[template(path = "protokoll_suche.html")]
struct LookUp {
    chrome: Chrome,
    gefragt: String,
    fehler: bool,
}

/// To the log of an id: for those who have ids, and no pages that lead there.
async fn look_up(page: Page) -> Result<HttpResponse, Problem> {
    let gefragt = page.query.text("betrifft").to_owned();
    if let Ok(Some(id)) = page.query.id("betrifft") {
        return Ok(super::door::see_other(&format!("/protokoll/{id}")));
    }
    let fehler = !gefragt.is_empty();
    render(&LookUp { chrome: page.chrome, gefragt, fehler })
}

#[derive(Template)]
#[template(path = "protokoll.html")]
struct Log {
    chrome: Chrome,
    id: Uuid,
    log: Vec<Eintrag>,
    blaettern: Blaettern,
}

async fn log(page: Page) -> Result<HttpResponse, Problem> {
    let id = page.id()?;
    let liste = Liste::new(&page, &id, ENTRIES)?;
    let blatt = liste.blatt.clone();
    let (log, next) = page.signed.acting(move |acting| read(acting, id, &blatt)).await?;
    let blaettern = liste.links(&format!("/protokoll/{id}"), &[], next.as_deref());
    render(&Log { chrome: page.chrome, id, log, blaettern })
}
