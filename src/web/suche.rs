//! `/suche`: words and filters; hits with the passage that shows why.

use actix_web::HttpResponse;
use askama::Template;
use serde::Serialize;

use super::{
    chrome::Chrome,
    door::{Page, render},
    facetten::{self, Gruppe, Paare, Wert},
    listen::{Blaettern, Liste, ZEILEN},
    routes::{Collector, READERS},
    show,
};
use crate::{
    http::{
        problem::{Code, Problem},
        refusal,
    },
    registry::{Suchanfrage, Suchergebnis, Treffer},
    search::{Art, Order},
};

pub(super) fn collect(routes: &mut Collector) {
    routes.get("/suche", "suche", READERS, search);
}

/// The form as it was filled in.
#[derive(Clone, Debug, Default, Serialize)]
struct Frage {
    q: String,
    art: String,
    planeinheit: String,
    oe: String,
    typ: String,
    von: String,
    bis: String,
    ordnung: String,
}

impl Frage {
    fn pairs(&self) -> Paare<'_> {
        [
            ("q", &self.q),
            ("art", &self.art),
            ("planeinheit", &self.planeinheit),
            ("oe", &self.oe),
            ("typ", &self.typ),
            ("von", &self.von),
            ("bis", &self.bis),
            ("ordnung", &self.ordnung),
        ]
    }

    fn is_empty(&self) -> bool {
        self.pairs().iter().all(|(name, value)| value.is_empty() || *name == "ordnung")
    }
}

#[derive(Template)]
#[template(path = "suche.html")]
struct Suche {
    chrome: Chrome,
    frage: Frage,
    gefragt: bool,
    fehler: Vec<String>,
    anzahl: u64,
    treffer: Vec<Treffer>,
    /// The same question with a word that is found, and its address.
    meinten: Option<(String, String)>,
    gesetzt: Vec<Wert>,
    facetten: Vec<Gruppe>,
    blaettern: Blaettern,
}

async fn search(page: Page) -> Result<HttpResponse, Problem> {
    let text = |name| page.query.text(name).to_owned();
    let frage = Frage {
        q: text("q"),
        art: text("art"),
        planeinheit: text("planeinheit"),
        oe: text("oe"),
        typ: text("typ"),
        von: text("von"),
        bis: text("bis"),
        ordnung: text("ordnung"),
    };
    let mut chrome = page.chrome.clone();
    chrome.schnellsuche = false;
    let mut view = Suche {
        chrome,
        gefragt: !frage.is_empty(),
        frage,
        fehler: vec![],
        anzahl: 0,
        treffer: vec![],
        meinten: None,
        gesetzt: vec![],
        facetten: vec![],
        blaettern: Blaettern::default(),
    };
    view.gesetzt = facetten::gesetzt(&view.frage.pairs());
    if !view.gefragt {
        return render(&view);
    }
    match ask(&page, &view.frage).await {
        Ok((found, blaettern)) => {
            let pairs = view.frage.pairs();
            let facets = found.facetten.unwrap_or_default();
            view.facetten = facetten::gruppen(&facets, &pairs);
            let other = |words: String| (facetten::with(&pairs, &[("q", &words)]), words);
            view.meinten = found.meinten_sie.map(other).map(|(path, words)| (words, path));
            view.anzahl = found.anzahl;
            view.treffer = found.treffer;
            view.blaettern = blaettern;
            render(&view)
        }
        // What was typed wrong is said beside the form, which keeps what was typed.
        Err(problem) if problem.code() == Code::EingabeUngueltig => {
            let said = problem.errors().iter().map(|f| f.text.clone());
            view.fehler = said.collect();
            super::anmeldung::again(&problem, &view)
        }
        Err(problem) => Err(problem),
    }
}

async fn ask(page: &Page, frage: &Frage) -> Result<(Suchergebnis, Blaettern), Problem> {
    let liste = Liste::new(page, frage, ZEILEN)?;
    let asked = Suchanfrage {
        text: frage.q.clone(),
        akte: None,
        oe: page.query.wahl("oe"),
        planeinheit: page.query.wahl("planeinheit"),
        typ: page.query.wahl("typ"),
        art: match frage.art.as_str() {
            "" => None,
            "dokument" => Some(Art::Dokument),
            "akte" => Some(Art::Akte),
            "vorgang" => Some(Art::Vorgang),
            _ => return Err(Problem::at("?art", "wert_ungueltig", "Diese Art gibt es nicht.")),
        },
        von: page.query.datum("von")?,
        bis: page.query.datum("bis")?,
        storno: None,
        ordnung: if frage.ordnung == "datum" { Order::Date } else { Order::Score },
        limit: liste.blatt.limit,
        nach: liste.blatt.nach.clone(),
        facetten: true,
    };
    let follow = page.setup.follow.clone();
    let found = page
        .signed
        .searching(move |acting| acting.reader()?.suche(&asked, || refusal::stale(&follow)))
        .await?;
    let links = liste.links("/suche", &frage.pairs(), found.weiter.as_deref());
    Ok((found, links))
}
