//! Which template makes the n-th document, and where it belongs.
//!
//! Neighbours differ, so that the first dozen documents already shows the range. Reports of fifty
//! pages come in the first round and in every third one after it; letters take their place.

use chrono::NaiveDate;

use super::{
    Ablage, DemoDocument, Dice, Entwurf, Form, Satz, business, citizens, council, ganz,
    geschrieben, notices, requests, werktag,
};

type Vorlage = fn(&mut Dice, NaiveDate) -> Entwurf;

/// A template.
#[derive(Clone, Copy, Debug)]
pub enum Quelle {
    /// Written as code: how it is made, the subject of its Akte, and that of its Vorgang.
    Brief(Vorlage, &'static str, Option<&'static str>),
    /// Written as text.
    Text(&'static str),
    /// Written as text, fifty pages long.
    Bericht(&'static str),
}

use Quelle::{Bericht, Brief, Text};

/// All templates.
pub const REIHE: [Quelle; 71] = [
    Text("bauantrag"),
    Brief(notices::hundesteuer, "Hundesteuerbescheide {jahr}", None),
    Brief(council::stadtrat, "Stadtrat: Niederschriften", None),
    Brief(business::rechnung_bau, "Straßenbau: Eingangsrechnungen", Some("Haushaltsjahr {jahr}")),
    Brief(citizens::laerm, "Beschwerden über Lärm", Some("Eingänge {jahr}")),
    Text("baugenehmigung"),
    Text("mail_schlagloch"),
    Brief(citizens::widerspruch_gewerbesteuer, "Widersprüche zur Gewerbesteuer", None),
    Text("nachforderung"),
    Text("sitzung_stadtrat"),
    Text("html_aufgrabung"),
    Brief(business::angebot, "Angebote und Preisanfragen {jahr}", None),
    Bericht("bericht_laerm"),
    Text("rechnung_ingenieur"),
    Brief(notices::sondernutzung, "Sondernutzungen {jahr}", None),
    Text("personal_arbeitsvertrag"),
    Text("csv_laternen"),
    Text("gewerbesteuerbescheid"),
    Brief(council::vermerk_ortstermin, "Ortstermine und Begehungen", None),
    Text("rtf_telefonnotiz"),
    Brief(citizens::strassenschaden, "Schadensmeldungen Straßen", Some("Meldungen {jahr}")),
    Text("sitzung_bauausschuss"),
    Text("xml_ummeldung"),
    Text("rechnung_kanal"),
    Brief(notices::grundsteuer, "Grundsteuerbescheide {jahr}", None),
    Brief(
        business::stellungnahme_versorger,
        "{plangebiet}",
        Some("Beteiligung der Träger öffentlicher Belange"),
    ),
    Bericht("bericht_haushalt"),
    Text("nachbar_einwendung"),
    Text("rechnung_kanal"),
    Text("markdown_notiz"),
    Brief(citizens::gewerbeanmeldung, "Gewerbeanzeigen {jahr}", None),
    Text("personal_hoehergruppierung"),
    Brief(notices::denkmal, "Denkmalrechtliche Genehmigungen", None),
    Text("bauvorbescheid"),
    Text("sitzung_schulausschuss"),
    Brief(council::ausschuss_bau, "Ausschuss für Bauen und Verkehr: Niederschriften", None),
    Brief(business::rechnung_material, "Lieferantenrechnungen {jahr}", None),
    Text("gaststaettenerlaubnis"),
    Text("html_anfrage"),
    Brief(
        requests::einwendung_bebauungsplan,
        "{plangebiet}",
        Some("Beteiligung der Öffentlichkeit"),
    ),
    Bericht("bericht_spielplaetze"),
    Text("zuwendungsbescheid"),
    Brief(notices::ordnungswidrigkeit, "Bußgeldverfahren {jahr}", None),
    Text("csv_baeume"),
    Text("brandschau"),
    Text("mail_schlagloch"),
    Text("rechnung_reinigung"),
    Brief(requests::vereinsfoerderung, "Förderung der Vereine", Some("Anträge {jahr}")),
    Text("personal_zeugnis"),
    Text("xml_bauportal"),
    Brief(business::wartungsvertrag, "Wartungsverträge der Gebäude", None),
    Text("mail_termin"),
    Text("widerspruchsbescheid"),
    Text("sitzung_kulturausschuss"),
    Bericht("bericht_bruecken"),
    Brief(council::vermerk_kalkulation, "Gebühren und Entgelte: Kalkulation", None),
    Text("baulast"),
    Text("rechnung_ingenieur"),
    Brief(requests::informationszugang, "Anträge auf Zugang zu Informationen", None),
    Text("friedhof_grabstaette"),
    Text("bauantrag"),
    Text("rtf_gespraech"),
    Text("erschliessungsbeitrag"),
    Text("baubeginn"),
    Text("markt_zulassung"),
    Text("baugenehmigung"),
    Brief(citizens::baumfaellung, "Anträge auf Baumfällung", Some("Anträge {jahr}")),
    Text("rechnung_strom"),
    Text("personal_abmahnung"),
    Text("schulbuchbestellung"),
    Text("stellungnahme_brandschutz"),
];

pub fn ablage(number: usize, dice: &mut Dice, datum: NaiveDate, seed: u64) -> Ablage {
    let (round, place) = (number / REIHE.len(), number % REIHE.len());
    // How many documents of the same template came before.
    let nth = |name: &str| {
        let same = |until: usize| {
            let all = REIHE.iter().take(until);
            all.filter(|quelle| matches!(quelle, Text(other) if *other == name)).count()
        };
        round * same(REIHE.len()) + same(place)
    };
    match REIHE.get(place) {
        Some(Bericht(name)) if round.is_multiple_of(3) => geschrieben(name, 0, dice, datum, seed),
        Some(Text(name)) => geschrieben(name, nth(name), dice, datum, seed),
        Some(Brief(..)) => brief(place, dice, datum),
        _ => brief(number, dice, datum),
    }
}

/// The letters among the templates alone; a report's place goes to the one after it.
fn brief(place: usize, dice: &mut Dice, datum: NaiveDate) -> Ablage {
    let letters = REIHE.iter().chain(&REIHE).skip(place % REIHE.len());
    let letter = letters.filter_map(|quelle| match quelle {
        Brief(vorlage, akte, vorgang) => Some((vorlage, *akte, *vorgang)),
        _ => None,
    });
    let (vorlage, akte, vorgang) =
        letter.into_iter().next().unwrap_or((&(council::stadtrat as Vorlage), "", None));
    let entwurf = vorlage(dice, datum);
    let mut satz = Satz::new(dice, datum);
    satz.setze("plangebiet", plangebiet(&entwurf.betreff));
    let (akte, vorgang) = (satz.text(akte), vorgang.map(|text| satz.text(text)));
    Ablage { entwurf, datum, form: Form::Brief, akte, vorgang, felder: Default::default() }
}

/// `Bebauungsplan Nr. 31 „Heidekrug Süd“` out of a subject.
fn plangebiet(betreff: &str) -> String {
    let from = betreff.find("Bebauungsplan Nr.").and_then(|at| betreff.get(at..));
    let name = from.and_then(|text| text.split_inclusive('“').next());
    name.unwrap_or(betreff).to_owned()
}

/// The n-th letter of those alone.
pub fn letter(number: usize, seed: u64) -> DemoDocument {
    let mut dice = Dice::new(seed, u64::try_from(number).unwrap_or(u64::MAX));
    let datum = werktag(dice.date());
    let letters: Vec<usize> =
        (0..REIHE.len()).filter(|place| matches!(REIHE.get(*place), Some(Brief(..)))).collect();
    let place = letters.get(number % letters.len().max(1)).copied().unwrap_or_default();
    let ablage = brief(place, &mut dice, datum);
    ganz(number, &mut dice, ablage)
}
