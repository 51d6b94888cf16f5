//! The language in which people ask: words, "phrases", beginnings, fields, exclusions, choices.
//!
//! All parts must hold. `"so"` stands side by side, `gebühr*` begins so, `-so` must not occur, `a
//! ODER b` is one of the two, `feld:so` looks in one field. No other sign has a meaning, and every
//! text is answered: with parts, or with the place at which it can't be understood.

use super::{
    analysis,
    days::{Days, days},
    fachfeld::{self, Fachfrage},
};

/// Characters that a question may have.
pub const LENGTH_MAX: usize = 1_000;

/// Words (those within phrases count each) and values that a question may have.
pub const TERMS_MAX: usize = 64;

/// Letters that a beginning must have: shorter ones stand for half of all words.
pub const PREFIX_MIN: usize = 3;

/// Letters that the name of a field has at most; a longer one is a word before a colon.
const FIELD_MAX: usize = 24;

/// Why a text can't be searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// More than [`LENGTH_MAX`] characters.
    TooLong,
    /// More than [`TERMS_MAX`] terms.
    TooMany,
    /// A quotation mark without its partner.
    Unclosed,
    /// There is not one letter or digit in it.
    NoWord,
    /// A beginning shorter than [`PREFIX_MIN`].
    ShortPrefix,
    /// A field that there is not.
    UnknownField(String),
    /// A value that is no date and no span of dates.
    NoDate,
    /// A value that the field can't have.
    NoValue(&'static str),
    /// ODER without something on both sides, NICHT without something behind it.
    Alone,
}

/// A text that can't be searched for, and where the trouble begins.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} (Zeichen {})", .why.text(), .position + 1)]
pub struct Invalid {
    /// Characters before the place.
    pub position: usize,
    /// What is wrong there.
    pub why: Why,
}

impl Why {
    /// The sentence that the searcher reads.
    #[must_use]
    pub fn text(&self) -> String {
        let text = match self {
            Self::TooLong => "Die Suchanfrage ist länger als 1000 Zeichen",
            Self::TooMany => "Die Suchanfrage hat mehr als 64 Suchwörter",
            Self::Unclosed => "Zu diesem Anführungszeichen fehlt das schließende",
            Self::NoWord => "Die Suchanfrage enthält kein Suchwort",
            Self::ShortPrefix => "Vor dem * müssen mindestens drei Buchstaben oder Ziffern stehen",
            Self::UnknownField(name) => {
                return format!(
                    "Das Suchfeld „{name}“ gibt es nicht; es gibt {}, und die Felder der \
                     Aktentypen, z. B. bauakte.flurstueck. Ist kein Suchfeld gemeint, setzen Sie \
                     den Text in Anführungszeichen",
                    Feld::names()
                );
            }
            Self::NoDate => {
                "Das ist kein Datum; erwartet wird zum Beispiel 2024, 2024-03, 2024-03-15, \
                 15.03.2024 oder 2024-01..2024-06"
            }
            Self::NoValue(values) => return format!("Dieses Suchfeld kennt nur {values}"),
            Self::Alone => "Vor und nach ODER, und nach NICHT, muss etwas stehen",
        };
        text.to_owned()
    }
}

/// What can be asked for by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Feld {
    Text,
    Betreff,
    Zeichen,
    Absender,
    Empfaenger,
    Datei,
    Plan,
    Typ,
    Art,
    Datum,
    Oe,
    Stufe,
    Storno,
}

