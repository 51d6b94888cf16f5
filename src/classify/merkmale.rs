//! A text as hashed features: stems of words, pairs of words, pieces of words, words of the head.
//!
//! Pieces of four letters find `Bebauungsplan` in `Bebauungsplanverfahren` and survive a letter
//! that a scanner misread. Nothing of the text is kept: a feature is 20 bits of a hash and the two
//! bits of its group. Equal text gives equal features on every machine.

#![expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "hashes are cut on purpose; places come from the same slices"
)]

use std::{collections::HashMap, sync::LazyLock};

use frostem::{Algorithm, Stemmer};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::Text;

/// Bits of a feature's hash; two more name its group.
const BITS: u32 = 20;
/// How many different features there can be.
pub const DIMENSIONS: usize = 4 << BITS;
/// Bytes of a text that are read; of longer ones the beginning and the end.
const READ_MAX: usize = 60_000;
/// Bytes of a text's beginning that count as its head.
const HEAD: usize = 700;
/// Letters of a piece.
const PIECE: usize = 4;
/// Letters of a word that count.
const WORD_MAX: usize = 40;

/// What a feature is; also how much each group weighs, see [`WEIGHTS`].
#[derive(Clone, Copy)]
enum Group {
    Word,
    Pair,
    Piece,
    Head,
}

/// Weight of each group in a vector, after each has been brought to length 1.
pub const WEIGHTS: [f32; 4] = [1.0, 0.6, 1.2, 0.3];

/// The group of a feature.
#[must_use]
pub const fn group(feature: u32) -> usize {
    (feature >> BITS) as usize
}

/// The features of one text with their weights (1 + ln of how often), by ascending number.
pub type Features = Vec<(u32, f32)>;

/// Words that say nothing of the matter, as they are after folding, without stemming.
const SILENT: &str = "\
    aber alle allem allen aller alles als also am an andere anderen anderer anderes auch auf \
    aus bei beim bereits bin bis bitte bitten da dabei damit danach dann daran darauf daraus \
    darf das dass davon dazu dem den denen denn der deren des deshalb dessen die dies diese \
    diesem diesen dieser dieses doch dort du durch ein eine einem einen einer eines er es etwa \
    euch euer fur gegen geehrte geehrten geehrter gemass gern gerne grussen gruss grusse hab \
    habe haben hat hatte hatten herr herren herrn frau damen hier hiermit hin ich ihm ihn \
    ihnen ihr ihre ihrem ihren ihrer ihres im in ins ist ja je jede jedem jeden jeder jedoch \
    jetzt kann kein keine keinem keinen keiner konnen konnte konnten machen man mehr mein \
    meine meinem meinen meiner mich mir mit mochte mochten muss mussen nach nicht nichts noch \
    nun nur ob oder ohne schon sehr sein seine seinem seinen seiner seit sich sie sind so \
    sofern sollte sollten sondern sowie uber um und uns unser unsere unserem unseren unserer \
    unter viele vielen vom von vor wahrend war waren was weil weiter weitere weiteren welche \
    welchen welcher wenn wer werde werden wie wieder will wir wird wo worden wurde wurden zu \
    zum zur zwar zwischen mfg dank danke freundlichen freundliche hochachtungsvoll anlage \
    anlagen seite tel telefon fax mail www http https de str";

static SILENT_WORDS: LazyLock<std::collections::HashSet<&'static str>> =
    LazyLock::new(|| SILENT.split_whitespace().collect());

static STEMMER: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::new(Algorithm::German));

/// Calls for each feature of a text, once for each time it stands there, with the word it comes
/// from (empty for pairs) and how much it counts.
fn each(text: &Text<'_>, mut call: impl FnMut(u32, &str, f32)) {
    let body = clipped(text.text);
    let mut walk = Walk { before: 0, call: &mut call };
    for (extra, weight) in [(text.betreff, 3.0), (text.absender, 1.5)] {
        if let Some(extra) = extra {
            walk.run(extra, true, weight);
        }
    }
    let cut = boundary(&body, HEAD);
    for line in body[..cut].lines() {
        let subject = is_subject(line);
        walk.run(line, true, if subject { 3.0 } else { 1.0 });
    }
    walk.run(&body[cut..], false, 1.0);
}

fn is_subject(line: &str) -> bool {
    let line = line.trim_start();
    ["Betreff", "Betrifft", "Betr.", "BETREFF", "Subject", "Thema", "Titel"]
        .iter()
        .any(|mark| line.starts_with(mark))
}

struct Walk<'c, C> {
    before: u64,
    call: &'c mut C,
}

impl<C: FnMut(u32, &str, f32)> Walk<'_, C> {
    fn run(&mut self, text: &str, head: bool, weight: f32) {
        for raw in text.split(|c: char| !c.is_alphanumeric() && !joins(c)) {
            let folded = folded(raw);
            if folded.is_empty() || folded.len() > 4 * WORD_MAX {
                continue;
            }
            if SILENT_WORDS.contains(folded.as_str()) || folded.len() < 2 {
                self.silent(&folded, weight);
                continue;
            }
            self.word(raw, &folded, head, weight);
        }
        self.before = 0;
    }

    /// Tells styles apart, once there are documents: no pairs, no pieces, no reason to name.
    fn silent(&mut self, folded: &str, weight: f32) {
        if folded.len() > 1 {
            (self.call)(feature(Group::Word, folded.as_bytes()), "", weight);
        }
    }

    fn word(&mut self, raw: &str, folded: &str, head: bool, weight: f32) {
        let digits = folded.bytes().all(|b| b.is_ascii_digit());
        // Long numbers are of one case only.
        if digits && folded.len() > 6 {
            self.before = 0;
            return;
        }
        let stem = if digits { folded.into() } else { STEMMER.stem(folded) };
        let stem: &str = &stem;
        (self.call)(feature(Group::Word, stem.as_bytes()), raw, weight);
        if head {
            (self.call)(feature(Group::Head, stem.as_bytes()), raw, weight);
        }
        let now = xxh3_64_with_seed(stem.as_bytes(), 1) | 1;
        if self.before != 0 {
            let pair = [self.before.to_le_bytes(), now.to_le_bytes()].concat();
            (self.call)(feature(Group::Pair, &pair), "", weight);
        }
        self.before = now;
        if !digits && folded.len() > 3 {
            let marked = format!("_{}_", folded.get(..WORD_MAX).unwrap_or(folded));
            for piece in marked.as_bytes().windows(PIECE) {
                (self.call)(feature(Group::Piece, piece), raw, weight);
            }
        }
    }
}

