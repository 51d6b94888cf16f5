//! Text of HTML and XHTML, in the order of the file.
//!
//! Only a tokenizer runs, no tree is built: however deep the tags are nested, nothing is stacked.
//! Nothing is fetched and no script, style sheet or attribute decides what is shown: text that a
//! browser would hide is text here, which is right for finding.

use std::borrow::Cow;

use html5gum::{
    Span, Tokenizer,
    emitters::callback::{CallbackEmitter, CallbackEvent},
};

use super::{
    Failure, Limits, encoding,
    flow::{Break, Flow},
    xml,
};

/// Elements whose content is not for reading.
const SKIPPED: [&str; 8] =
    ["script", "style", "template", "iframe", "noembed", "noframes", "noframe", "noscript"];

/// Reads a page; its title comes first, as it stands in the file.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<String, Failure> {
    let key = if xml::is_declared(bytes) { "encoding" } else { "charset" };
    let declared = encoding::declared(bytes, key);
    let text = encoding::decode(bytes, declared);
    let mut page = Page::new(limits);
    if xml::is_declared(bytes) {
        // In XHTML `<script/>` is closed. What is not well-formed is read as browsers read pages.
        let mut strict = Page::new(limits);
        if xml::walk(&text, true, &mut strict).is_ok() {
            return strict.flow.finish();
        }
    }
    page.markup(&text);
    page.flow.finish()
}

/// The text of a piece of HTML within another format, on lines of its own.
pub fn piece(markup: &str, flow: Flow) -> Flow {
    let mut page = Page { flow, ..Page::new(&Limits::default()) };
    page.flow.end(Break::Line);
    page.markup(markup);
    page.flow.end(Break::Line);
    page.flow
}

/// What has been read of a page.
#[derive(Debug)]
struct Page {
    flow: Flow,
    /// The element that is being skipped, and how often it is open.
    skipping: Option<(&'static str, u32)>,
    /// Depth of elements whose white space counts.
    verbatim: u32,
    /// The attribute that comes next is read.
    alt: bool,
    /// The start tag is of an image.
    image: bool,
}

impl Page {
    fn new(limits: &Limits) -> Self {
        let flow = Flow::new(limits);
        Self { flow, skipping: None, verbatim: 0, alt: false, image: false }
    }

    fn markup(&mut self, markup: &str) {
        let mut emitter = CallbackEmitter::<_, ()>::new(|event: CallbackEvent<'_>, _: Span<()>| {
            self.event(&event);
            // Ends the walk.
            self.flow.is_full().then_some(())
        });
        emitter.naively_switch_states(true);
        // The first token, if any, says that the page is full.
        let _ = Tokenizer::new_with_emitter(markup, emitter).next();
    }

    fn event(&mut self, event: &CallbackEvent<'_>) {
        match event {
            CallbackEvent::OpenStartTag { name } => xml::Sink::start(self, &utf8(name)),
            CallbackEvent::AttributeName { name } => self.alt = *name == b"alt",
            CallbackEvent::AttributeValue { value } if self.alt => {
                xml::Sink::attribute(self, "alt", &utf8(value));
            }
            CallbackEvent::EndTag { name } => xml::Sink::end(self, &utf8(name)),
            CallbackEvent::String { value } => xml::Sink::text(self, &utf8(value)),
            _ => {}
        }
    }
}

