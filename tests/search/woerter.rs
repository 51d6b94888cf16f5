//! Makes the word list of the compound splitter, `src/search/woerter.txt`, and compares it.
//!
//! Sources: the laws beside the project (public domain), the names and keywords of our own filing
//! plan, the hand-written `woerter_eigen.txt`; no dictionary. A noun is what has a capital letter
//! within sentences; its forms count under the shortest seen; what the shorter nouns make up is a
//! compound and left out. `WRITE_WOERTER=1` writes the list, the same one from the same sources.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    env, fs,
    path::PathBuf,
};

use aktenlauf::search::Lexicon;

use super::texts::texts;

/// A noun of the texts counts from so many occurrences, all endings together.
const NOUN_MIN: usize = 2;
/// ... in so many texts: what one law alone has is its own subject, or a place.
const TEXTS_MIN: usize = 2;
/// So many of a hundred occurrences within sentences must have a capital letter.
const CAPITALS_MIN: usize = 80;
/// Letters of the shortest word that the texts may give; shorter ones are written by hand.
const LENGTH_MIN: usize = 4;
/// What stands before so many different nouns is a word of its own that only stands in front.
const FRONT_NOUNS_MIN: usize = 5;
/// Endings that make no new word.
const ENDINGS: &[&str] = &["s", "es", "n", "en", "er", "e", "ern", "em", "ens"];

/// How often a form was seen.
#[derive(Clone, Copy, Default)]
struct Seen {
    capital: usize,
    small: usize,
    /// Number of the last text, and of all texts, that it was seen in.
    text: usize,
    texts: usize,
}

/// `woerter_eigen.txt`, read.
#[derive(Default)]
struct Own {
    lines: BTreeSet<String>,
    never: BTreeSet<String>,
}

impl Own {
    fn read(text: &str) -> Self {
        let mut own = Self::default();
        let words = text.lines().filter(|line| !line.starts_with('#'));
        for word in words.flat_map(str::split_whitespace) {
            match word.strip_prefix('!') {
                Some(never) => own.never.insert(folded(never)),
                None => own.lines.insert(folded(word)),
            };
        }
        own
    }
}

/// In lower case, with umlauts as the index folds them.
pub fn folded(word: &str) -> String {
    let mut out = String::new();
    for c in word.chars().flat_map(char::to_lowercase) {
        match c {
            'ä' => out.push('a'),
            'ö' => out.push('o'),
            'ü' => out.push('u'),
            'ß' => out.push_str("ss"),
            c => out.push(c),
        }
    }
    out
}

/// Counts the words of a text that stand within sentences: only there does a capital letter tell
/// a noun. Words with capitals inside (abbreviations) and foreign letters are left out.
fn count(text: &str, number: usize, seen: &mut HashMap<String, Seen>) {
    let mut begins = true;
    let mut rest = text;
    while let Some(from) = rest.find(char::is_alphabetic) {
        let (between, word) = rest.split_at(from);
        begins |= between.contains("\n\n")
            || between.contains(|c: char| ".:;!?)|#*-–„\"§".contains(c) || c.is_numeric());
        let end = word.find(|c: char| !c.is_alphabetic()).unwrap_or(word.len());
        let (word, behind) = word.split_at(end);
        let hyphen = behind.starts_with(['-', '.']);
        rest = behind;
        let inner = word.chars().skip(1).all(char::is_lowercase);
        let form = folded(word);
        let fit = inner && form.bytes().all(|b| b.is_ascii_lowercase());
        if fit && !begins && !hyphen && form.len() >= LENGTH_MIN {
            let seen = seen.entry(singular(form)).or_default();
            if seen.text != number {
                seen.text = number;
                seen.texts += 1;
            }
            match word.chars().next().is_some_and(char::is_uppercase) {
                true => seen.capital += 1,
                false => seen.small += 1,
            }
        }
        begins = false;
    }
}

/// Some nouns are seen in the plural only, and these endings tell it for sure.
fn singular(mut form: String) -> String {
    if ["ungen", "heiten", "keiten", "schaften", "ionen"].iter().any(|e| form.ends_with(e)) {
        form.truncate(form.len() - 2);
    }
    form
}

/// The nouns of at least so many texts with their number: forms of one noun are put together
/// under the shortest.
fn nouns(seen: &HashMap<String, Seen>, texts: usize) -> BTreeMap<(usize, String), usize> {
    let is_noun = |seen: &Seen| {
        100 * seen.capital >= CAPITALS_MIN * (seen.capital + seen.small) && seen.texts >= texts
    };
    let mut forms: Vec<(&String, &Seen)> = seen.iter().filter(|(_, s)| is_noun(s)).collect();
    forms.sort_by_key(|(form, _)| (form.len(), form.as_str()));
    let mut nouns: BTreeMap<(usize, String), usize> = BTreeMap::new();
    for (form, seen) in forms {
        let bases = ENDINGS.iter().filter_map(|ending| form.strip_suffix(ending));
        let known = bases.map(|base| (base.len(), base.to_owned())).find(|k| nouns.contains_key(k));
        *nouns.entry(known.unwrap_or((form.len(), form.clone()))).or_default() += seen.capital;
    }
    nouns
}

