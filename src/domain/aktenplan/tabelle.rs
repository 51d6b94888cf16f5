//! A table as a spreadsheet writes it: bytes into rows of named cells.
//!
//! UTF-8 with or without a byte order mark, UTF-16 with one, else Windows-1252; semicolons, commas
//! or tabs; Excel's `sep=` line. A cell that a spreadsheet would take for a formula is refused, not
//! mended: whoever opens the exported plan later must not run what somebody wrote into it.

use std::{borrow::Cow, collections::HashSet};

use encoding_rs::{Encoding, WINDOWS_1252};

use super::{Befund, zeile::Zeile};

/// The largest file of a plan, in bytes; six thousand units have about 4 MB.
pub const BYTES_MAX: usize = 32 << 20;
/// The largest table, in rows; real plans have two to six thousand units.
const ROWS_MAX: usize = 50_000;
/// The longest cell, in bytes.
const CELL_MAX: usize = 8_000;
/// By these a spreadsheet tells a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The text of a file, whatever Excel made of it.
///
/// # Errors
/// If it is larger than [`BYTES_MAX`], or not in the encoding that it says.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Befund> {
    let finding = |text: String| Befund { zeile: 0, spalte: "Datei".into(), text };
    if bytes.len() > BYTES_MAX {
        return Err(finding(format!("größer als {} MB", BYTES_MAX >> 20)));
    }
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let rest = bytes.get(mark..).unwrap_or_default();
        let text = encoding.decode_without_bom_handling_and_without_replacement(rest);
        return text.ok_or_else(|| finding(format!("ist nicht in {} kodiert", encoding.name())));
    }
    Ok(match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    })
}

/// Which columns a table has.
pub(super) struct Spalten {
    pub(super) alle: &'static [&'static str],
    pub(super) noetig: &'static [&'static str],
}

/// Goes through the rows of a table; each is handed over, or what is wrong with it.
pub(super) fn rows(
    text: &str,
    spalten: &Spalten,
    mut each: impl FnMut(Result<&Zeile<'_>, Befund>),
) {
    let text = text.trim_start_matches('\u{FEFF}');
    let first = text.lines().next().unwrap_or_default();
    let (text, skipped, delimiter) = match first.strip_prefix("sep=").map(str::as_bytes) {
        Some([delimiter]) => (text.get(first.len()..).unwrap_or_default(), 1, *delimiter),
        _ => (text, 0, delimiter(first)),
    };
    let text = if skipped == 1 { text.trim_start_matches(['\r', '\n']) } else { text };
    let mut csv = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    let columns = match csv.headers() {
        Ok(columns) => columns.clone(),
        Err(error) => return each(Err(befund(1, "Kopfzeile", error.to_string()))),
    };
    let wrong = header(&columns, spalten, 1 + skipped);
    if !wrong.is_empty() {
        return wrong.into_iter().for_each(|found| each(Err(found)));
    }
    for (count, record) in csv.records().enumerate() {
        let line = |position: Option<&csv::Position>| position.map_or(0, |p| p.line() + skipped);
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let text = "hat mehr oder weniger Spalten als die Kopfzeile";
                each(Err(befund(line(error.position()), "Zeile", text)));
                continue;
            }
        };
        let line = line(record.position());
        if count >= ROWS_MAX {
            return each(Err(befund(line, "Zeile", format!("mehr als {ROWS_MAX} Zeilen"))));
        }
        let mut sound = true;
        for (column, cell) in columns.iter().zip(&record) {
            if let Some(why) = refused(cell) {
                sound = false;
                each(Err(befund(line, column, why)));
            }
        }
        let cells = columns.iter().zip(record.iter().map(str::trim));
        let cells = cells.filter(|(_, cell)| !cell.is_empty()).collect();
        if sound {
            each(Ok(&Zeile { line, cells }));
        }
    }
}

fn befund(zeile: u64, spalte: &str, text: impl Into<String>) -> Befund {
    Befund { zeile, spalte: spalte.into(), text: text.into() }
}

/// What the first row uses most; a semicolon where the country is Germany.
fn delimiter(first: &str) -> u8 {
    let count = |mark: &u8| first.bytes().filter(|byte| byte == mark).count();
    [b',', b'\t', b';'].into_iter().max_by_key(count).unwrap_or(b';')
}

fn header(columns: &csv::StringRecord, spalten: &Spalten, line: u64) -> Vec<Befund> {
    let mut known = HashSet::new();
    let mut wrong = Vec::new();
    for column in columns {
        if !spalten.alle.contains(&column) {
            wrong.push(befund(line, column, "unbekannte Spalte"));
        } else if !known.insert(column) {
            wrong.push(befund(line, column, "Spalte steht doppelt"));
        }
    }
    let missing = spalten.noetig.iter().filter(|column| !known.contains(*column));
    wrong.extend(missing.map(|column| befund(line, column, "Spalte fehlt")));
    wrong
}

/// Why no cell may hold this.
pub(super) fn refused(cell: &str) -> Option<&'static str> {
    /// What an umlaut becomes when UTF-8 is taken for Windows-1252 and written as UTF-8 again.
    const TWICE: [&str; 7] = ["Ã¤", "Ã¶", "Ã¼", "ÃŸ", "Ã„", "Ã–", "Ãœ"];
    if cell.starts_with(FORMULA) || cell.trim_start().starts_with(FORMULA) {
        Some("beginnt wie eine Formel (=, +, -, @ oder Tabulator)")
    } else if cell.len() > CELL_MAX {
        Some("länger als 8000 Zeichen")
    } else if cell.chars().any(char::is_control) {
        Some("enthält Steuerzeichen")
    } else if cell.contains('\u{FFFD}') || TWICE.iter().any(|mark| cell.contains(mark)) {
        Some("Zeichen sind falsch kodiert: als UTF-8 oder Windows-1252 speichern")
    } else {
        None
    }
}
