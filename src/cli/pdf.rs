//! Letters and reports as real PDFs: what the demo pushes and the tests read back.
//!
//! A4, Helvetica with its own widths, WinAnsi, compressed streams, numbered pages. Equal input
//! gives equal bytes. It is no typesetter: what the product hands to citizens is made elsewhere.

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};

mod font;
mod report;
mod table;

use font::Face;
pub(super) use font::encode;
pub use report::report;

/// Points.
const PAGE: (f32, f32) = (595.0, 842.0);
/// Left, right, top, bottom.
const MARGIN: (f32, f32, f32, f32) = (71.0, 57.0, 60.0, 70.0);
/// Size of the text and distance of its lines.
const BODY: (f32, f32) = (10.5, 14.0);
/// Distance of tab stops.
const TAB: f32 = 95.0;

/// What stands above the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Briefkopf {
    /// Lines of the sender; the first is set large.
    pub absender: Vec<String>,
    /// Lines of the address; none: no address field.
    pub empfaenger: Vec<String>,
    /// E.g. `Aktenzeichen: 52.1/0007`, one line each.
    pub zeichen: Vec<String>,
    /// Place and date as they are to be printed.
    pub ort_datum: String,
    /// Subject.
    pub betreff: String,
}

/// Sets a letter. A paragraph that begins with `# ` or `## ` is a heading, one with `- ` a list
/// item; `\n` breaks the line, `\t` goes to the next tab stop. One that begins with `| ` is a
/// table: a row a line, cells between tabs, the first row is its head.
#[must_use]
pub fn letter(kopf: &Briefkopf, absaetze: &[String]) -> Vec<u8> {
    let mut sheet = Sheet::default();
    sheet.head(kopf);
    for absatz in absaetze {
        sheet.paragraph(absatz);
    }
    sheet.finish(&kopf.betreff)
}

/// One piece of text at its place.
#[derive(Clone, Debug)]
struct Piece {
    face: Face,
    size: f32,
    x: f32,
    y: f32,
    text: Vec<u8>,
}

/// What stands on a page.
#[derive(Clone, Debug, Default)]
struct Page {
    pieces: Vec<Piece>,
    /// Heights of thin lines from margin to margin.
    rules: Vec<f32>,
}

#[derive(Debug)]
struct Sheet {
    pages: Vec<Page>,
    y: f32,
    /// Size of the text and distance of its lines.
    body: (f32, f32),
}

impl Default for Sheet {
    fn default() -> Self {
        Self { pages: vec![Page::default()], y: PAGE.1 - MARGIN.2, body: BODY }
    }
}

impl Sheet {
    fn head(&mut self, kopf: &Briefkopf) {
        let mut lines = kopf.absender.iter();
        if let Some(name) = lines.next() {
            self.line(Face::Bold, 15.0, MARGIN.0, name);
            self.y -= 18.0;
        }
        for line in lines {
            self.line(Face::Regular, 8.5, MARGIN.0, line);
            self.y -= 11.0;
        }
        self.y -= 22.0;
        for line in &kopf.empfaenger {
            self.line(Face::Regular, BODY.0, MARGIN.0, line);
            self.y -= BODY.1;
        }
        self.y -= 10.0;
        for line in &kopf.zeichen {
            self.line(Face::Regular, 9.0, MARGIN.0, line);
            self.y -= 12.0;
        }
        let date = encode(&kopf.ort_datum);
        let x = PAGE.0 - MARGIN.1 - Face::Regular.width(&date, BODY.0);
        self.put(Face::Regular, BODY.0, x, date);
        self.y -= 30.0;
        self.wrapped(Face::Bold, 12.0, 16.0, 0.0, &kopf.betreff);
        self.y -= 8.0;
    }