impl Feld {
    /// Names, the first of each the one that people are told.
    const NAMES: [(Self, &'static [&'static str]); 13] = [
        (Self::Text, &["text", "inhalt"]),
        (Self::Betreff, &["betreff"]),
        (Self::Zeichen, &["zeichen", "aktenzeichen", "az", "geschaeftszeichen"]),
        (Self::Absender, &["absender", "von"]),
        (Self::Empfaenger, &["empfaenger", "empfänger", "an"]),
        (Self::Datei, &["datei", "dateiname"]),
        (Self::Plan, &["plan", "planeinheit", "aktenplan"]),
        (Self::Typ, &["typ", "dokumenttyp"]),
        (Self::Art, &["art"]),
        (Self::Datum, &["datum", "jahr"]),
        (Self::Oe, &["oe"]),
        (Self::Stufe, &["stufe", "vertraulichkeit"]),
        (Self::Storno, &["storno"]),
    ];

    fn find(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let mut all = Self::NAMES.into_iter();
        all.find(|(_, names)| names.contains(&name.as_str())).map(|(field, _)| field)
    }

    fn names() -> String {
        let first = |(_, names): (Self, &[&'static str])| names.first().copied();
        Self::NAMES.into_iter().filter_map(first).collect::<Vec<_>>().join(", ")
    }
}

/// One word, phrase or beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Clause {
    /// Its terms in order; more than one must stand side by side. Of a beginning: its only one.
    pub terms: Vec<String>,
    /// As typed, in the form in which whole file numbers are compared.
    pub whole: String,
    /// A beginning: what the words begin with, folded but not stemmed, with `ue` for `ü` and
    /// without.
    pub prefixes: Vec<String>,
}

/// What a word of a class says, which the registry alone can tell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Merkmal {
    /// Of that OE (Kürzel as typed).
    Oe(String),
    /// Of that grade, as in `domain::access::Stufe`: `offen`, `vs_nfd`.
    Stufe(&'static str),
}

/// What a part asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Words, in one field or anywhere.
    Words(Feld, Clause),
    /// Units whose number begins so.
    Plan(String),
    Typ(String),
    /// Code of `doc::Art`.
    Art(u64),
    Days(Days),
    Klasse(Merkmal),
    Storno(bool),
    Fach(Fachfrage),
}

/// One part, asked for or excluded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub not: bool,
    pub what: What,
}

/// A question as it was understood. None of anything: everything fits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Each of these must hold; of each, one part.
    pub(super) groups: Vec<Vec<Part>>,
    /// What is looked for in texts and not excluded: what passages are chosen and marked by.
    pub(super) clauses: Vec<Clause>,
    /// The whole text in the form in which file numbers are compared (they may have blanks).
    pub(super) whole: String,
}

impl Terms {
    /// Reads a text. An empty one has no parts.
    ///
    /// # Errors
    /// [`Invalid`] with the place.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        // `nth` looks at no more than the limit, however long the text is.
        if text.chars().nth(LENGTH_MAX).is_some() {
            return Err(Invalid { position: LENGTH_MAX, why: Why::TooLong });
        }
        let mut reader = Reader { chars: text.chars().collect(), at: 0, count: 0 };
        let mut found = Self { whole: analysis::zeichen(text), ..Self::default() };
        let mut or: Option<usize> = None;
        let mut not: Option<usize> = None;
        while let Some(token) = reader.token()? {
            match token {
                Token::And => {}
                Token::Or(at) if found.groups.is_empty() || or.is_some() => {
                    return Err(Invalid { position: at, why: Why::Alone });
                }
                Token::Or(at) => or = Some(at),
                Token::Not(at) => not = Some(at),
                Token::Part(mut part) => {
                    part.not ^= not.take().is_some();
                    let choice = or.take().is_some();
                    match found.groups.last_mut().filter(|_| choice) {
                        Some(group) => group.push(part),
                        None => found.add(part),
                    }
                }
            }
        }
        if let Some(position) = or.or(not) {
            return Err(Invalid { position, why: Why::Alone });
        }
        if found.groups.is_empty() && !text.trim().is_empty() {
            return Err(Invalid { position: 0, why: Why::NoWord });
        }
        for part in found.groups.iter().flatten().filter(|part| !part.not) {
            if let What::Words(_, clause) = &part.what
                && !found.clauses.contains(clause)
            {
                found.clauses.push(clause.clone());
            }
        }
        Ok(found)
    }

    fn add(&mut self, part: Part) {
        let group = vec![part];
        if !self.groups.contains(&group) {
            self.groups.push(group);
        }
    }

    /// One term as the index holds it.
    #[must_use]
    pub fn of_term(term: &str) -> Self {
        let clause = Clause { terms: vec![term.to_owned()], ..Clause::default() };
        let part = Part { not: false, what: What::Words(Feld::Text, clause.clone()) };
        Self { groups: vec![vec![part]], clauses: vec![clause], whole: String::new() }
    }

    /// The term, if a question is one word.
    #[must_use]
    pub fn only(&self) -> Option<&str> {
        match self.clauses.as_slice() {
            [clause] if clause.prefixes.is_empty() && clause.terms.len() == 1 => {
                clause.terms.first().map(String::as_str)
            }
            _ => None,
        }
    }

    /// True if that term is one of those looked for.
    #[must_use]
    pub fn names(&self, term: &str) -> bool {
        self.clauses.iter().any(|clause| clause.terms == [term])
    }

    /// True if no words are looked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }

    /// What is asked of fields of types; a name that there is not is for the caller to refuse.
    pub fn fachfragen(&self) -> impl Iterator<Item = &Fachfrage> {
        self.groups.iter().flatten().filter_map(|part| match &part.what {
            What::Fach(frage) => Some(frage),
            _ => None,
        })
    }

    /// What is asked of rights classes; the answers go into `Query::merkmale`.
    pub fn merkmale(&self) -> impl Iterator<Item = &Merkmal> {
        self.groups.iter().flatten().filter_map(|part| match &part.what {
            What::Klasse(merkmal) => Some(merkmal),
            _ => None,
        })
    }
}

