//! The quality card: how often the model is right about documents it has not seen.
//!
//! Whoever measures splits the documents, asks, and hands over each answer with the truth; the
//! card counts. Nothing here learns.

#![expect(clippy::cast_precision_loss, reason = "counts of documents")]

use std::fmt;

/// One question and its answer, at one level of the plan.
#[derive(Clone, Debug)]
pub struct Zeile {
    /// What is right.
    pub truth: String,
    /// The answer. Names that come twice are one answer, as sure as they are together.
    pub ranked: Vec<(String, f32)>,
    /// Whether the answer was given as sure.
    pub given: bool,
}

/// Shares of one set of questions, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Messung {
    /// How many questions.
    pub count: usize,
    /// The first answer is right.
    pub top1: f64,
    /// One of the first three is.
    pub top3: f64,
    /// Answers given at the threshold.
    pub coverage: f64,
    /// Of those, the right ones.
    pub right: f64,
    /// Answers that could be given so that 95 of 100 are right.
    pub coverage95: f64,
    /// Mean distance between what was said and what was so, over ten equally large steps.
    pub error: f64,
}

impl Messung {
    /// Counts.
    #[must_use]
    pub fn of(asked: impl Iterator<Item = Zeile>) -> Self {
        let mut rows: Vec<(f32, bool)> = Vec::new();
        let (mut top3, mut given, mut given_right) = (0, 0, 0);
        for question in asked {
            let is_truth = |(key, _): &(String, f32)| *key == question.truth;
            let mut merged: Vec<(String, f32)> = Vec::new();
            for (key, probability) in question.ranked {
                match merged.iter_mut().find(|(other, _)| *other == key) {
                    Some((_, sum)) => *sum += probability,
                    None => merged.push((key, probability)),
                }
            }
            merged.sort_by(|a, b| b.1.total_cmp(&a.1));
            let right = merged.first().is_some_and(is_truth);
            top3 += usize::from(merged.iter().take(3).any(is_truth));
            let sure = merged.first().map_or(0.0, |(_, p)| p.min(1.0));
            if question.given {
                given += 1;
                given_right += usize::from(right);
            }
            rows.push((sure, right));
        }
        let count = rows.len();
        let share = |part: usize, of: usize| if of == 0 { 0.0 } else { part as f64 / of as f64 };
        let top1 = rows.iter().filter(|(_, right)| *right).count();
        rows.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (mut right, mut covered) = (0, 0);
        for (at, (_, is_right)) in rows.iter().enumerate() {
            right += usize::from(*is_right);
            if share(right, at + 1) >= 0.95 {
                covered = at + 1;
            }
        }
        Self {
            count,
            top1: share(top1, count),
            top3: share(top3, count),
            coverage: share(given, count),
            right: share(given_right, given),
            coverage95: share(covered, count),
            error: calibration(&rows),
        }
    }
}

fn calibration(sorted: &[(f32, bool)]) -> f64 {
    let size = sorted.len().div_ceil(10).max(1);
    let mut error = 0.0;
    for step in sorted.chunks(size) {
        let said: f64 = step.iter().map(|(p, _)| f64::from(*p)).sum();
        let so = step.iter().filter(|(_, right)| *right).count() as f64;
        error += (said - so).abs();
    }
    error / sorted.len().max(1) as f64
}

/// A card: rows with their names.
#[derive(Clone, Debug, Default)]
pub struct Karte(pub Vec<(String, Messung)>);

impl fmt::Display for Karte {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| measured | questions | top-1 | top-3 | given at threshold | of these right \
             | given at 95 % right | calibration error |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|---|")?;
        for (name, m) in &self.0 {
            let percent = |share: f64| format!("{:.1} %", 100.0 * share);
            let right = if m.coverage > 0.0 { percent(m.right) } else { "-".into() };
            let (top1, top3, given) = (percent(m.top1), percent(m.top3), percent(m.coverage));
            let (at95, error) = (percent(m.coverage95), percent(m.error));
            let count = m.count;
            writeln!(
                f,
                "| {name} | {count} | {top1} | {top3} | {given} | {right} | {at95} | {error} |"
            )?;
        }
        Ok(())
    }
}

/// The text as a bad scan gives it: about one letter in `every` is misread, some are lost, some
/// words are cut or joined. Equal seeds give equal damage.
#[must_use]
pub fn scanned(text: &str, every: u64, seed: u64) -> String {
    const MISREAD: &[(char, &str)] = &[
        ('e', "c"),
        ('l', "1"),
        ('i', "l"),
        ('m', "rn"),
        ('ä', "a"),
        ('ü', "u"),
        ('ö', "o"),
        ('ß', "B"),
        ('h', "b"),
        ('a', "o"),
        ('S', "5"),
        ('O', "0"),
        ('t', "f"),
        ('c', "e"),
        ('n', "ri"),
        ('g', "q"),
        ('B', "8"),
        ('f', "t"),
        ('u', "ii"),
        ('d', "cl"),
        ('r', "i"),
    ];
    let mut state = seed ^ 0x9E37_79B9_7F4A_7C15;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let dice = state >> 33;
        let (hit, dice) = (dice.is_multiple_of(every.max(1)), dice / every.max(1));
        if !hit {
            out.push(c);
            continue;
        }
        match MISREAD.iter().find(|(letter, _)| *letter == c) {
            Some((_, wrong)) if !dice.is_multiple_of(8) => out.push_str(wrong),
            _ if c == ' ' => {}
            _ if dice.is_multiple_of(2) => out.push_str(&format!("{c} ")),
            _ => {}
        }
    }
    out
}
