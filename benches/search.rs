//! Searching a stock of letters of 8 kB, beside the same question asked of the engine alone.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use tantivy::{
    Index, IndexReader, IndexWriter, TantivyDocument, Term,
    collector::{Count, TopDocs},
    directory::MmapDirectory,
    query::{BooleanQuery, Occur, Query, TermQuery, TermSetQuery},
    schema::{
        FAST, Field, INDEXED, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions,
    },
    snippet::SnippetGenerator,
    tokenizer::{Language, LowerCaser, SimpleTokenizer, Stemmer, TextAnalyzer},
};

use crate::{
    ingest::CONNECTIONS,
    process, row,
    served::{Binary, City, Served, env_count},
    shares,
};

const TEXT: usize = 8_000;
const QUERIES: usize = 400;
const HITS: usize = 20;

/// All rows.
pub fn all() {
    let Some(sentences) = sentences() else { return };
    let stock = usize::try_from(env_count("BENCH_DOCUMENTS", 100_000)).unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("BENCH_STOCK").map(PathBuf::from);
    let folder = kept.as_deref().unwrap_or(temporary.path());
    let (data, file) = (folder.join("daten"), folder.join("stadt.toml"));
    // Names of this run, beside those of earlier ones.
    let run = std::process::id();
    std::fs::create_dir_all(folder).unwrap();
    let mut city = City::found(Binary::real(), &data, &file, "");
    let other = city.new_key(&format!("fach-20-{run}"), "20");
    settle(&mut city);
    let keys = [city.key().to_owned(), other.clone()];
    let begun: usize = keys.iter().map(|key| letters(&mut city, key)).sum();
    let letter = |n: usize| letter(&sentences, n);
    let mut fill = |from: usize, to: usize| {
        let begun = process::cpu_s(city.pid());
        push(&city, &other, from..to, &letter);
        settle(&mut city);
        (process::cpu_s(city.pid()) - begun) * 1000.0 / (to - from) as f64
    };
    let tenth = stock / 10;
    if begun == 0 {
        let first = fill(0, tenth);
        fill(tenth, stock / 2);
        // Half of the stock, because merges come in lumps.
        let last = fill(stock / 2, stock);
        row(
            &format!("CPU a document of 8 kB, the last half of {stock} to the first tenth"),
            &format!("{last:.2} ms"),
            &format!("{first:.2} ms"),
            &format!("{:.2}", last / first),
            "1.2",
        );
    } else {
        println!("{begun} documents are there from an earlier run: their cost is not measured");
        fill(begun, stock.max(begun));
    }
    let questions = questions(&sentences);
    asked(&city, &questions, &Raw::new(&folder.join("raw"), stock, &letter));
    let text = (0..stock).step_by(100).map(|n| letter(n).len()).sum::<usize>() * 100;
    let index = size(&data.join("index"));
    row(
        "size of the index, to the text",
        &format!("{} MB", index >> 20),
        &format!("{} MB", text >> 20),
        &format!("{:.2}", index as f64 / text as f64),
        "1.3",
    );
    let memory = process::memory_mb(city.pid());
    shares::rows(&mut city, &questions, run);
    row("memory after it", &format!("{memory:.0} MB"), "-", "-", "400 MB");
}

/// The rows of one stock.
fn asked(city: &City, questions: &[[String; 2]], raw: &Raw) {
    let limit = times(1, questions, |words| raw.ask(words));
    let ask = |facets| ask(city.address(), city.key(), facets);
    let one = times(1, questions, ask(false));
    let facets = times(1, questions, ask(true));
    let many = times(16, questions, ask(false));
    row(
        "a search by HTTP, 20 hits with passages and count",
        &ms(one),
        &format!("{} (the engine alone)", ms(limit)),
        &format!("{:.2}", one.0 / limit.0),
        "p50 1.5 + 1 ms; p95 10 ms",
    );
    row("the same, with facets", &ms(facets), "-", "-", "p95 25 ms");
    row("the same, 16 clients", &ms(many), "-", "-", "p95 60 ms");
}

/// Asks as the holder of a key or token.
pub fn ask(address: &str, key: &str, facets: bool) -> impl Fn(&[String; 2]) + Sync {
    let agent = ureq::Agent::config_builder().build().new_agent();
    move |words| {
        let mut url = format!("{address}/api/v1/suche?limit={HITS}&facetten={facets}&q=");
        for byte in words.join(" ").bytes() {
            url += &format!("%{byte:02X}");
        }
        let request = agent.get(&url).header("Authorization", format!("Bearer {key}"));
        assert!(request.call().unwrap().body_mut().read_to_vec().unwrap().len() > 50);
    }
}

pub fn ms((half, most): (f64, f64)) -> String {
    format!("{half:.1} / {most:.1} ms p50/p95")
}

/// Sentences of public-domain laws; none where they are not at hand.
fn sentences() -> Option<Vec<String>> {
    let shared = std::env::var_os("TEST_SHARED").unwrap_or_else(|| "../shared".into());
    let Ok(folder) = std::fs::read_dir(Path::new(&shared).join("data/texte")) else {
        println!("SKIPPED: search (set TEST_SHARED to a folder with data/texte)");
        return None;
    };
    let mut paths: Vec<_> = folder.map(|item| item.unwrap().path()).collect();
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(path).unwrap();
        all.extend(text.split(". ").filter(|s| s.len() > 30).map(|s| s.replace('\n', " ")));
    }
    Some(all)
}

