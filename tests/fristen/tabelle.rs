//! Reads a table of period cases and asks the engine each of them.
//!
//! One row is one question and its answer, as a person worked it out from the rules. Whatever
//! cannot be read fails with the row's number: a case that is skipped proves nothing.

use aktenlauf::domain::{
    frist::{
        Antwort, Einheit, Folge, Frage, Fristart, Regel, Rundung, Sperre, Tatsache, Tatsachen,
        Vorgaben, antworten,
    },
    zeit::Zeitpunkt,
};
use chrono::NaiveDate;

/// What every table's header is.
pub const KOPF: &str = "nr;fall;regeln;tatsachen;sperren;land;stichtag;ende;hoechstens;faellig;\
                        lage;begruendung";

/// What a city without a rule uses.
const AUSWEICHREGEL: &str = "10 jahre ab schliessung jahresende mindest anbieten";

/// The fact that holds open what § 147 III AO rules.
const VERANLAGUNG: &str = "veranlagung_offen";

/// One row.
pub struct Fall {
    pub nr: String,
    pub fall: String,
    /// The question as it is written.
    pub frage: String,
    pub regeln: Vec<Regel>,
    pub tatsachen: Tatsachen,
    pub sperren: Vec<Sperre>,
    pub vorgaben: Vorgaben,
    pub stichtag: NaiveDate,
    /// `ende`, `hoechstens`, `faellig`, `lage` as the row expects them.
    pub erwartet: [String; 4],
    pub begruendung: String,
}

impl Fall {
    pub fn antwort(&self) -> Antwort<'_> {
        let frage = Frage {
            regeln: &self.regeln,
            vorgaben: &self.vorgaben,
            tatsachen: &self.tatsachen,
            sperren: &self.sperren,
            stichtag: self.stichtag,
        };
        antworten(&frage).unwrap_or_else(|e| panic!("{} {}: {e}", self.nr, self.fall))
    }

    /// The four answers in the words of the table.
    pub fn gefunden(&self) -> [String; 4] {
        let dates = self.antwort().fristen;
        let day = |day: Option<NaiveDate>| day.map_or("keins".into(), |day| day.to_string());
        let lage = serde_json::to_value(dates.lage).unwrap();
        let lage = lage.as_str().unwrap().to_owned();
        [day(dates.ende), day(dates.hoechstens), day(dates.faellig), lage]
    }
}

/// All rows of a table.
pub fn lesen(text: &str) -> Vec<Fall> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(text.as_bytes());
    let header: Vec<_> = reader.headers().unwrap().iter().map(str::trim).collect();
    assert_eq!(header.join(";"), KOPF, "the header");
    reader.records().map(|row| fall(&row.unwrap())).collect()
}

fn fall(row: &csv::StringRecord) -> Fall {
    let cell = |n: usize| row.get(n).unwrap_or_default().trim();
    let nr = cell(0);
    let facts = tatsachen(nr, cell(3));
    let mut regeln: Vec<_> = parts(cell(2), " | ").map(|text| regel(nr, text)).collect();
    // The table does not say which rule is one of the Abgabenordnung; where the assessment is a
    // fact, the case is about one.
    if facts.get(VERANLAGUNG).is_some() {
        for rule in &mut regeln {
            rule.offen_solange = Some(VERANLAGUNG.into());
        }
    }
    let none = |text: &str| if text.is_empty() { "keins".into() } else { text.to_owned() };
    let land = (!cell(5).is_empty()).then(|| cell(5).to_owned());
    Fall {
        nr: nr.into(),
        fall: cell(1).into(),
        frage: (2..7).map(cell).collect::<Vec<_>>().join("; "),
        regeln,
        tatsachen: facts,
        sperren: parts(cell(4), "|").map(|text| sperre(nr, text)).collect(),
        vorgaben: Vorgaben::ueblich(regel(nr, AUSWEICHREGEL), land),
        stichtag: tag(nr, cell(6)),
        erwartet: [none(cell(7)), none(cell(8)), none(cell(9)), cell(10).into()],
        begruendung: cell(11).into(),
    }
}

