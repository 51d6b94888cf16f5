//! Numbers in a text that name a place exactly: our own, and those of others beside their labels.
//!
//! Nothing is guessed: one of our own numbers counts only if its plan unit exists, a foreign one
//! only behind a word that says what it is. Whether the Akte exists and may be seen, the caller
//! looks up.

use super::kopf::{labelled, value_after};
use crate::domain::aktenzeichen::Grammatik;

/// Lines of a text that are looked through.
const LINES_MAX: usize = 2_000;
/// Findings of a text.
const FOUND_MAX: usize = 50;

/// What a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fundart {
    /// Of one of our Akten.
    Aktenzeichen,
    /// Of one of our Vorgänge.
    Geschaeftszeichen,
    /// Of the treasury.
    Kassenzeichen,
    /// Of an invoice.
    Rechnungsnummer,
    /// Somebody's reference: `Ihr Zeichen`, `Az.`, `Unser Vorgang`.
    Zeichen,
}

/// A number that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fund {
    /// What it is.
    pub art: Fundart,
    /// As it stands there.
    pub wert: String,
    /// The plan unit, for numbers of our own.
    pub plan: Option<String>,
    /// Line of the text, from 1.
    pub zeile: usize,
}

const LABELS: &[(&str, Fundart)] = &[
    ("kassenzeichen", Fundart::Kassenzeichen),
    ("buchungszeichen", Fundart::Kassenzeichen),
    ("rechnungsnummer", Fundart::Rechnungsnummer),
    ("rechnungs-nr", Fundart::Rechnungsnummer),
    ("rechnungsnr", Fundart::Rechnungsnummer),
    ("rechnung nr", Fundart::Rechnungsnummer),
    ("re.-nr", Fundart::Rechnungsnummer),
    ("ihr zeichen", Fundart::Zeichen),
    ("unser zeichen", Fundart::Zeichen),
    ("mein zeichen", Fundart::Zeichen),
    ("unser vorgang", Fundart::Zeichen),
    ("geschäftszeichen", Fundart::Zeichen),
    ("aktenzeichen", Fundart::Zeichen),
    ("gesch.-z", Fundart::Zeichen),
    ("gz", Fundart::Zeichen),
    ("az", Fundart::Zeichen),
];

/// All of them in the order of the lines, each once, at most fifty.
#[must_use]
pub fn exact(text: &str, form: &Grammatik, is_unit: impl Fn(&str) -> bool) -> Vec<Fund> {
    let mut found: Vec<Fund> = Vec::new();
    let mut add = |fund: Fund| {
        let same = |f: &Fund| f.wert == fund.wert && (f.art == fund.art || f.plan.is_some());
        if found.len() < FOUND_MAX && !found.iter().any(same) {
            found.push(fund);
        }
    };
    for (at, line) in text.lines().take(LINES_MAX).enumerate() {
        for (art, wert, plan) in own(line, form, &is_unit) {
            add(Fund { art, wert, plan: Some(plan), zeile: at + 1 });
        }
        let lower = line.to_lowercase();
        for (label, art) in LABELS {
            let Some(rest) = labelled(line, &lower, label) else { continue };
            let Some(wert) = value_after(rest) else { continue };
            add(Fund { art: *art, wert: wert.to_owned(), plan: None, zeile: at + 1 });
        }
    }
    found
}

