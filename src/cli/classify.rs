//! `classify report`: the quality card of the suggestions over any folder of labelled texts.
//!
//! It learns from one part of the folder and asks about the other, which it never saw: the newest
//! fifth where dates are known, else five folds. It changes nothing and sends nothing anywhere.

use std::{
    collections::HashMap,
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail, ensure};
use chrono::NaiveDate;
use clap::{Args, Subcommand};

use crate::{
    classify::{Filed, Karte, Klasse, Lernen, Messung, Modell, Rang, Sicher, Text, Zeile, scanned},
    domain::aktenplan::{self, Planeinheit},
};

/// Bytes of a file that are read.
const READ_MAX: u64 = 4 << 20;
/// Folds where there are no dates.
const FOLDS: usize = 5;
/// Documents of a rare unit are fewer.
const RARE: usize = 5;
/// One letter in so many is misread in the simulated scan.
const MISREAD_EVERY: u64 = 25;

/// Suggestions of plan units
#[derive(Args, Debug)]
pub struct ClassifyCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the quality card of a folder of labelled texts
    Report(Report),
}

/// What is measured.
#[derive(Args, Debug)]
struct Report {
    /// Folder with labels.csv (columns datei;label, and datum, betreff, absender if known) and
    /// the texts it names
    folder: PathBuf,
    /// Folder of the plan (plan.toml, plan.csv) whose units the labels are; `muster`: the one that
    /// comes with the program. Without it labels are classes that nothing describes
    #[arg(long)]
    plan: Option<PathBuf>,
}

/// Runs one of them.
///
/// # Errors
/// If the folder can't be measured; the message names the row.
pub fn run(args: &ClassifyCommand) -> anyhow::Result<ExitCode> {
    let Command::Report(report) = &args.command;
    let folder = Folder::read(&report.folder)?;
    let units = report.plan.as_deref().map(plan).transpose()?;
    let card = measure(&folder, units.as_deref(), &mut |total| super::progress(total, "texts"))?;
    let labels: std::collections::BTreeSet<&str> = folder.rows.iter().map(|r| &*r.label).collect();
    println!("{} texts, {} labels, {}\n", folder.rows.len(), labels.len(), folder.way());
    println!("{card}");
    Ok(ExitCode::SUCCESS)
}

fn plan(folder: &Path) -> anyhow::Result<Vec<Planeinheit>> {
    let read = if folder.as_os_str() == "muster" {
        aktenplan::muster()
    } else {
        let file = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).with_context(|| path.display().to_string())
        };
        aktenplan::read(&file("plan.toml")?, &file("plan.csv")?)
    };
    let read = read.map_err(|found| {
        let first: Vec<String> = found.iter().take(5).map(ToString::to_string).collect();
        anyhow::anyhow!("the plan has {} faults: {}", found.len(), first.join("; "))
    })?;
    Ok(read.einheiten)
}

/// One row of labels.csv.
#[derive(Clone, Debug)]
pub struct Row {
    /// Where its text is.
    pub path: PathBuf,
    /// Its class.
    pub label: String,
    /// Its date.
    pub date: Option<NaiveDate>,
    /// Subject, if known apart from the text.
    pub subject: Option<String>,
    /// Sender, likewise.
    pub sender: Option<String>,
}

/// A folder of labelled texts.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Its rows.
    pub rows: Vec<Row>,
}

impl Folder {
    /// Reads labels.csv; the texts are read when they are needed.
    ///
    /// # Errors
    /// Unknown or missing columns, rows without a file, fewer than two labels.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("labels.csv");
        let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
        let rows = rows(folder, &decoded(&bytes)).with_context(|| path.display().to_string())?;
        let first = rows.first().map(|row| row.label.clone()).context("no row")?;
        ensure!(rows.iter().any(|row| row.label != first), "all labels are {first:?}");
        ensure!(rows.len() >= 10, "{} rows are too few to learn and to ask", rows.len());
        Ok(Self { rows })
    }

    fn dated(&self) -> bool {
        self.rows.iter().filter(|row| row.date.is_some()).count() * 10 >= self.rows.len() * 9
    }

    fn way(&self) -> &'static str {
        if self.dated() { "the older 80 % learned, the newer 20 % asked" } else { "five folds" }
    }

    /// Which rows are learned from and which are asked.
    fn splits(&self) -> Vec<(Vec<usize>, Vec<usize>)> {
        let count = self.rows.len();
        let mut order: Vec<usize> = (0..count).collect();
        if self.dated() {
            order.sort_by_key(|at| self.rows.get(*at).map(|row| (row.date, row.path.clone())));
            let asked = order.split_off(count - count / FOLDS);
            return vec![(order, asked)];
        }
        (0..FOLDS).map(|fold| order.iter().partition(|at| *at % FOLDS != fold)).collect()
    }
}

