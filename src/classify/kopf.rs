//! What a letter's head says: subject, date, sender, the sender's reference, the kind of document.
//!
//! Proposals for a clerk, from where such things stand on letters, mails and forms. What is not
//! clearly there is none.

use chrono::NaiveDate;

/// Lines that count as head where no salutation ends it.
const HEAD_LINES: usize = 40;
/// Characters of a proposed value.
const VALUE_MAX: usize = 200;

/// Kind of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typ {
    /// An invoice.
    Rechnung,
    /// An objection.
    Widerspruch,
    /// A decision.
    Bescheid,
    /// A hearing before a decision.
    Anhoerung,
    /// An application.
    Antrag,
    /// Minutes.
    Protokoll,
    /// A note for the file.
    Vermerk,
    /// An invitation.
    Einladung,
    /// A contract.
    Vertrag,
    /// A mail.
    Mail,
    /// A letter, or anything else.
    Brief,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kopf {
    /// Subject.
    pub betreff: Option<String>,
    /// Date of the letter.
    pub datum: Option<NaiveDate>,
    /// Sender.
    pub absender: Option<String>,
    /// The sender's own reference.
    pub fremdzeichen: Option<String>,
    /// Kind.
    pub typ: Typ,
}

const GREETINGS: &[&str] =
    &["sehr geehrte", "liebe", "hallo", "guten tag", "guten morgen", "moin", "grüß gott", "werte"];
const FAREWELLS: &[&str] = &[
    "mit freundlich",
    "freundliche grü",
    "hochachtungsvoll",
    "viele grüße",
    "mit bestem",
    "beste grüße",
    "mfg",
    "im auftrag",
    "mit dank",
];

/// Reads the head.
#[must_use]
pub fn kopf(text: &str) -> Kopf {
    let lines: Vec<&str> = text.lines().map(str::trim).take(4_000).collect();
    let greeting = lines.iter().take(80).position(|line| begins(line, GREETINGS));
    let head = lines.get(..greeting.unwrap_or(lines.len().min(HEAD_LINES))).unwrap_or_default();
    Kopf {
        betreff: subject(head, greeting.is_some()),
        datum: head.iter().find_map(|line| date_of_letter(line)),
        absender: sender(head, &lines),
        fremdzeichen: ["unser zeichen", "mein zeichen", "unser vorgang", "aktenzeichen", "az"]
            .iter()
            .find_map(|label| head.iter().find_map(|line| value_after(labelled(line, label)?)))
            .map(Into::into),
        typ: kind(head, text),
    }
}

fn begins(line: &str, words: &[&str]) -> bool {
    let start: String = line.chars().take(24).flat_map(char::to_lowercase).collect();
    words.iter().any(|word| start.starts_with(word))
}

/// What stands behind a label, wherever it begins in the line.
pub fn labelled<'l>(line: &'l str, label: &str) -> Option<&'l str> {
    let lower = line.to_lowercase();
    // Lower case can have other lengths than the original (as with a dotted I).
    if lower.len() != line.len() {
        return None;
    }
    lower.match_indices(label).find_map(|(at, _)| {
        let before = lower.get(..at)?.chars().next_back();
        let rest = line.get(at + label.len()..)?;
        let ends = rest.starts_with(['.', ':', ' ', '\t']);
        (ends && before.is_none_or(|c| !c.is_alphanumeric())).then_some(rest)
    })
}

/// The reference at the beginning of a text: up to a gap, a comma or ` vom `, with a digit in its
/// first words.
pub fn value_after(rest: &str) -> Option<&str> {
    let rest = rest.trim_start_matches(['.', ':', ' ', '\t', '-']);
    let rest = rest.strip_prefix("Nr.").or_else(|| rest.strip_prefix("Nr")).unwrap_or(rest);
    let rest = rest.trim_start_matches(['.', ':', ' ']);
    let ends = ["  ", "\t", ",", ";", " vom ", " v. ", " (", " und "];
    let end = ends.iter().filter_map(|mark| rest.find(mark)).min().unwrap_or(rest.len());
    let value = rest.get(..end)?.trim().trim_end_matches(['.', ')']);
    let first = value.split_whitespace().take(2).any(|w| w.bytes().any(|b| b.is_ascii_digit()));
    (first && value.len() <= 40 && !value.starts_with("vom ")).then_some(value)
}

fn subject(head: &[&str], greeted: bool) -> Option<String> {
    let marked = head.iter().find_map(|line| {
        let (label, rest) = line.split_once(':')?;
        let label = label.to_lowercase();
        ["betreff", "betr.", "betrifft", "subject"].contains(&label.as_str()).then_some(rest)
    });
    if let Some(text) = marked.map(str::trim).filter(|text| !text.is_empty()) {
        return Some(cut(text));
    }
    if !greeted {
        return None;
    }
    // The last block of lines before the salutation, unless it is an address or a date.
    let mut blocks = head.split(|line| line.is_empty()).rev();
    let block =
        blocks.find(|block| !block.is_empty() && !block.iter().all(|l| date_in(l).is_some()))?;
    let first = block.iter().find(|line| !is_address(line))?;
    let whole = block.iter().any(|line| is_address(line));
    (!whole && first.chars().filter(|c| c.is_alphabetic()).count() > 3).then(|| cut(first))
}

