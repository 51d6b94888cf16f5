//! Text of XML: what stands in elements, one line an element.
//!
//! No entity is expanded but the five of the standard and characters by number, so that no
//! document grows; nothing is fetched. Attributes are no text: they hold codes and references.

use quick_xml::{Reader, escape::resolve_predefined_entity, events::Event};

use super::{
    Failure, Limits, encoding,
    flow::{Break, Flow},
};

/// Who is told of elements and text.
pub trait Sink {
    /// An element begins.
    fn start(&mut self, name: &str);
    /// An attribute of the element that began last.
    fn attribute(&mut self, name: &str, value: &str);
    /// An element ends.
    fn end(&mut self, name: &str);
    /// Text; an element may have several pieces.
    fn text(&mut self, text: &str);
    /// True: the rest is not wanted.
    fn is_full(&self) -> bool;
}

/// Why a walk ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IllFormed;

/// True if the bytes begin as XML does.
pub fn is_declared(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.trim_ascii_start().starts_with(b"<?xml")
}

/// Reads a document. Of one that breaks off the text before that is kept.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<String, Failure> {
    let text = encoding::decode(bytes, encoding::declared(bytes, "encoding"));
    let mut lines = Lines(Flow::new(limits));
    let end = walk(&text, false, &mut lines);
    let read = lines.0.finish()?;
    if end.is_err() && read.is_empty() {
        return Err(Failure::Unreadable("its structure is damaged".into()));
    }
    Ok(read)
}

/// Goes through a document. `strict`: an end that fits no start and an entity of a document type
/// are errors, and attributes are told; else they are passed over.
pub fn walk(text: &str, strict: bool, sink: &mut impl Sink) -> Result<(), IllFormed> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.check_end_names = strict;
    config.allow_unmatched_ends = !strict;
    config.allow_dangling_amp = !strict;
    let name = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    while !sink.is_full() {
        match reader.read_event().map_err(|_| IllFormed)? {
            Event::Start(element) => {
                sink.start(&name(element.local_name().as_ref()));
                attributes(strict, &element, sink)?;
            }
            Event::Empty(element) => {
                let name = name(element.local_name().as_ref());
                sink.start(&name);
                attributes(strict, &element, sink)?;
                sink.end(&name);
            }
            Event::End(element) => sink.end(&name(element.local_name().as_ref())),
            Event::Text(text) => sink.text(&text.decode().map_err(|_| IllFormed)?),
            Event::CData(text) => sink.text(&text.decode().map_err(|_| IllFormed)?),
            Event::GeneralRef(reference) => {
                let named = reference.decode().map_err(|_| IllFormed)?;
                match (reference.resolve_char_ref(), resolve_predefined_entity(&named)) {
                    (Ok(Some(char)), _) => sink.text(char.encode_utf8(&mut [0; 4])),
                    (_, Some(text)) => sink.text(text),
                    _ if strict => return Err(IllFormed),
                    _ => {}
                }
            }
            Event::Eof => break,
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::DocType(_) => {}
        }
    }
    Ok(())
}

fn attributes(
    wanted: bool,
    element: &quick_xml::events::BytesStart<'_>,
    sink: &mut impl Sink,
) -> Result<(), IllFormed> {
    if !wanted {
        return Ok(());
    }
    // Their names are not compared with each other, which would take the square of their number.
    for attribute in element.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| IllFormed)?;
        let name = String::from_utf8_lossy(attribute.key.local_name().into_inner());
        let value = String::from_utf8_lossy(&attribute.value);
        sink.attribute(&name, &quick_xml::escape::unescape(&value).map_err(|_| IllFormed)?);
    }
    Ok(())
}

/// One line an element.
#[derive(Debug)]
struct Lines(Flow);

impl Sink for Lines {
    fn start(&mut self, _: &str) {
        self.0.end(Break::Line);
    }
    fn attribute(&mut self, _: &str, _: &str) {}
    fn end(&mut self, _: &str) {
        self.0.end(Break::Line);
    }
    fn text(&mut self, text: &str) {
        self.0.words(text);
    }
    fn is_full(&self) -> bool {
        self.0.is_full()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(document: &str) -> String {
        read(document.as_bytes(), &Limits::default()).unwrap()
    }

    #[test]
    fn one_line_an_element() {
        let document = "<?xml version='1.0'?><?ziel nein?><!-- nein --><r:rechnung nummer='nein'>\
            <name>Gro\u{df} &amp; S&#xf6;hne\n  GmbH</name><leer/><betrag>120\
            <waehrung>EUR</waehrung></betrag><![CDATA[<b>wörtlich</b>]]></r:rechnung>";
        assert_eq!(text(document), "Groß & Söhne GmbH\n120\nEUR\n<b>wörtlich</b>");
    }

    #[test]
    fn no_entity_is_expanded() {
        let bomb = "<!DOCTYPE a [<!ENTITY x 'haha'><!ENTITY y '&x;&x;'><!ENTITY f SYSTEM \
            'file:///etc/passwd'>]><a>vor&y;&f;nach &lt;&#x41;&#0;</a>";
        assert_eq!(text(bomb), "vornach <A");
    }

    #[test]
    fn what_is_ill_formed_is_read_as_far_as_it_goes() {
        assert_eq!(text("<a><b>eins</a></c> & zwei</b><c>drei"), "eins\n& zwei\ndrei");
        assert_eq!(text("<a>eins<b x='"), "eins");
        let broken = read(b"<a <!--", &Limits::default());
        assert!(matches!(broken, Err(Failure::Unreadable(_))), "{broken:?}");
    }
}