/// Soft hyphens and combining marks stand within words.
const fn joins(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{300}'..='\u{36f}')
}

/// In lower case, umlauts and accents folded to plain letters.
fn folded(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars().filter(|c| !joins(*c)) {
        match c {
            'a'..='z' | '0'..='9' => out.push(c),
            'ä' | 'Ä' | 'à' | 'á' | 'â' => out.push('a'),
            'ö' | 'Ö' | 'ó' | 'ô' => out.push('o'),
            'ü' | 'Ü' | 'ú' | 'û' => out.push('u'),
            'ß' => out.push_str("ss"),
            'é' | 'è' | 'ê' | 'É' | 'ë' => out.push('e'),
            'ﬁ' => out.push_str("fi"),
            'ﬂ' => out.push_str("fl"),
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

fn feature(group: Group, bytes: &[u8]) -> u32 {
    let hash = xxh3_64_with_seed(bytes, group as u64);
    ((group as u32) << BITS) | (hash as u32 & ((1 << BITS) - 1))
}

/// The text, or the beginning and the end of a long one.
fn clipped(text: &str) -> std::borrow::Cow<'_, str> {
    if text.len() <= READ_MAX {
        return text.into();
    }
    let first = boundary(text, READ_MAX * 3 / 4);
    let last = boundary(text, text.len() - READ_MAX / 4);
    format!("{}\n{}", &text[..first], &text[last..]).into()
}

fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The features of a text, at most `limit` of them: words before the head's, pairs, pieces; within
/// a group those of the smallest hash, so that equal features survive in all texts.
#[must_use]
pub fn of(text: &Text<'_>, limit: usize) -> Features {
    let mut counts: HashMap<u32, f32> = HashMap::new();
    each(text, |feature, _, weight| *counts.entry(feature).or_default() += weight);
    let mut list: Features = counts.into_iter().map(|(f, n)| (f, 1.0 + n.max(0.2).ln())).collect();
    list.retain(|(_, weight)| *weight > 0.0);
    if list.len() > limit {
        let rank =
            |feature: u32| ([0, 2, 3, 1][group(feature)], feature.wrapping_mul(2_654_435_761));
        list.sort_unstable_by_key(|(feature, _)| rank(*feature));
        list.truncate(limit);
    }
    list.sort_unstable_by_key(|(feature, _)| *feature);
    list
}

/// For each sum over features the words of a text that add most to it, the largest first.
#[must_use]
pub fn speaking(text: &Text<'_>, shares: &[HashMap<u32, f32>], count: usize) -> Vec<Vec<String>> {
    let mut words: Vec<Spoken> = vec![HashMap::new(); shares.len()];
    let mut seen = std::collections::HashSet::new();
    // The text is walked through once, whatever the number of sums.
    each(text, |feature, raw, _| {
        let told = !raw.is_empty() && shares.iter().any(|share| share.contains_key(&feature));
        if !told || !seen.insert((feature, raw.to_owned())) {
            return;
        }
        let key = folded(raw);
        for (share, words) in shares.iter().zip(&mut words) {
            if let Some(part) = share.get(&feature) {
                let entry = words.entry(key.clone()).or_insert_with(|| (0.0, raw.to_owned()));
                entry.0 += part;
            }
        }
    });
    words.into_iter().map(|words| loudest(words, count)).collect()
}

/// What each word adds, and how it is written, by its folded form.
type Spoken = HashMap<String, (f32, String)>;

fn loudest(words: Spoken, count: usize) -> Vec<String> {
    let mut words: Vec<_> = words.into_iter().filter(|(_, (sum, _))| *sum > 0.0).collect();
    words.sort_by(|a, b| b.1.0.total_cmp(&a.1.0).then_with(|| a.0.cmp(&b.0)));
    words.into_iter().take(count).map(|(_, (_, raw))| raw).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Text<'_> {
        Text { text, ..Text::default() }
    }

    #[test]
    fn spellings_share_words_and_compounds_share_pieces() {
        assert_eq!(of(&only("GEBÜHREN"), 99), of(&only("Gebu\u{308}hren"), 99));
        let plan = of(&only("Bebauungsplan"), 99);
        let longer = of(&only("Bebauungsplanverfahren"), 99);
        let shared = plan.iter().filter(|(f, _)| longer.iter().any(|(g, _)| g == f)).count();
        assert!(shared >= 9, "{shared}");
    }

    #[test]
    fn a_text_of_any_length_is_bounded() {
        let long = "Straßenreinigungsgebühr ß ".repeat(100_000);
        assert!(of(&only(&long), 300).len() <= 300);
        assert!(of(&only(&"ä".repeat(1_000_000)), 300).is_empty());
        assert!(of(&only("\u{0} \u{202e} §§ 1"), 300).is_empty());
    }
}
