//! Hostile documents against the limited worker, as the real binary runs it.
//!
//! Whatever a document does, the next one is read. `hostile` crafts the files; here is what must
//! come of them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    io::Read,
    net::TcpListener,
    os::unix::net::UnixListener,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use aktenlauf::{
    cli::{
        demo,
        pdf::{Briefkopf, letter},
    },
    text::{Attempt, Failure, Limits, Pool, Targets, Text, sniff},
};

mod hostile;
mod pdfs;

const PDF: &str = "application/pdf";

fn program() -> PathBuf {
    env!("CARGO_BIN_EXE_aktenlauf").into()
}

fn pool(limits: Limits, workers: usize) -> Pool {
    Pool::new(program(), limits, workers)
}

fn quick() -> Limits {
    Limits { wall_s: 6, cpu_s: 3, ..Limits::default() }
}

fn read(pool: &Pool, media_type: &str, bytes: &[u8]) -> Result<Text, Failure> {
    let size = bytes.len().try_into().unwrap();
    pool.extract(media_type, &mut &*bytes, size, false)
}

/// A normal document is still read.
fn still_works(pool: &Pool) {
    let text = read(pool, PDF, &two_pages()).unwrap();
    assert!(text.text.contains("Überprüfung der Straßenbeleuchtung"), "{}", text.text);
    assert_eq!(text.pages, Some(2));
}

fn two_pages() -> Vec<u8> {
    let kopf = Briefkopf {
        absender: vec!["Stadt Lindenau".into(), "Markt 1".into()],
        empfaenger: vec!["Frau Elke Groß".into()],
        zeichen: vec!["Aktenzeichen: 54.1/0012".into()],
        ort_datum: "Lindenau, 3. März 2026".into(),
        betreff: "Überprüfung der Straßenbeleuchtung".into(),
    };
    let satz =
        "Die Leuchten im Bereich der Brücke fallen seit Wochen aus (§ 45), was 120 € kostet. ";
    letter(&kopf, &vec![satz.repeat(6); 11])
}

/// Whether Landlock is among what this kernel lacks; then its part is skipped.
fn landlock_missing(pool: &Pool) -> bool {
    let lacking = pool.check().unwrap();
    println!("text: this kernel lacks {lacking:?}");
    let other: Vec<_> = lacking.iter().filter(|what| !what.contains("Landlock")).collect();
    assert!(other.is_empty(), "{other:?}");
    if !lacking.is_empty() {
        println!("SKIPPED: Landlock by itself ({lacking:?})");
    }
    !lacking.is_empty()
}

#[test]
fn the_worker_can_do_nothing_but_read_and_answer() {
    let folder = tempfile::tempdir().unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let unix = folder.path().join("socket");
    let _listener = UnixListener::bind(&unix).unwrap();
    let readable = folder.path().join("readable");
    std::fs::write(&readable, "x").unwrap();
    let targets = Targets {
        readable,
        creatable: folder.path().join("new"),
        tcp_port: tcp.local_addr().unwrap().port(),
        unix,
        program: "/bin/true".into(),
    };
    // The control: this process can do all of it, so a refusal is the worker's limits.
    for Attempt { what, refused } in targets.attempt() {
        // Who started the tests may be another user; the worker's parent is this process.
        assert!(refused.is_none() || what == "signal the parent", "control: {what} {refused:?}");
    }
    std::fs::remove_file(&targets.creatable).unwrap();
    let pool = pool(Limits::default(), 1);
    let attempts = pool.probe(&targets, false).unwrap();
    assert_eq!(attempts.len(), 11);
    for Attempt { what, refused } in attempts {
        assert!(refused.is_some(), "the worker could: {what}");
    }
    assert!(!targets.creatable.exists());
    if landlock_missing(&pool) {
        return;
    }
    // What Landlock knows of, it must hold alone; the rest shows that nothing else was at work.
    let attempts = pool.probe(&targets, true).unwrap();
    for Attempt { what, refused } in attempts {
        let unknown = ["connect a Unix socket", "make a socket", "start a thread"];
        let expected = !unknown.contains(&what.as_str());
        assert_eq!(refused.is_some(), expected, "Landlock alone: {what}: {refused:?}");
    }
    assert!(!targets.creatable.exists());
}

