//! The documents of an invented city, for trying the product out.
//!
//! Lindenau an der Wessel does not exist, nor do its citizens, firms and addresses (its post code
//! and account numbers can't exist either). Equal seeds give equal documents; no clock and no
//! randomness of the system is asked. Plan units are those of `aktenplan/muster`; tax and
//! personnel files lie behind its walls `steuer` and `personal`, the others behind none.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::pdf::Briefkopf;

mod akten;
mod business;
mod citizens;
mod council;
mod dice;
mod formate;
mod notices;
mod people;
mod reihe;
mod requests;
mod satz;
mod tabelle;
mod vorlage;

use dice::Dice;
use people::{Adresse, Firma};
use satz::{Fall, Satz};
use vorlage::Vorlage;

pub use akten::{DemoAkte, Share, akten};
pub use formate::Form;

/// The city.
pub const STADT: &str = "Stadt Lindenau an der Wessel";
/// Its post code and name.
const ORT: &str = "00917 Lindenau an der Wessel";

/// The city's Organisationseinheiten: short sign and name.
pub const OES: [(&str, &str); 10] = [
    ("10", "Hauptamt"),
    ("11", "Personal und Organisation"),
    ("20", "Kämmerei und Steuern"),
    ("32", "Ordnungsamt"),
    ("40", "Schule, Kultur und Sport"),
    ("61", "Stadtplanung"),
    ("63", "Bauaufsicht und Denkmalpflege"),
    ("66", "Tiefbau und Straßen"),
    ("67", "Grünflächen und Friedhöfe"),
    ("80", "Wirtschaftsförderung und Tourismus"),
];

/// What becomes of a document after it was pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stand {
    /// It is in its Akte.
    Abgelegt,
    /// It waits in the Posteingang of its OE.
    Wartet,
    /// It is in its Akte, struck out.
    Storniert,
    /// It is in its Akte, in so many Fassungen.
    Fassungen(u32),
}

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
    /// Subject of the Akte it belongs to, within unit and OE.
    pub akte: String,
    /// Subject of the Vorgang within the Akte, if it belongs to one.
    pub vorgang: Option<String>,
    /// Fields of the Akte's type.
    pub felder: BTreeMap<&'static str, String>,
    /// What becomes of it.
    pub stand: Stand,
    /// What kind of file it is.
    pub form: Form,
    /// Head of the letter.
    pub kopf: Briefkopf,
    /// Its paragraphs, as `pdf::letter` takes them.
    pub absaetze: Vec<String>,
    /// File name, German letters and spaces included.
    pub dateiname: String,
}

impl DemoDocument {
    /// The document as a letter in PDF, whatever its own form is.
    #[must_use]
    pub fn pdf(&self) -> Vec<u8> {
        Form::Brief.bytes(&self.kopf, &self.absaetze)
    }

    /// The document in its own form.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.form.bytes(&self.kopf, &self.absaetze)
    }

    /// The draft it was before, for documents with several Fassungen.
    #[must_use]
    pub fn entwurf(&self, nummer: u32) -> Vec<u8> {
        let note = format!("ENTWURF, {nummer}. Fassung, noch nicht abgestimmt.");
        let most = self.absaetze.len().saturating_sub(1);
        let draft: Vec<String> =
            [note].into_iter().chain(self.absaetze.iter().take(most).cloned()).collect();
        self.form.bytes(&self.kopf, &draft)
    }
}

/// `count` documents; the n-th is the same whatever `count` is.
pub fn documents(count: usize, seed: u64) -> impl Iterator<Item = DemoDocument> {
    (0..count).map(move |number| document(number, seed))
}

/// `count` letters of one or two pages; the n-th is the same whatever `count` is.
pub fn letters(count: usize, seed: u64) -> impl Iterator<Item = DemoDocument> {
    (0..count).map(move |number| reihe::letter(number, seed))
}

