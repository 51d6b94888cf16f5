//! A document's head and paragraphs as a file: PDF, mail, HTML, RTF, CSV, Markdown or XML.
//!
//! Paragraphs are those of `pdf`: `# ` and `## ` head, `- ` lists, `| ` is a table.

use super::super::pdf::{self, Briefkopf};

/// What kind of file a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// A letter, a decision, minutes.
    Brief,
    /// Some fifty pages with a title page and a table of contents.
    Bericht,
    /// An e-mail saved as plain text.
    Mail,
    /// A page, e.g. a web form that was sent.
    Html,
    /// A note of a word processor.
    Rtf,
    /// A list.
    Csv,
    /// A note.
    Markdown,
    /// Form data of a portal.
    Xml,
}

impl Form {
    /// The form that a template names; a letter where it names none.
    pub fn named(name: Option<&str>) -> Self {
        match name {
            Some("bericht") => Self::Bericht,
            Some("mail") => Self::Mail,
            Some("html") => Self::Html,
            Some("rtf") => Self::Rtf,
            Some("csv") => Self::Csv,
            Some("markdown") => Self::Markdown,
            Some("xml") => Self::Xml,
            _ => Self::Brief,
        }
    }

    /// Ending of a file's name, with the point.
    #[must_use]
    pub const fn endung(self) -> &'static str {
        match self {
            Self::Brief | Self::Bericht => ".pdf",
            Self::Mail => ".txt",
            Self::Html => ".html",
            Self::Rtf => ".rtf",
            Self::Csv => ".csv",
            Self::Markdown => ".md",
            Self::Xml => ".xml",
        }
    }

    /// The file.
    pub fn bytes(self, kopf: &Briefkopf, absaetze: &[String]) -> Vec<u8> {
        match self {
            Self::Brief => pdf::letter(kopf, absaetze),
            Self::Bericht => pdf::report(kopf, absaetze),
            Self::Mail => mail(kopf, absaetze).into_bytes(),
            Self::Html => html(kopf, absaetze).into_bytes(),
            Self::Rtf => rtf(kopf, absaetze),
            Self::Csv => csv(absaetze).into_bytes(),
            Self::Markdown => markdown(kopf, absaetze).into_bytes(),
            Self::Xml => xml(kopf, absaetze).into_bytes(),
        }
    }
}

