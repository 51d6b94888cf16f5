//! `plan`: filing plans as folders of text files. What is found is printed as compilers do, file
//! and line first; the findings themselves are German, for whoever maintains the plan.

use std::{
    fs::{self, File},
    io::{Write as _, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Place;

use crate::{
    domain::{
        aktenplan::{
            self, Befund, Gelesen, Quelle, Zahlen, quellen, schreiben,
            vergleich::{self, Vergleich, Wandel},
            xdomea,
        },
        source::Source as _,
    },
    server::{System, commands::plan_file},
};

/// `plan`
#[derive(Args, Debug)]
pub struct PlanCommand {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Check a plan; exit code 1 names everything that is wrong, with file and line
    Check {
        /// Folder with plan.toml, plan.csv, quellen.csv; default: the plan that is built in
        folder: Option<PathBuf>,
    },
    /// Write a plan as text files or as xdomea 0301
    Export {
        /// Folder of the plan; default: the plan that is built in
        #[arg(conflicts_with_all = CITY)]
        folder: Option<PathBuf>,
        #[command(flatten)]
        city: City,
        #[command(flatten)]
        form: Form,
        /// File (xdomea) or folder (CSV) to write; default: standard output
        #[arg(long)]
        to: Option<PathBuf>,
        /// Sender named in the message
        #[arg(long, default_value = "Aktenlauf")]
        sender: String,
    },
    /// Make text files of an xdomea 0301, or give a city a new version of its plan
    Import(Import),
    /// Tell what lies between two versions of a plan
    Diff {
        /// Folder of the older version
        old: PathBuf,
        /// Folder of the newer version
        new: PathBuf,
        /// What became of units, where it can't be inferred: a CSV with the columns alt;neu;art
        #[arg(long)]
        concordance: Option<PathBuf>,
        /// Print the whole comparison as JSON
        #[arg(long)]
        json: bool,
    },
}

/// What names a city.
const CITY: [&str; 2] = ["data", "config"];

/// A city whose plan is meant.
#[derive(Args, Clone, Debug)]
struct City {
    /// Data directory of a city
    #[arg(long)]
    data: Option<PathBuf>,
    /// Configuration file of a city
    #[arg(long)]
    config: Option<PathBuf>,
}

impl City {
    fn place(&self) -> Option<Place> {
        let named = self.data.is_some() || self.config.is_some();
        named.then(|| Place { data: self.data.clone(), config: self.config.clone() })
    }
}

#[derive(Args, Debug)]
struct Import {
    /// A message 0301, or a folder with plan.toml and plan.csv
    source: PathBuf,
    /// Folder to write the message's plan to; a plan that lies there is not overwritten
    #[arg(long, required_unless_present_any = CITY, conflicts_with_all = CITY)]
    to: Option<PathBuf>,
    #[command(flatten)]
    city: City,
    /// What became of units, where it can't be inferred: a CSV with the columns alt;neu;art
    #[arg(long)]
    concordance: Option<PathBuf>,
    /// Only report what it would change
    #[arg(long)]
    dry_run: bool,
}

#[derive(Args, Clone, Copy, Debug)]
#[group(required = true, multiple = false)]
struct Form {
    /// As plan.toml and plan.csv (standard output: plan.csv alone)
    #[arg(long)]
    csv: bool,
    /// As the message Aktenplan.Aktenplan.0301 of xdomea 3.1.0
    #[arg(long)]
    xdomea: bool,
}

/// Does what is asked.
///
/// # Errors
/// If a file can't be read or written, or a plan is not sound.
pub fn run(args: &PlanCommand) -> anyhow::Result<ExitCode> {
    match &args.verb {
        Verb::Check { folder } => check(folder.as_deref()),
        Verb::Export { folder, city, form, to, sender } => {
            let plan = match city.place() {
                Some(place) => in_force(&place)?,
                None => sound("plan.csv", plan(folder.as_deref())?)?,
            };
            export(&plan, *form, to.as_deref(), sender)
        }
        Verb::Import(args) => match &args.to {
            Some(to) => convert(&args.source, to),
            None => import(args),
        },
        Verb::Diff { old, new, concordance, json } => diff(old, new, concordance.as_deref(), *json),
    }
}

/// What was read of a file, or what is wrong with it.
type Found<T> = Result<T, Vec<Befund>>;

/// A file's bytes; an error names it.
fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    plan_file(path).with_context(|| path.display().to_string())
}

fn plan(folder: Option<&Path>) -> anyhow::Result<Found<Gelesen>> {
    let Some(folder) = folder else { return Ok(aktenplan::muster()) };
    let toml = bytes(&folder.join("plan.toml"))?;
    Ok(aktenplan::read_bytes(&toml, &bytes(&folder.join("plan.csv"))?))
}

fn sources(folder: Option<&Path>) -> anyhow::Result<Found<Vec<Quelle>>> {
    let Some(folder) = folder else { return Ok(quellen::muster()) };
    let list = bytes(&folder.join("quellen.csv"))?;
    Ok(aktenplan::decode(&list).map_err(|found| vec![found]).and_then(|text| quellen::read(&text)))
}

fn print(file: &str, findings: &[Befund]) {
    for finding in findings {
        println!("{file}:{}: {}: {}", finding.zeile, finding.spalte, finding.text);
    }
}

/// What is sound; else everything that is wrong is printed.
fn sound<T>(file: &str, found: Found<T>) -> anyhow::Result<T> {
    found.or_else(|findings| {
        print(file, &findings);
        bail!("{file}: {} faults, see above", findings.len())
    })
}

fn check(folder: Option<&Path>) -> anyhow::Result<ExitCode> {
    let (plan, sources) = (plan(folder)?, sources(folder)?);
    let wrong = [("plan.csv", plan.as_ref().err()), ("quellen.csv", sources.as_ref().err())];
    for (file, findings) in wrong {
        print(file, findings.map_or(&[], |findings| findings));
    }
    let (Ok(plan), Ok(sources)) = (plan, sources) else {
        println!("the plan is not fit for use, see above");
        return Ok(ExitCode::FAILURE);
    };
    let report = aktenplan::pruefen(&plan, &sources);
    for (file, note) in &report.hinweise {
        println!("note: {}:{}: {}: {}", file.name(), note.zeile, note.spalte, note.text);
    }
    for (file, finding) in &report.befunde {
        print(file.name(), std::slice::from_ref(finding));
    }
    let row = |number: &str, counted: &Zahlen, title: &str| {
        let Zahlen { einheiten, blaetter, eigene_regel, .. } = counted;
        let fallback = counted.ausweichregel();
        println!(
            "{number:>7} {einheiten:>6} {blaetter:>6} {eigene_regel:>9} {fallback:>9}  {title}"
        );
    };
    println!("{:>7} {:>6} {:>6} {:>9} {:>9}", "branch", "units", "leaves", "own rule", "fallback");
    for (number, title, counted) in &report.zweige {
        row(number, counted, title);
    }
    row("all", &report.gesamt, &plan.plan.name);
    let (shut, faults) = (report.gesamt.stillgelegt, report.befunde.len());
    println!("{shut} shut down, {} sources, {faults} faults", sources.len());
    Ok(if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The plan that a city works with.
fn in_force(place: &Place) -> anyhow::Result<Gelesen> {
    let files = place.ask("plan_export", Value::Null, false)?;
    let text = |name: &str| files.get(name).and_then(Value::as_str).context("an older server");
    sound("plan.csv", aktenplan::read(text("toml")?, text("csv")?))
}

fn export(plan: &Gelesen, form: Form, to: Option<&Path>, sender: &str) -> anyhow::Result<ExitCode> {
    match (form.csv, to) {
        (true, Some(to)) => write_folder(plan, to)?,
        (true, None) => stdout().write_all(schreiben::csv(plan).as_bytes())?,
        (false, to) => {
            let (prozess, erstellt) = (System.id(), System.now());
            let head = xdomea::Kopf { prozess, erstellt, absender: sender.into() };
            let message = xdomea::write(plan, &head);
            match to {
                Some(to) => fs::write(to, message).with_context(|| to.display().to_string())?,
                None => stdout().write_all(message.as_bytes())?,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes `plan.toml` and `plan.csv`; what lies there stays.
fn write_folder(plan: &Gelesen, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    let files = [("plan.toml", schreiben::toml(&plan.plan)), ("plan.csv", schreiben::csv(plan))];
    for (name, text) in files {
        let path = to.join(name);
        let file = File::create_new(&path).with_context(|| path.display().to_string());
        file?.write_all(text.as_bytes())?;
    }
    Ok(())
}

fn convert(file: &Path, to: &Path) -> anyhow::Result<ExitCode> {
    let name = file.display().to_string();
    let template = sound("plan.csv", aktenplan::muster())?.plan;
    let plan = sound(&name, aktenplan::read_0301(&bytes(file)?, &template))?;
    for note in &plan.hinweise {
        println!("note: {name}:{}: {}: {}", note.zeile, note.spalte, note.text);
    }
    write_folder(&plan, to)?;
    println!(
        "{} units; look through plan.toml: the forms of numbers and the fallback rule are those of \
         the built-in plan, since the message carries none",
        plan.einheiten.len()
    );
    Ok(ExitCode::SUCCESS)
}

/// As the operator: it takes effect without a second person, and stands in the journal as his.
fn import(args: &Import) -> anyhow::Result<ExitCode> {
    let place = args.city.place().context("--data or --config is needed")?;
    let absolute = |path: &Path| path.canonicalize().with_context(|| path.display().to_string());
    let arguments = json!({
        "source": absolute(&args.source)?,
        "concordance": args.concordance.as_deref().map(absolute).transpose()?,
        "dry_run": args.dry_run,
    });
    let report = place.ask("plan_import", arguments, false)?;
    let list = |name: &str| report.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |row: &Value, name: &str| match row.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(words)) => {
            words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        Some(value) => value.to_string(),
        None => String::new(),
    };
    for (kind, mark) in [("befunde", ""), ("hinweise", "note: ")] {
        for row in list(kind) {
            let [file, line, column, what] =
                ["datei", "zeile", "spalte", "text"].map(|name| text(&row, name));
            println!("{mark}{file}:{line}: {column}: {what}");
        }
    }
    for row in list("aenderungen") {
        let [number, kinds, title] = ["nummer", "wandel", "bezeichnung"].map(|n| text(&row, n));
        println!("{number}: {kinds}: {title}");
    }
    for row in list("konkordanz") {
        let [old, new, kind] = ["alt", "neu", "art"].map(|name| text(&row, name));
        println!("{old} -> {new} ({kind})");
    }
    if !list("befunde").is_empty() {
        println!("nothing was changed: the plan is not sound, see above");
        return Ok(ExitCode::FAILURE);
    }
    let done = if args.dry_run { "would change" } else { "changed" };
    println!("{} units {done}", list("aenderungen").len());
    Ok(ExitCode::SUCCESS)
}

fn diff(
    old: &Path,
    new: &Path,
    concordance: Option<&Path>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let read = |folder: &Path| {
        let name = folder.join("plan.csv").display().to_string();
        sound(&name, plan(Some(folder))?)
    };
    let (old, new) = (read(old)?, read(new)?);
    let steps = match concordance {
        Some(path) => {
            let list = bytes(path)?;
            let read = aktenplan::decode(&list).map_err(|found| vec![found]);
            sound(&path.display().to_string(), read.and_then(|text| vergleich::konkordanz(&text)))?
        }
        None => vec![],
    };
    let found = vergleich::vergleichen(&old.einheiten, &new.einheiten, &steps);
    let found =
        sound(concordance.map_or("diff".into(), |p| p.display().to_string()).as_str(), found)?;
    if json {
        println!("{}", serde_json::to_string_pretty(&found)?);
    } else {
        tell(&found);
    }
    Ok(ExitCode::SUCCESS)
}

/// A line for each unit that changes, then what leads from old to new, then the counts.
fn tell(found: &Vergleich) {
    let name =
        |kind: &Wandel| serde_json::to_value(kind).ok().and_then(|v| v.as_str().map(Into::into));
    let name = |kind: &Wandel| -> String { name(kind).unwrap_or_default() };
    for change in &found.aenderungen {
        let kinds: Vec<String> = change.wandel.iter().map(name).collect();
        let unit = &change.nachher;
        println!("{}: {}: {}", unit.nummer, kinds.join(", "), unit.bezeichnung);
    }
    for step in &found.konkordanz {
        println!("{} -> {} ({})", step.alt, step.neu, name(&step.art));
    }
    let counts = found.zaehlen();
    let counts: Vec<String> =
        counts.iter().map(|(kind, n)| format!("{n} {}", name(kind))).collect();
    println!("{} units change: {}", found.aenderungen.len(), counts.join(", "));
}
