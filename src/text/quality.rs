//! How good a text is: whether it can be relied on for finding, or its pages should be read by OCR.
//!
//! It looks at shapes only, at no word list: a text of any language that is written in words is
//! good; what a font without its table of characters leaves behind is not.

/// A page with fewer letters and digits than this has no text to speak of: a scan whose only text
/// is a stamp or a page number.
const LETTERS_MIN: u64 = 20;
/// Longest word that counts as one.
const WORD_MAX: usize = 60;

/// What was counted in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Letters and digits.
    pub letters: u64,
    /// Characters that stand for nothing: replacement, private use, control.
    pub bad: u64,
    /// Tokens between white space that hold anything but punctuation.
    pub tokens: u64,
    /// Those of them that look like a word or a number.
    pub words: u64,
}

impl Sample {
    /// Counts in a text as its reader gave it: what is invisible must not have been taken out.
    pub fn of(text: &str) -> Self {
        let mut sample = Self::default();
        for char in text.chars() {
            sample.letters += u64::from(char.is_alphanumeric());
            sample.bad += u64::from(is_bad(char));
        }
        for token in text.split_whitespace() {
            let token = token.trim_matches(|char: char| !char.is_alphanumeric() && !is_bad(char));
            if !token.is_empty() {
                sample.tokens += 1;
                sample.words += u64::from(is_word(token));
            }
        }
        sample
    }

    /// Both together.
    pub const fn and(self, other: Self) -> Self {
        Self {
            letters: self.letters + other.letters,
            bad: self.bad + other.bad,
            tokens: self.tokens + other.tokens,
            words: self.words + other.words,
        }
    }

    /// True if there is (almost) no text.
    pub const fn is_poor(&self) -> bool {
        self.letters < LETTERS_MIN
    }

    /// 0 (nothing of use) to 100. Three things lower it: bad characters, each as much as three
    /// letters; and, where fewer than three of four tokens look like words, those that do not.
    pub fn percent(&self) -> u8 {
        let share = |part: u64, whole: u64| if whole == 0 { 0 } else { part * 1000 / whole };
        let clean = share(self.letters, self.letters + 3 * self.bad);
        let shape = (share(self.words, self.tokens) * 4 / 3).min(1000);
        u8::try_from((clean * shape + 5000) / 10_000).unwrap_or(100)
    }
}

/// The figure of a document in pages: a page without text counts as one of 0.
pub fn of_pages(pages: &[Sample]) -> u8 {
    let all = pages.iter().fold(Sample::default(), |all, page| all.and(*page));
    let count = u64::try_from(pages.len()).unwrap_or(u64::MAX);
    let with = count - poor(pages);
    let percent = u64::from(all.percent()) * with;
    u8::try_from(percent.checked_div(count).unwrap_or(0)).unwrap_or(100)
}

/// Pages (almost) without text.
pub fn poor(pages: &[Sample]) -> u64 {
    u64::try_from(pages.iter().filter(|page| page.is_poor()).count()).unwrap_or(u64::MAX)
}

fn is_bad(char: char) -> bool {
    match char {
        '\t' | '\n' | '\r' | '\u{c}' => false,
        '\u{fffd}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => true,
        _ => char.is_control(),
    }
}

/// Of two letters at least (or one of a script without spaces), with a vowel if it is longer than
/// four, and no more small letters followed by large ones than a name has; or a number.
fn is_word(token: &str) -> bool {
    let (mut letters, mut digits, mut vowels, mut humps, mut foreign) = (0, 0, 0, 0, 0);
    let mut before_small = false;
    for char in token.chars() {
        if is_bad(char) {
            return false;
        }
        letters += usize::from(char.is_alphabetic());
        digits += usize::from(char.is_numeric());
        foreign += usize::from(char.is_alphabetic() && !char.is_ascii());
        vowels += usize::from("aeiouyAEIOUY".contains(char));
        humps += usize::from(before_small && char.is_uppercase());
        before_small = char.is_lowercase();
    }
    if letters + digits > WORD_MAX {
        return false;
    }
    if digits > 0 {
        return true;
    }
    let spoken = vowels + foreign > 0 || letters <= 4;
    let long = letters >= 2 || foreign > 0;
    long && spoken && humps <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(text: &str) -> u8 {
        Sample::of(text).percent()
    }

    #[test]
    fn text_is_good_and_garbage_is_not() {
        let letter = "Sehr geehrte Frau Groß, die GmbH & Co. KG zahlt bis 3. März 2026 (§ 45 Abs. \
            2) 1.200,50 € auf DE02 1203 0000 – Az. 54.1/0012-7. Kfz, StVO, z. B. im Hbf.";
        assert_eq!(percent(letter), 100);
        assert_eq!(percent("城市 規則 第一"), 100);
        assert!(percent("S e h r g e e h r t e D a m e n u n d H e r r e n") < 10);
        assert!(percent("Xqtrzw bGhTkLmN ptkxx wrtzsdfg QpLkJhNm zrtpw") < 50);
        assert!(percent("\u{1}\u{2}\u{3} \u{e021}\u{e022} Sehr \u{fffd}\u{fffd}") < 30);
        assert_eq!((percent(""), percent("- . ; *")), (0, 0));
    }

    #[test]
    fn pages_without_text_count() {
        let text = Sample::of("Der Rat der Stadt hat beschlossen");
        let stamp = Sample::of("Seite 12");
        assert_eq!(of_pages(&[text, stamp, text, stamp]), 50);
        assert_eq!((poor(&[text, stamp]), of_pages(&[stamp]), of_pages(&[])), (1, 0, 0));
    }
}
