//! The documents of an invented city, for trying the product out.
//!
//! Lindenau an der Wessel does not exist, nor do its citizens, firms and addresses (its post code
//! and account numbers can't exist either). Equal seeds give equal documents; no clock and no
//! randomness of the system is asked. Plan units are those of `aktenplan/muster`; tax
//! files lie behind its wall `steuer`, the others behind none.

use chrono::{Days, NaiveDate};

use super::pdf::{Briefkopf, letter};

mod business;
mod citizens;
mod council;
mod dice;
mod notices;
mod people;
mod requests;

use dice::Dice;
use people::{Adresse, Firma};

/// The city.
pub const STADT: &str = "Stadt Lindenau an der Wessel";
/// Its post code and name.
const ORT: &str = "00917 Lindenau an der Wessel";

/// The city's Organisationseinheiten: short sign and name.
pub const OES: [(&str, &str); 9] = [
    ("10", "Hauptamt"),
    ("20", "Kämmerei und Steuern"),
    ("32", "Ordnungsamt"),
    ("40", "Schule, Kultur und Sport"),
    ("61", "Stadtplanung"),
    ("63", "Bauaufsicht und Denkmalpflege"),
    ("66", "Tiefbau und Straßen"),
    ("67", "Grünflächen und Friedhöfe"),
    ("80", "Wirtschaftsförderung und Tourismus"),
];

/// A document with what a scan station or a clerk would say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoDocument {
    /// Subject.
    pub betreff: String,
    /// Type, e.g. `bescheid`.
    pub typ: &'static str,
    /// Sender.
    pub absender: String,
    /// Recipient; none for minutes and notes.
    pub empfaenger: Option<String>,
    /// Date of the letter.
    pub datum: NaiveDate,
    /// Arrival at the city; for what the city wrote itself, the date of the letter.
    pub posteingangsdatum: NaiveDate,
    /// Responsible OE (`OES`).
    pub oe_kuerzel: &'static str,
    /// Unit of the Musterplan under which it belongs.
    pub planeinheit: &'static str,
    /// Head of the letter.
    pub kopf: Briefkopf,
    /// Its paragraphs, as `pdf::letter` takes them.
    pub absaetze: Vec<String>,
    /// File name, German letters and spaces included.
    pub dateiname: String,
}

impl DemoDocument {
    /// The document as a PDF.
    #[must_use]
    pub fn pdf(&self) -> Vec<u8> {
        letter(&self.kopf, &self.absaetze)
    }
}

/// `count` documents; the n-th is the same whatever `count` is.
pub fn documents(count: usize, seed: u64) -> impl Iterator<Item = DemoDocument> {
    (0..count).map(move |number| document(number, seed))
}

/// Who wrote to whom.
#[derive(Clone, Debug)]
enum Weg {
    /// A citizen to the city.
    VonBuerger(Adresse),
    /// A firm, an association or an authority to the city.
    VonFirma(Firma),
    /// The city to a citizen.
    AnBuerger(Adresse),
    /// The city to itself: minutes, notes.
    Intern,
}

/// What a template says; the rest follows from it.
#[derive(Clone, Debug)]
struct Entwurf {
    weg: Weg,
    typ: &'static str,
    oe: &'static str,
    plan: &'static str,
    betreff: String,
    absaetze: Vec<String>,
}

type Vorlage = fn(&mut Dice, NaiveDate) -> Entwurf;

/// All templates. Neighbours differ, so that the first dozen documents already shows the range.
const VORLAGEN: [Vorlage; 24] = [
    citizens::bauantrag,
    notices::hundesteuer,
    council::stadtrat,
    business::rechnung_bau,
    citizens::laerm,
    notices::baugenehmigung,
    citizens::widerspruch_gewerbesteuer,
    business::angebot,
    citizens::baumfaellung,
    notices::sondernutzung,
    council::vermerk_ortstermin,
    citizens::strassenschaden,
    notices::grundsteuer,
    business::stellungnahme_versorger,
    citizens::gewerbeanmeldung,
    notices::denkmal,
    council::ausschuss_bau,
    business::rechnung_material,
    requests::einwendung_bebauungsplan,
    notices::ordnungswidrigkeit,
    requests::vereinsfoerderung,
    business::wartungsvertrag,
    council::vermerk_kalkulation,
    requests::informationszugang,
];

