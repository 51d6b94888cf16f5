//! Tables: columns as wide as their widest cell; the widest takes what is left, or wraps.
//! Figures stand to the right. The head is repeated on each page.

use super::{Face, MARGIN, PAGE, Sheet, encode};

/// Size of the text and distance of its lines.
const CELL: (f32, f32) = (9.0, 12.0);
/// Between columns.
const GAP: f32 = 10.0;

impl Sheet {
    /// Sets a table; rows are lines, cells are between tabs.
    pub(super) fn table(&mut self, rows: &str) {
        let rows: Vec<Vec<&str>> = rows.lines().map(|row| row.split('\t').collect()).collect();
        let widths = widths(&rows);
        let Some((head, rows)) = rows.split_first() else { return };
        let room = 4.0 * CELL.1;
        self.room(room);
        self.row(Face::Bold, head, &widths);
        self.rule();
        for row in rows {
            let lines = lines(Face::Regular, row, &widths).iter().map(Vec::len).max().unwrap_or(1);
            let pages = self.pages.len();
            self.room(height(lines));
            if self.pages.len() > pages {
                self.row(Face::Bold, head, &widths);
                self.rule();
            }
            self.row(Face::Regular, row, &widths);
        }
        self.rule();
    }

    fn rule(&mut self) {
        let y = self.y + CELL.1 - 3.0;
        if let Some(page) = self.pages.last_mut() {
            page.rules.push(y);
        }
        self.y -= 3.0;
    }

    fn row(&mut self, face: Face, row: &[&str], widths: &[f32]) {
        let cells = lines(face, row, widths);
        let (top, mut x) = (self.y, MARGIN.0);
        for ((cell, text), width) in cells.iter().zip(row).zip(widths) {
            self.y = top;
            for line in cell {
                let bytes = encode(line);
                let shift = if figure(text) { width - face.width(&bytes, CELL.0) } else { 0.0 };
                self.put(face, CELL.0, x + shift.max(0.0), bytes);
                self.y -= CELL.1;
            }
            x += width + GAP;
        }
        self.y = top - height(cells.iter().map(Vec::len).max().unwrap_or(1));
    }
}

/// Height of a row with so many lines.
fn height(lines: usize) -> f32 {
    f32::from(u16::try_from(lines).unwrap_or(u16::MAX)) * CELL.1 + 1.0
}

fn widths(rows: &[Vec<&str>]) -> Vec<f32> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let wide = |cell: &str| Face::Bold.width(&encode(cell), CELL.0);
    let column = |place: usize| rows.iter().filter_map(move |row| row.get(place));
    let mut widths: Vec<f32> =
        (0..columns).map(|p| column(p).map(|c| wide(c)).fold(0.0, f32::max)).collect();
    let gaps = f32::from(u16::try_from(columns.saturating_sub(1)).unwrap_or(0)) * GAP;
    // Several long columns share what is left: the widest gives way first.
    loop {
        let over = widths.iter().sum::<f32>() + gaps - (PAGE.0 - MARGIN.0 - MARGIN.1);
        let widest = widths.iter_mut().max_by(|a, b| a.total_cmp(b));
        match widest {
            Some(width) if over > 0.5 && *width > 40.0 => *width -= over.min(*width * 0.2),
            Some(width) => {
                *width += (-over).max(0.0);
                return widths;
            }
            None => return widths,
        }
    }
}

/// True for what is to stand to the right.
fn figure(text: &str) -> bool {
    let fits = |char: char| char.is_ascii_digit() || " .,-+–%€".contains(char);
    text.starts_with(|char: char| char.is_ascii_digit() || char == '-') && text.chars().all(fits)
}

/// The lines of each cell.
fn lines(face: Face, row: &[&str], widths: &[f32]) -> Vec<Vec<String>> {
    let wide = |text: &str| face.width(&encode(text), CELL.0);
    let cell = |(text, width): (&&str, &f32)| {
        let mut lines = vec![String::new()];
        for word in text.split(' ') {
            let mut word = word.to_owned();
            if let Some(line) = lines.last_mut() {
                let gap = if line.is_empty() { "" } else { " " };
                if line.is_empty() || wide(&format!("{line}{gap}{word}")) <= width + 0.2 {
                    line.push_str(gap);
                    line.push_str(&std::mem::take(&mut word));
                }
            }
            if !word.is_empty() {
                lines.push(word);
            }
        }
        lines
    };
    row.iter().zip(widths).map(cell).collect()
}
