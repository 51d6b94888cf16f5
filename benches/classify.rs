//! Suggestions: the quality card of the 150 letters, and what learning and asking cost.

use std::{fs, path::Path, time::Instant};

use aktenlauf::{
    classify::{Filed, Klasse, Lernen, Text},
    cli::classify::{Folder, Row, measure},
    domain::aktenplan,
};
use indicatif::ProgressBar;

use crate::row;

/// Plan units of the synthetic stock.
const UNITS: usize = 5_000;
/// Words of a synthetic document.
const WORDS: usize = 220;
/// Bytes of a long one: so much of a text the server hands over at most.
const REPORT: usize = 256 << 10;

/// All rows, then the card.
pub fn all() {
    let documents = std::env::var("BENCH_DOCUMENTS").map_or(100_000, |n| n.parse().unwrap());
    cost(documents);
    letters();
}

/// The letters, by folds and on the first day.
fn letters() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/briefe");
    let table = fs::read(folder.join("briefe.csv")).unwrap();
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(table.as_slice());
    let names = reader.headers().unwrap().clone();
    let place = |name: &str| names.iter().position(|other| other == name).unwrap();
    let (file, leaf) = (place("datei"), place("blatt"));
    let rows = reader.records().map(|record| {
        let record = record.unwrap();
        // Without dates: 150 letters are too few to be asked about a fifth only.
        Row {
            path: folder.join(&record[file]),
            label: record[leaf].to_owned(),
            date: None,
            subject: None,
            sender: None,
        }
    });
    let folder = Folder { rows: rows.collect() };
    let plan = aktenplan::muster().unwrap();
    let card = measure(&folder, Some(&plan.einheiten), &mut |_| ProgressBar::hidden()).unwrap();
    println!("\n{card}");
}

/// Time and memory of a large stock.
fn cost(documents: usize) {
    let classes = (0..UNITS).map(|unit| Klasse {
        schluessel: format!("{}.{unit:04}", unit / 50),
        gruppe: (unit / 50).to_string(),
        ueber: String::new(),
        worte: (0..6).map(|word| (4, own(unit, word))).collect(),
        beispiele: (6..9).map(|word| own(unit, word)).collect(),
    });
    let classes: Vec<Klasse> = classes.collect();
    let keys: Vec<String> = classes.iter().map(|class| class.schluessel.clone()).collect();
    let started = cpu_seconds();
    let mut learning = Lernen::new(classes, documents);
    for number in 0..documents {
        let unit = unit_of(number);
        let text = document(unit, number);
        let filed = Filed::alone(number as u128);
        learning.add(filed, &keys[unit], &Text { text: &text, ..Text::default() });
    }
    let model = learning.finish();
    let spent = cpu_seconds() - started;
    let memory = status("VmHWM:") / 1024;
    let stock = format!("{documents} documents, {UNITS} units");
    row(
        &format!("learning, {stock}"),
        &format!("{spent:.0} s CPU, {memory} MB at most"),
        "-",
        "-",
        "300 s, 500 MB",
    );
    let questions: Vec<(usize, String)> = (0..200)
        .map(|at| (unit_of(documents + at), document(unit_of(documents + at), documents + at)))
        .collect();
    let (mut right, mut times) = (0, Vec::new());
    let before_all = cpu_seconds();
    for (unit, text) in &questions {
        let before = Instant::now();
        let answer = model.ask(&Text { text, ..Text::default() });
        times.push(before.elapsed().as_secs_f64() * 1000.0);
        right +=
            usize::from(answer.vorschlaege.first().is_some_and(|s| s.schluessel == keys[*unit]));
    }
    times.sort_by(f64::total_cmp);
    // On a busy machine the clock says more of the others than of this.
    let cpu = (cpu_seconds() - before_all) * 1000.0 / questions.len() as f64;
    let figure = format!(
        "{:.1} ms (median), {:.1} ms (slowest of 200), {cpu:.1} ms CPU (mean)",
        times[100], times[199]
    );
    row(&format!("a suggestion, {stock}"), &figure, &format!("{right} of 200 right"), "-", "20 ms");
    let mut report = String::new();
    for at in 0.. {
        if report.len() > REPORT {
            break;
        }
        report.push_str(&document(7, documents + at));
    }
    let before = cpu_seconds();
    for _ in 0..20 {
        std::hint::black_box(model.ask(&Text { text: &report, ..Text::default() }));
    }
    let each = (cpu_seconds() - before) * 1000.0 / 20.0;
    let name = format!("a suggestion for a text of {} kB", report.len() / 1000);
    row(&name, &format!("{each:.1} ms CPU"), "-", "-", "-");
    let mut file = Vec::new();
    model.write(&mut file).unwrap();
    let bytes = file.len() / 1_000_000;
    row(&format!("model file, {stock}"), &format!("{bytes} MB"), "-", "-", "-");
}

/// Few units have most documents, as in a town hall.
fn unit_of(number: usize) -> usize {
    let dice = mixed(number as u64) % 1_000_000;
    let cube = u128::from(dice).pow(3) * UNITS as u128 / 10_u128.pow(18);
    usize::try_from(cube).unwrap()
}

fn mixed(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// A word that mostly one unit uses.
fn own(unit: usize, word: usize) -> String {
    name(mixed((unit * 40 + word) as u64 + 1_000_000) % 60_000)
}

/// A word out of syllables.
fn name(mut number: u64) -> String {
    const SYLLABLES: [&str; 16] = [
        "bau", "ver", "sch", "amt", "lei", "ung", "gro", "tal", "hem", "rik", "ost", "fen", "kul",
        "mar", "pil", "zen",
    ];
    let mut word = String::new();
    for _ in 0..4 {
        word.push_str(SYLLABLES[(number % 16) as usize]);
        number /= 16;
    }
    word
}

fn document(unit: usize, number: usize) -> String {
    let mut text = String::new();
    for at in 0..WORDS as u64 {
        let dice = mixed(number as u64 * 1_000 + at);
        let word = match dice % 10 {
            0 | 1 => own(unit, (dice / 10 % 40) as usize),
            2 => own(unit / 50 * 50, (dice / 10 % 40) as usize),
            // Common words are common: the lower the number, the more often.
            _ => name((dice / 10 % 250) * (dice / 2_500 % 250)),
        };
        text.push_str(&word);
        text.push(if at % 12 == 0 { '\n' } else { ' ' });
    }
    text
}

fn status(key: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with(key)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// User and system time of this process.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let after = stat.rsplit_once(')').unwrap().1;
    let ticks = after.split_whitespace().skip(11).take(2).map(|n| n.parse::<f64>().unwrap());
    ticks.sum::<f64>() / 100.0
}