fn document(number: usize, seed: u64) -> DemoDocument {
    let mut dice = Dice::new(seed, u64::try_from(number).unwrap_or(u64::MAX));
    let datum = werktag(dice.date());
    let vorlage = VORLAGEN.get(number % VORLAGEN.len()).copied().unwrap_or(council::stadtrat);
    let entwurf = vorlage(&mut dice, datum);
    let laufnummer = dice.between(3, 480);
    let kopf = kopf(&entwurf, datum, laufnummer);
    let stadt = || format!("{STADT}, {}", oe_name(entwurf.oe));
    let (absender, empfaenger, eingang) = match &entwurf.weg {
        Weg::VonBuerger(who) => (who.name(), Some(stadt()), true),
        Weg::VonFirma(firma) => (firma.name.clone(), Some(stadt()), true),
        Weg::AnBuerger(who) => (stadt(), Some(who.name()), false),
        Weg::Intern => (stadt(), None, false),
    };
    let unterwegs = if eingang { Days::new(dice.between(1, 4)) } else { Days::new(0) };
    let dateiname = if eingang && dice.chance(60) {
        format!("Scan {} {:04}.pdf", datum.format("%Y-%m-%d"), number + 1)
    } else {
        let kurz: String =
            entwurf.betreff.chars().filter(|c| !r#"/\:*?"<>|"#.contains(*c)).collect();
        format!("{}.pdf", kurz.chars().take(80).collect::<String>().trim())
    };
    DemoDocument {
        betreff: entwurf.betreff,
        typ: entwurf.typ,
        absender,
        empfaenger,
        datum,
        posteingangsdatum: werktag(datum + unterwegs),
        oe_kuerzel: entwurf.oe,
        planeinheit: entwurf.plan,
        kopf,
        absaetze: entwurf.absaetze,
        dateiname,
    }
}

fn kopf(entwurf: &Entwurf, datum: NaiveDate, laufnummer: u64) -> Briefkopf {
    let stadt = |oe: &str| {
        vec![STADT.into(), oe_name(oe).to_owned(), "Markt 1 · Rathaus".into(), ORT.into()]
    };
    let zeichen = format!("Unser Zeichen: {} {}-{laufnummer}", entwurf.oe, entwurf.plan);
    let (absender, empfaenger, zeichen) = match &entwurf.weg {
        Weg::VonBuerger(who) => (who.lines(), stadt(entwurf.oe), Vec::new()),
        Weg::VonFirma(firma) => {
            let theirs = format!("Unser Zeichen: {}/{laufnummer}", firma.kuerzel);
            (firma.lines(), stadt(entwurf.oe), vec![theirs])
        }
        Weg::AnBuerger(who) => {
            let mut lines = stadt(entwurf.oe);
            lines.push(format!("Sprechzeiten: Mo, Di, Do 8.30–12 Uhr · {}", oe_mail(entwurf.oe)));
            (lines, who.lines(), vec![zeichen])
        }
        Weg::Intern => (stadt(entwurf.oe), Vec::new(), vec![zeichen]),
    };
    let ort_datum = format!("Lindenau, {}", lang(datum));
    Briefkopf { absender, empfaenger, zeichen, ort_datum, betreff: entwurf.betreff.clone() }
}

/// Full name of an OE.
fn oe_name(kuerzel: &str) -> &'static str {
    OES.iter().find(|(sign, _)| *sign == kuerzel).map_or("Hauptamt", |(_, name)| name)
}

fn oe_mail(kuerzel: &str) -> String {
    format!("amt{kuerzel}@lindenau-wessel.example")
}

