//! `/posteingang`: documents that wait to be filed, and the form that files one.
//!
//! The form carries the version the clerk saw. If the document was changed meanwhile, nothing is
//! done: the page says so and shows it as it is now.

use actix_web::HttpResponse;
use askama::Template;
use uuid::Uuid;

use super::{
    anmeldung::again,
    chrome::Chrome,
    door::{Page, render, see_other},
    listen::{Blaettern, Liste, ZEILEN},
    routes::{CLERKS, Collector},
    show,
};
use crate::{
    domain::akte::Zustand,
    http::problem::{Code, Problem},
    registry::{
        Acting, AkteAnsicht, AktenFilter, Blatt, DokumentAnsicht, Error, PosteingangFilter,
        VorgangAnsicht, Zielangabe,
    },
};

/// Akten that the form proposes.
const PROPOSED: usize = 20;
/// Vorgänge that it lets choose from.
const VORGAENGE: usize = 100;

pub(super) fn collect(routes: &mut Collector) {
    routes.get("/posteingang", "posteingang", CLERKS, list);
    routes.get("/dokumente/{id}/ablage", "ablage_seite", CLERKS, form);
    routes.post("/dokumente/{id}/ablage", "ablage", CLERKS, file);
}

#[derive(Template)]
#[template(path = "posteingang.html")]
struct List {
    chrome: Chrome,
    oe: String,
    dokumente: Vec<DokumentAnsicht>,
    blaettern: Blaettern,
    fehler: Option<String>,
}

async fn list(page: Page) -> Result<HttpResponse, Problem> {
    let oe = page.query.text("oe").to_owned();
    let liste = Liste::new(&page, &oe, ZEILEN)?;
    let filter = PosteingangFilter { oe: page.query.wahl("oe"), ..PosteingangFilter::default() };
    let blatt = liste.blatt.clone();
    let asked = page.signed.acting(move |acting| {
        // Filing is a clerk's: who only reads has no Posteingang to work through.
        acting.clerk()?;
        acting.reader()?.posteingang(&filter, &blatt)
    });
    let found = match asked.await {
        Ok(found) => found,
        // Which OE: said beside the field.
        Err(problem) if problem.code() == Code::EingabeUngueltig => {
            let fehler = problem.errors().first().map(|f| f.text.clone());
            let (dokumente, blaettern) = (vec![], Blaettern::default());
            let chrome = page.chrome;
            return again(&problem, &List { chrome, oe, dokumente, blaettern, fehler });
        }
        Err(problem) => return Err(problem),
    };
    let blaettern = liste.links("/posteingang", &[("oe", oe.as_str())], found.weiter.as_deref());
    let (chrome, dokumente) = (page.chrome, found.eintraege);
    render(&List { chrome, oe, dokumente, blaettern, fehler: None })
}

/// What the form is filled with.
struct Stand {
    dokument: DokumentAnsicht,
    /// Open Akten, last changed first.
    vorschlaege: Vec<AkteAnsicht>,
    /// The Akte that was named, where there is one.
    akte: Option<AkteAnsicht>,
    vorgaenge: Vec<VorgangAnsicht>,
}

#[derive(Template)]
#[template(path = "ablage.html")]
struct Form {
    chrome: Chrome,
    stand: Stand,
    aktenzeichen: String,
    vorgang: Option<Uuid>,
    fehler: Option<String>,
    veraltet: bool,
}

