//! `/dokumente/{id}`: what is known of a document, its files, what happened to it.

use actix_web::HttpResponse;
use askama::Template;

use super::{
    chrome::{Chrome, allowed},
    door::{Page, render},
    inhalt,
    protokoll::{self, Eintrag},
    routes::{CLERKS, Collector, READERS},
    show,
};
use crate::{
    http::problem::Problem,
    registry::{Blatt, DokumentAnsicht},
};

/// Entries of the log on the document's own page.
const ENTRIES: usize = 8;
/// Fassungen that are shown; the oldest ones beyond are counted.
const VERSIONS: usize = 20;

pub(super) fn collect(routes: &mut Collector) {
    routes.get("/dokumente/{id}", "dokument", READERS, dokument);
}

/// A file as it is shown.
#[derive(Debug)]
struct Datei {
    fassung: u32,
    name: String,
    art: String,
    groesse: String,
    am: String,
    laden: String,
    ansehen: Option<String>,
}

#[derive(Template)]
#[template(path = "dokument.html")]
struct Dokument {
    chrome: Chrome,
    dokument: DokumentAnsicht,
    dateien: Vec<Datei>,
    aeltere: usize,
    ablegen: bool,
    log: Vec<Eintrag>,
    mehr_log: bool,
}

async fn dokument(page: Page) -> Result<HttpResponse, Problem> {
    let id = page.id()?;
    let read = page.signed.acting(move |acting| {
        let some = Blatt { limit: ENTRIES, nach: None };
        Ok((acting.reader()?.dokument(id)?, protokoll::read(acting, id, &some)?))
    });
    let (dokument, (log, more)) = read.await?;
    let ablegen = dokument.akte_id.is_none() && allowed(&page.signed.caller, CLERKS);
    let aeltere = dokument.fassungen.len().saturating_sub(VERSIONS);
    let (dateien, mehr_log) = (files(&dokument), more.is_some());
    render(&Dokument { chrome: page.chrome, dokument, dateien, aeltere, ablegen, log, mehr_log })
}

/// The files, newest Fassung first.
fn files(dokument: &DokumentAnsicht) -> Vec<Datei> {
    let newest = dokument.fassungen.iter().rev().take(VERSIONS);
    let each = newest.flat_map(|f| f.formate.iter().enumerate().map(move |(i, file)| (f, i, file)));
    each.map(|(fassung, place, file)| {
        let of =
            format!("/dokumente/{}/inhalt?fassung={}&format={place}", dokument.id, fassung.nummer);
        Datei {
            fassung: fassung.nummer,
            name: file.dateiname.clone(),
            art: kind(&file.medientyp).to_owned(),
            groesse: show::groesse(&file.groesse),
            am: show::zeit(&fassung.angelegt),
            ansehen: inhalt::shown(&file.medientyp).then(|| format!("{of}&ansehen=1")),
            laden: of,
        }
    })
    .collect()
}

/// A media type as people call it.
fn kind(media_type: &str) -> &str {
    match media_type {
        "application/pdf" => "PDF",
        "image/jpeg" | "image/png" | "image/gif" | "image/webp" | "image/tiff" => "Bild",
        "text/plain" => "Text",
        "text/html" => "HTML",
        "image/svg+xml" => "SVG",
        "message/rfc822" => "E-Mail",
        other => other,
    }
}
