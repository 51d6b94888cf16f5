//! Text of RTF (Microsoft's specification 1.9.1): paragraphs, cells, and characters of any code
//! page; no fonts, pictures, hidden or deleted text.
//!
//! Own, because the one crate that reads RTF knows no code pages and no destinations. Groups lie on
//! a bounded stack, never on the thread's: braces may be as deep as the file is long.

use encoding_rs::{Encoding, WINDOWS_1252};

use super::{
    Failure, Limits,
    flow::{Break, Flow},
};

/// Groups that are told apart; deeper ones are part of the one around them.
const DEPTH_MAX: usize = 10_000;
/// Longest control word that is looked at (the longest of the specification has 32).
const WORD_MAX: usize = 40;

/// Destinations that are no text. Those marked with `\*` are none either.
const SKIPPED: [&str; 24] = [
    "fonttbl",
    "colortbl",
    "stylesheet",
    "filetbl",
    "listtable",
    "listoverridetable",
    "revtbl",
    "rsidtbl",
    "info",
    "pict",
    "nonshppict",
    "objdata",
    "objclass",
    "shprslt",
    "sn",
    "sv",
    "fldinst",
    "bkmkstart",
    "bkmkend",
    "xe",
    "tc",
    "themedata",
    "datastore",
    "generator",
];

/// Reads a document.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<String, Failure> {
    if !bytes.trim_ascii_start().starts_with(b"{\\rtf") {
        return Err(Failure::Unreadable("its structure is damaged".into()));
    }
    let mut reader = Reader {
        rest: bytes,
        flow: Flow::new(limits),
        group: Group { skipped: false, hidden: false, fallback: 1, encoding: None },
        outer: Vec::new(),
        deeper: 0,
        code_page: WINDOWS_1252,
        fonts: Vec::new(),
        raw: Vec::new(),
        high: None,
        swallow: 0,
        font_table: None,
        font: 0,
    };
    while !reader.flow.is_full() && reader.step() {}
    reader.flush();
    reader.flow.finish()
}

/// What holds within a group and ends with it.
#[derive(Clone, Copy, Debug)]
struct Group {
    skipped: bool,
    hidden: bool,
    /// Characters after `\u` that stand for it where Unicode is not understood (`\uc`).
    fallback: u32,
    /// Of the font in force; none: the document's.
    encoding: Option<&'static Encoding>,
}

#[derive(Debug)]
struct Reader<'a> {
    rest: &'a [u8],
    flow: Flow,
    group: Group,
    outer: Vec<Group>,
    /// Open groups beyond `DEPTH_MAX`.
    deeper: u64,
    code_page: &'static Encoding,
    /// Encodings of the fonts that name one.
    fonts: Vec<(i32, &'static Encoding)>,
    /// Bytes of the code page that are not decoded yet: two may make one character.
    raw: Vec<u8>,
    /// The first half of a UTF-16 pair.
    high: Option<u16>,
    /// Characters to pass over: the fallback of `\u`.
    swallow: u32,
    /// Depth of the table of fonts while it is read.
    font_table: Option<usize>,
    /// The font that is being described there.
    font: i32,
}

impl<'a> Reader<'a> {
    /// False: it is read.
    fn step(&mut self) -> bool {
        let Some((first, rest)) = self.rest.split_first() else { return false };
        self.rest = rest;
        match first {
            b'{' => self.open(),
            b'}' => self.close(),
            b'\\' => self.control(),
            b'\r' | b'\n' | 0 => {}
            b'\t' => self.separate(Break::Cell),
            byte => self.byte(*byte),
        }
        true
    }

    fn open(&mut self) {
        self.flush();
        self.swallow = 0;
        if self.outer.len() < DEPTH_MAX {
            self.outer.push(self.group);
        } else {
            self.deeper = self.deeper.saturating_add(1);
        }
    }

    fn close(&mut self) {
        self.flush();
        self.swallow = 0;
        if self.deeper > 0 {
            self.deeper -= 1;
        } else if let Some(group) = self.outer.pop() {
            self.group = group;
        }
        if self.font_table.is_some_and(|depth| self.outer.len() < depth) {
            self.font_table = None;
        }
    }

