//! What a letter's head says: subject, date, sender, the sender's reference, the kind of document.
//!
//! Proposals for a clerk, from where such things stand on letters, mails and forms. What is not
//! clearly there is none.

use chrono::NaiveDate;

/// Labels of the sender's own reference.
const REFERENCES: &[&str] = &[
    "unser zeichen",
    "mein zeichen",
    "unser vorgang",
    "geschäftszeichen",
    "gesch.-z",
    "aktenzeichen",
    "az",
];
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
    &["sehr geehrte", "liebe", "hallo", "guten ", "moin", "grüß gott", "werte"];
/// Words that end a farewell; the name stands behind them or on the next line.
const FAREWELLS: &[&str] =
    &["grüßen", "grüssen", "grüße", "gruß", "gruss", "hochachtungsvoll", "mfg", "lg", "auftrag"];
/// Offices: on top of a letter they are its sender only if it is also addressed to somebody.
const OFFICES: &[&str] = &["stadt ", "stadtverwaltung", "gemeinde ", "landratsamt", "rathaus"];

/// Reads the head.
#[must_use]
pub fn kopf(text: &str) -> Kopf {
    let lines: Vec<&str> = text.lines().map(str::trim).take(4_000).collect();
    let greeting = lines.iter().take(80).position(|line| begins(line, GREETINGS));
    let head = lines.get(..greeting.unwrap_or(lines.len().min(HEAD_LINES))).unwrap_or_default();
    Kopf {
        betreff: subject(head, greeting.is_some()),
        datum: head.iter().find_map(|line| date_of_letter(line)),
        absender: sender(head, &lines, greeting.is_some()),
        fremdzeichen: REFERENCES
            .iter()
            .find_map(|label| {
                head.iter()
                    .find_map(|line| value_after(labelled(line, &line.to_lowercase(), label)?))
            })
            .map(Into::into),
        typ: kind(head, text),
    }
}

fn begins(line: &str, words: &[&str]) -> bool {
    let start: String = line.chars().take(24).flat_map(char::to_lowercase).collect();
    words.iter().any(|word| start.starts_with(word))
}

/// What stands behind a label, wherever it begins in the line; `lower` is the line in lower case.
pub fn labelled<'l>(line: &'l str, lower: &str, label: &str) -> Option<&'l str> {
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
        // `Betr. Busfahrkarte` has no colon.
        let bare = || line.strip_prefix("Betr. ").or_else(|| line.strip_prefix("Betreff "));
        let marked = line.split_once(':').filter(|(label, _)| is_subject(label));
        marked.map(|(_, rest)| rest).or_else(bare)
    });
    if let Some(text) = marked.map(str::trim).filter(|text| !text.is_empty()) {
        return Some(cut(text));
    }
    if !greeted {
        // Minutes, notes and forms have a title instead.
        return head.iter().find(|l| title(l).is_some() || is_form(l)).map(|l| cut(l));
    }
    // The last block of lines before the salutation, unless it is an address or a date.
    let mut blocks = head.split(|line| line.is_empty()).rev();
    let block = blocks
        .find(|block| !block.is_empty() && !block.iter().all(|l| date_of_letter(l).is_some()))?;
    if block.first() == head.iter().find(|line| !line.is_empty()) {
        return None; // The letterhead.
    }
    let first = block.iter().find(|line| !is_address(line))?;
    let whole = block.iter().any(|line| is_address(line));
    (!whole && first.chars().filter(|c| c.is_alphabetic()).count() > 3).then(|| cut(first))
}

/// A post code with its place, or a line that names an addressee.
fn is_address(line: &str) -> bool {
    has_code(line)
        || ["An ", "An", "Herrn", "Frau ", "Rathaus", "Postfach", "Stadt "]
            .iter()
            .any(|word| line == word.trim_end() || (word.ends_with(' ') && line.starts_with(word)))
        || line.contains('@')
}

fn is_subject(label: &str) -> bool {
    let label = label.trim().to_lowercase();
    ["betreff", "betr", "betr.", "betrifft", "subject"].contains(&label.as_str())
}

fn sender(head: &[&str], lines: &[&str], greeted: bool) -> Option<String> {
    let labelled = |labels: &[&str]| {
        head.iter().find_map(|line| {
            let (label, rest) = line.split_once(':')?;
            let rest = rest.trim();
            (labels.contains(&label.trim()) && !rest.is_empty()).then_some(rest)
        })
    };
    if let Some(from) = labelled(&["Von", "From", "Absender"]) {
        return Some(cut(from.split('<').next().unwrap_or(from).trim()));
    }
    let first = head.iter().find(|line| !line.is_empty());
    first.filter(|line| is_letterhead(line, head, greeted)).map(|line| cut(line)).or_else(|| {
        let signed = lines.iter().enumerate().rev().find_map(|(at, line)| signed(line, lines, at));
        signed.or_else(|| {
            labelled(&["Name", "Name, Vorname", "Antragsteller", "Antragstellerin"]).map(cut)
        })
    })
}

/// True if the first line of a head names who writes, not to whom or about what.
fn is_letterhead(line: &str, head: &[&str], greeted: bool) -> bool {
    let lower = line.to_lowercase();
    let to = lower == "an"
        || lower.starts_with("an ")
        || lower.contains([':', '@'])
        || lower.starts_with("betr");
    if to
        || line.chars().count() >= 80
        || date_in(line).is_some()
        || title(line).is_some()
        || is_form(line)
    {
        return false;
    }
    let is_office = OFFICES.iter().any(|office| lower.starts_with(office));
    let addressed = || {
        let to = ["Herrn", "Herr ", "Frau ", "Familie ", "Firma", "Eheleute", "An ", "An"];
        let named = |line: &&&str| to.iter().any(|to| line == &to || line.starts_with(to));
        head.iter()
            .filter(|line| !line.is_empty())
            .skip(1)
            .any(|line| named(&line) || has_code(line))
    };
    // Without a salutation it is a note of that office; with one it needs somebody addressed.
    !is_office || !greeted || addressed()
}