/// A paragraph told apart.
enum Teil<'a> {
    Titel(&'a str),
    Punkt(&'a str),
    Tabelle(Vec<Vec<&'a str>>),
    Text(&'a str),
}

fn teil(absatz: &str) -> Teil<'_> {
    if let Some(rows) = absatz.strip_prefix("| ") {
        return Teil::Tabelle(rows.lines().map(|row| row.split('\t').collect()).collect());
    }
    let title = absatz.strip_prefix("# ").or_else(|| absatz.strip_prefix("## "));
    match (title, absatz.strip_prefix("- ")) {
        (Some(title), _) => Teil::Titel(title),
        (None, Some(item)) => Teil::Punkt(item),
        (None, None) => Teil::Text(absatz),
    }
}

fn first(lines: &[String]) -> &str {
    lines.first().map_or("", String::as_str)
}

fn mail(kopf: &Briefkopf, absaetze: &[String]) -> String {
    let (from, to) = (first(&kopf.absender), first(&kopf.empfaenger));
    let day = kopf.ort_datum.split_once(", ").map_or("", |(_, day)| day);
    let mut text = format!("Von: {from}\r\nAn: {to}\r\nGesendet: {day}\r\n");
    text.push_str(&format!("Betreff: {}\r\n", kopf.betreff));
    for absatz in absaetze {
        text.push_str("\r\n");
        match teil(absatz) {
            Teil::Tabelle(rows) => {
                for row in rows {
                    text.push_str(&format!("{}\r\n", row.join("  ")));
                }
            }
            Teil::Titel(words) => text.push_str(&format!("{words}\r\n")),
            Teil::Punkt(words) => text.push_str(&format!("- {words}\r\n")),
            Teil::Text(words) => text.push_str(&format!("{}\r\n", words.replace('\n', "\r\n"))),
        }
    }
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn html(kopf: &Briefkopf, absaetze: &[String]) -> String {
    let title = escaped(&kopf.betreff);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"de\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>{title}</title>\n</head>\n<body>\n<h1>{title}</h1>\n<p>{}</p>\n<p>{}</p>\n",
        escaped(&kopf.absender.join(", ")),
        escaped(&kopf.ort_datum)
    );
    for absatz in absaetze {
        match teil(absatz) {
            Teil::Titel(words) => page.push_str(&format!("<h2>{}</h2>\n", escaped(words))),
            Teil::Punkt(words) => {
                page.push_str(&format!("<ul><li>{}</li></ul>\n", escaped(words)));
            }
            Teil::Tabelle(rows) => {
                page.push_str("<table>\n");
                for row in rows {
                    let cells = row.iter().map(|c| format!("<td>{}</td>", escaped(c)));
                    page.push_str(&format!("<tr>{}</tr>\n", cells.collect::<String>()));
                }
                page.push_str("</table>\n");
            }
            Teil::Text(words) => {
                let words = escaped(words).replace('\n', "<br>\n").replace('\t', " ");
                page.push_str(&format!("<p>{words}</p>\n"));
            }
        }
    }
    page.push_str("</body>\n</html>\n");
    page
}

fn rtf(kopf: &Briefkopf, absaetze: &[String]) -> Vec<u8> {
    let mut out = b"{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0 Arial;}}\\f0\\fs22\n".to_vec();
    let mut paragraph = |style: &str, text: &str| {
        out.extend(style.bytes());
        for char in text.chars() {
            match char {
                '\\' | '{' | '}' => out.extend(format!("\\{char}").bytes()),
                '\n' => out.extend(b"\\line "),
                '\t' => out.extend(b"\\tab "),
                ' '..='~' => out.extend(char.to_string().bytes()),
                _ => {
                    for byte in pdf::encode(&char.to_string()) {
                        out.extend(format!("\\'{byte:02x}").bytes());
                    }
                }
            }
        }
        out.extend(b"\\par\n");
    };
    for line in &kopf.absender {
        paragraph("\\pard ", line);
    }
    paragraph("\\pard ", &kopf.ort_datum);
    paragraph("\\pard\\b ", &kopf.betreff);
    for absatz in absaetze {
        match teil(absatz) {
            Teil::Titel(words) => paragraph("\\pard\\b ", words),
            Teil::Punkt(words) => paragraph("\\pard\\b0\\li280 ", &format!("- {words}")),
            Teil::Tabelle(rows) => {
                for row in rows {
                    paragraph("\\pard\\b0 ", &row.join("\t"));
                }
            }
            Teil::Text(words) => paragraph("\\pard\\b0 ", words),
        }
    }
    out.extend(b"}\n");
    out
}

fn csv(absaetze: &[String]) -> String {
    let mut lines = String::new();
    for absatz in absaetze {
        if let Teil::Tabelle(rows) = teil(absatz) {
            for row in rows {
                lines.push_str(&row.join(";"));
                lines.push_str("\r\n");
            }
        }
    }
    lines
}

fn markdown(kopf: &Briefkopf, absaetze: &[String]) -> String {
    let mut text = format!("# {}\n\n{}\n", kopf.betreff, kopf.ort_datum);
    for absatz in absaetze {
        text.push('\n');
        match teil(absatz) {
            Teil::Titel(words) => text.push_str(&format!("## {words}\n")),
            Teil::Punkt(words) => text.push_str(&format!("- {words}\n")),
            Teil::Tabelle(rows) => {
                for (place, row) in rows.iter().enumerate() {
                    text.push_str(&format!("| {} |\n", row.join(" | ")));
                    if place == 0 {
                        text.push_str(&format!("|{}\n", "---|".repeat(row.len())));
                    }
                }
            }
            Teil::Text(words) => {
                text.push_str(&format!("{}\n", words.replace('\t', " ").replace('\n', "  \n")));
            }
        }
    }
    text
}

fn xml(kopf: &Briefkopf, absaetze: &[String]) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<formular version=\"1.2\">\n  \
         <vorgang>{}</vorgang>\n  <antragsteller>{}</antragsteller>\n",
        escaped(&kopf.betreff),
        escaped(&kopf.absender.join(", "))
    );
    for absatz in absaetze {
        match teil(absatz) {
            Teil::Titel(words) => {
                text.push_str(&format!("  <abschnitt>{}</abschnitt>\n", escaped(words)));
            }
            Teil::Punkt(words) => {
                text.push_str(&format!("  <anlage>{}</anlage>\n", escaped(words)))
            }
            Teil::Tabelle(rows) => {
                for row in rows {
                    let cells = row.iter().map(|c| format!("<wert>{}</wert>", escaped(c)));
                    text.push_str(&format!("  <zeile>{}</zeile>\n", cells.collect::<String>()));
                }
            }
            Teil::Text(words) => {
                for line in words.lines() {
                    text.push_str(&match line.split_once(":\t") {
                        Some((name, value)) => format!(
                            "  <feld>\n    <bezeichnung>{}:</bezeichnung>\n    <wert>{}</wert>\n  \
                             </feld>\n",
                            escaped(name),
                            escaped(value)
                        ),
                        None => format!("  <text>{}</text>\n", escaped(line)),
                    });
                }
            }
        }
    }
    text.push_str("</formular>\n");
    text
}