    fn control(&mut self) {
        let letters = self.rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        if letters == 0 {
            return self.symbol();
        }
        let (word, rest) = self.rest.split_at_checked(letters).unwrap_or((self.rest, &[]));
        let sign = usize::from(rest.first() == Some(&b'-'));
        let digits = rest.iter().skip(sign).take_while(|byte| byte.is_ascii_digit()).count();
        let end = if digits > 0 { sign + digits } else { 0 };
        let (number, rest) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        let number = std::str::from_utf8(number).ok().and_then(|number| number.parse().ok());
        self.rest = rest.strip_prefix(b" ").unwrap_or(rest);
        let word = word.get(..word.len().min(WORD_MAX)).unwrap_or(word);
        self.word(std::str::from_utf8(word).unwrap_or_default(), number);
    }

    fn symbol(&mut self) {
        let Some((symbol, rest)) = self.rest.split_first() else { return };
        self.rest = rest;
        match symbol {
            b'\'' => {
                let digits = rest.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
                if let Some(byte) = digits.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                    self.rest = rest.get(2..).unwrap_or_default();
                    self.byte(byte);
                }
            }
            b'*' => self.starred(),
            b'\\' | b'{' | b'}' => self.byte(*symbol),
            b'~' => self.char('\u{a0}'),
            b'_' => self.char('\u{2011}'),
            b'-' => self.char('\u{ad}'),
            b'\r' | b'\n' => self.separate(Break::Line),
            _ => {}
        }
    }

    /// A destination that an old reader must pass over. The text of drawn boxes lies in one.
    fn starred(&mut self) {
        let known = [b"\\shpinst".as_slice(), b"\\shptxt", b"\\shppict"];
        if !known.iter().any(|word| self.rest.starts_with(word)) {
            self.group.skipped = true;
        }
    }

    fn word(&mut self, word: &str, number: Option<i32>) {
        let on = number != Some(0);
        match word {
            "par" | "sect" | "page" | "column" => self.separate(Break::Line),
            "line" | "row" | "nestrow" => self.separate(Break::Line),
            "cell" | "nestcell" | "tab" => self.separate(Break::Cell),
            "emspace" | "enspace" | "qmspace" => self.char(' '),
            "emdash" => self.char('\u{2014}'),
            "endash" => self.char('\u{2013}'),
            "lquote" => self.char('\u{2018}'),
            "rquote" => self.char('\u{2019}'),
            "ldblquote" => self.char('\u{201c}'),
            "rdblquote" => self.char('\u{201d}'),
            "bullet" => self.char('\u{2022}'),
            "u" => number.into_iter().for_each(|number| self.unicode(number)),
            "uc" => self.group.fallback = number.unwrap_or(1).try_into().unwrap_or(1),
            "v" | "deleted" => {
                self.flush();
                self.group.hidden = on;
            }
            "plain" => {
                self.flush();
                (self.group.hidden, self.group.encoding) = (false, None);
            }
            "bin" => self.binary(number.unwrap_or_default()),
            "ansicpg" => {
                let named = number.and_then(super::encoding::of_code_page);
                self.code_page = named.unwrap_or(self.code_page);
            }
            "mac" => self.code_page = encoding_rs::MACINTOSH,
            "f" => self.font(number.unwrap_or_default()),
            "fcharset" if self.font_table.is_some() => {
                let encoding = number.and_then(charset);
                self.fonts.extend(encoding.map(|encoding| (self.font, encoding)));
            }
            "fonttbl" => {
                self.group.skipped = true;
                self.font_table = Some(self.outer.len());
            }
            _ if SKIPPED.contains(&word) => self.group.skipped = true,
            _ => {}
        }
    }

    fn font(&mut self, number: i32) {
        if self.font_table.is_some() {
            self.font = number;
            return;
        }
        self.flush();
        let found = self.fonts.iter().find(|(font, _)| *font == number);
        self.group.encoding = found.map(|(_, encoding)| *encoding);
    }

    /// `\u`: a UTF-16 unit, written as a signed number.
    fn unicode(&mut self, number: i32) {
        self.flush();
        let unit = u16::try_from(number.rem_euclid(0x1_0000)).unwrap_or_default();
        match (self.high.take(), unit) {
            (_, 0xd800..=0xdbff) => self.high = Some(unit),
            (Some(high), 0xdc00..=0xdfff) => {
                let pair = char::decode_utf16([high, unit]).next().and_then(Result::ok);
                self.char(pair.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            (_, unit) => {
                let char = char::from_u32(u32::from(unit));
                self.char(char.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        self.swallow = self.group.fallback;
    }

    /// Bytes that are no text whatever they look like.
    fn binary(&mut self, number: i32) {
        let count = usize::try_from(number).unwrap_or(0).min(self.rest.len());
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    fn byte(&mut self, byte: u8) {
        if self.swallow > 0 {
            self.swallow -= 1;
        } else if self.shown() {
            self.raw.push(byte);
            if self.raw.len() >= 1 << 16 && byte.is_ascii() {
                self.flush();
            }
        }
    }

    fn char(&mut self, char: char) {
        self.flush();
        if self.shown() {
            self.flow.verbatim(char.encode_utf8(&mut [0; 4]));
        }
    }

    fn separate(&mut self, how: Break) {
        self.flush();
        if self.shown() {
            self.flow.end(how);
        }
    }

    const fn shown(&self) -> bool {
        !self.group.skipped && !self.group.hidden
    }

    /// Writes what waits for its code page.
    fn flush(&mut self) {
        if self.raw.is_empty() {
            return;
        }
        let encoding = self.group.encoding.unwrap_or(self.code_page);
        let (text, _) = encoding.decode_without_bom_handling(&self.raw);
        self.flow.words(&text);
        self.raw.clear();
    }
}

/// The encoding of a font's `\fcharset`, where it differs from the document's.
fn charset(number: i32) -> Option<&'static Encoding> {
    let page = match number {
        77 => 10_000,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    };
    super::encoding::of_code_page(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(document: &str) -> String {
        read(document.as_bytes(), &Limits::default()).unwrap()
    }

    #[test]
    fn a_letter() {
        let letter = r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss\fcharset0 Arial;}
{\f1\fcharset204 Arial Cyr;}}{\colortbl;\red255\green0\blue0;}{\stylesheet{\s1 heading;}}
{\info{\title nein}{\author nein}}{\*\generator nein;}\pard\plain\f0\fs24 Gr\'f6\'dfe:
 5 \'80 \endash  \ldblquote ja\rdblquote\par Sehr geehrte{\b  Damen}\tab und\line\par
{\f1\'cf\'f0\'e8\'e2\'e5\'f2} \u8364?{\uc2 \u252\'fc\'fc}\u-10179?\u-8704?\par
\trowd 1\cell 2\cell\row{\v nein}{\deleted nein}{\pict\wmetafile8 0102ff}\{\\\}
{\field{\*\fldinst HYPERLINK nein}{\fldrslt Seite}}{\shp{\*\shpinst{\sp{\sn nein}{\sv nein}}
{\shptxt Kasten}}{\shprslt nein}} Bau\-antrag a\~b \bin3 n}{}Ende}";
        let expected = "Größe: 5 € – “ja”\nSehr geehrte Damen\tund\nПривет €ü😀\n1\t2\n{\\}Seite\
            Kasten Bauantrag a b Ende";
        assert_eq!(text(letter), expected);
    }

    #[test]
    fn what_is_broken_is_read_as_far_as_it_goes() {
        assert_eq!(text(r"{\rtf1 eins}}} zwei"), "eins zwei");
        assert_eq!(text(r"{\rtf1 eins{\b zwei"), "einszwei");
        assert_eq!(text(r"{\rtf1 a\'zz\'f\u\uc-5\bin-1\bin99999999999 b\"), "azzfb");
        assert!(matches!(read(b"Brief", &Limits::default()), Err(Failure::Unreadable(_))));
    }

    #[test]
    fn braces_are_as_deep_as_the_file_is_long() {
        let deep = format!("{{\\rtf1 {}eins{} zwei", "{".repeat(1_000_000), "}".repeat(1_000_000));
        assert_eq!(text(&deep), "eins zwei");
    }
}