fn rows(folder: &Path, text: &str) -> anyhow::Result<Vec<Row>> {
    let first = text.lines().next().unwrap_or_default();
    let delimiter = if first.contains(';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    let names: Vec<String> = reader.headers()?.iter().map(|n| n.trim().to_lowercase()).collect();
    let known = ["datei", "label", "datum", "betreff", "absender"];
    if let Some(other) = names.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("unknown column {other:?}; known are {}", known.join(", "));
    }
    let place = |name: &str| names.iter().position(|other| other == name);
    let file = place("datei").context("column datei is missing")?;
    let label = place("label").context("column label is missing")?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |at: Option<usize>| {
            at.and_then(|at| record.get(at)).map(str::trim).filter(|cell| !cell.is_empty())
        };
        let name = cell(Some(file)).with_context(|| format!("line {line}: no datei"))?;
        let plain = Path::new(name).components().all(|part| {
            matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir)
        });
        ensure!(plain, "line {line}: {name:?} leads out of the folder");
        let path = folder.join(name);
        ensure!(path.is_file(), "line {line}: there is no file {name:?}");
        let date = cell(place("datum"));
        rows.push(Row {
            path,
            label: cell(Some(label)).with_context(|| format!("line {line}: no label"))?.into(),
            date: date.map(|text| day(text, line)).transpose()?,
            subject: cell(place("betreff")).map(Into::into),
            sender: cell(place("absender")).map(Into::into),
        });
    }
    Ok(rows)
}

fn day(text: &str, line: u64) -> anyhow::Result<NaiveDate> {
    let forms = ["%Y-%m-%d", "%d.%m.%Y"];
    let read = forms.iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok());
    read.with_context(|| format!("line {line}: {text:?} is no date (2024-03-15 or 15.03.2024)"))
}

/// UTF-8, or Windows-1252 if it is not.
fn decoded(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(
        |_| encoding_rs::WINDOWS_1252.decode(bytes).0.into_owned(),
        |text| text.trim_start_matches('\u{FEFF}').to_owned(),
    )
}

/// The beginning of a file. A character that the limit cuts is not taken for another encoding.
fn load(path: &Path) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path).with_context(|| path.display().to_string())?;
    file.take(READ_MAX).read_to_end(&mut bytes).with_context(|| path.display().to_string())?;
    if let Err(error) = std::str::from_utf8(&bytes)
        && error.error_len().is_none()
    {
        bytes.truncate(error.valid_up_to());
    }
    Ok(decoded(&bytes))
}