/// Who wrote to whom.
#[derive(Clone, Debug)]
enum Weg {
    /// A citizen to the city.
    VonBuerger(Adresse),
    /// A firm, an association or an authority to the city.
    VonFirma(Firma),
    /// Somebody with a name and a street to the city.
    Von(String, String),
    /// The city to a citizen.
    AnBuerger(Adresse),
    /// The city to somebody with a name and a street.
    An(String, String),
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

/// A draft with its place and its form.
#[derive(Clone, Debug)]
struct Ablage {
    entwurf: Entwurf,
    datum: NaiveDate,
    form: Form,
    akte: String,
    vorgang: Option<String>,
    felder: BTreeMap<&'static str, String>,
}

fn document(number: usize, seed: u64) -> DemoDocument {
    let mut dice = Dice::new(seed, u64::try_from(number).unwrap_or(u64::MAX));
    let datum = werktag(dice.date());
    let ablage = reihe::ablage(number, &mut dice, datum, seed);
    ganz(number, &mut dice, ablage)
}

fn ganz(number: usize, dice: &mut Dice, ablage: Ablage) -> DemoDocument {
    let Ablage { entwurf, datum, form, akte, vorgang, felder } = ablage;
    let laufnummer = dice.between(3, 480);
    let kopf = kopf(&entwurf, datum, laufnummer);
    let stadt = || format!("{STADT}, {}", oe_name(entwurf.oe));
    let (absender, empfaenger, eingang) = match &entwurf.weg {
        Weg::VonBuerger(who) => (who.name(), Some(stadt()), true),
        Weg::VonFirma(firma) => (firma.name.clone(), Some(stadt()), true),
        Weg::Von(name, _) => (name.clone(), Some(stadt()), true),
        Weg::AnBuerger(who) => (stadt(), Some(who.name()), false),
        Weg::An(name, _) => (stadt(), Some(name.clone()), false),
        Weg::Intern => (stadt(), None, false),
    };
    let unterwegs = if eingang { Days::new(dice.between(1, 4)) } else { Days::new(0) };
    let dateiname = if eingang && form == Form::Brief && dice.chance(60) {
        format!("Scan {} {:04}.pdf", datum.format("%Y-%m-%d"), number + 1)
    } else {
        let kurz: String =
            entwurf.betreff.chars().filter(|c| !r#"/\:*?"<>|"#.contains(*c)).collect();
        let kurz: String = kurz.chars().take(80).collect();
        format!("{}{}", kurz.trim(), form.endung())
    };
    DemoDocument {
        stand: akten::stand(number, eingang, form, entwurf.plan),
        betreff: entwurf.betreff,
        typ: entwurf.typ,
        absender,
        empfaenger,
        datum,
        posteingangsdatum: werktag(datum + unterwegs),
        oe_kuerzel: entwurf.oe,
        planeinheit: entwurf.plan,
        akte,
        vorgang,
        felder,
        form,
        kopf,
        absaetze: entwurf.absaetze,
        dateiname,
    }
}

/// The n-th document of a template in `texte`.
fn geschrieben(name: &str, nth: usize, dice: &mut Dice, datum: NaiveDate, seed: u64) -> Ablage {
    let vorlage = Vorlage::named(name);
    let fall = Fall::new(vorlage, seed, nth);
    let datum = fall.as_ref().map_or(datum, |fall| werktag(fall.datum));
    let mut satz = Satz::new(dice, datum);
    satz.kopf(vorlage, fall.as_ref());
    let wer = satz.text(vorlage.kopf("wer").unwrap_or("{person}"));
    let adresse = satz.text(vorlage.kopf("adresse").unwrap_or("{anschrift}"));
    satz.setze("gruss", format!("Mit freundlichen Grüßen\n\n{wer}"));
    satz.setze("wer", wer.clone());
    satz.setze("adresse", adresse.clone());
    let im_auftrag = satz.text("Im Auftrag\n\n{anrede}");
    satz.setze("im_auftrag", im_auftrag);
    let betreff = satz.text(vorlage.kopf("betreff").unwrap_or_default());
    satz.setze("betreff", betreff.clone());
    let entwurf = Entwurf {
        weg: match vorlage.kopf("weg") {
            Some("von") => Weg::Von(wer, adresse),
            Some("an") => Weg::An(wer, adresse),
            _ => Weg::Intern,
        },
        typ: vorlage.kopf("typ").unwrap_or("schreiben"),
        oe: vorlage.kopf("oe").unwrap_or("10"),
        plan: vorlage.kopf("plan").unwrap_or("09.03"),
        absaetze: satz.absaetze(&vorlage.bloecke),
        betreff,
    };
    let akte = satz.text(vorlage.kopf("akte").unwrap_or("{betreff}"));
    let vorgang = vorlage.kopf("vorgang").map(|text| satz.text(text));
    let felder = fall.as_ref().map(|fall| satz.felder(fall)).unwrap_or_default();
    Ablage { entwurf, datum, form: Form::named(vorlage.kopf("form")), akte, vorgang, felder }
}

fn kopf(entwurf: &Entwurf, datum: NaiveDate, laufnummer: u64) -> Briefkopf {
    let stadt = |oe: &str| {
        vec![STADT.into(), oe_name(oe).to_owned(), "Markt 1 · Rathaus".into(), ORT.into()]
    };
    let from_office = |oe: &str| {
        let mut lines = stadt(oe);
        lines.push(format!("Sprechzeiten: Mo, Di, Do 8.30–12 Uhr · {}", oe_mail(oe)));
        lines
    };
    let with = |name: &str, street: &str| vec![name.to_owned(), street.to_owned(), ORT.into()];
    let zeichen = format!("Unser Zeichen: {} {}-{laufnummer}", entwurf.oe, entwurf.plan);
    let (absender, empfaenger, zeichen) = match &entwurf.weg {
        Weg::VonBuerger(who) => (who.lines(), stadt(entwurf.oe), Vec::new()),
        Weg::Von(name, street) => (with(name, street), stadt(entwurf.oe), Vec::new()),
        Weg::VonFirma(firma) => {
            let theirs = format!("Unser Zeichen: {}/{laufnummer}", firma.kuerzel);
            (firma.lines(), stadt(entwurf.oe), vec![theirs])
        }
        Weg::AnBuerger(who) => (from_office(entwurf.oe), who.lines(), vec![zeichen]),
        Weg::An(name, street) => (from_office(entwurf.oe), with(name, street), vec![zeichen]),
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
mod tests;