fn stand(acting: &Acting, id: Uuid, aktenzeichen: Option<String>) -> Result<Stand, Error> {
    acting.clerk()?;
    let reader = acting.reader()?;
    let dokument = reader.dokument(id)?;
    let offen = AktenFilter { zustand: Some(Zustand::Offen), ..AktenFilter::default() };
    let vorschlaege = reader.akten(&offen, &Blatt { limit: PROPOSED, nach: None })?.eintraege;
    let akte = match aktenzeichen {
        None => None,
        Some(_) => {
            let filter = AktenFilter { aktenzeichen, ..AktenFilter::default() };
            reader.akten(&filter, &Blatt { limit: 1, nach: None })?.eintraege.pop()
        }
    };
    let vorgaenge = match &akte {
        None => vec![],
        Some(akte) => {
            let all = reader.vorgaenge(akte.id, &Blatt { limit: VORGAENGE, nach: None })?;
            all.eintraege.into_iter().filter(|v| v.zustand == Zustand::Offen).collect()
        }
    };
    Ok(Stand { dokument, vorschlaege, akte, vorgaenge })
}

async fn form(page: Page) -> Result<HttpResponse, Problem> {
    let id = page.id()?;
    let named = page.query.wahl("aktenzeichen");
    let asked = named.clone();
    let stand = page.signed.acting(move |acting| stand(acting, id, asked)).await?;
    let missing = named.is_some() && stand.akte.is_none();
    let aktenzeichen = named.unwrap_or_default();
    let fehler = missing.then(|| unknown_akte(&aktenzeichen));
    let chrome = page.chrome;
    render(&Form { chrome, stand, aktenzeichen, vorgang: None, fehler, veraltet: false })
}

fn unknown_akte(aktenzeichen: &str) -> String {
    format!(
        "Unter „{aktenzeichen}“ gibt es keine Akte, oder Sie haben keinen Zugriff darauf. Prüfen \
         Sie das Aktenzeichen."
    )
}

async fn file(page: Page) -> Result<HttpResponse, Problem> {
    let id = page.id()?;
    let named = page.form.wahl("aktenzeichen");
    let vorgang = page.form.id("vorgang")?;
    let version = page.form.zahl::<u64>("version")?.unwrap_or_default();
    let target = match (vorgang, &named) {
        (Some(vorgang), _) => Zielangabe { vorgang_id: Some(vorgang), ..Zielangabe::default() },
        (None, Some(_)) => Zielangabe { aktenzeichen: named.clone(), ..Zielangabe::default() },
        (None, None) => {
            let text = "Nennen Sie das Aktenzeichen.";
            return refused(page, id, Problem::at("/aktenzeichen", "fehlt", text), vorgang).await;
        }
    };
    let done = page.signed.acting(move |acting| acting.clerk()?.ablegen(id, version, target));
    match done.await {
        Ok(_) => {
            let query = show::query(&[("meldung", "abgelegt"), ("dokument", &id.to_string())]);
            Ok(see_other(&format!("/posteingang{query}")))
        }
        Err(problem) => refused(page, id, problem, vorgang).await,
    }
}

/// The form once more with what is there now; the refusal itself where the document is not shown.
async fn refused(
    page: Page,
    id: Uuid,
    problem: Problem,
    vorgang: Option<Uuid>,
) -> Result<HttpResponse, Problem> {
    let ours = [
        Code::Veraltet,
        Code::EingabeUngueltig,
        Code::ZustandVerbietet,
        Code::Konflikt,
        Code::NichtGefunden,
        Code::NichtErlaubt,
    ];
    if !ours.contains(&problem.code()) {
        return Err(problem);
    }
    let named = page.form.wahl("aktenzeichen");
    let asked = named.clone();
    let stand = page.signed.acting(move |acting| stand(acting, id, asked)).await?;
    let veraltet = problem.code() == Code::Veraltet;
    let aktenzeichen = named.unwrap_or_default();
    let place = problem.errors().iter().find(|f| !f.text.is_empty()).map(|f| f.text.clone());
    let fehler = match problem.code() {
        Code::NichtGefunden => unknown_akte(&aktenzeichen),
        _ => place.unwrap_or_else(|| problem.detail().to_owned()),
    };
    let chrome = page.chrome;
    let view = Form { chrome, stand, aktenzeichen, vorgang, fehler: Some(fehler), veraltet };
    again(&problem, &view)
}
