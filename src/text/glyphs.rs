//! Text of a PDF's pages from the letters that a page draws, as a renderer sees them.
//!
//! Nothing is painted: images, paths and colours are passed over. It knows more fonts and encodings
//! than the other readers, finds objects without their cross-references, and repairs by itself.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps,
    InterpreterCache, InterpreterSettings, InterpreterWarning, SoftMask,
    font::{Glyph, GlyphRun},
    hayro_cmap::BfString,
    hayro_syntax::Pdf,
    interpret_page,
    kurbo::{Affine, BezPath, Point, Rect},
};

use super::assembly::{Assembly, Place};

/// Units of a glyph's own space to its size.
const UNITS: f64 = 1000.0;

/// A document that could be opened.
pub struct Glyphs {
    pdf: Pdf,
}

impl std::fmt::Debug for Glyphs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Glyphs")
    }
}

impl Glyphs {
    /// None: it needs a password, is no PDF, or can't be made sense of.
    pub fn open(bytes: &[u8]) -> Option<Self> {
        let opened = catch_unwind(AssertUnwindSafe(|| {
            let pdf = Pdf::new(bytes.to_vec()).ok()?;
            (!pdf.pages().is_empty()).then_some(Self { pdf })
        }));
        opened.ok().flatten()
    }

    /// How many pages it has.
    pub fn pages(&self) -> usize {
        self.pdf.pages().len()
    }

    /// Words of a page (0 is the first), at most `room` bytes; and whether all its fonts are known.
    pub fn page<'a>(
        &'a self,
        number: usize,
        room: usize,
        fonts: &Fonts<'a>,
    ) -> Result<(String, bool), Unread> {
        let page = self.pdf.pages().get(number).ok_or(Unread::Broken)?;
        let lacking = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&lacking);
        let settings = InterpreterSettings {
            warning_sink: Arc::new(move |warning| {
                if matches!(warning, InterpreterWarning::UnsupportedFont) {
                    told.store(true, Ordering::Relaxed);
                }
            }),
            ..InterpreterSettings::default()
        };
        let read = catch_unwind(AssertUnwindSafe(|| {
            let all = Rect::new(0.0, 0.0, 1.0, 1.0);
            let xref = self.pdf.xref();
            let mut context = Context::new(Affine::IDENTITY, all, &fonts.0, xref, settings);
            let mut letters = Letters { page: Assembly::default(), room, full: false };
            interpret_page(page, &mut context, &mut letters);
            if letters.full { Err(Unread::TooLarge) } else { Ok(letters.page.finish()) }
        }));
        let words = read.unwrap_or(Err(Unread::Broken))?;
        if words.len() > room {
            return Err(Unread::TooLarge);
        }
        Ok((words, !lacking.load(Ordering::Relaxed)))
    }
}

/// What was learnt of a document's fonts; it grows with the document, so it is to be made anew from
/// time to time.
#[derive(Default)]
pub struct Fonts<'a>(InterpreterCache<'a>);

/// Why a page has no words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// More than there is room for.
    TooLarge,
    /// The reader panicked.
    Broken,
}

/// Takes letters and nothing else.
#[derive(Debug)]
struct Letters {
    page: Assembly,
    room: usize,
    full: bool,
}

impl<'a> Device<'a> for Letters {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        if self.page.len() > self.room {
            self.full = true;
            return;
        }
        let mut letters = Vec::with_capacity(run.glyphs().len());
        for glyph in run.glyphs() {
            let advance = match &**glyph {
                Glyph::Outline(outline) => outline.advance_width(),
                Glyph::Type3(type3) => type3.advance_width(),
            };
            let text = match glyph.as_unicode() {
                Some(BfString::Char(char)) => char.to_string(),
                Some(BfString::String(text)) => text,
                None => String::from(char::REPLACEMENT_CHARACTER),
            };
            let transform = props.transform * glyph.transform();
            letters.push((text, place(transform, f64::from(advance.unwrap_or(500.0)))));
        }
        let letters: Vec<(&str, Place)> =
            letters.iter().map(|(text, place)| (text.as_str(), *place)).collect();
        self.page.run(&letters);
    }
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_clip_rect(&mut self, _: &Rect) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
    fn draw_rect(&mut self, _: &Rect, _: DrawProps<'a>, _: &DrawMode) {}
}

fn place(transform: Affine, advance: f64) -> Place {
    let [from, to, top] =
        [(0.0, 0.0), (advance, 0.0), (0.0, UNITS)].map(|point| transform * Point::from(point));
    Place { from: (from.x, from.y), to: (to.x, to.y), size: from.distance(top) }
}