/// Offices write on weekdays.
fn werktag(day: NaiveDate) -> NaiveDate {
    use chrono::{Datelike, Weekday};
    match day.weekday() {
        Weekday::Sat => day + Days::new(2),
        Weekday::Sun => day + Days::new(1),
        _ => day,
    }
}

/// `3. März 2026`.
fn lang(day: NaiveDate) -> String {
    use chrono::Datelike;
    const MONATE: [&str; 12] = [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ];
    let monat = usize::try_from(day.month0()).ok().and_then(|month| MONATE.get(month));
    format!("{}. {} {}", day.day(), monat.copied().unwrap_or_default(), day.year())
}

/// `1.234,50 €`.
fn euro(cents: u64) -> String {
    let whole = (cents / 100).to_string();
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    format!("{grouped},{:02} €", cents % 100)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn equal_seeds_give_equal_documents_and_others_do_not() {
        let first: Vec<_> = documents(60, 7).collect();
        assert_eq!(first, documents(300, 7).take(60).collect::<Vec<_>>());
        assert_ne!(first, documents(60, 8).collect::<Vec<_>>());
        assert_eq!(first[3].pdf(), first[3].pdf());
    }

    #[test]
    fn three_hundred_documents_do_not_look_alike() {
        let all: Vec<_> = documents(300, 1).collect();
        let texts: BTreeSet<_> = all.iter().map(|document| &document.absaetze).collect();
        assert_eq!(texts.len(), all.len());
        let betreffe: BTreeSet<_> = all.iter().map(|document| &document.betreff).collect();
        assert!(betreffe.len() > 250, "{}", betreffe.len());
        let mut types = BTreeMap::new();
        for document in &all {
            *types.entry(document.typ).or_insert(0) += 1;
            assert!(OES.iter().any(|(kuerzel, _)| *kuerzel == document.oe_kuerzel));
            assert!(document.posteingangsdatum >= document.datum);
            assert!(!document.dateiname.contains('/'));
            let words = document.absaetze.join(" ").split_whitespace().count();
            assert!(words > 60, "{}: {words} words", document.betreff);
            assert!(!document.absaetze.join(" ").contains("  "), "{}", document.betreff);
        }
        assert!(types.len() >= 9, "{types:?}");
    }

    /// Every plan unit named here can hold a file; the Kämmerei's tax files alone are walled.
    #[test]
    fn plan_units_exist() {
        let plan = concat!(env!("CARGO_MANIFEST_DIR"), "/aktenplan/muster/plan.csv");
        let Ok(mut rows) = csv::ReaderBuilder::new().delimiter(b';').from_path(plan) else {
            println!("SKIPPED: no Musterplan here");
            return;
        };
        let heads = rows.headers().unwrap().clone();
        let column = |name| heads.iter().position(|head| head == name).unwrap();
        let (number, above) = (column("nummer"), column("uebergeordnet"));
        let wall = column("schutzklasse");
        let rows: Vec<_> = rows.records().map(Result::unwrap).collect();
        for document in documents(VORLAGEN.len() * 8, 3) {
            let unit = document.planeinheit;
            let own: Vec<_> = rows.iter().filter(|row| &row[number] == unit).collect();
            assert!(!own.is_empty(), "{unit}");
            let expected = if unit.starts_with("611.") { "steuer" } else { "" };
            assert!(own.iter().all(|row| &row[wall] == expected), "{unit}: wall");
            assert_eq!(expected == "steuer", document.oe_kuerzel == "20", "{unit}");
            assert!(rows.iter().all(|row| &row[above] != unit), "{unit} has units below it");
        }
    }

    #[test]
    fn numbers_and_days_as_germans_write_them() {
        assert_eq!(euro(123_456_750), "1.234.567,50 €");
        assert_eq!(euro(99_905), "999,05 €");
        assert_eq!(lang(NaiveDate::from_ymd_opt(2026, 3, 3).unwrap()), "3. März 2026");
    }
}
