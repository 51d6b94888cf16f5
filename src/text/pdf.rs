//! Text of a PDF, page by page: what one page's parser panics on costs that page's best reader.
//!
//! pdf-extract reads a page; where it panics or gives up, lopdf's plainer reader tries the same
//! page. A file whose cross-references are broken is rebuilt by scanning and read again. Time and
//! memory are bounded from outside; here only pages and output are counted.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use pdf_extract::{
    ConvertToFmt, Document, Error as PdfError, Object, ObjectId, OutputError, PlainTextOutput,
};

use super::{
    Failure, Limits, Text, pages,
    quality::{self, Sample},
};

/// Reads all pages; they are separated by form feeds.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Text, Failure> {
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
    let room = usize::try_from(limits.output_bytes).unwrap_or(usize::MAX);
    let mut texts = Vec::with_capacity(pages.len());
    let mut samples = Vec::with_capacity(pages.len());
    let mut size = 0_usize;
    let mut unread = 0;
    for page in &pages {
        let words = read_page(&mut document, *page, room.saturating_sub(size))?;
        unread += usize::from(words.is_none());
        let words = words.unwrap_or_default();
        samples.push(Sample::of(&words));
        let text = pages::page(&words);
        size = size.saturating_add(text.len());
        texts.push(text);
    }
    if unread == pages.len() {
        return Err(unreadable("no page could be read"));
    }
    Ok(Text {
        text: pages::join(&texts),
        pages: u32::try_from(pages.len()).ok(),
        pages_without_text: u32::try_from(quality::poor(&samples)).ok(),
        quality: quality::of_pages(&samples),
    })
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
