//! Words and lines from letters and their places, in the order in which a page draws them.
//!
//! A page says where each letter stands and seldom where a word ends: what is near on the same
//! line is one word. The order of drawing is kept, because it is the order of reading in nearly
//! all files, and no guess about columns can tear a sentence apart.

use unicode_normalization::char::compose;

/// Where a letter stands, in points of the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Its origin, on the base line.
    pub from: (f64, f64),
    /// Where the next letter would stand without any space.
    pub to: (f64, f64),
    /// Height of the letters of this size.
    pub size: f64,
}

/// Part of the size that divides two words: a thin space is a fifth, kerning less than a tenth.
const SPACE: f64 = 0.13;
/// Part of the size that divides two cells.
const CELL: f64 = 1.8;
/// How far a letter may stand above or below the line: an index or a mark of a footnote.
const LINE: f64 = 0.55;
/// How far a letter may go back without beginning a new word: kerning, accents.
const BACK: f64 = 0.7;
/// From here on a line is a new paragraph.
const PARAGRAPH: f64 = 1.9;
/// Letters of which a repeated run is told.
const RUN: usize = 400;

/// A page that is being put together.
#[derive(Debug, Default)]
pub struct Assembly {
    text: String,
    last: Option<Place>,
    /// White space was drawn.
    space: bool,
    /// The run before, to tell shadows and outlines that repeat it.
    run: Vec<(char, (f64, f64))>,
}

impl Assembly {
    /// A run of letters that were drawn together; each may be several characters (a ligature).
    pub fn run(&mut self, letters: &[(&str, Place)]) {
        let key = |(text, place): &(&str, Place)| (text.chars().next().unwrap_or(' '), place.from);
        if self.repeats(letters) {
            return;
        }
        for (text, place) in letters {
            self.letter(text, *place);
        }
        self.run.clear();
        self.run.extend(letters.iter().take(RUN).map(key));
    }

    /// What was put together.
    pub fn finish(self) -> String {
        self.text
    }

    /// Bytes so far.
    pub const fn len(&self) -> usize {
        self.text.len()
    }

    /// True for the outline or the shadow of what was just drawn.
    fn repeats(&self, letters: &[(&str, Place)]) -> bool {
        letters.len() == self.run.len()
            && !letters.is_empty()
            && letters.iter().zip(&self.run).all(|((text, place), (char, from))| {
                text.starts_with(*char) && distance(place.from, *from) < 0.12 * place.size
            })
    }

    fn letter(&mut self, text: &str, place: Place) {
        if text.chars().all(char::is_whitespace) {
            // Its width counts as drawn, so that what follows stands near.
            self.space = true;
            self.last = Some(self.last.map_or(place, |last| {
                let (_, across) = offset(&last, place.from);
                if across.abs() < LINE * last.size { Place { to: place.to, ..last } } else { last }
            }));
            return;
        }
        let between = self.last.map_or("", |last| between(&last, &place));
        let between = if between.is_empty() && self.space { " " } else { between };
        if between.is_empty() && self.accent(text, place) {
            return;
        }
        if !self.text.is_empty() {
            self.text.push_str(between);
        }
        self.text.push_str(text);
        (self.last, self.space) = (Some(place), false);
    }

    /// Old fonts draw the dots and the letter below them one after the other.
    fn accent(&mut self, text: &str, place: Place) -> bool {
        let (Some(last), Some(before)) = (self.last, self.text.chars().next_back()) else {
            return false;
        };
        let mut chars = text.chars();
        let (Some(char), None) = (chars.next(), chars.next()) else { return false };
        // They stand above each other: the second begins well before the first ends.
        let (along, _) = offset(&last, place.from);
        if along > -0.15 * last.size {
            return false;
        }
        let both = match (combining(before), combining(char)) {
            (Some(mark), None) => compose(dotted(char), mark),
            (None, Some(mark)) => compose(dotted(before), mark),
            _ => None,
        };
        let Some(both) = both else { return false };
        self.text.pop();
        self.text.push(both);
        let wide = offset(&last, place.to).0 > 0.0;
        let to = if wide { place.to } else { last.to };
        self.last = Some(Place { to, ..if combining(before).is_some() { place } else { last } });
        true
    }
}

/// What stands between two letters, by their places.
fn between(last: &Place, next: &Place) -> &'static str {
    let (along, across) = offset(last, next.from);
    let size = last.size.max(next.size).max(0.01);
    if across.abs() > LINE * size || along < -BACK * size.max(width(last)) {
        // Down is negative on an upright page.
        return if across.abs() > PARAGRAPH * size { "\n\n" } else { "\n" };
    }
    // By the smaller of the two, so that an index does not hide a space.
    let gap = along / last.size.min(next.size).max(0.01);
    match gap {
        _ if gap > CELL => "\t",
        _ if gap > SPACE => " ",
        _ => "",
    }
}

