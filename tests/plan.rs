//! `aktenlauf plan` through the real binary: check, export, import, diff; the message 0301 against
//! the schema of xdomea 3.1.0.

mod briefe;
mod fachsicht;
mod revision;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

use crate::served::Binary;

fn plan(arguments: &[&str]) -> Output {
    Command::new(Binary::real().path()).arg("plan").args(arguments).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn muster() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("aktenplan/muster")
}

/// A copy of the built-in plan in which `from` is `to` once.
fn changed(dir: &TempDir, name: &str, file: &str, from: &str, to: &str) -> PathBuf {
    let folder = dir.path().join(name);
    fs::create_dir(&folder).unwrap();
    for file in ["plan.toml", "plan.csv", "quellen.csv"] {
        fs::copy(muster().join(file), folder.join(file)).unwrap();
    }
    let text = fs::read_to_string(folder.join(file)).unwrap();
    assert!(text.contains(from));
    fs::write(folder.join(file), text.replacen(from, to, 1)).unwrap();
    folder
}

#[test]
fn check_counts_the_built_in_plan_and_names_a_fault_with_its_line() {
    let folder = muster();
    for arguments in [&["check"][..], &["check", folder.to_str().unwrap()]] {
        let done = plan(arguments);
        assert!(done.status.success(), "{}", out(&done));
        assert!(out(&done).contains(" 0 faults"), "{}", out(&done));
    }
    let dir = TempDir::new().unwrap();
    let wrong = changed(&dir, "law", "quellen.csv", "AO;Abgabenordnung", "AOX;Abgabenordnung");
    let done = plan(&["check", wrong.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(1));
    assert!(out(&done).contains("quellen.csv:2: kuerzel: AOX nennt keine Regel"), "{}", out(&done));
    let wrong = changed(&dir, "twice", "plan.csv", "\n01.02;01;3;", "\n01.01;01;3;");
    let done = plan(&["check", wrong.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(1));
    assert!(out(&done).contains("plan.csv:5: nummer: 01.01 steht doppelt"), "{}", out(&done));
}

/// A hundred megabytes are refused by their size, not read.
#[test]
fn a_huge_file_is_refused_early() {
    let dir = TempDir::new().unwrap();
    let folder = changed(&dir, "huge", "plan.toml", "muster", "muster");
    let file = fs::File::options().write(true).open(folder.join("plan.csv")).unwrap();
    file.set_len(100 << 20).unwrap();
    let begin = std::time::Instant::now();
    let done = plan(&["check", folder.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(1));
    assert!(out(&done).contains("größer als 32 MB"), "{}", out(&done));
    assert!(begin.elapsed().as_secs() < 5);
}

#[test]
fn csv_goes_out_and_in() {
    let dir = TempDir::new().unwrap();
    let to = dir.path().join("out");
    assert!(plan(&["export", "--csv", "--to", to.to_str().unwrap()]).status.success());
    let done = plan(&["diff", muster().to_str().unwrap(), to.to_str().unwrap()]);
    assert_eq!(out(&done), "0 units change: \n");
    let again = plan(&["export", "--csv", "--to", to.to_str().unwrap()]);
    assert!(!again.status.success(), "nothing is overwritten");
}

#[test]
fn a_message_0301_is_valid_and_comes_back() {
    let dir = TempDir::new().unwrap();
    let (file, folder) = (dir.path().join("0301.xml"), dir.path().join("back"));
    let done = plan(&["export", "--xdomea", "--to", file.to_str().unwrap(), "--sender", "Ä & <B>"]);
    assert!(done.status.success());
    let done = plan(&["import", file.to_str().unwrap(), "--to", folder.to_str().unwrap()]);
    assert!(done.status.success(), "{}", out(&done));
    // Titles, tree and examples are the same; keywords, rules and traits have no place in 0301.
    let done = plan(&["diff", muster().to_str().unwrap(), folder.to_str().unwrap()]);
    let last = out(&done).lines().last().unwrap().to_owned();
    for kind in ["neu", "umbenannt", "verschoben", "stillgelegt"] {
        assert!(!last.contains(kind), "{last}");
    }
    validate(&file);
}

/// Against the schema, where it and xmllint are there.
fn validate(file: &Path) {
    let shared = std::env::var("TEST_SHARED").unwrap_or_else(|_| {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").display().to_string()
    });
    let schema = Path::new(&shared).join("xdomea/xsd/3.1.0/xdomea.xsd");
    let lint = Command::new("xmllint").arg("--version").output();
    if !schema.exists() || lint.is_err() {
        assert!(std::env::var("REQUIRE_SHARED").is_err(), "xmllint or {}", schema.display());
        println!("SKIPPED: 0301 against the schema (xmllint or ../shared/xdomea is not there)");
        return;
    }
    let check = |file: &Path| {
        let mut lint = Command::new("xmllint");
        lint.args(["--nonet", "--noout", "--schema"]).arg(&schema).arg(file);
        lint.output().unwrap()
    };
    let done = check(file);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    // The check itself can fail.
    let broken = file.with_extension("broken.xml");
    let text = fs::read_to_string(file).unwrap();
    fs::write(&broken, text.replacen("<xdomea:Stillgelegt>0</xdomea:Stillgelegt>", "", 1)).unwrap();
    assert!(!check(&broken).status.success());
}

#[test]
fn diff_tells_what_a_concordance_states() {
    let dir = TempDir::new().unwrap();
    let new = changed(&dir, "new", "plan.csv", "\n01.02;01;3;", "\n01.99;01;3;");
    let (old, new) = (muster(), new.to_str().unwrap().to_owned());
    let told = out(&plan(&["diff", old.to_str().unwrap(), &new]));
    assert!(told.contains("01.02 -> 01.99 (verschoben)"), "{told}");
    let table = dir.path().join("konkordanz.csv");
    fs::write(&table, "alt;neu;art\n01.02;01.99;\n01.02;01.01;\n").unwrap();
    let arguments = ["diff", old.to_str().unwrap(), &new, "--concordance", table.to_str().unwrap()];
    let told = out(&plan(&arguments));
    assert!(told.contains("01.02 -> 01.01 (geteilt)"), "{told}");
    fs::write(&table, "alt;neu;art\n01.02;99.99;\n").unwrap();
    let done = plan(&arguments);
    assert!(!done.status.success());
    assert!(out(&done).contains("konkordanz.csv:2: neu: 99.99"), "{}", out(&done));
}
