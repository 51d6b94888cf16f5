//! Tables of templates: cells, items of invoices, sums.
//!
//! A row is `| a | b`. `|* Ware | Einheit | 12,50` becomes an item with a thrown quantity, or is
//! left out; `|= Summe | +` adds up the column of each `+`; `|19 Umsatzsteuer | +` is so many of a
//! hundred of that sum, and `|! Betrag | +` both together. What comes out is what `pdf` takes.

use super::{dice::Dice, euro, satz::punkte};

/// Columns of an invoice, and so cells of an item.
const POSTEN: usize = 5;

/// Writes the rows out, one a line, cells between tabs, after `| `.
pub fn setzen(dice: &mut Dice, rows: &[String]) -> String {
    let mut out: Vec<Vec<String>> = Vec::new();
    let (mut items, mut net, mut tax) = (0, 0, 0);
    for row in rows {
        let (mark, cells) = row.split_once(' ').unwrap_or((row, ""));
        let mut cells: Vec<String> = cells.split('|').map(|cell| cell.trim().to_owned()).collect();
        match mark {
            "|*" => {
                if items > 0 && !dice.chance(70) {
                    continue;
                }
                items += 1;
                cells = posten(dice, items, &cells);
            }
            "|=" => {
                for place in 0..cells.len() {
                    if let Some(cell) = cells.get_mut(place).filter(|cell| *cell == "+") {
                        let (sum, cents) = summe(&out, place);
                        net = sum;
                        *cell = if cents { betrag(sum) } else { punkte(sum) };
                    }
                }
            }
            "|!" => plus(&mut cells, net + tax),
            _ => {
                if let Ok(percent) = mark.trim_start_matches('|').parse::<i64>() {
                    tax = (net * percent + 50) / 100;
                    plus(&mut cells, tax);
                }
            }
        }
        out.push(cells);
    }
    let rows: Vec<String> = out.into_iter().map(|cells| cells.join("\t")).collect();
    format!("| {}", rows.join("\n"))
}

fn plus(cells: &mut [String], cents: i64) {
    for cell in cells.iter_mut().filter(|cell| *cell == "+") {
        *cell = betrag(cents);
    }
}

fn posten(dice: &mut Dice, nummer: u32, cells: &[String]) -> Vec<String> {
    let cell = |place: usize| cells.get(place).cloned().unwrap_or_default();
    let menge = i64::try_from(dice.between(1, 24)).unwrap_or(1);
    let preis = zelle(&cell(2)).map_or(0, |(cents, _)| cents);
    let mut row = Vec::with_capacity(POSTEN);
    row.extend([nummer.to_string(), cell(0), format!("{menge} {}", cell(1))]);
    row.extend([cell(2), betrag(menge * preis)]);
    row
}

/// `1.234,50`, without the sign of the currency, which stands in the table's head.
fn betrag(cents: i64) -> String {
    euro(cents.unsigned_abs()).trim_end_matches(" €").to_owned()
}

/// The sum of a column, and whether it has cents.
fn summe(rows: &[Vec<String>], column: usize) -> (i64, bool) {
    let cells = rows.iter().filter_map(|row| row.get(column)).filter_map(|cell| zelle(cell));
    cells.fold((0, false), |(sum, cents), (value, with)| (sum + value, cents || with))
}

/// A figure; true: it is in cents.
fn zelle(text: &str) -> Option<(i64, bool)> {
    let plain = text.replace('.', "");
    match plain.split_once(',') {
        Some((whole, cents)) if cents.len() == 2 => {
            Some((whole.parse::<i64>().ok()? * 100 + cents.parse::<i64>().ok()?, true))
        }
        Some(_) => None,
        None => plain.parse().ok().map(|whole| (whole, false)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails if an invoice does not add up.
    #[test]
    fn sums_are_sums() {
        let rows = ["| Jahr | Zahl", "| 2024 | 1.200", "| 2025 | 34", "|= Summe | +"];
        let rows: Vec<String> = rows.map(str::to_owned).into();
        let table = setzen(&mut Dice::new(1, 1), &rows);
        assert_eq!(table, "| Jahr\tZahl\n2024\t1.200\n2025\t34\nSumme\t1.234");
        let rows =
            ["|* Sand | t | 10,50", "|= Netto | | | | +", "|19 USt | | | | +", "|! Alles | +"];
        let rows: Vec<String> = rows.map(str::to_owned).into();
        let table = setzen(&mut Dice::new(1, 2), &rows);
        let last: Vec<&str> = table.lines().map(|row| row.rsplit('\t').next().unwrap()).collect();
        let cents = |place: usize| zelle(last[place]).unwrap().0;
        assert_eq!(cents(0), cents(1));
        assert_eq!(cents(3), cents(1) + (cents(1) * 19 + 50) / 100);
    }
}