#[test]
fn hostile_documents_cost_nothing_but_their_own_text() {
    let pool = pool(quick(), 1);
    for (name, bytes, allowed) in hostile::documents(&two_pages()) {
        let begun = Instant::now();
        let result = read(&pool, PDF, &bytes);
        let shown = match &result {
            Ok(text) => format!("{} characters", text.text.chars().count()),
            Err(failure) => failure.to_string(),
        };
        println!("text: {name}: {shown} ({} ms)", begun.elapsed().as_millis());
        assert!(allowed(&result), "{name}: {shown}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{name}");
        still_works(&pool);
    }
    println!("text: {:?}", pool.counts());
}

#[test]
fn hostile_markup_costs_nothing_but_its_own_text() {
    let pool = pool(Limits::default(), 1);
    for (media_type, name, bytes, allowed) in hostile::markup() {
        let begun = Instant::now();
        let result = read(&pool, media_type, &bytes);
        let shown = match &result {
            Ok(text) => format!("{} characters", text.text.chars().count()),
            Err(failure) => failure.to_string(),
        };
        println!("text: {media_type}: {name}: {shown} ({} ms)", begun.elapsed().as_millis());
        let own = !matches!(result, Err(Failure::Source(_) | Failure::Worker(_) | Failure::Format));
        assert!(own && allowed(&result), "{media_type}: {name}: {shown}");
        if let Ok(text) = &result {
            assert!(!text.text.contains('\0'), "{name}");
        }
        still_works(&pool);
    }
    println!("text: {:?}", pool.counts());
}

#[test]
fn damaged_and_random_bytes_never_stop_the_pool() {
    let cases: u64 = std::env::var("TEST_ROUNDS").map_or(60, |seeds| seeds.parse().unwrap());
    let pool = pool(quick(), 2);
    let whole = two_pages();
    let mut read_all = 0;
    for seed in 0..cases {
        let bytes = hostile::damaged(&whole, seed);
        match read(&pool, PDF, &bytes) {
            Ok(text) => {
                read_all += 1;
                assert!(!text.text.contains('\0'), "seed {seed}");
            }
            Err(Failure::Source(why) | Failure::Worker(why)) => panic!("seed {seed}: {why}"),
            Err(_) => {}
        }
    }
    println!("text: {cases} damaged documents, {read_all} read all the same");
    still_works(&pool);
}

#[test]
fn a_file_without_its_end_is_rebuilt() {
    let pool = pool(quick(), 1);
    let whole = two_pages();
    let cut = whole.windows(4).rposition(|window| window == b"xref").unwrap();
    let text = read(&pool, PDF, &whole[..cut]).unwrap();
    assert!(text.text.contains("Leuchten im Bereich der Brücke"), "{}", text.text);
}

#[test]
fn passwords() {
    let pool = pool(quick(), 1);
    let locked = hostile::encrypted(&two_pages(), "geheim");
    assert_eq!(read(&pool, PDF, &locked), Err(Failure::Encrypted));
    let open = hostile::encrypted(&two_pages(), "");
    let text = read(&pool, PDF, &open).unwrap();
    assert!(text.text.contains("Leuchten im Bereich der Brücke"), "{}", text.text);
    still_works(&pool);
}

#[test]
fn bounds_of_size_pages_and_output() {
    let limits = Limits { input_bytes: 5_000_000, output_bytes: 5_000, pages: 3, ..quick() };
    let pool = pool(limits, 1);
    let long = "Zeile\n".repeat(1000);
    assert_eq!(read(&pool, "text/plain", long.as_bytes()), Err(Failure::TooLarge));
    assert_eq!(pool.extract(PDF, &mut std::io::empty(), 5_000_001, false), Err(Failure::TooLarge));
    let many = letter(&Briefkopf::default(), &vec!["Absatz ".repeat(100); 60]);
    assert_eq!(read(&pool, PDF, &many), Err(Failure::TooLarge));
    let wordy = letter(&Briefkopf::default(), &vec!["wort ".repeat(700); 2]);
    assert_eq!(read(&pool, PDF, &wordy), Err(Failure::TooLarge));
    assert_eq!(read(&pool, "image/png", b"\x89PNG"), Err(Failure::Format));
    // The worker was never at fault.
    let counts = pool.counts();
    assert_eq!((counts.started, counts.broken, counts.timeouts), (1, 0, 0));
}

