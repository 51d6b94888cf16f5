//! Text of Markdown without its signs, so that a passage shown to a clerk reads like text.
//!
//! Nothing that could be looked for is lost: front matter, code, tables and the text of embedded
//! HTML stay; addresses of links go.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::{
    Failure, Limits, encoding,
    flow::{Break, Flow},
    html,
};

/// Reads a document.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<String, Failure> {
    let text = encoding::decode(bytes, None);
    // The parser replaces NUL, which is no text.
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut flow = Flow::new(limits);
    let (mut verbatim, mut markup) = (false, String::new());
    for event in Parser::new_ext(&text, options) {
        match event {
            Event::Start(tag) => {
                verbatim |= matches!(tag, Tag::CodeBlock(_) | Tag::MetadataBlock(_));
                flow.end(before(&tag));
            }
            Event::End(TagEnd::HtmlBlock) => {
                flow = html::piece(&std::mem::take(&mut markup), flow);
            }
            Event::End(end) => {
                verbatim &= !matches!(end, TagEnd::CodeBlock | TagEnd::MetadataBlock(_));
                flow.end(after(end));
            }
            Event::Text(text) if verbatim => flow.verbatim(&text),
            Event::Text(text) | Event::Code(text) => flow.words(&text),
            Event::InlineMath(text) | Event::DisplayMath(text) => flow.words(&text),
            Event::FootnoteReference(name) => {
                flow.words(" ");
                flow.words(&name);
            }
            // Tags of a block come line by line.
            Event::Html(line) => markup.push_str(&line),
            Event::InlineHtml(_) | Event::TaskListMarker(_) => {}
            Event::SoftBreak | Event::HardBreak => flow.end(Break::Line),
            Event::Rule => flow.end(Break::Paragraph),
        }
        if flow.is_full() {
            break;
        }
    }
    flow.finish()
}

const fn before(tag: &Tag<'_>) -> Break {
    match tag {
        Tag::Item | Tag::TableRow | Tag::TableHead => Break::Line,
        Tag::TableCell => Break::Cell,
        Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } => Break::Nothing,
        Tag::Image { .. } => Break::Space,
        _ => Break::Paragraph,
    }
}

const fn after(end: TagEnd) -> Break {
    match end {
        TagEnd::Item | TagEnd::TableRow | TagEnd::TableHead => Break::Line,
        TagEnd::TableCell => Break::Cell,
        TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link => Break::Nothing,
        TagEnd::Image => Break::Space,
        _ => Break::Paragraph,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_go_and_words_stay() {
        let text = "---\ntitel: Satzung\nstand: 2026\n---\n# Gebühren *der* Stadt\n\nDer [Rat]\
            (https://nein.example) hat am **3. März**\n`beschlossen`:\n\n- eins\n- [x] zwei\n  \
            weiter\n\n| Nr | Ort |\n|----|-----|\n| 1 | Markt |\n\n```\nCode\n  hier\n```\n\n\
            <details><summary>Mehr</summary>\nText &amp; Bild</details>\n\nm<sup>2</sup>[^1]\n\n\
            [^1]: Fußnote";
        let expected = "titel: Satzung\nstand: 2026\n\nGebühren der Stadt\n\nDer Rat hat am \
            3. März\nbeschlossen:\n\neins\nzwei\nweiter\n\nNr\tOrt\n1\tMarkt\n\nCode\n  hier\n\n\
            Mehr\nText & Bild\n\nm2 1\n\nFußnote";
        assert_eq!(read(text.as_bytes(), &Limits::default()).unwrap(), expected);
    }
}