/// The tokenizer was given a string.
fn utf8(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

impl xml::Sink for Page {
    fn start(&mut self, name: &str) {
        self.image = matches!(name, "img" | "area");
        match (&mut self.skipping, SKIPPED.iter().find(|skipped| **skipped == name)) {
            (Some((skipped, depth)), _) if *skipped == name => *depth = depth.saturating_add(1),
            (Some(_), _) => {}
            (None, Some(skipped)) => self.skipping = Some((skipped, 1)),
            (None, None) => {
                self.flow.end(edge(name));
                if is_verbatim(name) {
                    self.verbatim = self.verbatim.saturating_add(1);
                }
            }
        }
    }

    fn attribute(&mut self, name: &str, value: &str) {
        if name == "alt" && self.image && self.skipping.is_none() {
            self.flow.words(value);
        }
    }

    fn end(&mut self, name: &str) {
        match &mut self.skipping {
            Some((skipped, depth)) if *skipped == name => {
                *depth -= 1;
                if *depth == 0 {
                    self.skipping = None;
                }
            }
            Some(_) => {}
            None => {
                self.flow.end(edge(name));
                if is_verbatim(name) {
                    self.verbatim = self.verbatim.saturating_sub(1);
                }
            }
        }
    }

    fn text(&mut self, text: &str) {
        match (&self.skipping, self.verbatim) {
            (Some(_), _) => {}
            (None, 0) => self.flow.words(text),
            (None, _) => self.flow.verbatim(text),
        }
    }

    fn is_full(&self) -> bool {
        self.flow.is_full()
    }
}

fn is_verbatim(name: &str) -> bool {
    matches!(name, "pre" | "textarea" | "xmp" | "listing" | "plaintext")
}

/// What stands before and after an element.
fn edge(name: &str) -> Break {
    match name {
        "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "hr" | "title" | "body" | "section"
        | "article" | "header" | "footer" | "aside" | "nav" | "main" | "table" | "ul" | "ol"
        | "dl" | "blockquote" | "pre" | "form" | "fieldset" | "figure" | "address" | "details" => {
            Break::Paragraph
        }
        "br" | "div" | "li" | "dt" | "dd" | "tr" | "caption" | "thead" | "tbody" | "tfoot"
        | "legend" | "figcaption" | "summary" | "option" | "optgroup" | "select" | "center"
        | "menu" | "dir" | "textarea" | "xmp" | "listing" | "plaintext" | "search" => Break::Line,
        "td" | "th" => Break::Cell,
        "img" | "area" | "button" | "input" => Break::Space,
        _ => Break::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(page: &str) -> String {
        read(page.as_bytes(), &Limits::default()).unwrap()
    }

    #[test]
    fn blocks_break_lines_and_inline_elements_do_not() {
        let page = "<!DOCTYPE html><html><head><meta charset=utf-8><title>Bescheid &amp; Gebühr\
            </title><style>p { color: red }</style><script>document.write('<p>Nein</p>')</script>\
            </head><body><h1>Bau<b>antrag</b></h1><p>Sehr geehrte\n  Damen,<br>es fehlt:\
            <ul><li>ein <i>Lage</i>plan<li>zwei</ul><!-- nicht --><table><tr><th>Nr<th>Ort\
            <tr><td>1<td>Markt</table><pre>a\n  b</pre>Gr&ouml;&szlig;e m<sup>2</sup>\
            <img src='//fremd/x.png' alt='Wappen der Stadt'></body></html>";
        let expected = "Bescheid & Gebühr\n\nBauantrag\n\nSehr geehrte Damen,\nes fehlt:\n\n\
            ein Lageplan\nzwei\n\nNr\tOrt\n1\tMarkt\n\na\n  b\n\nGröße m2 Wappen der Stadt";
        assert_eq!(text(page), expected);
    }

    #[test]
    fn what_is_not_for_reading_is_left_out() {
        let page = "eins<script>nein</script> zwei<template>nein<template>nein</template>nein\
            </template> drei<noscript>nein</noscript> vier<iframe>nein</iframe>";
        assert_eq!(text(page), "eins zwei drei vier");
        assert_eq!(text("eins<script>nein"), "eins");
        assert_eq!(text("eins <p title='nein' onclick=nein()>zwei"), "eins\n\nzwei");
    }

    #[test]
    fn xhtml_closes_what_html_does_not() {
        let head = "<?xml version='1.0' encoding='ISO-8859-1'?><!DOCTYPE html><html \
            xmlns='http://www.w3.org/1999/xhtml'><head><script src='x'/><title/></head>";
        let page = format!("{head}<body><p>Gr\u{f6}\u{df}e &#8364;</p></body></html>");
        let latin: Vec<u8> = page.chars().map(|char| u8::try_from(char).unwrap()).collect();
        assert_eq!(read(&latin, &Limits::default()).unwrap(), "Größe €");
        // Not well-formed, or of a vocabulary that only HTML knows: read as browsers do.
        let tail = "<body><p>eins &auml; <b>zwei</p></body></html>";
        assert_eq!(
            text(&format!("{}{tail}", head.replace("<script src='x'/><title/>", ""))),
            "eins ä zwei"
        );
    }
}
