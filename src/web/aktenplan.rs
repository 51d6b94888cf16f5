//! `/aktenplan`: the filing plan, one level at a time; a unit with its rule and its Akten.

use actix_web::HttpResponse;
use askama::Template;

use super::{
    chrome::{Chrome, allowed},
    door::{Page, render},
    listen::{Blaettern, Liste, ZEILEN},
    routes::{Collector, READERS, Who},
    show,
};
use crate::{
    domain::aktenplan::{Einheit, Fristart, Regel},
    http::problem::Problem,
    registry::{
        AkteAnsicht, AktenFilter, AktenplanAnsicht, Blatt, Member, PlaneinheitAnsicht, Seite,
    },
};

/// Units of one level that are shown at once.
const UNITS: usize = 100;
/// The deepest plan: no way up is longer.
const DEPTH_MAX: usize = 12;

pub(super) fn collect(routes: &mut Collector) {
    routes.get("/aktenplan", "aktenplan", Who::Member, top);
    routes.get("/aktenplan/{nummer}", "planeinheit", Who::Member, unit);
}

#[derive(Template)]
#[template(path = "aktenplan.html")]
struct Top {
    chrome: Chrome,
    plan: AktenplanAnsicht,
    einheiten: Vec<PlaneinheitAnsicht>,
    blaettern: Blaettern,
}

#[derive(Template)]
#[template(path = "planeinheit.html")]
struct Unit {
    chrome: Chrome,
    /// From the top down to the unit above.
    weg: Vec<PlaneinheitAnsicht>,
    einheit: PlaneinheitAnsicht,
    frist: Option<String>,
    unter: Vec<PlaneinheitAnsicht>,
    liest: bool,
    akten: Vec<AkteAnsicht>,
    blaettern: Blaettern,
}

async fn top(page: Page) -> Result<HttpResponse, Problem> {
    let liste = Liste::new(&page, &(), UNITS)?;
    let blatt = liste.blatt.clone();
    let read = page.signed.acting(move |acting| {
        let member = acting.member();
        Ok((member.aktenplan()?, member.planeinheiten(Some(""), &blatt)?))
    });
    let (plan, units) = read.await?;
    let blaettern = liste.links("/aktenplan", &[], units.weiter.as_deref());
    render(&Top { chrome: page.chrome, plan, einheiten: units.eintraege, blaettern })
}

async fn unit(page: Page) -> Result<HttpResponse, Problem> {
    let nummer = page.signed.open.path("nummer");
    let liste = Liste::new(&page, &nummer, ZEILEN)?;
    let liest = allowed(&page.signed.caller, READERS);
    let (number, blatt) = (nummer.clone(), liste.blatt.clone());
    let read = page.signed.acting(move |acting| {
        let member = acting.member();
        let einheit = member.planeinheit(&number)?;
        let weg = way(&member, &einheit)?;
        // On an inner unit the pages are those of its units, on a leaf those of its Akten.
        let unter = match einheit.blatt {
            true => Seite { eintraege: vec![], weiter: None },
            false => {
                let blatt = Blatt { limit: UNITS, nach: blatt.nach.clone() };
                member.planeinheiten(Some(&number), &blatt)?
            }
        };
        let akten = match einheit.blatt && liest {
            false => Seite { eintraege: vec![], weiter: None },
            true => {
                let planeinheit = Some(number);
                let filter = AktenFilter { planeinheit, ..AktenFilter::default() };
                acting.reader()?.akten(&filter, &blatt)?
            }
        };
        Ok((weg, einheit, unter, akten))
    });
    let (weg, einheit, unter, akten) = read.await?;
    let next = unter.weiter.or(akten.weiter);
    let path = format!("/aktenplan/{}", show::prozent(&nummer));
    let blaettern = liste.links(&path, &[], next.as_deref());
    let frist = einheit.regel.as_ref().map(rule);
    let (unter, akten) = (unter.eintraege, akten.eintraege);
    let chrome = page.chrome;
    render(&Unit { chrome, weg, einheit, frist, unter, liest, akten, blaettern })
}

fn way(
    member: &Member,
    unit: &PlaneinheitAnsicht,
) -> Result<Vec<PlaneinheitAnsicht>, crate::registry::Error> {
    let mut way = Vec::new();
    let mut above = unit.uebergeordnet.clone();
    while let Some(number) = above.filter(|_| way.len() < DEPTH_MAX) {
        let unit = member.planeinheit(&number)?;
        above = unit.uebergeordnet.clone();
        way.push(unit);
    }
    way.reverse();
    Ok(way)
}

/// A rule in a few words.
fn rule(rule: &Regel) -> String {
    let Some(duration) = rule.dauer else { return "dauernd aufzubewahren".into() };
    let unit = match rule.einheit {
        Einheit::Tage => "Tage",
        Einheit::Monate => "Monate",
        Einheit::Jahre => "Jahre",
    };
    let least = if rule.art == Fristart::Mindest { "mindestens" } else { "höchstens" };
    let from = match rule.anker.as_str() {
        "schliessung" => "Schließung".to_owned(),
        "dreissigster_geburtstag" => "dem 30. Geburtstag".to_owned(),
        "gueltigkeitsende" => "dem Ende der Gültigkeit".to_owned(),
        "erloeschen" => "Erlöschen".to_owned(),
        "feststellung_jahresabschluss" => "Feststellung des Jahresabschlusses".to_owned(),
        other => show::wort(other),
    };
    format!("{least} {duration} {unit} ab {from}")
}