enum Token {
    And,
    Or(usize),
    Not(usize),
    Part(Part),
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    count: usize,
}

/// A value as it stands there.
struct Value {
    text: String,
    start: usize,
    quoted: bool,
    star: bool,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn token(&mut self) -> Result<Option<Token>, Invalid> {
        loop {
            while self.peek(0).is_some_and(char::is_whitespace) {
                self.at += 1;
            }
            let start = self.at;
            if self.peek(0).is_none() {
                return Ok(None);
            }
            let starts = |c: char| c.is_alphanumeric() || is_quote(c);
            let not = self.peek(0) == Some('-') && self.peek(1).is_some_and(starts);
            self.at += usize::from(not);
            let position = self.at;
            let name = self.field();
            let value = self.value()?;
            if let Some(feld) = name.as_ref().filter(|name| name.contains('.')) {
                let what = self.fach(feld.to_lowercase(), position, &value)?;
                return Ok(Some(Token::Part(Part { not, what })));
            }
            if name.is_none() && !not && !value.quoted {
                match value.text.as_str() {
                    "AND" | "UND" => return Ok(Some(Token::And)),
                    "OR" | "ODER" => return Ok(Some(Token::Or(start))),
                    "NOT" | "NICHT" => return Ok(Some(Token::Not(start))),
                    _ => {}
                }
            }
            let field = match &name {
                None => Feld::Text,
                Some(name) => Feld::find(name).ok_or_else(|| Invalid {
                    position: start + usize::from(not),
                    why: Why::UnknownField(name.clone()),
                })?,
            };
            if let Some(what) = self.what(field, &value, name.is_some())? {
                return Ok(Some(Token::Part(Part { not, what })));
            }
        }
    }

    /// The name of a field, if a letter run, a colon, and directly behind it a value stand here.
    fn field(&mut self) -> Option<String> {
        let rest = self.chars.get(self.at..)?;
        let length = rest.iter().take(FIELD_MAX + 1).take_while(|c| c.is_alphabetic()).count();
        let (length, max) = match rest.get(length) {
            Some('.' | '_' | '0'..='9') => (fachfeld::name(rest)?, fachfeld::NAME_MAX),
            _ => (length, FIELD_MAX),
        };
        let behind = rest.get(length + 1).copied()?;
        let is_field = (1..=max).contains(&length)
            && rest.get(length) == Some(&':')
            && !behind.is_whitespace()
            && behind != '/';
        is_field.then(|| {
            self.at += length + 1;
            rest.iter().take(length).collect()
        })
    }

