//! The tolerant reader: any number into its parts, so that numbers sort and compare as people mean.
//!
//! It accepts every real form and judges none; whether a number is one of ours, the grammar says.

/// Longer texts are no file numbers, in characters.
const LENGTH_MAX: usize = 200;

/// A number split into runs of digits and runs of letters, with what stands between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Teile {
    parts: Vec<Teil>,
    /// What follows the last part.
    end: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Teil {
    /// What stands before it.
    before: String,
    /// Only digits, or only letters.
    text: String,
}

impl Teile {
    /// Splits a number. None if it holds no digit and no letter, a control character, or more
    /// than 200 characters.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.chars().count() > LENGTH_MAX || text.chars().any(char::is_control) {
            return None;
        }
        let mut parts: Vec<Teil> = Vec::new();
        let mut before = String::new();
        let mut last = Class::Separator;
        for c in text.chars() {
            let class = Class::of(c);
            match (class, parts.last_mut()) {
                (Class::Separator, _) => before.push(c),
                (_, Some(part)) if class == last => part.text.push(c),
                _ => parts.push(Teil { before: std::mem::take(&mut before), text: c.into() }),
            }
            last = class;
        }
        if parts.is_empty() { None } else { Some(Self { parts, end: before }) }
    }

    /// The runs of digits and of letters, in order, without what separates them.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| part.text.as_str())
    }

    /// Bytes that sort numbers part by part: digits by their value (`9` before `10`), letters by
    /// the alphabet without regard to case, digits before letters, the shorter before the longer
    /// that begins with it. Roman numerals are letters. Spellings that differ in separators or
    /// leading zeros only stand side by side and stay distinct.
    #[must_use]
    pub fn sort_key(&self) -> Vec<u8> {
        let mut key = Vec::new();
        for part in &self.parts {
            if part.text.bytes().all(|b| b.is_ascii_digit()) {
                let digits = part.text.trim_start_matches('0');
                key.push(1);
                // The count of digits before the digits makes byte order the order of values.
                key.push(u8::try_from(digits.len()).unwrap_or(u8::MAX));
                key.extend(digits.bytes());
            } else {
                key.push(2);
                key.extend(part.text.to_uppercase().bytes());
                key.push(0);
            }
        }
        key.push(0);
        key.extend(normal(&self.to_string()).bytes());
        key
    }
}

impl std::fmt::Display for Teile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for part in &self.parts {
            f.write_str(&part.before)?;
            f.write_str(&part.text)?;
        }
        f.write_str(&self.end)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Digit,
    Letter,
    Separator,
}

impl Class {
    fn of(c: char) -> Self {
        if c.is_ascii_digit() {
            Self::Digit
        } else if c.is_alphabetic() {
            Self::Letter
        } else {
            Self::Separator
        }
    }
}

/// The form in which a number is looked up: capital letters, every kind of dash a hyphen, every
/// kind of space one space, none at the ends and none beside a separator. Leading zeros and the
/// separators themselves stay: they tell numbers apart.
#[must_use]
pub fn normal(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars().flat_map(char::to_uppercase) {
        let c = match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}' => '-',
            '\u{2044}' | '\u{2215}' => '/',
            other => other,
        };
        // Zero-width characters come in by copy and paste and nobody sees them.
        if matches!(c, '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}') {
            continue;
        }
        if c.is_whitespace() {
            gap = true;
            continue;
        }
        let joins = |c: char| matches!(c, '-' | '/' | '.' | '#' | ':');
        if gap && !result.is_empty() && !joins(c) && !result.ends_with(joins) {
            result.push(' ');
        }
        gap = false;
        result.push(c);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every form that domain.md names, and the parts it must be read into.
    const REAL: &[(&str, &[&str])] = &[
        ("10 44 01", &["10", "44", "01"]),
        ("11.01.10", &["11", "01", "10"]),
        ("111", &["111"]),
        ("1111", &["1111"]),
        ("022.31", &["022", "31"]),
        ("2223.6", &["2223", "6"]),
        ("20/203", &["20", "203"]),
        ("B 1113-481-17", &["B", "1113", "481", "17"]),
        ("I B 1-3002-9/1", &["I", "B", "1", "3002", "9", "1"]),
        ("II 120 – 0211-20000-2014/010-003", &["II", "120", "0211", "20000", "2014", "010", "003"]),
        (
            "3321-0001#2021/0032-0701 725.0031",
            &["3321", "0001", "2021", "0032", "0701", "725", "0031"],
        ),
        ("020202", &["020202"]),
    ];

    fn key(text: &str) -> Vec<u8> {
        Teile::read(text).unwrap().sort_key()
    }

    #[test]
    fn every_real_form_is_read_and_written_back() {
        for (text, parts) in REAL {
            let read = Teile::read(text).unwrap();
            assert_eq!(read.values().collect::<Vec<_>>(), *parts, "{text}");
            assert_eq!(read.to_string(), *text);
        }
    }

    #[test]
    fn order_is_by_parts() {
        // Each stands before the next; by characters every pair would be the other way round.
        let chains: &[&[&str]] = &[
            &["9", "10", "111", "1111"],
            &["022.4", "022.31", "022.120"],
            &["20/9", "20/203"],
            &["11.01.9", "11.01.10"],
            &["111", "111.1", "112"],
            &["521.01-2", "521.01-10"],
            &["7", "B 7"],
            &["b 2", "B 10"],
        ];
        for chain in chains {
            for pair in chain.windows(2) {
                assert!(key(pair[0]) < key(pair[1]), "{} before {}", pair[0], pair[1]);
            }
        }
    }

    #[test]
    fn different_numbers_never_share_a_key() {
        let texts = ["11.1", "11.01", "11 1", "11-1", "11/1", "111", "1 11", "11.10", "B1", "B 1"];
        for (i, a) in texts.iter().enumerate() {
            for b in texts.iter().skip(i + 1) {
                assert_ne!(key(a), key(b), "{a} and {b}");
                assert_ne!(normal(a), normal(b), "{a} and {b}");
            }
        }
    }

    #[test]
    fn spellings_of_one_number_are_looked_up_alike() {
        let same: &[(&str, &str)] = &[
            ("II 120 – 0211-20000-2014/010-003", "ii 120-0211-20000-2014/010-003"),
            ("B\u{A0}1113-481-17", " b  1113\u{2011}481 - 17 "),
            ("10 44 01", "10\u{202F}44\t01"),
            ("3321-0001#2021/0032", "3321 — 0001 # 2021 / 0032"),
            ("521.01-7", "521.01\u{200B}-7"),
        ];
        for (a, b) in same {
            assert_eq!(normal(a), normal(b));
        }
    }

    #[test]
    fn what_is_no_number_is_not_read() {
        for text in ["", "   ", "--/.", "1\u{0}2", "1\n2", &"1".repeat(201)] {
            assert_eq!(Teile::read(text), None, "{text:?}");
        }
    }
}
