//! A new version of the filing plan with 20,000 units, through the command line of a served city.

use std::{fmt::Write as _, fs, path::Path, time::Instant};

use crate::{
    row,
    served::{Binary, City},
};

/// Units that the new version adds to the built-in plan.
const UNITS: usize = 20_000;

/// Seconds that it takes.
fn timed(act: impl FnOnce() -> String) -> (f64, String) {
    let start = Instant::now();
    let said = act();
    (start.elapsed().as_secs_f64(), said)
}

/// The built-in plan with leaves more: ten branches of two thousand, complete in every column that
/// a real plan fills.
fn write(folder: &Path) -> String {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("aktenplan/muster");
    fs::copy(own.join("plan.toml"), folder.join("plan.toml")).unwrap();
    let mut csv = fs::read_to_string(own.join("plan.csv")).unwrap();
    let columns = csv.lines().next().unwrap().split(';').map(str::to_owned).collect::<Vec<_>>();
    for number in 0..UNITS {
        let (branch, leaf) = (900 + number / 2_000, number % 2_000);
        if leaf == 0 {
            line(
                &mut csv,
                &columns,
                &[("nummer", branch.to_string()), ("bezeichnung", "x".into())],
            );
        }
        let cells = [
            ("nummer", format!("{branch}.{:04}", leaf + 1)),
            ("uebergeordnet", branch.to_string()),
            ("bezeichnung", format!("Angelegenheiten der Stelle {number}")),
            ("dauer", "8".into()),
            ("einheit", "jahre".into()),
            ("anker", "schliessung".into()),
            ("rechtsgrundlage", "§ 147 Abs. 3 AO".into()),
            ("stand", "2025-07-01".into()),
            ("aktentyp", "sachakte".into()),
            ("stichworte", format!("Antrag {number}, Bescheid {number}, Widerspruch, Gebühr")),
            ("beispiele", "Antrag auf Erlaubnis | Bescheid über die Gebühr | Rückfrage".into()),
        ];
        line(&mut csv, &columns, &cells);
    }
    fs::write(folder.join("plan.csv"), &csv).unwrap();
    csv
}

fn line(csv: &mut String, columns: &[String], cells: &[(&str, String)]) {
    let cell = |column: &String| {
        let found = cells.iter().find(|(name, _)| name == column);
        found.map_or(String::new(), |(_, text)| text.clone())
    };
    let cells: Vec<String> = columns.iter().map(cell).collect();
    writeln!(csv, "{}", cells.join(";")).unwrap();
}

/// Dry run and application, beside splitting the same file into cells.
pub fn import() {
    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("plan");
    fs::create_dir(&new).unwrap();
    let csv = write(&new);
    let start = Instant::now();
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(csv.as_bytes());
    let rows = reader.records().filter(|row| row.as_ref().unwrap().len() > 1).count();
    let raw_s = start.elapsed().as_secs_f64();
    let config = "[text]\npaused = true\n";
    let (data, file) = (folder.path().join("daten"), folder.path().join("stadt.toml"));
    let mut city = City::found(Binary::real(), &data, &file, config);
    let import = |more: &[&str]| {
        timed(|| city.command(&[&["plan", "import", new.to_str().unwrap()], more].concat()))
    };
    let raw = format!("{:.0} ms (the {rows} rows as cells)", raw_s * 1e3);
    for (what, more, says) in
        [("dry run", &["--dry-run"][..], "would change"), ("applied", &[], "")]
    {
        let (s, said) = import(more);
        assert!(said.contains("20010 units") && said.contains(says), "{said}");
        let (figure, ratio) = (format!("{s:.2} s"), format!("{:.0} times", s / raw_s));
        row(&format!("import of {UNITS} units, {what}"), &figure, &raw, &ratio, "5 s");
    }
    city.served().stop();
}
