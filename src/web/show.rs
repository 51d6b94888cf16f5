//! How values read on a page: dates and times as they are written in a German town hall, sizes,
//! words for states. Nothing here escapes: the templates do.

use chrono::{DateTime, NaiveDate};
use serde_json::Value;

use super::{
    chrome::Meldung,
    felder::{self, Felder},
};
use crate::{
    domain::{
        access::{Rolle, Schutzklasse, Stufe},
        akte::{Medium, Zustand},
        aktenplan::Folge,
        dokument::TextZustand,
        frist::Lage,
        zeit::Zeitpunkt,
    },
    registry::Aktengrund,
};

/// A calendar date.
#[must_use]
pub fn tag(date: &NaiveDate) -> String {
    date.format("%d.%m.%Y").to_string()
}

/// A date as a field of a form takes it; empty if what was typed is none.
#[must_use]
pub fn iso(typed: &str) -> String {
    felder::datum(typed).map(|date| date.to_string()).unwrap_or_default()
}

/// An instant, on a clock in Berlin.
#[must_use]
pub fn zeit(at: &Zeitpunkt) -> String {
    let utc = DateTime::from_timestamp_millis(at.0).unwrap_or_default();
    utc.with_timezone(&chrono_tz::Europe::Berlin).format("%d.%m.%Y, %H:%M Uhr").to_string()
}

/// A size: three digits are enough.
#[must_use]
pub fn groesse(bytes: &u64) -> String {
    let mut tenths = bytes.saturating_mul(10);
    for unit in ["Bytes", "kB", "MB", "GB"] {
        if tenths < 10_000 || unit == "GB" {
            return match unit {
                "Bytes" => format!("{bytes} Bytes"),
                _ if tenths < 1000 => format!("{},{} {unit}", tenths / 10, tenths % 10),
                _ => format!("{} {unit}", tenths / 10),
            };
        }
        tenths /= 1000;
    }
    String::new()
}

/// A count with German separators.
#[must_use]
pub fn anzahl(count: &u64) -> String {
    let digits = count.to_string();
    let mut shown = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            shown.push('.');
        }
        shown.push(digit);
    }
    shown
}

/// The state of an Akte or a Vorgang.
#[must_use]
pub const fn zustand(state: &Zustand) -> &'static str {
    match state {
        Zustand::Offen => "offen",
        Zustand::InSchliessung => "in Schließung",
        Zustand::Geschlossen => "geschlossen (zdA)",
        Zustand::Aufbewahrung => "in Aufbewahrung",
        Zustand::Aussonderungsreif => "aussonderungsreif",
        Zustand::Angeboten => "dem Archiv angeboten",
        Zustand::Bewertet => "bewertet",
        Zustand::Abgegeben => "abgegeben",
        Zustand::Uebernommen => "vom Archiv übernommen",
        Zustand::Geloescht => "gelöscht nach Übernahme",
        Zustand::Vernichtet => "vernichtet",
    }
}

/// The situation of a file's periods.
#[must_use]
pub const fn lage(lage: &Lage) -> &'static str {
    match lage {
        Lage::Klaerfall => "Klärfall: Eine Höchstfrist endet vor einer Mindestfrist",
        Lage::Dauernd => "dauernd aufzubewahren",
        Lage::Offen => "Die Frist läuft noch nicht",
        Lage::UnbekannterAnker => "Ein Datum, von dem die Frist abhängt, ist nicht bekannt",
        Lage::Gesperrt => "gesperrt",
        Lage::Ausweichregel => "nur die Ausweichregel des Aktenplans gilt; nichts wird vernichtet",
        Lage::Ok => "Das Ende der Frist steht fest",
    }
}

/// What follows a period.
#[must_use]
pub const fn folge(folge: &Folge) -> &'static str {
    match folge {
        Folge::Anbieten => "dem Archiv anbieten",
        Folge::Einschraenken => "Nutzung einschränken",
        Folge::LoeschenOhneAnbietung => "löschen ohne Anbietung",
    }
}

/// In what a file is kept.
#[must_use]
pub const fn medium(medium: &Medium) -> &'static str {
    match medium {
        Medium::Elektronisch => "elektronisch",
        Medium::Hybrid => "elektronisch und Papier",
        Medium::Papier => "Papier",
    }
}

/// The grade of secrecy.
#[must_use]
pub const fn stufe(grade: &Stufe) -> &'static str {
    match grade {
        Stufe::Offen => "offen",
        Stufe::VsNfd => "VS – Nur für den Dienstgebrauch",
    }
}

