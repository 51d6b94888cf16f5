//! Real PDFs, from Debian's packages of documentation: what the worker reads of them, against
//! poppler's `pdftotext`. TEST_PDFS names the folder that `tests/run` fills.

use std::{collections::HashMap, fs, path::PathBuf, process::Command, time::Instant};

use super::{PDF, files, pool, read, sniff};
use aktenlauf::text::Limits;

/// Fewer files prove nothing.
const FILES_MIN: usize = 60;
/// Words that a file must have to be compared.
const WORDS_MIN: usize = 30;
/// Mean share of the words that must be found.
const RECALL_MIN: f64 = 0.9;

/// How often each word occurs; case and punctuation do not count.
fn words(text: &str) -> HashMap<String, usize> {
    let mut words = HashMap::new();
    for word in text.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty()) {
        *words.entry(word.to_lowercase()).or_default() += 1;
    }
    words
}

/// The share of the words of `wanted`, each as often as it occurs, that are in `found`.
fn recall(wanted: &HashMap<String, usize>, found: &HashMap<String, usize>) -> f64 {
    let all: usize = wanted.values().sum();
    let common = |(word, count): (&String, &usize)| found.get(word).map_or(0, |f| *f.min(count));
    let common: usize = wanted.iter().map(common).sum();
    if all == 0 { 1.0 } else { common as f64 / all as f64 }
}

/// What poppler reads; words that a line break splits are joined, as it is asked to.
fn reference(path: &PathBuf) -> Option<String> {
    let mut poppler = Command::new("pdftotext");
    let output = poppler.args(["-q", "-enc", "UTF-8"]).arg(path).arg("-").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(text.replace("-\n", "").replace("\u{ad}\n", ""))
}

#[test]
fn as_many_words_as_poppler_finds() {
    let Some(folder) = std::env::var_os("TEST_PDFS").map(PathBuf::from) else {
        println!("SKIPPED: no folder of PDFs (TEST_PDFS; tests/run makes one)");
        return;
    };
    let pool = pool(Limits::default(), 1);
    let (mut recalls, mut precisions, mut without) = (Vec::new(), Vec::new(), Vec::new());
    let begun = Instant::now();
    for path in files(&folder) {
        let bytes = fs::read(&path).unwrap();
        if sniff(&bytes, "x") != PDF {
            continue;
        }
        let Some(wanted) = reference(&path).map(|text| words(&text)) else {
            panic!("pdftotext is missing (poppler-utils)");
        };
        if wanted.values().sum::<usize>() < WORDS_MIN {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let (found, quality) = match read(&pool, PDF, &bytes) {
            Ok(text) => (words(&text.text.replace("-\n", "")), text.quality),
            Err(failure) => {
                without.push(format!("{name}: {failure}"));
                (HashMap::new(), 0)
            }
        };
        let share = recall(&wanted, &found);
        if share < RECALL_MIN {
            println!("text: {name}: {share:.3} of the words, quality {quality}");
        }
        recalls.push(share);
        precisions.push(recall(&found, &wanted));
    }
    let mean = |all: &[f64]| all.iter().sum::<f64>() / all.len() as f64;
    recalls.sort_by(f64::total_cmp);
    let counts = pool.counts();
    println!(
        "text: {} PDFs, mean recall {:.4}, median {:.4}, mean precision {:.4}, without text \
         {without:?}, {} s, {counts:?}",
        recalls.len(),
        mean(&recalls),
        recalls[recalls.len() / 2],
        mean(&precisions),
        begun.elapsed().as_secs(),
    );
    assert!(recalls.len() >= FILES_MIN, "{} PDFs", recalls.len());
    assert!(mean(&recalls) >= RECALL_MIN, "{}", mean(&recalls));
    assert_eq!((counts.timeouts, counts.broken), (0, 0));
}