    /// A question for a field of a type.
    fn fach(&mut self, feld: String, position: usize, value: &Value) -> Result<What, Invalid> {
        let wrong = |why: Why| Invalid { position: value.start, why };
        let anfang = value.star && !value.quoted;
        let wert = value.text.strip_suffix('*').filter(|_| anfang).unwrap_or(&value.text);
        if analysis::zeichen(wert).is_empty() && !anfang {
            return Err(wrong(Why::NoWord));
        }
        self.count += analysis::terms(wert).len().max(1);
        if self.count > TERMS_MAX {
            return Err(wrong(Why::TooMany));
        }
        Ok(What::Fach(Fachfrage { feld, position, wert: wert.trim().to_owned(), anfang }))
    }

    fn value(&mut self) -> Result<Value, Invalid> {
        let start = self.at;
        let mut text = String::new();
        let quoted = self.peek(0).is_some_and(is_quote);
        if quoted {
            self.at += 1;
            loop {
                let Some(c) = self.peek(0) else {
                    return Err(Invalid { position: start, why: Why::Unclosed });
                };
                self.at += 1;
                if is_quote(c) {
                    return Ok(Value { text, start, quoted, star: false });
                }
                text.push(c);
            }
        }
        while let Some(c) = self.peek(0).filter(|c| !c.is_whitespace() && !is_quote(*c)) {
            text.push(c);
            self.at += 1;
        }
        let star = text.ends_with('*');
        Ok(Value { text, start, quoted, star })
    }

    /// What a value asks for; none if there is no word in it.
    fn what(&mut self, field: Feld, value: &Value, named: bool) -> Result<Option<What>, Invalid> {
        let wrong = |why: Why| Invalid { position: value.start, why };
        let (text, lower) = (value.text.trim(), value.text.trim().to_lowercase());
        let what = match field {
            Feld::Text
            | Feld::Betreff
            | Feld::Zeichen
            | Feld::Absender
            | Feld::Empfaenger
            | Feld::Datei => {
                let clause = clause(value)?;
                if clause.terms.is_empty() && named {
                    return Err(wrong(Why::NoWord));
                }
                if clause.terms.is_empty() {
                    return Ok(None);
                }
                self.count += clause.terms.len().saturating_sub(1);
                What::Words(field, clause)
            }
            Feld::Plan => What::Plan(text.trim_end_matches('*').to_owned()),
            Feld::Typ => What::Typ(text.to_owned()),
            Feld::Art => What::Art(match lower.as_str() {
                "dokument" => 1,
                "akte" => 2,
                "vorgang" => 3,
                _ => return Err(wrong(Why::NoValue("dokument, akte, vorgang"))),
            }),
            Feld::Datum => What::Days(days(text).ok_or_else(|| wrong(Why::NoDate))?),
            Feld::Oe => What::Klasse(Merkmal::Oe(text.to_owned())),
            Feld::Stufe => What::Klasse(Merkmal::Stufe(match lower.as_str() {
                "offen" => "offen",
                "vs_nfd" | "vs-nfd" | "nfd" => "vs_nfd",
                _ => return Err(wrong(Why::NoValue("offen, vs_nfd"))),
            })),
            Feld::Storno => What::Storno(match lower.as_str() {
                "ja" => true,
                "nein" => false,
                _ => return Err(wrong(Why::NoValue("ja, nein"))),
            }),
        };
        self.count += 1;
        if self.count > TERMS_MAX {
            return Err(wrong(Why::TooMany));
        }
        Ok(Some(what))
    }
}

fn clause(value: &Value) -> Result<Clause, Invalid> {
    let terms = analysis::terms(&value.text);
    let mut prefixes = Vec::new();
    if value.star && terms.len() <= 1 {
        let begin = analysis::beginning(&value.text);
        if begin.chars().count() < PREFIX_MIN {
            return Err(Invalid { position: value.start, why: Why::ShortPrefix });
        }
        let folded = analysis::respelled(&begin);
        prefixes.push(begin);
        if !prefixes.contains(&folded) {
            prefixes.push(folded);
        }
    }
    Ok(Clause { terms, whole: analysis::zeichen(&value.text), prefixes })
}

const fn is_quote(c: char) -> bool {
    matches!(c, '"' | '„' | '“' | '”' | '«' | '»')
}

#[cfg(test)]
mod tests;