    fn paragraph(&mut self, absatz: &str) {
        let (size, leading) = self.body;
        if let Some(heading) = absatz.strip_prefix("# ") {
            self.heading(11.0, heading);
        } else if let Some(heading) = absatz.strip_prefix("## ") {
            self.heading(BODY.0, heading);
        } else if let Some(rows) = absatz.strip_prefix("| ") {
            self.table(rows);
        } else if let Some(item) = absatz.strip_prefix("- ") {
            self.room(leading);
            self.line(Face::Regular, size, MARGIN.0 + 4.0, "\u{2022}");
            self.wrapped(Face::Regular, size, leading, 16.0, item);
            self.y += 4.0;
        } else {
            self.wrapped(Face::Regular, size, leading, 0.0, absatz);
        }
        self.y -= 7.0;
    }

    fn heading(&mut self, size: f32, text: &str) {
        self.y -= 4.0;
        // A heading does not stay behind alone.
        self.room(4.0 * BODY.1);
        self.wrapped(Face::Bold, size, 15.0, 0.0, text);
    }

    /// Breaks at spaces; a word wider than the line is broken where it must.
    fn wrapped(&mut self, face: Face, size: f32, leading: f32, indent: f32, text: &str) {
        let left = MARGIN.0 + indent;
        let right = PAGE.0 - MARGIN.1;
        for line in text.split('\n') {
            self.room(leading);
            let mut x = left;
            for (number, cell) in line.split('\t').enumerate() {
                if number > 0 {
                    // A gap is always wide enough to be seen as one.
                    let stops = ((x + 6.0 - left) / TAB).floor() + 1.0;
                    x = left + stops * TAB;
                }
                let mut pending: Vec<u8> = Vec::new();
                for word in cell.split(' ').filter(|word| !word.is_empty()) {
                    let mut word = encode(word);
                    let gap = if pending.is_empty() { 0 } else { 1 };
                    let wide = face.width(&pending, size) + face.width(&word, size);
                    if x + wide + f32::from(u8::from(gap == 1)) * face.width(b" ", size) > right {
                        if !pending.is_empty() {
                            self.put(face, size, x, std::mem::take(&mut pending));
                        }
                        self.y -= leading;
                        self.room(leading);
                        x = left;
                        while face.width(&word, size) > right - left {
                            let fits = face.fitting(&word, size, right - left).max(1);
                            let rest = word.split_off(fits.min(word.len()));
                            self.put(face, size, x, std::mem::replace(&mut word, rest));
                            self.y -= leading;
                            self.room(leading);
                        }
                    } else if gap == 1 {
                        pending.push(b' ');
                    }
                    pending.extend(word);
                }
                let end = x + face.width(&pending, size);
                self.put(face, size, x, pending);
                x = end;
            }
            self.y -= leading;
        }
    }

    /// Goes to a new page where `height` does not fit.
    fn room(&mut self, height: f32) {
        if self.y - height < MARGIN.3 {
            self.new_page();
        }
    }

    fn new_page(&mut self) {
        self.pages.push(Page::default());
        self.y = PAGE.1 - MARGIN.2;
    }

    fn line(&mut self, face: Face, size: f32, x: f32, text: &str) {
        self.put(face, size, x, encode(text));
    }

    fn put(&mut self, face: Face, size: f32, x: f32, text: Vec<u8>) {
        let y = self.y;
        if let Some(page) = self.pages.last_mut()
            && !text.is_empty()
        {
            page.pieces.push(Piece { face, size, x, y, text });
        }
    }

    fn finish(mut self, betreff: &str) -> Vec<u8> {
        let count = self.pages.len();
        for (index, page) in self.pages.iter_mut().enumerate() {
            let text = encode(&format!("Seite {} von {count}", index + 1));
            let x = (PAGE.0 - Face::Regular.width(&text, 8.5)) / 2.0;
            page.pieces.push(Piece { face: Face::Regular, size: 8.5, x, y: 40.0, text });
        }
        write(&self.pages, betreff)
    }
}

