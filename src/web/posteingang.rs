//! `/posteingang`: documents that wait to be filed, and the form that files one.
//!
//! The form carries the version the clerk saw. If the document was changed meanwhile, nothing is
//! done: the page says so and shows it as it is now. Suggestions stand above the form and fill its
//! fields; what is done is what the clerk sends.

use actix_web::HttpResponse;
use askama::Template;
use uuid::Uuid;

use super::{
    anmeldung::again,
    chrome::Chrome,
    door::{Page, render, see_other},
    felder::Felder,
    listen::{Blaettern, Liste, ZEILEN},
    routes::{CLERKS, Collector},
    show,
};
use crate::{
    domain::akte::Zustand,
    follow::Follow,
    http::{
        problem::{Code, Problem},
        refusal,
    },
    registry::{
        Acting, AkteAnsicht, AktenFilter, Art, Blatt, DokumentAenderung, DokumentAnsicht, Error,
        Feld, Gruppenvorschlag, Planvorschlag, PosteingangFilter, Sicherheit, Textlage,
        VorgangAnsicht, Vorschlaege, Zielangabe,
    },
};

/// Akten that the form proposes.
const PROPOSED: usize = 20;
/// The field that says where a document goes.
const AKTENZEICHEN: &str = "aktenzeichen";
/// Plan units among the suggestions.
const EINHEITEN: usize = 3;
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
    /// Where it may belong; none once it is filed.
    vorschlaege: Option<Vorschlaege>,
    /// Open Akten, last changed first: of the unit that was chosen, or all.
    akten: Vec<AkteAnsicht>,
    /// The Akte that was named, where there is one.
    akte: Option<AkteAnsicht>,
    vorgaenge: Vec<VorgangAnsicht>,
}

/// A field that is filled in.
struct Angabe {
    name: &'static str,
    titel: &'static str,
    wert: String,
    /// True: it comes from the letter's head, and nobody has looked at it yet.
    vorgeschlagen: bool,
}

#[derive(Template)]
#[template(path = "ablage.html")]
struct Form {
    chrome: Chrome,
    stand: Stand,
    aktenzeichen: String,
    /// The plan unit that was chosen among the suggestions.
    planeinheit: String,
    angaben: Vec<Angabe>,
    vorgang: Option<Uuid>,
    fehler: Option<String>,
    /// The field that it is about.
    ort: &'static str,
    veraltet: bool,
}

impl Form {
    /// What is wrong with that field.
    fn fehler_an(&self, name: impl AsRef<str>) -> Option<&str> {
        let here = !self.veraltet && self.ort == name.as_ref();
        self.fehler.as_deref().filter(|_| here)
    }
}

/// What was asked for.
#[derive(Clone, Default)]
struct Wunsch {
    aktenzeichen: Option<String>,
    planeinheit: Option<String>,
}

/// Without a plan there is nothing to suggest; anything else the operator has to know.
fn unless_no_plan(error: &Error) {
    if error.art != Art::Zustand {
        tracing::warn!(art = ?error.art, "no suggestions");
    }
}

fn stand(acting: &Acting, follow: &Follow, id: Uuid, wunsch: Wunsch) -> Result<Stand, Error> {
    acting.clerk()?;
    let reader = acting.reader()?;
    let dokument = reader.dokument(id)?;
    let vorschlaege = match dokument.akte_id {
        Some(_) => None,
        // Better a form without suggestions than none.
        None => {
            let found = reader.vorschlaege(id, || refusal::stale(follow));
            found.inspect_err(unless_no_plan).ok()
        }
    };
    let Wunsch { aktenzeichen, planeinheit } = wunsch;
    let zustand = Some(Zustand::Offen);
    let offen = AktenFilter { zustand, planeinheit, ..AktenFilter::default() };
    let akten = reader.akten(&offen, &Blatt { limit: PROPOSED, nach: None })?.eintraege;
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
    Ok(Stand { dokument, vorschlaege, akten, akte, vorgaenge })
}

impl Stand {
    /// The fields as they were typed, else as they are known, else as the letter's head says.
    fn angaben(&self, getippt: &Felder) -> Vec<Angabe> {
        let d = &self.dokument;
        let kopf = self.vorschlaege.as_ref().map(|v| v.kopf.clone()).unwrap_or_default();
        // Without a Betreff a document is called like its file.
        let file = d.fassungen.first().and_then(|f| f.formate.first());
        let named = file.is_some_and(|file| file.dateiname == d.betreff);
        let angabe = |name, titel, bekannt: Option<String>, kopf: Option<String>| {
            let typed = getippt.wahl(name);
            let vorgeschlagen = typed.is_none() && bekannt.is_none() && kopf.is_some();
            let wert = typed.or(bekannt).or(kopf).unwrap_or_default();
            Angabe { name, titel, wert, vorgeschlagen }
        };
        let betreff = Some(d.betreff.clone()).filter(|_| !named || kopf.betreff.is_none());
        let tag = |date: chrono::NaiveDate| show::tag(&date);
        let (datum, gelesen) = (d.datum.map(tag), kopf.datum.map(tag));
        vec![
            angabe("betreff", "Betreff", betreff, kopf.betreff),
            angabe("datum", "Datum des Schreibens (TT.MM.JJJJ)", datum, gelesen),
            angabe("absender", "Absender", d.absender.clone(), kopf.absender),
        ]
    }

