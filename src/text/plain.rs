//! Plain text in any of its usual encodings, and the form all derived text has.
//!
//! Derived text is for finding, not for showing: what is invisible goes, ligatures are spelt out,
//! words that a line break has split are joined. It never holds U+0000.

use super::encoding;

/// UTF-8, UTF-16 or else Windows-1252.
pub fn read(bytes: &[u8]) -> String {
    normalise(&encoding::decode(bytes, None))
}

/// Order of the two bytes of a UTF-16 unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Low byte first.
    Little,
    /// High byte first.
    Big,
}

/// Whether bytes are UTF-16: by their mark, or by NUL in every other place, as European text has.
pub fn utf16(bytes: &[u8]) -> Option<Order> {
    match bytes {
        [0xff, 0xfe, ..] => return Some(Order::Little),
        [0xfe, 0xff, ..] => return Some(Order::Big),
        _ => {}
    }
    let (pairs, _) = bytes.get(..bytes.len().min(4096))?.as_chunks::<2>();
    if pairs.len() < 4 {
        return None;
    }
    let high_first = pairs.iter().filter(|pair| pair[0] == 0 && pair[1] != 0).count();
    let low_first = pairs.iter().filter(|pair| pair[1] == 0 && pair[0] != 0).count();
    let most = pairs.len() * 8 / 10;
    if low_first > most && high_first == 0 {
        Some(Order::Little)
    } else if high_first > most && low_first == 0 {
        Some(Order::Big)
    } else {
        None
    }
}

/// The form of all derived text; see the module.
pub fn normalise(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => visible.push('\n'),
            '\n' | '\t' | '\u{c}' => visible.push(char),
            '\u{a0}' | '\u{2007}' | '\u{202f}' => visible.push(' '),
            '\u{2010}' | '\u{2011}' => visible.push('-'),
            '\u{ad}' => {
                // A soft hyphen that was used: the break goes with it.
                chars.next_if(|next| *next == '\n');
            }
            '\u{fb00}' => visible.push_str("ff"),
            '\u{fb01}' => visible.push_str("fi"),
            '\u{fb02}' => visible.push_str("fl"),
            '\u{fb03}' => visible.push_str("ffi"),
            '\u{fb04}' => visible.push_str("ffl"),
            '\u{fb05}' | '\u{fb06}' => visible.push_str("st"),
            char if invisible(char) => {}
            char => visible.push(char),
        }
    }
    lines(&visible)
}

/// Control characters, marks of direction and width, and what Unicode will never assign.
fn invisible(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(char, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || matches!(char, '\u{fdd0}'..='\u{fdef}')
        || u32::from(char) & 0xfffe == 0xfffe
}

/// No spaces at the end of lines, no two empty lines in a row, split words joined.
fn lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.split('\n') {
        let line = line.trim_end_matches([' ', '\t']);
        if line.is_empty() {
            empty += 1;
            continue;
        }
        if empty == 0 && splits_word(&out, line) {
            out.pop();
        } else if !out.is_empty() {
            out.push_str(if empty == 0 { "\n" } else { "\n\n" });
        }
        out.push_str(line);
        empty = 0;
    }
    out
}

/// "Bau-" before "antrag" is one word; "Vor-" before "und Nachteile" is not.
fn splits_word(before: &str, line: &str) -> bool {
    let Some(stem) = before.strip_suffix('-') else { return false };
    let first = line.split([' ', ',']).next().unwrap_or_default();
    stem.ends_with(char::is_lowercase)
        && first.starts_with(char::is_lowercase)
        && !matches!(first, "und" | "oder" | "bzw." | "sowie" | "bis" | "als" | "noch")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        let words = "Größe: 5 € – „ja“";
        assert_eq!(read(words.as_bytes()), words);
        assert_eq!(read(b"Gr\xf6\xdfe: 5 \x80 \x96 \x84ja\x93"), words);
        let little: Vec<u8> = words.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&[b"\xff\xfe".as_slice(), &little].concat()), words);
        let plain = "Ohne Marke, aber lang genug";
        let big: Vec<u8> = plain.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(read(&big), plain);
        assert_eq!(read(b""), "");
    }

    #[test]
    fn nothing_invisible_remains() {
        assert_eq!(read(b"a\0b\x07c\r\nd\re\x1b[0m"), "abc\nd\ne[0m");
        assert_eq!(normalise("links\u{202e}rechts\u{fffe}\u{feff}"), "linksrechts");
        assert_eq!(normalise("e\u{fb03}zient\u{a0}hier \n\n\n\n \nda"), "effizient hier\n\nda");
    }

    #[test]
    fn split_words_are_joined() {
        assert_eq!(normalise("der Bau-\nantrag"), "der Bauantrag");
        assert_eq!(normalise("der Bau\u{ad}\nantrag"), "der Bauantrag");
        assert_eq!(normalise("Vor-\nund Nachteile"), "Vor-\nund Nachteile");
        assert_eq!(normalise("Haupt-\nSatzung"), "Haupt-\nSatzung");
        assert_eq!(normalise("Punkt -\nweiter"), "Punkt -\nweiter");
    }
}