/// Learns, asks and counts.
///
/// # Errors
/// If a text can't be read, or no label is a leaf of the plan.
pub fn measure(
    folder: &Folder,
    units: Option<&[Planeinheit]>,
    progress: &mut dyn FnMut(usize) -> indicatif::ProgressBar,
) -> anyhow::Result<Karte> {
    let labels = || folder.rows.iter().map(|row| row.label.as_str());
    let classes = units.map_or_else(|| Klasse::of_labels(labels()), Klasse::of_plan);
    let known: std::collections::HashSet<&str> =
        classes.iter().map(|class| class.schluessel.as_str()).collect();
    if let Some(row) = folder.rows.iter().find(|row| !known.contains(row.label.as_str())) {
        bail!("{}: {:?} is no leaf of the plan", row.path.display(), row.label);
    }
    let splits = folder.splits();
    let steps: usize = splits.iter().map(|(known, asked)| known.len() + asked.len()).sum();
    let bar = progress(steps);
    let (mut clean, mut noisy, mut first) = (Vec::new(), Vec::new(), Vec::new());
    for (learned, asked) in splits {
        let mut learning = Lernen::new(classes.clone(), learned.len());
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for row in learned.iter().filter_map(|at| folder.rows.get(*at)) {
            let text = load(&row.path)?;
            let (id, date) = (id(row), row.date);
            learning.add(Filed { id, whole: id, date }, &row.label, &row.text(&text));
            *counts.entry(&row.label).or_default() += 1;
            bar.inc(1);
        }
        let model = learning.finish();
        let empty = units.map(|_| Lernen::new(classes.clone(), 0).finish());
        for row in asked.iter().filter_map(|at| folder.rows.get(*at)) {
            let text = load(&row.path)?;
            let known = counts.get(row.label.as_str()).copied().unwrap_or(0);
            clean.push(question(&model, row, &text, known));
            noisy.push(question(&model, row, &scanned(&text, MISREAD_EVERY, 7), known));
            first.extend(empty.as_ref().map(|model| question(model, row, &text, 0)));
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(card(&clean, &noisy, &first, units))
}

impl Row {
    fn text<'a>(&'a self, text: &'a str) -> Text<'a> {
        Text { text, betreff: self.subject.as_deref(), absender: self.sender.as_deref() }
    }
}

fn id(row: &Row) -> u128 {
    xxhash_rust::xxh3::xxh3_128(row.path.as_os_str().as_encoded_bytes())
}

/// A question and its answer.
struct Frage {
    truth: String,
    answer: Rang,
    /// Documents of the right label that were learned from.
    known: usize,
}

fn question(model: &Modell, row: &Row, text: &str, known: usize) -> Frage {
    Frage { truth: row.label.clone(), answer: model.rank(&row.text(text)), known }
}

fn card(clean: &[Frage], noisy: &[Frage], first: &[Frage], units: Option<&[Planeinheit]>) -> Karte {
    let leaf = |question: &Frage| Zeile {
        truth: question.truth.clone(),
        ranked: question.answer.blaetter.clone(),
        given: question.answer.sicher == Sicher::Blatt,
    };
    let mut rows = vec![("all".to_owned(), Messung::of(clean.iter().map(leaf)))];
    let rare = clean.iter().filter(|question| question.known < RARE).map(leaf);
    rows.push((format!("labels with fewer than {RARE} examples"), Messung::of(rare)));
    rows.push(("simulated scan errors".into(), Messung::of(noisy.iter().map(leaf))));
    let Some(units) = units else { return Karte(rows) };
    rows.push(("only the plan known (first day)".into(), Messung::of(first.iter().map(leaf))));
    for depth in 1..=4 {
        // From the second level up (Produktgruppe) an answer that names the group alone counts.
        let at = |question: &Frage| {
            let answer = &question.answer;
            let (ranked, given) = if depth <= 2 {
                (&answer.gruppen, answer.sicher != Sicher::Nein)
            } else {
                (&answer.blaetter, answer.sicher == Sicher::Blatt)
            };
            let ranked = ranked.iter().map(|(key, p)| (above(units, key, depth), *p)).collect();
            Zeile { truth: above(units, &question.truth, depth), ranked, given }
        };
        let name =
            if depth == 2 { "level 2 (Produktgruppe)".into() } else { format!("level {depth}") };
        for (which, asked) in
            [("", clean), (", simulated scan errors", noisy), (", first day", first)]
        {
            rows.push((format!("{name}{which}"), Messung::of(asked.iter().map(at))));
        }
    }
    Karte(rows)
}

/// The unit of that depth that a unit lies in (1: the top); itself where it lies higher.
fn above(units: &[Planeinheit], key: &str, depth: usize) -> String {
    let of = |number: &str| units.iter().find(|unit| unit.nummer == number);
    let mut chain = vec![key.to_owned()];
    while let Some(parent) = chain.last().and_then(|n| of(n)).and_then(|u| u.uebergeordnet.clone())
        && chain.len() < 20
    {
        chain.push(parent);
    }
    let at = chain.len().saturating_sub(depth);
    chain.get(at).cloned().unwrap_or_default()
}