/// From the end of a letter to a point: along its line, and across it.
fn offset(last: &Place, point: (f64, f64)) -> (f64, f64) {
    let (x, y) = (last.to.0 - last.from.0, last.to.1 - last.from.1);
    let length = x.hypot(y);
    let (x, y) = if length > 1e-6 { (x / length, y / length) } else { (1.0, 0.0) };
    let (dx, dy) = (point.0 - last.to.0, point.1 - last.to.1);
    (dx * x + dy * y, dy * x - dx * y)
}

fn width(place: &Place) -> f64 {
    distance(place.from, place.to)
}

fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// The mark that a free-standing accent stands for.
const fn combining(char: char) -> Option<char> {
    Some(match char {
        '\u{a8}' | '\u{308}' => '\u{308}',
        '`' | '\u{2cb}' | '\u{300}' => '\u{300}',
        '\u{b4}' | '\u{2ca}' | '\u{301}' => '\u{301}',
        '^' | '\u{2c6}' | '\u{302}' => '\u{302}',
        '~' | '\u{2dc}' | '\u{303}' => '\u{303}',
        '\u{af}' | '\u{304}' => '\u{304}',
        '\u{2d8}' | '\u{306}' => '\u{306}',
        '\u{2d9}' | '\u{307}' => '\u{307}',
        '\u{2da}' | '\u{b0}' | '\u{30a}' => '\u{30a}',
        '\u{2dd}' | '\u{30b}' => '\u{30b}',
        '\u{2c7}' | '\u{30c}' => '\u{30c}',
        '\u{b8}' | '\u{327}' => '\u{327}',
        '\u{2db}' | '\u{328}' => '\u{328}',
        _ => return None,
    })
}

/// Accents stand on letters without a dot.
const fn dotted(char: char) -> char {
    match char {
        '\u{131}' => 'i',
        '\u{237}' => 'j',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &'static str, x: f64, y: f64, width: f64) -> (&'static str, Place) {
        (text, Place { from: (x, y), to: (x + width, y), size: 10.0 })
    }

    fn text(runs: &[&[(&str, Place)]]) -> String {
        let mut page = Assembly::default();
        runs.iter().for_each(|run| page.run(run));
        page.finish()
    }

    #[test]
    fn gaps_divide_words_cells_and_lines() {
        let line = [at("B", 0.0, 100.0, 6.0), at("a", 5.5, 100.0, 5.0), at("u", 10.9, 100.0, 5.0)];
        let next =
            [at("a", 18.2, 100.0, 5.0), at("m", 23.2, 100.0, 8.0), at("2", 31.2, 104.0, 3.0)];
        let cell = [at("x", 80.0, 100.0, 5.0)];
        let below = [at("y", 0.0, 88.0, 5.0), at("z", 0.0, 60.0, 5.0)];
        assert_eq!(text(&[&line, &next, &cell, &below]), "Bau am2\tx\ny\n\nz");
    }

    #[test]
    fn drawn_spaces_count_and_are_not_doubled() {
        let line = [at("a", 0.0, 0.0, 5.0), at(" ", 5.0, 0.0, 3.0), at("b", 8.0, 0.0, 5.0)];
        let wide = [at(" ", 13.0, 0.0, 3.0), at(" ", 16.0, 0.0, 3.0), at("c", 24.0, 0.0, 5.0)];
        assert_eq!(text(&[&line, &wide]), "a b c");
    }

    #[test]
    fn outlines_and_shadows_are_said_once() {
        let line = [at("T", 0.0, 0.0, 6.0), at("o", 6.0, 0.0, 5.0)];
        let shadow = [at("T", 0.5, -0.5, 6.0), at("o", 6.5, -0.5, 5.0)];
        assert_eq!(text(&[&line, &line, &shadow]), "To");
        let again = [at("T", 0.0, 40.0, 6.0), at("o", 6.0, 40.0, 5.0)];
        assert_eq!(text(&[&line, &again]), "To\n\nTo");
    }

    #[test]
    fn dots_and_the_letter_below_are_one() {
        let before = [at("f", 0.0, 0.0, 3.0), at("\u{a8}", 3.0, 0.0, 5.0), at("u", 3.0, 0.0, 5.5)];
        let rest = [at("r", 8.5, 0.0, 4.0)];
        assert_eq!(text(&[&before, &rest]), "für");
        let after = [at("u", 0.0, 0.0, 5.5), at("\u{a8}", 0.2, 0.0, 5.0), at("r", 5.5, 0.0, 4.0)];
        assert_eq!(text(&[&after]), "ür");
        let apart = [at("x", 0.0, 0.0, 5.0), at("^", 5.0, 0.0, 5.0), at("u", 10.0, 0.0, 5.0)];
        assert_eq!(text(&[&apart]), "x^u");
    }

    #[test]
    fn a_turned_line_is_a_line() {
        let up = |text, y: f64| (text, Place { from: (50.0, y), to: (50.0, y + 5.0), size: 10.0 });
        assert_eq!(text(&[&[up("a", 0.0), up("b", 5.0), up("c", 13.0)]]), "ab c");
    }
}