#[test]
fn wall_time_and_cpu_time_end_a_document() {
    let bytes = hostile::exponential();
    for (limits, most) in [
        (Limits { wall_s: 1, cpu_s: 50, ..Limits::default() }, 4),
        (Limits { wall_s: 50, cpu_s: 1, ..Limits::default() }, 45),
    ] {
        let pool = pool(limits, 1);
        let begun = Instant::now();
        assert_eq!(read(&pool, PDF, &bytes), Err(Failure::Timeout), "{limits:?}");
        assert!(begun.elapsed() < Duration::from_secs(most), "{limits:?}: {:?}", begun.elapsed());
        assert_eq!(pool.counts().timeouts, 1);
        still_works(&pool);
    }
}

#[test]
fn a_caller_whose_bytes_end_early_is_told_so() {
    let pool = pool(quick(), 1);
    let result = pool.extract("text/plain", &mut b"kurz".as_slice(), 100, false);
    assert!(matches!(result, Err(Failure::Source(_))), "{result:?}");
    assert_eq!(result.unwrap_err().grund(), None);
    // A store that goes out of reach in the midst of it is no fault of the bytes.
    struct Away;
    impl Read for Away {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::HostUnreachable.into())
        }
    }
    let result = pool.extract("text/plain", &mut b"kurz".chain(Away), 100, false);
    assert!(matches!(result, Err(Failure::Away(_))), "{result:?}");
    assert_eq!(result.unwrap_err().grund(), None);
    still_works(&pool);
    let nobody = Pool::new("/nonexistent/aktenlauf".into(), quick(), 1);
    for _ in 0..3 {
        let result = read(&nobody, "text/plain", b"x");
        assert!(matches!(result, Err(Failure::Worker(_))), "{result:?}");
    }
}

fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(pid.try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[test]
fn a_worker_killed_from_outside() {
    let pool = Arc::new(pool(Limits::default(), 1));
    pool.check().unwrap();
    let pid = pool.idle()[0];
    let other = Arc::clone(&pool);
    let busy = thread::spawn(move || read(&other, PDF, &hostile::exponential()));
    while !pool.idle().is_empty() {
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_millis(100));
    kill(pid);
    let result = busy.join().unwrap();
    assert_eq!(result, Err(Failure::Unreadable("the reader died of signal 9".into())));
    still_works(&pool);
    // While it idles, nobody notices.
    kill(pool.idle()[0]);
    thread::sleep(Duration::from_millis(50));
    still_works(&pool);
    pool.rest();
    assert!(pool.idle().is_empty());
    still_works(&pool);
    assert_eq!(pool.counts().broken, 1);
}

#[test]
fn workers_are_replaced() {
    let pool = pool(Limits::default(), 1);
    for number in 0..401 {
        let bytes = format!("Dokument {number}");
        assert_eq!(read(&pool, "text/plain", bytes.as_bytes()).unwrap().text, bytes);
    }
    assert_eq!(pool.counts().started, 3, "after 200 documents each");
    for _ in 0..3 {
        pool.extract("text/plain", &mut b"geheim".as_slice(), 6, true).unwrap();
        assert!(pool.idle().is_empty(), "a worker outlived a document from behind a wall");
    }
    assert_eq!(pool.counts().started, 5);
}

#[test]
fn many_callers_and_some_bad_documents() {
    let pool = pool(quick(), 2);
    let good = two_pages();
    let bad = hostile::self_calling();
    thread::scope(|scope| {
        for caller in 0..8 {
            let (pool, good, bad) = (&pool, &good, &bad);
            scope.spawn(move || {
                for round in 0..12 {
                    if (caller + round) % 5 == 0 {
                        assert!(read(pool, PDF, bad).is_err());
                    } else {
                        let text = read(pool, PDF, good).unwrap();
                        assert!(text.text.contains("Leuchten im Bereich der Brücke"));
                    }
                    assert!(pool.idle().len() <= 2);
                }
            });
        }
    });
    let counts = pool.counts();
    println!("text: eight callers: {counts:?}");
    assert_eq!(counts.documents, 96);
    assert!(counts.broken >= 19);
}

fn shared(folder: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let path = std::env::var_os("TEST_SHARED").map_or_else(beside, PathBuf::from).join(folder);
    if path.is_dir() {
        return Some(path);
    }
    assert!(std::env::var("REQUIRE_SHARED").as_deref() != Ok("1"), "{} is missing", path.display());
    println!("SKIPPED: {} is not here", path.display());
    None
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

#[test]
fn real_pdfs() {
    let Some(folder) = shared("data/pdfa") else { return };
    let pool = pool(Limits::default(), 1);
    let (mut all, mut readable, mut with_words) = (0, 0, 0);
    for path in files(&folder) {
        let bytes = std::fs::read(&path).unwrap();
        if sniff(&bytes, "x") != PDF {
            continue;
        }
        all += 1;
        match read(&pool, PDF, &bytes) {
            Ok(text) => {
                readable += 1;
                with_words += usize::from(text.text.split_whitespace().count() > 3);
            }
            Err(failure) => println!("text: {}: {failure}", path.display()),
        }
    }
    println!("text: {all} PDF/A files, {readable} read, {with_words} with words");
    println!("text: {:?}", pool.counts());
    assert!(all > 0 && readable * 10 >= all * 9);
}

/// Paragraphs of a law in Markdown, each on one line.
fn paragraphs(markdown: &str) -> Vec<String> {
    let one_line = |part: &str| part.split_whitespace().collect::<Vec<_>>().join(" ");
    markdown.split("\n\n").map(one_line).filter(|part| !part.is_empty()).collect()
}

/// Text as a reader compares it.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_law_rendered_is_read_back() {
    let Some(folder) = shared("data/texte") else { return };
    let pool = pool(Limits::default(), 2);
    let (mut pages, mut found) = (0, 0);
    let files = files(&folder);
    for path in &files {
        let law = std::fs::read_to_string(path).unwrap();
        let absaetze = paragraphs(&law);
        let kopf = Briefkopf { betreff: absaetze[1].clone(), ..Briefkopf::default() };
        let text = read(&pool, PDF, &letter(&kopf, &absaetze)).unwrap();
        pages += text.pages.unwrap();
        let text = words(&text.text);
        // Six words of the longest paragraph of the middle third.
        let middle = &absaetze[absaetze.len() / 3..=absaetze.len() * 2 / 3];
        let longest = middle.iter().max_by_key(|part| part.len()).unwrap();
        let all: Vec<&str> = longest.split(' ').collect();
        let phrase = all[all.len() / 2..].iter().take(6).copied().collect::<Vec<_>>().join(" ");
        assert!(text.contains(&phrase), "{}: '{phrase}' is not there", path.display());
        found += 1;
    }
    let counts = pool.counts();
    let each = counts.cpu_ms / counts.documents;
    println!("text: {found} laws, {pages} pages, {each} ms CPU each (this profile)");
    assert_eq!(found, files.len());
}

/// Every template once and more, in the form it comes in: each paragraph is read back, of a table
/// the words of each cell.
#[test]
fn demo_documents_are_read_back() {
    let pool = pool(Limits::default(), 2);
    let mut forms = std::collections::BTreeMap::new();
    for document in demo::documents(132, 11) {
        let bytes = document.bytes();
        let media_type = sniff(&bytes, &document.dateiname);
        let read = read(&pool, media_type, &bytes).unwrap();
        let text = words(&read.text);
        *forms.entry(media_type).or_insert(0) += 1;
        if document.form == demo::Form::Bericht {
            assert!(read.pages.unwrap() >= 44, "{}", document.betreff);
        }
        if document.form != demo::Form::Csv {
            assert!(text.contains(&document.betreff), "{}", document.betreff);
        }
        for absatz in &document.absaetze {
            let (about, mark) = (&document.betreff, ['#', '-', ' ']);
            if let Some(rows) = absatz.strip_prefix("| ") {
                for word in rows.split_whitespace() {
                    assert!(text.contains(word), "{about}: {word}");
                }
            } else if document.form == demo::Form::Brief {
                let absatz = words(absatz.trim_start_matches(mark));
                assert!(text.contains(&absatz), "{about}: {absatz}\n{text}");
            } else {
                // Lines of forms become fields, and pages of reports have feet.
                for line in absatz.trim_start_matches(mark).lines() {
                    let all: Vec<&str> = line.split_whitespace().collect();
                    let few = all.iter().take(4).copied().collect::<Vec<_>>().join(" ");
                    assert!(text.contains(&few), "{about}: {few}\n{text}");
                }
            }
        }
    }
    println!("text: documents of the demo read back, by media type: {forms:?}");
    assert_eq!(forms.len(), 7, "{forms:?}");
}

#[test]
fn a_two_page_document_costs_little() {
    let pool = pool(Limits::default(), 1);
    let bytes = two_pages();
    for _ in 0..200 {
        read(&pool, PDF, &bytes).unwrap();
    }
    let counts = pool.counts();
    let each = counts.cpu_ms * 1000 / counts.documents;
    println!("text: {each} µs CPU for two pages, the worker's start included (this profile)");
    assert!(each < 60_000);
}
