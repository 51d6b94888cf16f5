//! `/aktenplan`: the filing plan, one level at a time, whole or what one OE works with; a unit with
//! its rule and its Akten.

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
    domain::{
        access::Wer,
        aktenplan::{Anker, Einheit, Fristart, Regel},
    },
    http::problem::Problem,
    registry::{
        Acting, AkteAnsicht, AktenFilter, AktenplanAnsicht, Blatt, Error, Member, OeAnsicht,
        PlaneinheitAnsicht, Seite,
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

/// The part of the plan that is looked at.
struct Auswahl {
    /// Only what this OE works with.
    oe: Option<OeAnsicht>,
    /// The reader's own OE.
    eigene: Option<OeAnsicht>,
    /// Behind the address of each unit.
    anhang: String,
}

impl Auswahl {
    fn read(acting: &Acting, named: Option<&str>) -> Result<Self, Error> {
        let member = acting.member();
        let oe = named.map(|oe| member.oe_genannt(oe)).transpose()?;
        let own = match &acting.actor().wer {
            Wer::Person { oe, .. } => *oe,
            Wer::Maschine(_) => None,
        };
        let eigene = own.map(|own| member.oe(own)).transpose()?.filter(|oe| oe.aktiv);
        let anhang = named.map_or_else(String::new, |oe| show::query(&[("oe", oe)]));
        Ok(Self { oe, eigene, anhang })
    }
}

#[derive(Template)]
#[template(path = "aktenplan.html")]
struct Top {
    chrome: Chrome,
    auswahl: Auswahl,
    plan: AktenplanAnsicht,
    einheiten: Vec<PlaneinheitAnsicht>,
    blaettern: Blaettern,
}

#[derive(Template)]
#[template(path = "planeinheit.html")]
struct Unit {
    chrome: Chrome,
    auswahl: Auswahl,
    /// From the top down to the unit above.
    weg: Vec<PlaneinheitAnsicht>,
    einheit: PlaneinheitAnsicht,
    frist: Option<String>,
    /// What it became, if it is shut down.
    nachfolger: Vec<String>,
    unter: Vec<PlaneinheitAnsicht>,
    liest: bool,
    akten: Vec<AkteAnsicht>,
    blaettern: Blaettern,
}

async fn top(page: Page) -> Result<HttpResponse, Problem> {
    let oe = page.query.wahl("oe");
    let liste = Liste::new(&page, &oe, UNITS)?;
    let (blatt, of) = (liste.blatt.clone(), oe.clone());
    let read = page.signed.acting(move |acting| {
        let (member, of) = (acting.member(), of.as_deref());
        let auswahl = Auswahl::read(acting, of)?;
        Ok((auswahl, member.aktenplan()?, member.planeinheiten(Some(""), of, &blatt)?))
    });
    let (auswahl, plan, units) = read.await?;
    let pairs = [("oe", oe.as_deref().unwrap_or_default())];
    let blaettern = liste.links("/aktenplan", &pairs, units.weiter.as_deref());
    render(&Top { chrome: page.chrome, auswahl, plan, einheiten: units.eintraege, blaettern })
}

async fn unit(page: Page) -> Result<HttpResponse, Problem> {
    let nummer = page.signed.open.path("nummer");
    let oe = page.query.wahl("oe");
    let liste = Liste::new(&page, &(&nummer, &oe), ZEILEN)?;
    let liest = allowed(&page.signed.caller, READERS);
    let (number, blatt, of) = (nummer.clone(), liste.blatt.clone(), oe.clone());
    let read = page.signed.acting(move |acting| {
        let (member, of) = (acting.member(), of.as_deref());
        let auswahl = Auswahl::read(acting, of)?;
        let einheit = member.planeinheit(&number)?;
        let weg = way(&member, &einheit)?;
        let nachfolger = match einheit.stillgelegt {
            true => member.konkordanz(&number)?.heute,
            false => vec![],
        };
        // On an inner unit the pages are those of its units, on a leaf those of its Akten.
        let unter = match einheit.blatt {
            true => Seite { eintraege: vec![], weiter: None },
            false => {
                let blatt = Blatt { limit: UNITS, nach: blatt.nach.clone() };
                member.planeinheiten(Some(&number), of, &blatt)?
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
        Ok((auswahl, weg, (einheit, nachfolger), unter, akten))
    });
    let (auswahl, weg, (einheit, nachfolger), unter, akten) = read.await?;
    let next = unter.weiter.or(akten.weiter);
    let path = format!("/aktenplan/{}", show::prozent(&nummer));
    let pairs = [("oe", oe.as_deref().unwrap_or_default())];
    let blaettern = liste.links(&path, &pairs, next.as_deref());
    let frist = einheit.regel.as_ref().map(rule);
    let (unter, akten) = (unter.eintraege, akten.eintraege);
    let chrome = page.chrome;
    render(&Unit {
        chrome,
        auswahl,
        weg,
        einheit,
        nachfolger,
        frist,
        unter,
        liest,
        akten,
        blaettern,
    })
}

fn way(member: &Member, unit: &PlaneinheitAnsicht) -> Result<Vec<PlaneinheitAnsicht>, Error> {
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
    let from = match Anker::lesen(&rule.anker) {
        Some(Anker::Spaeteres(names)) => {
            format!(
                "dem späteren Tag ({})",
                names.into_iter().map(day).collect::<Vec<_>>().join(" oder ")
            )
        }
        Some(Anker::Frueheres(names)) => {
            format!(
                "dem früheren Tag ({})",
                names.into_iter().map(day).collect::<Vec<_>>().join(" oder ")
            )
        }
        _ => day(&rule.anker),
    };
    format!("{least} {duration} {unit} ab {from}")
}

/// A fact from which is counted, in words.
fn day(fact: &str) -> String {
    match fact {
        "schliessung" => "Schließung".to_owned(),
        "geburt_187_2" => "der Geburt (deren Tag zählt mit)".to_owned(),
        "dreissigster_geburtstag" => "dem 30. Geburtstag".to_owned(),
        "gueltigkeitsende" => "dem Ende der Gültigkeit".to_owned(),
        "erloeschen" => "Erlöschen".to_owned(),
        "feststellung_jahresabschluss" => "Feststellung des Jahresabschlusses".to_owned(),
        other => show::wort(other),
    }
}
