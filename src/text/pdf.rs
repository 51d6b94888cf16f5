//! Text of a PDF, page by page: what one page's reader panics on costs that page's best reader.
//!
//! `glyphs` reads all pages. Where it has doubts about a page (letters without a meaning, a font it
//! does not know), pdf-extract reads that page too, or lopdf's plainer reader if that panics, and
//! the better text holds; a file that `glyphs` can't open is theirs alone. They are asked only
//! then: they take longer, and a page that breaks them may end the worker. Time and memory are
//! bounded from outside; here only pages and output are counted.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use pdf_extract::{
    ConvertToFmt, Document, Error as PdfError, Object, ObjectId, OutputError, PlainTextOutput,
};

use super::{
    Failure, Limits, Text,
    glyphs::{Fonts, Glyphs, Unread},
    pages,
    quality::{self, Sample},
};

/// A page below this figure is doubtful.
const DOUBTFUL: u8 = 70;

/// After so many pages fonts are read anew.
const FONTS_PAGES: usize = 50;

/// A page as one reader found it.
#[derive(Clone, Debug, Default)]
struct Page {
    /// None: it could not be read.
    words: Option<String>,
    sample: Sample,
    /// Another reader may do better.
    doubtful: bool,
}

impl Page {
    fn new(words: Option<String>, all_fonts: bool) -> Self {
        let sample = words.as_deref().map(Sample::of).unwrap_or_default();
        let odd = sample.letters + sample.bad > 0 && sample.percent() < DOUBTFUL;
        let doubtful = words.is_none() || odd || !all_fonts;
        Self { words, sample, doubtful }
    }

    /// What counts when two readers differ: letters, as far as they make words.
    fn worth(&self) -> (bool, u64) {
        let letters = self.sample.letters * u64::from(self.sample.percent());
        (self.words.is_some(), letters)
    }
}

/// Reads all pages; they are separated by form feeds.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Text, Failure> {
    let most = usize::try_from(limits.pages).unwrap_or(usize::MAX);
    let mut found = match Glyphs::open(bytes) {
        Some(glyphs) if glyphs.pages() > most => return Err(Failure::TooLarge),
        Some(glyphs) => by_glyphs(&glyphs, limits)?,
        None => Vec::new(),
    };
    if found.iter().all(|page| page.words.is_none()) {
        found = by_others(bytes, limits, Vec::new())?;
    } else if found.iter().any(|page| page.doubtful) {
        // What was read stays, whatever becomes of the other readers.
        found = by_others(bytes, limits, found.clone()).unwrap_or(found);
    }
    if found.iter().all(|page| page.words.is_none()) {
        return Err(unreadable("no page could be read"));
    }
    let samples: Vec<Sample> = found.iter().map(|page| page.sample).collect();
    let of = |page: &Page| pages::page(page.words.as_deref().unwrap_or_default());
    let texts: Vec<String> = found.iter().map(of).collect();
    drop(found);
    Ok(Text {
        text: pages::join(&texts),
        pages: u32::try_from(texts.len()).ok(),
        pages_without_text: u32::try_from(quality::poor(&samples)).ok(),
        quality: quality::of_pages(&samples),
    })
}

fn by_glyphs(glyphs: &Glyphs, limits: &Limits) -> Result<Vec<Page>, Failure> {
    let mut room = usize::try_from(limits.output_bytes).unwrap_or(usize::MAX);
    let mut found = Vec::with_capacity(glyphs.pages());
    let mut fonts = Fonts::default();
    for number in 0..glyphs.pages() {
        let read = glyphs.page(number, room, &fonts);
        if read.is_err() || number % FONTS_PAGES == FONTS_PAGES - 1 {
            fonts = Fonts::default();
        }
        let (words, all_fonts) = match read {
            Ok((words, all_fonts)) => (Some(words), all_fonts),
            Err(Unread::TooLarge) => return Err(Failure::TooLarge),
            Err(Unread::Broken) => (None, true),
        };
        room = room.saturating_sub(words.as_deref().map_or(0, str::len));
        found.push(Page::new(words, all_fonts));
    }
    Ok(found)
}