/// A wall.
#[must_use]
pub const fn schutzklasse(wall: &Schutzklasse) -> &'static str {
    match wall {
        Schutzklasse::Personal => "Personalakten",
        Schutzklasse::Sozial => "Sozialdaten",
        Schutzklasse::Jugend => "Jugendhilfe",
        Schutzklasse::Steuer => "Steuergeheimnis",
    }
}

/// A role.
#[must_use]
pub const fn rolle(role: &Rolle) -> &'static str {
    match role {
        Rolle::Sachbearbeitung => "Sachbearbeitung",
        Rolle::Registratur => "Registratur",
        Rolle::Scanstelle => "Scanstelle",
        Rolle::Fachverfahren => "Fachverfahren",
        Rolle::Archiv => "Archiv",
        Rolle::Revision => "Revision",
        Rolle::Administration => "Administration",
    }
}

/// What became of a document's text.
#[must_use]
pub fn text(state: &TextZustand) -> String {
    match state {
        TextZustand::Offen { .. } => "wird noch gelesen".into(),
        TextZustand::Bereit { zeichen, seiten, seiten_ohne_text, .. } => {
            let pages = match seiten {
                Some(1) => " auf einer Seite".to_owned(),
                Some(n) => format!(" auf {n} Seiten"),
                None => String::new(),
            };
            let blank = match seiten_ohne_text {
                None | Some(0) => String::new(),
                Some(1) => "; eine Seite ist ein Bild ohne Text".to_owned(),
                Some(n) => format!("; {n} Seiten sind Bilder ohne Text"),
            };
            format!("durchsuchbar, {} Zeichen{pages}{blank}", anzahl(zeichen))
        }
        TextZustand::Fehlt { grund } => match grund.as_str() {
            "unlesbar" => "nicht lesbar; das Dokument ist nur über seine Angaben zu finden".into(),
            "zu_gross" => "zu groß, um gelesen zu werden".into(),
            "verschluesselt" => "verschlüsselt".into(),
            "format" => "in diesem Format wird kein Text gelesen".into(),
            other => format!("keiner ({})", wort(other)),
        },
    }
}

/// A probability in words, with the figure.
#[must_use]
pub fn wahrscheinlich(p: &f64) -> String {
    let words = match *p {
        p if p >= 0.95 => "sehr wahrscheinlich",
        p if p >= 0.75 => "wahrscheinlich",
        p if p >= 0.4 => "gut möglich",
        p if p >= 0.1 => "möglich",
        _ => "eher nicht",
    };
    let percent = (p * 100.0).floor();
    if percent < 1.0 { format!("{words}, unter 1 %") } else { format!("{words}, {percent} %") }
}

/// Why an Akte is suggested.
#[must_use]
pub const fn aktengrund(reason: &Aktengrund) -> &'static str {
    match reason {
        Aktengrund::Aktenzeichen => "im Text genannt",
        Aktengrund::AehnlicheDokumente => "enthält ähnliche Dokumente",
        Aktengrund::Betreff => "Worte ihres Betreffs stehen im Dokument",
        Aktengrund::Planeinheit => "gehört zu einer vorgeschlagenen Planeinheit",
    }
}

/// A stable word for people: `widerspruch_neu` reads "Widerspruch neu".
#[must_use]
pub fn wort(word: &str) -> String {
    let spaced = word.replace('_', " ");
    let mut letters = spaced.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    first + letters.as_str()
}

/// What an entry of the log did.
#[must_use]
pub fn aktion(action: &str) -> String {
    let known = match action {
        "akte_angelegt" => "Akte angelegt",
        "akte_geaendert" => "Akte geändert",
        "akte_geschlossen" => "Akte geschlossen",
        "akte_geoeffnet" => "Akte wieder geöffnet",
        "sperre_gesetzt" => "Sperre gesetzt",
        "sperre_aufhebung_beantragt" => "Aufhebung der Sperre beantragt",
        "sperre_aufgehoben" => "Sperre aufgehoben",
        "frist_berechnet" => "Fristen neu berechnet",
        "zustand_geaendert" => "Zustand durch Fristablauf geändert",
        "vorgang_angelegt" => "Vorgang angelegt",
        "vorgang_geaendert" => "Vorgang geändert",
        "vorgang_geschlossen" => "Vorgang geschlossen",
        "dokument_eingeliefert" => "Dokument eingeliefert",
        "dokument_geaendert" => "Angaben geändert",
        "dokument_abgelegt" => "Dokument abgelegt",
        "dokument_storniert" => "Dokument storniert",
        "fassung_angelegt" => "neue Fassung",
        "vorschlag_angenommen" => "Vorschlag angenommen",
        "vorschlag_abgelehnt" => "Vorschlag abgelehnt",
        "text_bereit" => "Text gelesen",
        "text_fehlt" => "Text nicht gelesen",
        other => return wort(other),
    };
    known.to_owned()
}

