//! `/akten` and `/vorgaenge`: lists, and each with what lies in it and what happened to it.

use actix_web::HttpResponse;
use askama::Template;
use uuid::Uuid;

use super::{
    chrome::Chrome,
    door::{Page, render},
    listen::{Blaettern, Liste, ZEILEN},
    protokoll::{self, Eintrag},
    routes::{Collector, READERS},
    show,
};
use crate::{
    domain::akte::Zustand,
    http::problem::Problem,
    registry::{
        AkteAnsicht, AktenFilter, Blatt, DokumentAnsicht, DokumenteFilter, Feldanzeige,
        FristenAnsicht, VorgangAnsicht,
    },
};

/// Vorgänge and entries of the log that are shown on an Akte's own page.
const SOME: usize = 8;

pub(super) fn collect(routes: &mut Collector) {
    routes.get("/akten", "akten", READERS, list);
    routes.get("/akten/{id}", "akte", READERS, akte);
    routes.get("/akten/{id}/vorgaenge", "vorgaenge", READERS, vorgaenge);
    routes.get("/vorgaenge/{id}", "vorgang", READERS, vorgang);
}

#[derive(Template)]
#[template(path = "akten.html")]
struct List {
    chrome: Chrome,
    aktenzeichen: String,
    nur_offene: bool,
    akten: Vec<AkteAnsicht>,
    blaettern: Blaettern,
}

async fn list(page: Page) -> Result<HttpResponse, Problem> {
    let aktenzeichen = page.query.text("aktenzeichen").to_owned();
    let offen = page.query.text("zustand").to_owned();
    let liste = Liste::new(&page, &(&aktenzeichen, &offen), ZEILEN)?;
    let filter = AktenFilter {
        aktenzeichen: page.query.wahl("aktenzeichen"),
        zustand: (offen == "offen").then_some(Zustand::Offen),
        ..AktenFilter::default()
    };
    let blatt = liste.blatt.clone();
    let found = page.signed.acting(move |acting| acting.reader()?.akten(&filter, &blatt)).await?;
    let pairs = [("aktenzeichen", aktenzeichen.as_str()), ("zustand", offen.as_str())];
    let blaettern = liste.links("/akten", &pairs, found.weiter.as_deref());
    let (nur_offene, akten) = (offen == "offen", found.eintraege);
    render(&List { chrome: page.chrome, aktenzeichen, nur_offene, akten, blaettern })
}

#[derive(Template)]
#[template(path = "akte.html")]
struct Akte {
    chrome: Chrome,
    akte: AkteAnsicht,
    /// What people call its type.
    typ: Option<String>,
    felder: Vec<Feldanzeige>,
    fristen: FristenAnsicht,
    vorgaenge: Vec<VorgangAnsicht>,
    mehr_vorgaenge: bool,
    dokumente: Vec<DokumentAnsicht>,
    blaettern: Blaettern,
    log: Vec<Eintrag>,
    mehr_log: bool,
}

async fn akte(page: Page) -> Result<HttpResponse, Problem> {
    let id = page.id()?;
    let liste = Liste::new(&page, &id, ZEILEN)?;
    let blatt = liste.blatt.clone();
    let read = page.signed.acting(move |acting| {
        let reader = acting.reader()?;
        let some = Blatt { limit: SOME, nach: None };
        let filter = DokumenteFilter { akte_id: Some(id), ..DokumenteFilter::default() };
        let akte = reader.akte(id)?;
        let name = || akte.typ.as_deref().map(show::wort);
        let (typ, felder) = (reader.typ(&akte).or_else(name), reader.felder(&akte));
        let (vorgaenge, dokumente) =
            (reader.vorgaenge(id, &some)?, reader.dokumente(&filter, &blatt)?);
        let akte = (akte, typ, felder, reader.fristen(id)?);
        Ok((akte, vorgaenge, dokumente, protokoll::read(acting, id, &some)?))
    });
    let ((akte, typ, felder, fristen), vorgaenge, dokumente, (log, more)) = read.await?;
    let blaettern = liste.links(&format!("/akten/{id}"), &[], dokumente.weiter.as_deref());
    render(&Akte {
        chrome: page.chrome,
        akte,
        typ,
        felder,
        fristen,
        mehr_vorgaenge: vorgaenge.weiter.is_some(),
        vorgaenge: vorgaenge.eintraege,
        dokumente: dokumente.eintraege,
        blaettern,
        log,
        mehr_log: more.is_some(),
    })
}

#[derive(Template)]
#[template(path = "vorgaenge.html")]
struct Vorgaenge {
    chrome: Chrome,
    akte: AkteAnsicht,
    vorgaenge: Vec<VorgangAnsicht>,
    blaettern: Blaettern,
}

async fn vorgaenge(page: Page) -> Result<HttpResponse, Problem> {
    let id = page.id()?;
    let liste = Liste::new(&page, &id, ZEILEN)?;
    let blatt = liste.blatt.clone();
    let read = page.signed.acting(move |acting| {
        let reader = acting.reader()?;
        Ok((reader.akte(id)?, reader.vorgaenge(id, &blatt)?))
    });
    let (akte, found) = read.await?;
    let path = format!("/akten/{id}/vorgaenge");
    let blaettern = liste.links(&path, &[], found.weiter.as_deref());
    render(&Vorgaenge { chrome: page.chrome, akte, vorgaenge: found.eintraege, blaettern })
}

#[derive(Template)]
#[template(path = "vorgang.html")]
struct Vorgang {
    chrome: Chrome,
    vorgang: VorgangAnsicht,
    dokumente: Vec<DokumentAnsicht>,
    blaettern: Blaettern,
    log: Vec<Eintrag>,
    mehr_log: bool,
}

async fn vorgang(page: Page) -> Result<HttpResponse, Problem> {
    let id: Uuid = page.id()?;
    let liste = Liste::new(&page, &id, ZEILEN)?;
    let blatt = liste.blatt.clone();
    let read = page.signed.acting(move |acting| {
        let reader = acting.reader()?;
        let some = Blatt { limit: SOME, nach: None };
        let filter = DokumenteFilter { vorgang_id: Some(id), ..DokumenteFilter::default() };
        let (vorgang, dokumente) = (reader.vorgang(id)?, reader.dokumente(&filter, &blatt)?);
        Ok((vorgang, dokumente, protokoll::read(acting, id, &some)?))
    });
    let (vorgang, found, (log, more)) = read.await?;
    let blaettern = liste.links(&format!("/vorgaenge/{id}"), &[], found.weiter.as_deref());
    let (dokumente, mehr_log) = (found.eintraege, more.is_some());
    render(&Vorgang { chrome: page.chrome, vorgang, dokumente, blaettern, log, mehr_log })
}
