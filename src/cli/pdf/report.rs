//! Reports: a title page, a table of contents with page numbers, numbered chapters that begin on
//! a page of their own.

use super::{BODY, Briefkopf, Face, MARGIN, PAGE, Page, Sheet, encode};

/// Size of the text and distance of its lines.
const TEXT: (f32, f32) = (11.0, 16.0);
/// Distance of the lines of the contents.
const ENTRY: f32 = 15.0;
/// Entries on a page of the contents.
const ENTRIES: usize = 44;

/// A line of the contents.
struct Entry {
    text: String,
    chapter: bool,
    /// Page of the text, from 0.
    page: usize,
}

/// Sets a report: the paragraphs are those of `letter`, `# ` begins a chapter, `## ` a section,
/// `### ` one on a page of its own.
#[must_use]
pub fn report(kopf: &Briefkopf, absaetze: &[String]) -> Vec<u8> {
    let mut text = Sheet { body: TEXT, ..Sheet::default() };
    let mut entries: Vec<Entry> = Vec::new();
    let (mut chapter, mut section) = (0, 0);
    for absatz in absaetze {
        let marks = absatz.bytes().take_while(|byte| *byte == b'#').count();
        let Some(heading) = absatz.get(marks..).filter(|_| marks > 0) else {
            text.paragraph(absatz);
            continue;
        };
        let heading = heading.trim_start();
        let fresh = text.pages.last().is_some_and(|page| page.pieces.len() <= 1);
        if (marks == 1 || marks == 3) && !fresh {
            text.new_page();
        }
        let numbered = if marks == 1 {
            (chapter, section) = (chapter + 1, 0);
            format!("{chapter} {heading}")
        } else {
            section += 1;
            format!("{chapter}.{section} {heading}")
        };
        text.y -= 8.0;
        text.heading(if marks == 1 { 15.0 } else { 12.0 }, &numbered);
        text.y -= 4.0;
        entries.push(Entry { text: numbered, chapter: marks == 1, page: text.pages.len() - 1 });
    }
    let mut sheet = Sheet { pages: title(kopf), ..Sheet::default() };
    let before = 1 + entries.len().div_ceil(ENTRIES).max(1);
    sheet.pages.extend(contents(&entries, before));
    sheet.pages.extend(text.pages);
    sheet.finish(&kopf.betreff)
}

fn title(kopf: &Briefkopf) -> Vec<Page> {
    let mut sheet = Sheet::default();
    for (place, line) in kopf.absender.iter().enumerate() {
        let (face, size) = if place == 0 { (Face::Bold, 15.0) } else { (Face::Regular, 10.0) };
        sheet.line(face, size, MARGIN.0, line);
        sheet.y -= 18.0;
    }
    sheet.y -= 170.0;
    sheet.wrapped(Face::Bold, 24.0, 32.0, 0.0, &kopf.betreff);
    sheet.y -= 30.0;
    for line in kopf.zeichen.iter().chain([&kopf.ort_datum]) {
        sheet.line(Face::Regular, BODY.0, MARGIN.0, line);
        sheet.y -= 18.0;
    }
    sheet.pages
}

/// The table of contents; so many pages stand before the text.
fn contents(entries: &[Entry], before: usize) -> Vec<Page> {
    let mut pages = Vec::new();
    for (place, part) in entries.chunks(ENTRIES).enumerate() {
        let mut sheet = Sheet::default();
        if place == 0 {
            sheet.line(Face::Bold, 15.0, MARGIN.0, "Inhalt");
        }
        sheet.y -= 26.0;
        for entry in part {
            let face = if entry.chapter { Face::Bold } else { Face::Regular };
            let indent = if entry.chapter { 0.0 } else { 14.0 };
            let number = encode(&(entry.page + before + 1).to_string());
            let right = PAGE.0 - MARGIN.1 - face.width(&number, BODY.0);
            sheet.put(face, BODY.0, right, number);
            let mut text = encode(&entry.text);
            let room = right - MARGIN.0 - indent - 16.0;
            text.truncate(face.fitting(&text, BODY.0, room));
            sheet.put(face, BODY.0, MARGIN.0 + indent, text);
            sheet.y -= ENTRY;
        }
        pages.extend(sheet.pages);
    }
    pages
}