/// A list with the words of `own`, the fronts, and then every noun, short ones first, that the
/// list so far can't cut: a word that it can cut is a compound, and those must not be in it.
fn list(nouns: &[&str], own: &Own, fronts: &BTreeSet<String>) -> (Lexicon, BTreeSet<String>) {
    let mut lexicon = Lexicon::default();
    let mut lines = own.lines.clone();
    lines.extend(fronts.iter().map(|front| format!("{front}-")));
    lines.iter().for_each(|line| lexicon.add(line));
    for noun in nouns {
        let own_front = lines.contains(&format!("{noun}-"));
        let not = own_front || own.never.contains(*noun);
        if !not && !lexicon.is_noun(noun) && lexicon.parts(noun).is_empty() {
            lexicon.add(noun);
            lines.insert((*noun).to_owned());
        }
    }
    (lexicon, lines)
}

/// What stands before many different nouns without being one.
fn fronts(nouns: &[&str], lexicon: &Lexicon, own: &Own) -> BTreeSet<String> {
    let mut before: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for noun in nouns {
        for cut in LENGTH_MIN..noun.len().saturating_sub(LENGTH_MIN - 1) {
            let (front, rest) = noun.split_at(cut);
            if lexicon.is_noun(rest) && !lexicon.is_noun(front) && !own.never.contains(front) {
                before.entry(front).or_default().insert(rest);
            }
        }
    }
    before.retain(|front, rests| {
        rests.len() >= FRONT_NOUNS_MIN && lexicon.parts(&format!("{front}antrag")).is_empty()
    });
    before.into_keys().map(str::to_owned).collect()
}

/// The list as it is checked in.
fn make(texts: &[String], plan: &str, own: &str) -> String {
    let own = Own::read(own);
    let mut seen = HashMap::new();
    // From 1: none was seen in text 0.
    (1..).zip(texts).for_each(|(number, text)| count(text, number, &mut seen));
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(plan.as_bytes());
    let heads = reader.headers().unwrap().clone();
    let column = |name: &str| heads.iter().position(|head| head == name).unwrap();
    let (name, keywords) = (column("bezeichnung"), column("stichworte"));
    for row in reader.records().map(Result::unwrap) {
        count(&row[name], texts.len() + 1, &mut seen);
        // Keywords are chosen words: one is as good as the least number elsewhere.
        for number in texts.len() + 2..texts.len() + 2 + NOUN_MIN.max(TEXTS_MIN) {
            row[keywords]
                .split(", ")
                .for_each(|word| count(&format!("a {word}"), number, &mut seen));
        }
    }
    let common = nouns(&seen, TEXTS_MIN);
    let common = common.iter().filter(|(_, number)| **number >= NOUN_MIN);
    let common: Vec<&str> = common.map(|((_, noun), _)| noun.as_str()).collect();
    let (lexicon, _) = list(&common, &own, &BTreeSet::new());
    // A front needs no common nouns behind it, only many.
    let all = nouns(&seen, 1);
    let all: Vec<&str> = all.keys().map(|(_, noun)| noun.as_str()).collect();
    let (_, lines) = list(&common, &own, &fronts(&all, &lexicon, &own));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn own_text() -> String {
    fs::read_to_string(root().join("src/search/woerter_eigen.txt")).unwrap()
}

/// The words written by hand, folded.
pub fn own_words() -> BTreeSet<String> {
    let own = Own::read(&own_text()).lines;
    own.into_iter().map(|line| line.trim_end_matches('-').to_owned()).collect()
}

#[test]
fn the_word_list_is_what_its_sources_make() {
    let texts = texts();
    if texts.is_empty() {
        return;
    }
    let plan = fs::read_to_string(root().join("aktenplan/muster/plan.csv")).unwrap();
    let made = make(&texts, &plan, &own_text());
    let path = root().join("src/search/woerter.txt");
    if env::var_os("WRITE_WOERTER").is_some() {
        fs::write(&path, &made).unwrap();
    }
    println!("word list: {} words, {} bytes", made.lines().count(), made.len());
    assert!(made.lines().count() > 2_000 && made.len() < 120_000);
    let current = fs::read_to_string(path).unwrap() == made;
    assert!(current, "run this test with WRITE_WOERTER=1, and raise `search::VERSION`");
}
