//! Templates as text: `texte/*.txt`, read once, written out with thrown words and figures.
//!
//! A template has a head of `key: value` lines, and after a blank line paragraphs. `{a|b}` is one
//! of several, `{zahl 3 9}` a word of `satz`, `{name}` what `let` or `@setze` named before; `feld`
//! fills a field of the Akte's type.
//! `@je x aus LISTE [MIN MAX]` and `@mal MIN MAX` repeat what stands before their `@ende`; entries
//! of a `liste` stand between `;; `, the parts of an entry between ` / `. `?40 ` before a paragraph
//! keeps it in so many of a hundred cases, `?x>7 ` where a figure is so. Lines of `> Feld = Wert`
//! and of tables (`| a | b`) stay lines, those of `# ` and `- ` are paragraphs, others are joined.

use std::{collections::BTreeMap, sync::LazyLock};

/// The files.
const TEXTE: [&str; 11] = [
    include_str!("texte/faelle.txt"),
    include_str!("texte/bauen.txt"),
    include_str!("texte/bescheide.txt"),
    include_str!("texte/personal.txt"),
    include_str!("texte/gremien.txt"),
    include_str!("texte/rechnungen.txt"),
    include_str!("texte/elektronisch.txt"),
    include_str!("texte/bericht_laerm.txt"),
    include_str!("texte/bericht_haushalt.txt"),
    include_str!("texte/bericht_spielplaetze.txt"),
    include_str!("texte/bericht_bruecken.txt"),
];

/// All templates by name.
static VORLAGEN: LazyLock<BTreeMap<&'static str, Vorlage>> = LazyLock::new(|| {
    let pieces = TEXTE.iter().flat_map(|text| text.split("\n=== ").skip(1));
    pieces.map(Vorlage::read).map(|vorlage| (vorlage.name, vorlage)).collect()
});

/// A template.
#[derive(Clone, Debug, Default)]
pub struct Vorlage {
    name: &'static str,
    /// Its head, in order: keys and values, neither written out.
    pub kopf: Vec<(&'static str, &'static str)>,
    /// Its paragraphs.
    pub bloecke: Vec<Block>,
}

/// A part of a template's body.
#[derive(Clone, Debug)]
pub enum Block {
    /// The lines of a paragraph.
    Absatz(Vec<&'static str>),
    /// Names a value for what follows.
    Setze(&'static str, &'static str),
    /// Repeats for entries of a list: variable, list, least and most entries.
    Je(&'static str, &'static str, Option<(u64, u64)>, Vec<Self>),
    /// Repeats so many times, least and most.
    Mal(u64, u64, Vec<Self>),
}

impl Vorlage {
    /// The template of that name; an empty one if there is none, which a test would show.
    pub fn named(name: &str) -> &'static Self {
        static EMPTY: Vorlage = Vorlage { name: "", kopf: Vec::new(), bloecke: Vec::new() };
        VORLAGEN.get(name).unwrap_or(&EMPTY)
    }

    /// Value of a head line.
    pub fn kopf(&self, key: &str) -> Option<&'static str> {
        self.kopf.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
    }

    fn read(text: &'static str) -> Self {
        let (name, rest) = text.split_once('\n').unwrap_or((text, ""));
        let (head, body) = rest.split_once("\n\n").unwrap_or((rest, ""));
        let kopf = head.lines().filter_map(|line| line.split_once(": ")).collect();
        let mut lines = body.lines();
        Self { name: name.trim(), kopf, bloecke: blocks(&mut lines) }
    }
}

/// Reads to the end, or to the `@ende` of the repetition that the caller is in.
fn blocks(lines: &mut std::str::Lines<'static>) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    while let Some(line) = lines.next() {
        let Some(order) = line.strip_prefix('@') else {
            let own = ["- ", "# ", "## ", "### ", "?"].iter().any(|mark| line.starts_with(mark));
            if own || line.trim().is_empty() {
                close(&mut open, &mut blocks);
            }
            if !line.trim().is_empty() {
                open.push(line);
            }
            if line.contains("# ") && own {
                close(&mut open, &mut blocks);
            }
            continue;
        };
        close(&mut open, &mut blocks);
        let words: Vec<&str> = order.split_whitespace().collect();
        match words.as_slice() {
            ["ende"] => return blocks,
            ["setze", name, "=", ..] => {
                let value = order.split_once("= ").map_or("", |(_, value)| value);
                blocks.push(Block::Setze(name, value));
            }
            ["je", name, "aus", list, bounds @ ..] => {
                let bounds = match bounds {
                    [low, high] => Some((number(low), number(high))),
                    _ => None,
                };
                let inner = self::blocks(lines);
                blocks.push(Block::Je(name, list, bounds, inner));
            }
            ["mal", low, high] => {
                let inner = self::blocks(lines);
                blocks.push(Block::Mal(number(low), number(high), inner));
            }
            _ => blocks.push(Block::Absatz(vec![line])),
        }
    }
    close(&mut open, &mut blocks);
    blocks
}

fn close(open: &mut Vec<&'static str>, blocks: &mut Vec<Block>) {
    if !open.is_empty() {
        blocks.push(Block::Absatz(std::mem::take(open)));
    }
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails if a file is not read to its end, or two templates have one name.
    #[test]
    fn every_template_is_there() {
        let written: usize = TEXTE.iter().map(|text| text.matches("\n=== ").count()).sum();
        assert_eq!(VORLAGEN.len(), written);
        for vorlage in VORLAGEN.values() {
            let fall = vorlage.name.starts_with("fall:");
            assert!(fall || !vorlage.bloecke.is_empty(), "{} has no text", vorlage.name);
            assert!(!format!("{:?}", vorlage.bloecke).contains("\"@"), "{}", vorlage.name);
        }
    }
}
