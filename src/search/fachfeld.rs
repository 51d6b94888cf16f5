//! Fields of the types of Akten, as one field of terms: the name of the field and a value.
//!
//! A value is one term, in the form in which file numbers are compared, so that `123/4` is not
//! `4/123`. Values that are words have their words as terms too. Which fields there are is the
//! registry's to know; here every name has a place.

use super::analysis;
use crate::domain::aktentyp::Fachwert;

/// Between a field's name and a whole value.
const WHOLE: char = '\u{1}';
/// Between a field's name and one of its words.
const WORD: char = '\u{2}';

/// Characters of a value that are compared.
const VALUE_MAX: usize = 200;

/// Characters that `typ.feld` has at most.
pub(super) const NAME_MAX: usize = 81;

/// A question for a field of a type of Akten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fachfrage {
    /// `typ.feld`; whether there is one the registry knows.
    pub feld: String,
    /// Characters before its name.
    pub position: usize,
    /// The value as typed, without the `*`.
    pub(super) wert: String,
    /// A beginning.
    pub(super) anfang: bool,
}

/// Characters of a `typ.feld` that stands at the beginning, if one does.
pub(super) fn name(rest: &[char]) -> Option<usize> {
    let sign = |c: &&char| c.is_ascii_alphanumeric() || **c == '_';
    let run = |from: usize| {
        let rest = rest.get(from..).unwrap_or_default();
        let letter = rest.first().is_some_and(char::is_ascii_alphabetic);
        if letter { rest.iter().take(NAME_MAX).take_while(sign).count() } else { 0 }
    };
    let typ = run(0);
    let feld = run(typ + 1);
    (typ > 0 && rest.get(typ) == Some(&'.') && feld > 0).then_some(typ + 1 + feld)
}

/// The form in which values are compared; a day may be written as people write it.
fn normal(text: &str) -> String {
    let day = chrono::NaiveDate::parse_from_str(text.trim(), "%d.%m.%Y");
    let text = day.map_or_else(|_| text.to_owned(), |day| day.format("%Y-%m-%d").to_string());
    analysis::zeichen(&text).chars().take(VALUE_MAX).collect()
}

/// What is indexed of a value.
pub(super) fn terms(value: &Fachwert) -> Vec<String> {
    let mut terms = vec![whole(&value.feld, &value.wert)];
    if value.worte {
        terms.extend(words(&value.feld, &value.wert));
    }
    terms
}

/// The term of a whole value.
pub(super) fn whole(feld: &str, wert: &str) -> String {
    format!("{feld}{WHOLE}{}", normal(wert))
}

/// The terms of its words.
pub(super) fn words(feld: &str, wert: &str) -> Vec<String> {
    analysis::terms(wert).into_iter().map(|word| format!("{feld}{WORD}{word}")).collect()
}

/// The term that the words of a field which begin so begin with.
pub(super) fn beginning(feld: &str, wert: &str) -> String {
    format!("{feld}{WORD}{}", analysis::beginning(wert))
}

/// What is counted of a value.
pub(super) fn counted(value: &Fachwert) -> String {
    let short: String = value.wert.chars().take(VALUE_MAX).collect();
    format!("{}{WHOLE}{short}", value.feld)
}

/// Field and value of what was counted.
pub(super) fn told(counted: &str) -> Option<(&str, &str)> {
    counted.split_once(WHOLE)
}