fn parts<'a>(text: &'a str, by: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(by).map(str::trim).filter(|part| !part.is_empty())
}

fn tag(nr: &str, text: &str) -> NaiveDate {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d");
    day.unwrap_or_else(|_| panic!("{nr}: {text:?} is no date"))
}

/// `10 jahre ab schliessung jahresende mindest anbieten von 2025-01-01 land BW`
pub fn regel(nr: &str, text: &str) -> Regel {
    // A choice of anchors may be written with blanks.
    let whole = text.replace(", ", ",").replace(" (", "(").replace("( ", "(").replace(" )", ")");
    let mut words = whole.split_whitespace();
    let mut word = || words.next().unwrap_or_else(|| panic!("{nr}: {text:?} is too short"));
    let wrong = |what: &str| -> ! { panic!("{nr}: {what:?} in {text:?}") };
    let length = word();
    let permanent = length == "dauernd";
    let einheit = if permanent { "jahre" } else { word() };
    let einheit = match einheit {
        "tag" | "tage" => Einheit::Tage,
        "monat" | "monate" => Einheit::Monate,
        "jahr" | "jahre" => Einheit::Jahre,
        other => wrong(other),
    };
    assert_eq!(word(), "ab", "{nr}: {text:?}");
    let mut regel = Regel {
        dauer: (!permanent).then(|| length.parse().unwrap_or_else(|_| wrong(length))),
        einheit,
        anker: word().into(),
        rechtsgrundlage: "§ 1 Tabelle".into(),
        land: None,
        stand: NaiveDate::from_ymd_opt(2025, 1, 1).unwrap(),
        art: Fristart::Mindest,
        rundung: Rundung::Jahresende,
        folge: Folge::Anbieten,
        von: None,
        bis: None,
        wenn: None,
        offen_solange: None,
    };
    while let Some(word) = words.next() {
        match word {
            "jahresende" => regel.rundung = Rundung::Jahresende,
            "tag" => regel.rundung = Rundung::Tag,
            "mindest" => regel.art = Fristart::Mindest,
            "hoechst" => regel.art = Fristart::Hoechst,
            "anbieten" => regel.folge = Folge::Anbieten,
            "einschraenken" => regel.folge = Folge::Einschraenken,
            "loeschen_ohne_anbietung" => regel.folge = Folge::LoeschenOhneAnbietung,
            "von" => regel.von = Some(tag(nr, words.next().unwrap_or_default())),
            "bis" => regel.bis = Some(tag(nr, words.next().unwrap_or_default())),
            "land" => regel.land = words.next().map(Into::into),
            other => wrong(other),
        }
    }
    regel
}

fn tatsachen(nr: &str, text: &str) -> Tatsachen {
    let mut facts = Tatsachen::new();
    for fact in parts(text, ",") {
        let (name, value) =
            fact.split_once('=').unwrap_or_else(|| panic!("{nr}: {fact:?} is no fact"));
        let value = match value.trim() {
            "unbekannt" => Tatsache::Unbekannt,
            "ja" => Tatsache::Gilt,
            "nein" => continue,
            instant if instant.contains('T') => Tatsache::Um(zeitpunkt(nr, instant)),
            day => Tatsache::Am(tag(nr, day)),
        };
        facts = facts.mit(name.trim(), value);
    }
    facts
}

/// With or without seconds.
fn zeitpunkt(nr: &str, text: &str) -> Zeitpunkt {
    let with_seconds = || {
        let (minutes, zone) = text.split_at_checked(16)?;
        Zeitpunkt::parse(&format!("{minutes}:00{zone}"))
    };
    let found = Zeitpunkt::parse(text).or_else(with_seconds);
    found.unwrap_or_else(|| panic!("{nr}: {text:?} is no instant"))
}

fn sperre(nr: &str, text: &str) -> Sperre {
    let (von, bis) = text.split_once("..").unwrap_or_else(|| panic!("{nr}: {text:?}"));
    let bis = bis.trim();
    Sperre { von: tag(nr, von.trim()), bis: (!bis.is_empty()).then(|| tag(nr, bis)) }
}