/// Reads the doubtful ones among the pages found so far, or all if there are none, and keeps the
/// better text of each.
fn by_others(bytes: &[u8], limits: &Limits, mut found: Vec<Page>) -> Result<Vec<Page>, Failure> {
    let mut document = match load(bytes) {
        Ok(document) => document,
        Err(Failure::Unreadable(_)) => repair(bytes)?,
        Err(failure) => return Err(failure),
    };
    let most = usize::try_from(limits.pages).unwrap_or(usize::MAX);
    let pages: Vec<ObjectId> = document.page_iter().take(most.saturating_add(1)).collect();
    if pages.len() > most {
        return Err(Failure::TooLarge);
    }
    if found.is_empty() {
        found = vec![Page { doubtful: true, ..Page::default() }; pages.len()];
    }
    if found.len() != pages.len() {
        return Ok(found);
    }
    let mut room = usize::try_from(limits.output_bytes).unwrap_or(usize::MAX);
    for (page, known) in pages.iter().zip(&mut found).filter(|(_, known)| known.doubtful) {
        let words = read_page(&mut document, *page, room)?;
        room = room.saturating_sub(words.as_deref().map_or(0, str::len));
        let other = Page::new(words, true);
        if other.worth() > known.worth() {
            *known = other;
        }
    }
    Ok(found)
}

/// A document that has pages.
fn load(bytes: &[u8]) -> Result<Document, Failure> {
    let loaded = catch_unwind(AssertUnwindSafe(|| Document::load_mem(bytes)));
    let document = match loaded {
        Ok(Ok(document)) => document,
        Ok(Err(
            PdfError::Decryption(_) | PdfError::InvalidPassword | PdfError::AlreadyEncrypted,
        )) => return Err(Failure::Encrypted),
        Ok(Err(_)) => return Err(unreadable("its structure is damaged")),
        Err(_) => return Err(unreadable("the reader panicked on its structure")),
    };
    // A file that opens without a password was decrypted by the load, which took this key away.
    if document.trailer.get(b"Encrypt").is_ok() {
        return Err(Failure::Encrypted);
    }
    let has_pages = document.page_iter().next().is_some();
    if has_pages { Ok(document) } else { Err(unreadable("it has no pages")) }
}

/// The newer lopdf finds objects without their cross-references; written out by it, the older one
/// that pdf-extract brings can read them.
fn repair(bytes: &[u8]) -> Result<Document, Failure> {
    let rebuilt = catch_unwind(AssertUnwindSafe(|| {
        let mut document = lopdf::Document::load_mem(bytes).ok()?;
        let mut whole = Vec::new();
        document.save_to(&mut whole).ok()?;
        Some(whole)
    }));
    match rebuilt {
        Ok(Some(whole)) => load(&whole),
        _ => Err(unreadable("its structure is damaged")),
    }
}

/// None: no reader could read it.
fn read_page(
    document: &mut Document,
    page: ObjectId,
    room: usize,
) -> Result<Option<String>, Failure> {
    if single_out(document, page).is_none() {
        return Ok(None);
    }
    let document = &*document;
    let mut words = Bounded { text: String::new(), room, full: false };
    let read = catch_unwind(AssertUnwindSafe(|| {
        let mut output = PlainTextOutput::new(&mut words);
        pdf_extract::output_doc(document, &mut output)
    }));
    if words.full {
        return Err(Failure::TooLarge);
    }
    match read {
        Ok(Ok(())) => return Ok(Some(words.text)),
        Ok(Err(OutputError::FormatError(_))) => return Err(Failure::TooLarge),
        Ok(Err(_)) | Err(_) => {}
    }
    let read = catch_unwind(AssertUnwindSafe(|| document.extract_text(&[1])));
    match read {
        Ok(Ok(text)) if text.len() > room => Err(Failure::TooLarge),
        Ok(Ok(text)) => Ok(Some(text)),
        _ => Ok(None),
    }
}

/// Makes `page` the only one of the document. Both readers walk the whole page tree at each call,
/// so that reading n pages one by one would else cost n². What a page inherits stays: that is
/// found through its parents.
fn single_out(document: &mut Document, page: ObjectId) -> Option<()> {
    let root = document.catalog().ok()?.get(b"Pages").ok()?.as_reference().ok()?;
    let root = document.get_dictionary_mut(root).ok()?;
    root.set("Kids", vec![Object::Reference(page)]);
    if !root.has(b"MediaBox") {
        // Required by the standard, forgotten by some writers; pdf-extract panics without it.
        let a4 = [0, 0, 595, 842].map(Object::from);
        root.set("MediaBox", a4.to_vec());
    }
    Some(())
}

fn unreadable(why: &'static str) -> Failure {
    Failure::Unreadable(why.into())
}

/// A text that refuses to grow beyond its room.
#[derive(Debug)]
struct Bounded {
    text: String,
    room: usize,
    full: bool,
}

impl fmt::Write for Bounded {
    fn write_str(&mut self, words: &str) -> fmt::Result {
        if self.text.len().saturating_add(words.len()) > self.room {
            self.full = true;
            return Err(fmt::Error);
        }
        self.text.push_str(words);
        Ok(())
    }
}

impl ConvertToFmt for &mut Bounded {
    type Writer = Self;
    fn convert(self) -> Self::Writer {
        self
    }
}
