//! Text as it flows out of a marked-up document: words, and what separates them.
//!
//! Whatever the markup says, no separator is written twice and nothing grows beyond its room.

use super::{Failure, Limits, plain};

/// What stands between two words; of several the strongest holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Break {
    /// They are one word.
    Nothing,
    /// White space.
    Space,
    /// The next cell of a table.
    Cell,
    /// The next line.
    Line,
    /// An empty line.
    Paragraph,
}

/// A text that is being written.
#[derive(Debug)]
pub struct Flow {
    text: String,
    room: usize,
    pending: Break,
    full: bool,
}

impl Flow {
    /// An empty text that may grow to `Limits::output_bytes`.
    pub fn new(limits: &Limits) -> Self {
        let room = usize::try_from(limits.output_bytes).unwrap_or(usize::MAX);
        Self { text: String::new(), room, pending: Break::Nothing, full: false }
    }

    /// Words, in which white space of any kind and length is one space.
    pub fn words(&mut self, words: &str) {
        let mut rest = words;
        while !rest.is_empty() {
            let word = rest.find(white).unwrap_or(rest.len());
            self.push(rest.get(..word).unwrap_or_default());
            rest = rest.get(word..).unwrap_or_default();
            let next = rest.find(|char| !white(char)).unwrap_or(rest.len());
            if next > 0 {
                self.end(Break::Space);
            }
            rest = rest.get(next..).unwrap_or_default();
        }
    }

    /// Words whose lines and spaces were set on purpose.
    pub fn verbatim(&mut self, words: &str) {
        for (number, line) in words.split('\n').enumerate() {
            if number > 0 {
                self.end(if self.pending >= Break::Line { Break::Paragraph } else { Break::Line });
            }
            if line.trim().is_empty() {
                self.end(if line.is_empty() { Break::Nothing } else { Break::Space });
            } else {
                self.push(line);
            }
        }
    }

    /// Ends what was written: at least this stands before what follows.
    pub fn end(&mut self, how: Break) {
        self.pending = self.pending.max(how);
    }

    /// True once a word found no room; then all that follows is in vain.
    pub const fn is_full(&self) -> bool {
        self.full
    }

    /// The text in the form of all derived text.
    ///
    /// # Errors
    /// `TooLarge` if it found no room.
    pub fn finish(self) -> Result<String, Failure> {
        if self.full { Err(Failure::TooLarge) } else { Ok(plain::normalise(&self.text)) }
    }

    fn push(&mut self, word: &str) {
        if word.is_empty() || self.full {
            return;
        }
        let between = match self.pending {
            _ if self.text.is_empty() => "",
            Break::Nothing => "",
            Break::Space => " ",
            Break::Cell => "\t",
            Break::Line => "\n",
            Break::Paragraph => "\n\n",
        };
        let size = self.text.len().saturating_add(between.len()).saturating_add(word.len());
        if size > self.room {
            self.full = true;
            return;
        }
        self.text.push_str(between);
        self.text.push_str(word);
        self.pending = Break::Nothing;
    }
}

/// White space of HTML and XML; a no-break space is none.
const fn white(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_written_once_and_the_strongest_holds() {
        let mut flow = Flow::new(&Limits::default());
        flow.end(Break::Paragraph);
        flow.words(" Sehr  geehrte\n Damen ");
        flow.end(Break::Line);
        flow.end(Break::Space);
        flow.words("und");
        flow.words(" ");
        flow.words("Herren");
        flow.words(",");
        flow.end(Break::Cell);
        flow.verbatim("ein\n  zwei\n\n\ndrei\n");
        flow.end(Break::Paragraph);
        let text = flow.finish().unwrap();
        assert_eq!(text, "Sehr geehrte Damen\nund Herren,\tein\n  zwei\n\ndrei");
    }

    #[test]
    fn nothing_grows_beyond_its_room() {
        let mut flow = Flow::new(&Limits { output_bytes: 5, ..Limits::default() });
        flow.words("ab cd");
        assert!(!flow.is_full());
        flow.words("e");
        assert!(flow.is_full());
        assert_eq!(flow.finish(), Err(Failure::TooLarge));
    }
}