/// Our own numbers in a line: one to three words that read as one, of a unit that exists. Before
/// the number of a Vorgang any office's sign may stand; what is known is the number then.
fn own(
    line: &str,
    form: &Grammatik,
    is_unit: &impl Fn(&str) -> bool,
) -> Vec<(Fundart, String, String)> {
    let bare = |word: &&str| word.trim_matches(|c: char| !c.is_alphanumeric()).len();
    let parts: Vec<&str> = line.split_whitespace().take(500).collect();
    // A dash that stands alone is no word, but may be part of a number.
    let is_word = |(at, part): (usize, &&str)| (bare(part) > 0).then_some(at);
    let words: Vec<usize> = parts.iter().enumerate().filter_map(is_word).take(400).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let read = (1..=3).rev().find_map(|length| {
            let (first, last) = (*words.get(at)?, *words.get(at + length - 1)?);
            let text = parts.get(first..=last)?.join(" ");
            let text = text.trim_matches(|c: char| !c.is_alphanumeric());
            let fields = form.lies_geschaeftszeichen(text).filter(|f| is_unit(&f.plan));
            let of_case = fields.map(|f| (Fundart::Geschaeftszeichen, f.plan));
            let of_file = || {
                let fields = form.lies_aktenzeichen(text).filter(|f| is_unit(&f.plan));
                fields.map(|f| (Fundart::Aktenzeichen, f.plan))
            };
            let of_part = || {
                let fields = form.lies_ohne_oe(text).filter(|f| is_unit(&f.plan));
                fields.map(|f| (Fundart::Geschaeftszeichen, f.plan))
            };
            let (art, plan) = of_case.or_else(of_file).or_else(of_part)?;
            Some((length, (art, text.to_owned(), plan)))
        });
        at += read.as_ref().map_or(1, |(length, _)| *length);
        found.extend(read.map(|(_, fund)| fund));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Fundart, String)> {
        let form = Grammatik::parse("{plan}-{lfd}", "{oe} {plan}-{lfd}-{vorgang}").unwrap();
        let known = |plan: &str| ["122.15.01", "521.01"].contains(&plan);
        exact(text, &form, known).into_iter().map(|f| (f.art, f.wert)).collect()
    }

    #[test]
    fn our_own_numbers_count_if_their_unit_exists() {
        let text = "Ihr Schreiben zu 521.01-7, dort 61.2 521.01-7-3.\nTel. 09917-44, 999.99-7";
        let expected = [
            (Fundart::Aktenzeichen, "521.01-7".to_owned()),
            (Fundart::Geschaeftszeichen, "61.2 521.01-7-3".to_owned()),
        ];
        assert_eq!(found(text), expected);
    }

    /// Fails if the sign of another office hides the number behind it, or a dash that stands alone
    /// is lost.
    #[test]
    fn a_number_of_ours_counts_behind_the_sign_of_any_office() {
        let case = |wert: &str| vec![(Fundart::Geschaeftszeichen, wert.to_owned())];
        assert_eq!(found("Zeichen: II 120 – 521.01-7-3"), case("521.01-7-3"));
        assert_eq!(found("(521.01-7-3)"), case("521.01-7-3"));
        assert!(found("II 120 – 999.99-7-3").is_empty(), "no such unit");
        let form = Grammatik::parse("{plan}-{lfd}", "{oe} – {plan}-{lfd}-{vorgang}").unwrap();
        let own = exact("II 120 – 521.01-7-3, Seite 2", &form, |plan| plan == "521.01");
        let own: Vec<_> = own.into_iter().map(|f| (f.art, f.wert)).collect();
        assert_eq!(own, case("II 120 – 521.01-7-3"));
    }

    #[test]
    fn foreign_numbers_count_behind_their_label() {
        for (line, art, value) in [
            ("Az. 32.2-1421/22", Fundart::Zeichen, "32.2-1421/22"),
            ("Aktenzeichen: 36-ZV/LIW-DP 409", Fundart::Zeichen, "36-ZV/LIW-DP 409"),
            ("Unser Vorgang: BLP-2023-1187", Fundart::Zeichen, "BLP-2023-1187"),
            ("Kassenzeichen 5.0123.004567", Fundart::Kassenzeichen, "5.0123.004567"),
            ("Rechnung Nr. 2023/114 vom 1.2.", Fundart::Rechnungsnummer, "2023/114"),
        ] {
            assert_eq!(found(line), [(art, value.to_owned())], "{line}");
        }
        for line in ["Gazprom 17", "Az. folgt", "Rechnung vom 3.4.2023", "ganz 12"] {
            assert!(found(line).is_empty(), "{line}");
        }
    }
}