    /// The first plan units.
    fn einheiten(&self) -> &[Planvorschlag] {
        let all = self.vorschlaege.as_ref().map_or(&[][..], |v| v.planeinheiten.as_slice());
        all.get(..EINHEITEN.min(all.len())).unwrap_or_default()
    }

    /// True: the model does not know, and says so.
    fn unsicher(&self) -> bool {
        self.vorschlaege.as_ref().is_some_and(|v| v.sicher == Sicherheit::WeissNicht)
    }

    /// The group that alone is known.
    fn gruppe(&self) -> Option<&Gruppenvorschlag> {
        let found = self.vorschlaege.as_ref().filter(|v| v.sicher == Sicherheit::Gruppe);
        found.and_then(|v| v.gruppen.first())
    }

    /// True: there will be more once the text is read.
    fn liest_noch(&self) -> bool {
        self.vorschlaege.as_ref().is_some_and(|v| v.text == Textlage::Offen)
    }
}

async fn form(page: Page) -> Result<HttpResponse, Problem> {
    let id = page.id()?;
    let named = page.query.wahl("aktenzeichen");
    let planeinheit = page.query.wahl("planeinheit");
    let wunsch = Wunsch { aktenzeichen: named.clone(), planeinheit: planeinheit.clone() };
    // It asks the index for similar files, so it takes its turn with the searches.
    let follow = page.setup.follow.clone();
    let stand = page.signed.searching(move |acting| stand(acting, &follow, id, wunsch)).await?;
    let missing = named.is_some() && stand.akte.is_none();
    let aktenzeichen = named.unwrap_or_default();
    let fehler = missing.then(|| unknown_akte(&aktenzeichen));
    let (angaben, planeinheit) = (stand.angaben(&page.query), planeinheit.unwrap_or_default());
    render(&Form {
        chrome: page.chrome,
        stand,
        aktenzeichen,
        planeinheit,
        angaben,
        vorgang: None,
        fehler,
        ort: AKTENZEICHEN,
        veraltet: false,
    })
}

fn unknown_akte(aktenzeichen: &str) -> String {
    format!(
        "Unter „{aktenzeichen}“ gibt es keine Akte, oder Sie haben keinen Zugriff darauf. Prüfen \
         Sie das Aktenzeichen."
    )
}

/// The metadata that the form carries; a field that is empty leaves what there is.
fn aenderung(page: &Page) -> Result<DokumentAenderung, Problem> {
    let feld = |wert: Option<String>| wert.map_or(Feld::Unveraendert, Feld::Wert);
    Ok(DokumentAenderung {
        betreff: page.form.wahl("betreff"),
        datum: page.form.datum("datum")?.map_or(Feld::Unveraendert, Feld::Wert),
        absender: feld(page.form.wahl("absender")),
        ..DokumentAenderung::default()
    })
}

async fn file(page: Page) -> Result<HttpResponse, Problem> {
    let id = page.id()?;
    let named = page.form.wahl("aktenzeichen");
    let vorgang = page.form.id("vorgang")?;
    let version = page.form.zahl::<u64>("version")?.unwrap_or_default();
    let change = match aenderung(&page) {
        Ok(change) => change,
        Err(problem) => return refused(page, id, problem, vorgang).await,
    };
    let target = match (vorgang, &named) {
        (Some(vorgang), _) => Zielangabe { vorgang_id: Some(vorgang), ..Zielangabe::default() },
        (None, Some(_)) => Zielangabe { aktenzeichen: named.clone(), ..Zielangabe::default() },
        (None, None) => {
            let text = "Nennen Sie das Aktenzeichen.";
            return refused(page, id, Problem::at("/aktenzeichen", "fehlt", text), vorgang).await;
        }
    };
    let done =
        page.signed.acting(move |acting| acting.clerk()?.ablegen_mit(id, version, target, change));
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
        Code::AnfrageUngueltig,
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
    let wunsch = Wunsch { aktenzeichen: named.clone(), planeinheit: None };
    let follow = page.setup.follow.clone();
    let stand = page.signed.searching(move |acting| stand(acting, &follow, id, wunsch)).await?;
    let veraltet = problem.code() == Code::Veraltet;
    let aktenzeichen = named.unwrap_or_default();
    let place = problem.errors().iter().find(|f| !f.text.is_empty());
    let ort = match place.map(|f| f.zeiger.trim_start_matches(['/', '?'])) {
        Some("betreff") => "betreff",
        Some("datum") => "datum",
        Some("absender") => "absender",
        _ => AKTENZEICHEN,
    };
    let fehler = match problem.code() {
        Code::NichtGefunden => unknown_akte(&aktenzeichen),
        _ => place.map_or_else(|| problem.detail().to_owned(), |f| f.text.clone()),
    };
    // What somebody else has changed is shown as it is now.
    let getippt = if veraltet { &Felder::default() } else { &page.form };
    let angaben = stand.angaben(getippt);
    let view = Form {
        chrome: page.chrome,
        stand,
        aktenzeichen,
        planeinheit: String::new(),
        angaben,
        vorgang,
        fehler: Some(fehler),
        ort,
        veraltet,
    };
    again(&problem, &view)
}