/// Lines below a farewell in which the name is looked for.
const BELOW: usize = 12;

/// The name in or below a line of farewell.
fn signed(line: &str, lines: &[&str], at: usize) -> Option<String> {
    let is_end = |word: &&str| {
        let word = word.trim_matches(|c: char| !c.is_alphabetic()).to_lowercase();
        FAREWELLS.contains(&word.as_str())
    };
    let words: Vec<&str> = line.split_whitespace().take(6).collect();
    let end = words.iter().position(is_end)?;
    let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).count() > 3;
    let behind = line.split_whitespace().skip(end + 1).collect::<Vec<_>>().join(" ");
    // A word of greeting within a sentence: `Mit freundlichen Grüßen an Ihre Frau ...`.
    if behind.split(' ').count() > 4 || behind.starts_with(char::is_lowercase) {
        return None;
    }
    if letters(&behind) {
        return Some(cut(&behind));
    }
    let below = lines.get(at + 1..)?.iter().take(BELOW).filter(|line| letters(line));
    let name = below.take(2).find(|line| !line.split_whitespace().any(|word| is_end(&word)))?;
    let bare = ["gez. ", "i. A. ", "i.A. ", "Ihr ", "Ihre ", "Euer "];
    Some(cut(bare.iter().fold(*name, |name, mark| name.trim_start_matches(mark))))
}

/// Begins with a post code.
fn has_code(line: &str) -> bool {
    line.bytes().take_while(u8::is_ascii_digit).count() == 5
}

/// The date, if the line is one that dates a letter: short, and nothing else is dated by it.
fn date_of_letter(line: &str) -> Option<NaiveDate> {
    let lower = line.to_lowercase();
    // Minutes and notes are dated by what they record.
    if matches!(title(line), Some(Typ::Protokoll | Typ::Vermerk)) {
        return date_in(line);
    }
    let other = [
        "geb.",
        "geboren",
        "geburts",
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
    // A field of a form dates the letter only if it says so.
    let field = line.split_once(": ").map(|(label, _)| label.to_lowercase());
    let marks = ["datum", "date", "gesendet", "eingang", "unterschrift"];
    if field.is_some_and(|label| !marks.iter().any(|mark| label.contains(mark))) {
        return None;
    }
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
    let word = word.to_lowercase().replace("maerz", "märz").replace("jän", "jan");
    let whole = word.chars().all(|c| c.is_alphabetic() || c == '.');
    let at = names.iter().position(|name| whole && word.starts_with(name))?;
    u32::try_from(at + 1).ok()
}

/// A line that names a form: `Anmeldung einer Versammlung`, `UNFALLANZEIGE für Kinder`.
fn is_form(line: &str) -> bool {
    const FORMS: &[&str] =
        &["erklärung", "anzeige", "meldung", "bericht", "formular", "bogen", "bescheinigung"];
    let words = line.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    let mut words = words.take(2).map(str::to_lowercase);
    !line.contains(':') && words.any(|word| FORMS.iter().any(|form| word.ends_with(form)))
}

/// The kind that a line names as a title: few words, one of which ends in the kind (`Bauantrag`),
/// and no field of a form.
fn title(line: &str) -> Option<Typ> {
    let titles = [
        ("rechnung", Typ::Rechnung),
        ("widerspruch", Typ::Widerspruch),
        ("bescheid", Typ::Bescheid),
        ("anhörung", Typ::Anhoerung),
        ("antrag", Typ::Antrag),
        ("niederschrift", Typ::Protokoll),
        ("protokoll", Typ::Protokoll),
        ("vermerk", Typ::Vermerk),
        ("notiz", Typ::Vermerk),
        ("einladung", Typ::Einladung),
        ("vertrag", Typ::Vertrag),
    ];
    let line = match line.split_once(':') {
        Some((label, rest)) if is_subject(label) => rest,
        Some((_, rest)) if !rest.trim().is_empty() => return None,
        _ => line,
    };
    // Minutes name in their title what met, and when.
    let most = if line.contains("Niederschrift") { 14 } else { 9 };
    // Sentences and their second halves are none.
    let sentence = line.ends_with(['.', ',']) || line.trim().starts_with(char::is_lowercase);
    if sentence || line.contains('@') || line.split_whitespace().count() > most {
        return None;
    }
    let line = line.to_lowercase();
    let mut words = line.split(|c: char| !c.is_alphabetic()).peekable();
    while let Some(word) = words.next() {
        let Some((_, typ)) = titles.iter().find(|(end, _)| word.ends_with(end)) else { continue };
        // `Bescheid vom 20.1.` is what the letter is about, `Vermerk vom 20.1.` what it is.
        let own = matches!(typ, Typ::Vermerk | Typ::Protokoll | Typ::Antrag | Typ::Widerspruch);
        if own || words.peek() != Some(&"vom") {
            return Some(*typ);
        }
    }
    None
}

fn kind(head: &[&str], text: &str) -> Typ {
    let mail = head.iter().any(|line| line.starts_with("Von:") || line.starts_with("From:"));
    if let Some(typ) = head.iter().find_map(|line| title(line)) {
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