fn write(pages: &[Page], betreff: &str) -> Vec<u8> {
    let mut document = Document::with_version("1.5");
    let root = document.new_object_id();
    let regular = document.add_object(Face::Regular.dictionary());
    let bold = document.add_object(Face::Bold.dictionary());
    let fonts = dictionary! { "F1" => regular, "F2" => bold };
    let resources = document.add_object(dictionary! { "Font" => fonts });
    let kids: Vec<Object> =
        pages.iter().map(|page| add_page(&mut document, root, page).into()).collect();
    let tree = dictionary! {
        "Type" => "Pages",
        "Count" => i64::try_from(kids.len()).unwrap_or(0),
        "Kids" => kids,
        "Resources" => resources,
        "MediaBox" => vec![0.into(), 0.into(), PAGE.0.into(), PAGE.1.into()],
    };
    document.objects.insert(root, tree.into());
    let catalog = dictionary! { "Type" => "Catalog", "Pages" => root, "Lang" => "de-DE" };
    let catalog = document.add_object(catalog);
    document.trailer.set("Root", catalog);
    // Outside of pages text is UTF-16, or in an encoding of its own that is not WinAnsi.
    let utf16 = betreff.encode_utf16().flat_map(u16::to_be_bytes);
    let title: Vec<u8> = [0xfe, 0xff].into_iter().chain(utf16).collect();
    let info = dictionary! {
        "Title" => Object::string_literal(title),
        "Producer" => Object::string_literal("Aktenlauf"),
    };
    let info = document.add_object(info);
    document.trailer.set("Info", info);
    document.compress();
    let mut bytes = Vec::new();
    #[expect(clippy::expect_used, reason = "writing into memory does not fail")]
    document.save_to(&mut bytes).expect("a Vec takes what it is given");
    bytes
}

fn add_page(document: &mut Document, root: ObjectId, page: &Page) -> ObjectId {
    let mut content = Vec::new();
    let (left, right) = (MARGIN.0, PAGE.0 - MARGIN.1);
    for y in &page.rules {
        content.extend(format!("0.5 w {left} {y:.2} m {right} {y:.2} l S\n").bytes());
    }
    for Piece { face, size, x, y, text } in &page.pieces {
        let font = face.name();
        content.extend(format!("BT /{font} {size} Tf 1 0 0 1 {x:.2} {y:.2} Tm (").bytes());
        for byte in text {
            if matches!(byte, b'(' | b')' | b'\\') {
                content.push(b'\\');
            }
            content.push(*byte);
        }
        content.extend(b") Tj ET\n");
    }
    let content = document.add_object(Stream::new(Dictionary::new(), content));
    let page = dictionary! { "Type" => "Page", "Parent" => root, "Contents" => content };
    document.add_object(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_input_gives_equal_bytes_and_long_text_several_pages() {
        let kopf = Briefkopf { betreff: "Prüfung (§ 7)".into(), ..Briefkopf::default() };
        let absaetze = vec!["Übergrößen \\ kosten 5 € – immer. ".repeat(40); 12];
        let bytes = letter(&kopf, &absaetze);
        assert_eq!(bytes, letter(&kopf, &absaetze));
        let document = Document::load_mem(&bytes).unwrap();
        assert!(document.get_pages().len() > 2);
        assert!(bytes.starts_with(b"%PDF-1.5"));
    }

    #[test]
    fn no_line_is_wider_than_the_page() {
        let mut sheet = Sheet::default();
        sheet.paragraph(&format!("kurz {} kurz\teins\tzwei", "Donaudampf".repeat(40)));
        sheet.paragraph(&"Straße und Größe ".repeat(200));
        sheet.paragraph(&format!("| Posten\tText\tBetrag\n1\t{}\t1,50", "lang und ".repeat(90)));
        for piece in sheet.pages.iter().flat_map(|page| &page.pieces) {
            let end = piece.x + piece.face.width(&piece.text, piece.size);
            assert!(end <= PAGE.0 - MARGIN.1 + 0.1, "{end}");
        }
    }
}
