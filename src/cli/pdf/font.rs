//! Helvetica and Helvetica-Bold: their widths (Adobe's core metrics) and the WinAnsi encoding.
//!
//! What WinAnsi lacks is written with its nearest letter, never dropped silently.

use lopdf::{Dictionary, Object, dictionary};

/// One of the two faces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// Helvetica.
    Regular,
    /// Helvetica-Bold.
    Bold,
}

impl Face {
    /// Name among a page's resources.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Regular => "F1",
            Self::Bold => "F2",
        }
    }

    /// Width of encoded text in points.
    pub fn width(self, text: &[u8], size: f32) -> f32 {
        text.iter().map(|byte| self.advance(*byte)).sum::<f32>() * size / 1000.0
    }

    /// How many bytes of `text` fit into `room` points.
    pub fn fitting(self, text: &[u8], size: f32, room: f32) -> usize {
        let mut wide = 0.0;
        let over = text.iter().position(|byte| {
            wide += self.advance(*byte) * size / 1000.0;
            wide > room
        });
        over.unwrap_or(text.len())
    }

    fn advance(self, byte: u8) -> f32 {
        let place = usize::from(byte.saturating_sub(32));
        f32::from(self.widths().get(place).copied().unwrap_or(0))
    }

    const fn widths(self) -> &'static [u16; 224] {
        match self {
            Self::Regular => &REGULAR,
            Self::Bold => &BOLD,
        }
    }

    /// The font object.
    pub fn dictionary(self) -> Dictionary {
        let base = match self {
            Self::Regular => "Helvetica",
            Self::Bold => "Helvetica-Bold",
        };
        let widths = self.widths().iter().map(|wide| Object::from(i64::from(*wide)));
        dictionary! {
            "Type" => "Font",
            "Subtype" => "Type1",
            "BaseFont" => base,
            "Encoding" => "WinAnsiEncoding",
            "FirstChar" => 32,
            "LastChar" => 255,
            "Widths" => widths.collect::<Vec<_>>(),
        }
    }
}

/// Text in WinAnsi.
pub fn encode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for char in text.chars() {
        match char {
            // Break hints and marks of width have no glyph.
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{feff}' => {}
            '\u{a0}' | '\u{202f}' | '\t' | '\n' | '\r' => bytes.push(b' '),
            ' '..='~' | '\u{a1}'..='\u{ff}' => {
                bytes.push(u8::try_from(u32::from(char)).unwrap_or(b'?'));
            }
            char => bytes.push(special(char)),
        }
    }
    bytes
}

fn special(char: char) -> u8 {
    if let Some((_, byte)) = SPECIAL.iter().find(|(special, _)| *special == char) {
        return *byte;
    }
    let nearest = NEAREST.iter().find(|(letters, _)| letters.contains(char));
    nearest.map_or(b'?', |(_, byte)| *byte)
}

/// Where WinAnsi differs from Latin-1.
#[rustfmt::skip]
const SPECIAL: [(char, u8); 27] = [
    ('€', 0x80), ('‚', 0x82), ('ƒ', 0x83), ('„', 0x84), ('…', 0x85), ('†', 0x86), ('‡', 0x87),
    ('ˆ', 0x88), ('‰', 0x89), ('Š', 0x8a), ('‹', 0x8b), ('Œ', 0x8c), ('Ž', 0x8e), ('‘', 0x91),
    ('’', 0x92), ('“', 0x93), ('”', 0x94), ('•', 0x95), ('–', 0x96), ('—', 0x97), ('˜', 0x98),
    ('™', 0x99), ('š', 0x9a), ('›', 0x9b), ('œ', 0x9c), ('ž', 0x9e), ('Ÿ', 0x9f),
];

/// Letters of our neighbours' names, and signs with a plain twin.
#[rustfmt::skip]
const NEAREST: [(&str, u8); 24] = [
    ("ąāă", b'a'), ("ĄĀĂ", b'A'), ("ćčĉ", b'c'), ("ĆČĈ", b'C'), ("ďđ", b'd'), ("ĎĐ", b'D'),
    ("ęěėē", b'e'), ("ĘĚĖĒ", b'E'), ("ğģ", b'g'), ("Ğ", b'G'), ("ıī", b'i'), ("İĪ", b'I'),
    ("łľĺ", b'l'), ("ŁĽ", b'L'), ("ńňņ", b'n'), ("ŃŇ", b'N'), ("ő", b'o'), ("řŕ", b'r'),
    ("śşș", b's'), ("ŚŞȘ", b'S'), ("ţťț", b't'), ("ůűū", b'u'), ("źż", b'z'), ("ŹŻ", b'Z'),
];

#[rustfmt::skip]
const REGULAR: [u16; 224] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584, 350,
    556, 350, 222, 556, 333, 1000, 556, 556, 333, 1000, 667, 333, 1000, 350, 611, 350,
    350, 222, 222, 333, 333, 350, 556, 1000, 333, 1000, 500, 333, 944, 350, 500, 667,
    278, 333, 556, 556, 556, 556, 260, 556, 333, 737, 370, 556, 584, 333, 737, 333,
    400, 584, 333, 333, 333, 556, 537, 278, 333, 333, 365, 556, 834, 834, 834, 611,
    667, 667, 667, 667, 667, 667, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278,
    722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611,
    556, 556, 556, 556, 556, 556, 889, 500, 556, 556, 556, 556, 278, 278, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 584, 611, 556, 556, 556, 556, 500, 556, 500,
];

#[rustfmt::skip]
const BOLD: [u16; 224] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611,
    975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556,
    333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611,
    611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584, 350,
    556, 350, 278, 556, 500, 1000, 556, 556, 333, 1000, 667, 333, 1000, 350, 611, 350,
    350, 278, 278, 500, 500, 350, 556, 1000, 333, 1000, 556, 333, 944, 350, 500, 667,
    278, 333, 556, 556, 556, 556, 280, 556, 333, 737, 370, 556, 584, 333, 737, 333,
    400, 584, 333, 333, 333, 611, 556, 278, 333, 333, 365, 556, 834, 834, 834, 611,
    722, 722, 722, 722, 722, 722, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278,
    722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611,
    556, 556, 556, 556, 556, 556, 889, 556, 556, 556, 556, 556, 278, 278, 278, 278,
    611, 611, 611, 611, 611, 611, 611, 584, 611, 611, 611, 611, 611, 556, 611, 556,
];