/// A post code with its place, or a line that names an addressee.
fn is_address(line: &str) -> bool {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    digits == 5
        || ["An ", "An", "Herrn", "Frau ", "Rathaus", "Postfach", "Stadt "]
            .iter()
            .any(|word| line == word.trim_end() || (word.ends_with(' ') && line.starts_with(word)))
        || line.contains('@')
}

fn sender(head: &[&str], lines: &[&str]) -> Option<String> {
    let from = head.iter().find_map(|line| line.strip_prefix("Von:"));
    if let Some(from) = from.map(str::trim).filter(|from| !from.is_empty()) {
        return Some(cut(from.split('<').next().unwrap_or(from).trim()));
    }
    let first = head.iter().find(|line| !line.is_empty());
    let to = |line: &str| {
        let line = line.to_lowercase();
        line == "an" || line.starts_with("an ") || line.contains(':') || date_in(&line).is_some()
    };
    if let Some(first) = first.filter(|line| !to(line) && line.chars().count() < 80) {
        return Some(cut(first));
    }
    let farewell = lines.iter().rposition(|line| begins(line, FAREWELLS))?;
    let after = lines.get(farewell + 1..)?.iter().find(|line| {
        line.chars().filter(|c| c.is_alphabetic()).count() > 3 && !begins(line, FAREWELLS)
    });
    after.map(|line| cut(line.trim_start_matches("gez. ").trim_start_matches("i. A. ")))
}

/// The date, if the line is one that dates a letter: short, and nothing else is dated by it.
fn date_of_letter(line: &str) -> Option<NaiveDate> {
    let lower = line.to_lowercase();
    let other = [
        "geb",
        " vom ",
        "ab ",
        "bis ",
        "zum ",
        "seit ",
        "frist",
        "gültig",
        "sitzung",
        "ihr schreiben",
    ];
    if line.chars().count() > 120 || other.iter().any(|word| lower.contains(word)) {
        return None;
    }
    date_in(line)
}

/// The first date in a text: 3.4.2023, 03.04.2023, 3. April 2023, 2023-04-03.
fn date_in(text: &str) -> Option<NaiveDate> {
    let is_end = |c: char| !c.is_ascii_digit();
    let words: Vec<&str> =
        text.split([' ', '\t', ',', ';', '(', ')']).filter(|w| !w.is_empty()).collect();
    words.iter().enumerate().find_map(|(at, word)| {
        let word = word.trim_end_matches('.');
        let iso = NaiveDate::parse_from_str(word, "%Y-%m-%d").ok();
        let numbers: Vec<&str> = word.split('.').collect();
        let german = match numbers.as_slice() {
            [day, month, year] if year.len() == 4 => ymd(year, month.parse().ok()?, day),
            [day, month, year] if year.len() == 2 && !year.contains(is_end) => {
                ymd(&format!("20{year}"), month.parse().ok()?, day)
            }
            _ => None,
        };
        let named = || {
            let month = month(words.get(at + 1)?)?;
            ymd(words.get(at + 2)?.trim_end_matches('.'), month, word)
        };
        iso.or(german).or_else(named)
    })
}

fn ymd(year: &str, month: u32, day: &str) -> Option<NaiveDate> {
    let year: i32 = year.parse().ok().filter(|year| (1900..2200).contains(year))?;
    NaiveDate::from_ymd_opt(year, month, day.parse().ok()?)
}

fn month(word: &str) -> Option<u32> {
    let names =
        ["jan", "feb", "mär", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "dez"];
    let word = word.to_lowercase().replace("maerz", "märz");
    let whole = word.chars().all(|c| c.is_alphabetic() || c == '.');
    let at = names.iter().position(|name| whole && word.starts_with(name))?;
    u32::try_from(at + 1).ok()
}

fn kind(head: &[&str], text: &str) -> Typ {
    let titles = [
        ("rechnung", Typ::Rechnung),
        ("widerspruch", Typ::Widerspruch),
        ("bescheid", Typ::Bescheid),
        ("anhörung", Typ::Anhoerung),
        ("antrag", Typ::Antrag),
        ("niederschrift", Typ::Protokoll),
        ("protokoll", Typ::Protokoll),
        ("vermerk", Typ::Vermerk),
        ("einladung", Typ::Einladung),
        ("vertrag", Typ::Vertrag),
    ];
    // A title is a line of few words that has the kind as the end of one: `Bauantrag`.
    let title = |line: &&&str| !line.contains('@') && line.split_whitespace().count() <= 9;
    let of_line = |line: &&str| {
        let line = line.to_lowercase();
        let mut words = line.split(|c: char| !c.is_alphabetic());
        words.find_map(|word| {
            titles.iter().find(|(end, _)| word.ends_with(end)).map(|(_, typ)| *typ)
        })
    };
    let mail = head.iter().any(|line| line.starts_with("Von:") || line.starts_with("From:"));
    if let Some(typ) = head.iter().filter(title).find_map(of_line) {
        return typ;
    }
    let decided =
        text.lines().take(120).map(str::trim).any(|line| line == "Bescheid" || line == "Bescheid:");
    match (decided, mail) {
        (true, _) => Typ::Bescheid,
        (_, true) => Typ::Mail,
        _ => Typ::Brief,
    }
}

fn cut(text: &str) -> String {
    text.trim().chars().take(VALUE_MAX).collect()
}

#[cfg(test)]
#[path = "kopf/tests.rs"]
mod tests;