/// The name of a field.
#[must_use]
pub fn feld(name: &str) -> String {
    let known = match name {
        "id" => "Kennung",
        "angelegt" => "Angelegt",
        "geaendert" => "Geändert",
        "fremd_id" => "Nummer im Fachverfahren",
        "fremdes_geschaeftszeichen" => "Zeichen des Absenders",
        "empfaenger" => "Empfänger",
        "datum" => "Datum des Schreibens",
        "geaendert_seit" => "Geändert seit",
        "planeinheit" => "Aktenplan",
        "oe" => "Organisationseinheit",
        other => return wort(other.strip_prefix("felder.").unwrap_or(other)),
    };
    known.to_owned()
}

/// A value of the log's field: what people read, else as it stands in the journal.
#[must_use]
pub fn wert(feld: &str, value: &Value) -> String {
    let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).map(str::to_owned);
    match (feld, value) {
        ("ort", place) => match text(place, "art") {
            Some(kind) => wort(&kind),
            None => place.to_string(),
        },
        ("fassungen", Value::Array(all)) => {
            let names = all.iter().filter_map(|f| f.get("formate")?.as_array()).flatten();
            let names: Vec<String> = names.filter_map(|file| text(file, "dateiname")).collect();
            format!("{}: {}", all.len(), names.join(", "))
        }
        (_, Value::String(text)) => match Zeitpunkt::parse(text) {
            Some(at) => zeit(&at),
            None => NaiveDate::parse_from_str(text, "%Y-%m-%d").map_or(text.clone(), |d| tag(&d)),
        },
        (_, Value::Bool(true)) => "ja".into(),
        (_, Value::Bool(false)) => "nein".into(),
        (_, other) => other.to_string(),
    }
}

/// `?name=value&...` of what is not empty; empty if nothing is.
#[must_use]
pub fn query(pairs: &[(&str, &str)]) -> String {
    let mut query = String::new();
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        query.push(if query.is_empty() { '?' } else { '&' });
        query.push_str(&format!("{name}={}", prozent(value)));
    }
    query
}

/// Percent-encoded, for a part of a path or a query.
#[must_use]
pub fn prozent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// What the form before did. The address carries a word, never the sentence: else any site could
/// put one on our page.
#[must_use]
pub fn meldung(query: &Felder) -> Option<Meldung> {
    let text = match query.text("meldung") {
        "abgelegt" => "Das Dokument ist abgelegt.",
        "passwort" => "Ihr Passwort ist geändert. Alle anderen Sitzungen sind beendet.",
        _ => return None,
    };
    let of = uuid::Uuid::try_parse(query.text("dokument")).ok();
    Some(Meldung { text: text.into(), pfad: of.map(|id| format!("/dokumente/{id}")) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_instants_read_as_they_are_written_here() {
        assert_eq!(groesse(&999), "999 Bytes");
        assert_eq!(groesse(&1500), "1,5 kB");
        assert_eq!(groesse(&999_999), "999 kB");
        assert_eq!(groesse(&123_456_789), "123 MB");
        assert_eq!(groesse(&5_300_000_000_000), "5300 GB");
        assert_eq!(anzahl(&1_234_567), "1.234.567");
        assert_eq!(anzahl(&12), "12");
        let at = Zeitpunkt::parse("2024-12-31T23:30:00Z").unwrap();
        assert_eq!(zeit(&at), "01.01.2025, 00:30 Uhr");
    }

    #[test]
    fn an_address_carries_no_sentence_and_breaks_out_of_nothing() {
        assert_eq!(query(&[("q", "a&b=\"ß"), ("typ", "")]), "?q=a%26b%3D%22%C3%9F");
        let pairs = vec![("meldung".to_owned(), "Rufen Sie 0900 an".to_owned())];
        assert!(meldung(&Felder::new(pairs)).is_none());
    }
}