fn dice(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

/// Waits until all is found, however long that takes.
fn settle(city: &mut City) {
    let key = city.key().to_owned();
    loop {
        let (_, stand) = city.served().get_json(&key, "/pruefung");
        if stand["index_rueckstand"] == 0 && stand["texte_offen"] == 0 {
            return;
        }
        thread::sleep(Duration::from_millis(500));
    }
}

/// How many letters there are that a key may see.
fn letters(city: &mut City, key: &str) -> usize {
    let (_, found) = city.served().get_json(key, "/suche?q=Schreiben&art=dokument&limit=1");
    usize::try_from(found["anzahl"].as_u64().unwrap()).unwrap()
}

fn letter(sentences: &[String], number: usize) -> Vec<u8> {
    let mut state = number as u64;
    let mut text = format!("Schreiben Nummer {number}. ");
    while text.len() < TEXT {
        text += &sentences[dice(&mut state) % sentences.len()];
        text += ". ";
    }
    text.into_bytes()
}

/// Pairs of words that stand together in some sentence.
fn questions(sentences: &[String]) -> Vec<[String; 2]> {
    let mut state = 7;
    let mut found = Vec::new();
    while found.len() < QUERIES {
        let sentence = &sentences[dice(&mut state) % sentences.len()];
        let long = |word: &&str| word.len() > 7 && word.chars().all(char::is_alphabetic);
        let words: Vec<&str> = sentence.split(' ').filter(long).collect();
        if let [a, b, ..] = words.as_slice() {
            found.push([(*a).to_owned(), (*b).to_owned()]);
        }
    }
    found
}

fn push(
    city: &City,
    other: &str,
    range: std::ops::Range<usize>,
    letter: &(dyn Fn(usize) -> Vec<u8> + Sync),
) {
    let next = AtomicUsize::new(range.start);
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let agent = ureq::Agent::config_builder().build().new_agent();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= range.end {
                        return;
                    }
                    // Every other one belongs to an office that the asker does not see.
                    let (key, oe) =
                        if number.is_multiple_of(2) { (city.key(), "10") } else { (other, "20") };
                    let metadata = json!({ "dateiname": "brief.txt", "oe": oe });
                    let once = number.to_string();
                    let bytes = letter(number);
                    Served::push_to(&agent, city.address(), key, &bytes, &metadata, &once).unwrap();
                }
            });
        }
    });
}

/// Median and 95th of 100, milliseconds, over all questions asked by so many at once.
pub fn times(
    clients: usize,
    questions: &[[String; 2]],
    ask: impl Fn(&[String; 2]) + Sync,
) -> (f64, f64) {
    questions.iter().take(50).for_each(&ask);
    let mut all: Vec<f64> = thread::scope(|scope| {
        let client = |at: usize| {
            let ask = &ask;
            let mine = questions.iter().skip(at * 7).chain(&questions[..at * 7]);
            scope.spawn(move || {
                mine.map(|words| {
                    let start = Instant::now();
                    ask(words);
                    start.elapsed().as_secs_f64() * 1000.0
                })
                .collect::<Vec<f64>>()
            })
        };
        let clients: Vec<_> = (0..clients).map(client).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    all.sort_by(f64::total_cmp);
    (all[all.len() / 2], all[all.len() * 95 / 100])
}

fn size(folder: &Path) -> u64 {
    std::fs::read_dir(folder).unwrap().map(|item| item.unwrap().metadata().unwrap().len()).sum()
}

/// The engine with its own analysis, passages and filter, on the same texts.
struct Raw {
    reader: IndexReader,
    index: Index,
    text: Field,
    klasse: Field,
}

impl Raw {
    fn new(folder: &Path, stock: usize, letter: &dyn Fn(usize) -> Vec<u8>) -> Self {
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("de")
            .set_index_option(IndexRecordOption::WithFreqsAndPositions);
        let options = TextOptions::default().set_indexing_options(indexing) | STORED;
        let text = schema.add_text_field("text", options);
        let klasse = schema.add_u64_field("klasse", INDEXED | FAST);
        std::fs::create_dir_all(folder).unwrap();
        let place = MmapDirectory::open(folder).unwrap();
        let index = Index::open_or_create(place, schema.build()).unwrap();
        let german = TextAnalyzer::builder(SimpleTokenizer::default())
            .filter(LowerCaser)
            .filter(Stemmer::new(Language::German))
            .build();
        index.tokenizers().register("de", german);
        let mut writer: IndexWriter = index.writer_with_num_threads(2, 200 << 20).unwrap();
        let begun = index.reader().unwrap().searcher().num_docs();
        for number in usize::try_from(begun).unwrap()..stock {
            let mut document = TantivyDocument::new();
            document.add_text(text, String::from_utf8(letter(number)).unwrap());
            document.add_u64(klasse, number as u64 % 2);
            writer.add_document(document).unwrap();
        }
        writer.commit().unwrap();
        writer.wait_merging_threads().unwrap();
        Self { reader: index.reader().unwrap(), index, text, klasse }
    }

    fn ask(&self, words: &[String; 2]) {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        let mut analyzer = self.index.tokenizers().get("de").unwrap();
        for word in words {
            let mut stream = analyzer.token_stream(word);
            stream.process(&mut |token| {
                let term = Term::from_field_text(self.text, &token.text);
                let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
                clauses.push((Occur::Must, Box::new(query)));
            });
        }
        let may = TermSetQuery::new([Term::from_field_u64(self.klasse, 0)]);
        clauses.push((Occur::Must, Box::new(may)));
        let query = BooleanQuery::new(clauses);
        let searcher = self.reader.searcher();
        let both = (TopDocs::with_limit(HITS).order_by_score(), Count);
        let (hits, _) = searcher.search(&query, &both).unwrap();
        let passages = SnippetGenerator::create(&searcher, &query, self.text).unwrap();
        for (_, address) in hits {
            let document: TantivyDocument = searcher.doc(address).unwrap();
            assert!(!passages.snippet_from_doc(&document).fragment().is_empty());
        }
    }
}
