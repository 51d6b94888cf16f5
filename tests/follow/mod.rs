//! The way from the journal into the index: what is found when, under which rights, at what cost.

mod rights;
mod stage;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use aktenlauf::{
    domain::{
        dokument::{Ort, Storno, TextZustand},
        record::Kind,
    },
    follow::Follow,
    ledger::Change,
    search::Art,
};
use tempfile::TempDir;

use stage::{NOW, Stage, akte, dokument, put};

#[test]
fn a_push_is_found_by_metadata_then_by_its_text() {
    let stage = Stage::new();
    let akte = akte(1, 7);
    let doc = dokument(2, Ort::Akte { akte_id: akte.id }, "Bauantrag Garage");
    let digest = doc.fassungen[0].formate[0].sha256;
    let open = stage::text(digest, TextZustand::Offen { vorrang: 0, seit: NOW });
    stage.commit(vec![put(&akte)]);
    let pushed = stage.commit(vec![put(&doc), put(&open)]);
    assert!(!stage.follow.ready_for(pushed).unwrap());
    stage.catch_up();
    assert_eq!(stage.finds("garage", &[7]), [doc.id]);
    assert_eq!(stage.finds(&akte.aktenzeichen, &[7]), [akte.id, doc.id]);
    assert!(stage.finds("garage", &[1, 8]).is_empty());
    // Found by metadata is not ready: the text is still to come.
    assert!(!stage.follow.ready_for(pushed).unwrap());
    stage.texts.put(digest, "text", stage::MAKER, b"das Schreiben im Volltext").unwrap();
    let done = stage.commit(vec![put(&stage::text(digest, stage::READY))]);
    assert!(!stage.follow.ready_for(pushed).unwrap(), "the text's entry is not indexed yet");
    stage.catch_up();
    assert_eq!(stage.finds("\"schreiben im volltext\"", &[7]), [doc.id]);
    assert!(stage.follow.ready_for(pushed).unwrap() && stage.follow.ready_for(done).unwrap());
    assert!(!stage.follow.ready_for(done + 1).unwrap(), "there is no such entry");
    assert_eq!(stage.follow.indexed(), done);
}

#[test]
fn a_document_without_text_is_ready_and_a_lost_text_is_reported() {
    let stage = Stage::new();
    let doc = dokument(1, stage::inbox(3), "Scan");
    let digest = doc.fassungen[0].formate[0].sha256;
    let gone = TextZustand::Fehlt { grund: "unlesbar".into() };
    let pushed = stage.commit(vec![put(&doc), put(&stage::text(digest, gone))]);
    stage.catch_up();
    assert!(stage.follow.ready_for(pushed).unwrap());
    // Ready by the ledger's word, but nothing in `derived/`.
    stage.commit(vec![put(&stage::text(digest, stage::READY))]);
    let progress = stage.catch_up();
    assert_eq!(progress.missing, [digest]);
    assert_eq!(stage.finds("scan", &[3]), [doc.id]);
    stage.texts.put(digest, "text", stage::MAKER, b"wiederhergestellt").unwrap();
    stage.commit(vec![put(&stage::text(digest, stage::READY))]);
    assert!(stage.catch_up().missing.is_empty());
    assert_eq!(stage.finds("wiederhergestellt", &[3]), [doc.id]);
}

#[test]
fn one_text_reaches_every_document_that_has_it() {
    let stage = Stage::new();
    let mut first = dokument(1, stage::inbox(3), "eins");
    let mut second = dokument(2, stage::inbox(3), "zwei");
    second.fassungen[0].formate = first.fassungen[0].formate.clone();
    let digest = first.fassungen[0].formate[0].sha256;
    stage.commit(vec![put(&first), put(&second)]);
    stage.catch_up();
    stage.texts.put(digest, "text", stage::MAKER, b"gemeinsam").unwrap();
    stage.commit(vec![put(&stage::text(digest, stage::READY))]);
    stage.catch_up();
    assert_eq!(stage.finds("gemeinsam", &[3]).len(), 2);
    // A newer Fassung stands for the document from then on.
    first.fassungen.push(dokument(9, stage::inbox(3), "").fassungen[0].clone());
    stage.commit(vec![put(&first)]);
    stage.catch_up();
    assert_eq!(stage.finds("gemeinsam", &[3]), [second.id]);
}

#[test]
fn struck_out_is_flagged_and_deleted_is_gone() {
    let stage = Stage::new();
    let mut doc = dokument(1, stage::inbox(3), "Irrläufer");
    stage.commit(vec![put(&doc)]);
    doc.storno = Some(Storno { grund: "doppelt".into(), von: "p".into(), am: NOW });
    stage.commit(vec![put(&doc)]);
    stage.catch_up();
    let hit = stage.page("irrlaeufer", &[3]).hits.remove(0);
    assert!(hit.storno && hit.art == Art::Dokument);
    stage.commit(vec![Change::delete(Kind::Dokument, doc.id.to_string())]);
    stage.catch_up();
    assert!(stage.finds("irrläufer", &[3]).is_empty());
}

#[test]
fn what_many_entries_touch_is_put_once_a_batch() {
    let stage = Stage::new();
    let akte = akte(1, 7);
    let mut doc = dokument(2, Ort::Akte { akte_id: akte.id }, "erst");
    stage.commit(vec![put(&akte), put(&doc)]);
    for n in 0..20 {
        doc.betreff = format!("Fassung {n}");
        stage.commit(vec![put(&doc)]);
    }
    let progress = stage.catch_up();
    assert_eq!((progress.entries, progress.objects), (21, 2));
    assert_eq!(stage.finds("fassung", &[7]), [doc.id]);
}

#[test]
fn commits_are_spaced_and_an_idle_index_makes_none() {
    let stage = Stage::new();
    let start = Instant::now();
    for n in 0..150 {
        stage.commit(vec![put(&dokument(n, stage::inbox(3), "Post"))]);
        stage.follow.step(Duration::ZERO).unwrap();
    }
    stage.catch_up();
    let most = 2 + start.elapsed().as_millis() / 500;
    let commits = stage.index.commits();
    assert!(u128::from(commits) <= most, "{commits} commits, at most {most}");
    // Entries that concern nothing in the index move the position without a commit.
    let seq = stage.commit(vec![stage::counter(5)]);
    for _ in 0..20 {
        stage.follow.step(Duration::from_millis(1)).unwrap();
    }
    assert_eq!((stage.follow.indexed(), stage.index.commits()), (seq, commits));
    stage.follow.close().unwrap();
    assert_eq!((stage.index.position().seq, stage.index.commits()), (seq, commits + 1));
}

#[test]
fn who_waits_is_answered_soon_with_a_thread_or_without() {
    let stage = Stage::new();
    stage.commit(vec![put(&dokument(1, stage::inbox(3), "warm"))]);
    stage.catch_up();
    std::thread::scope(|scope| {
        let end = scope.spawn(|| {
            while stage.follow.indexed() < 3 {
                stage.follow.step(Duration::from_millis(20)).unwrap();
            }
        });
        let seq = stage.commit(vec![put(&dokument(2, stage::inbox(3), "Post"))]);
        let start = Instant::now();
        assert!(stage.follow.wait(seq, Duration::from_secs(10)));
        println!("visible after {:?}", start.elapsed());
        assert!(start.elapsed() < Duration::from_millis(450), "{:?}", start.elapsed());
        assert!(!stage.follow.wait(seq + 1, Duration::from_millis(5)));
        let mut waiter = stage.follow.waiter();
        let seq = stage.commit(vec![put(&dokument(3, stage::inbox(3), "Post"))]);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(waiter.moved()), Some(seq));
        assert!(stage.follow.ready_for(seq).unwrap());
        end.join().unwrap();
    });
}

/// Objects of several kinds with a past, so that a rebuild has something to be clever about.
fn past(stage: &Stage) -> usize {
    for n in 0..6 {
        stage.commit(vec![put(&akte(n, 1 + n % 3))]);
    }
    for n in 0..60 {
        let mut doc = dokument(100 + n, Ort::Akte { akte_id: stage::id(n % 6) }, "Schreiben");
        stage.write_text(&doc, &format!("Antrag {} Garage {}", n, "Frist ".repeat(n as usize)));
        stage.commit(vec![put(&doc)]);
        if n % 4 == 0 {
            doc.betreff = "Bescheid".into();
            stage.commit(vec![put(&doc)]);
        }
        if n % 7 == 0 {
            stage.commit(vec![put(&akte(n % 6, 1 + n % 3))]);
        }
        if n % 20 == 19 {
            stage.commit(vec![Change::delete(Kind::Dokument, doc.id.to_string())]);
        }
        if n % 9 == 0 {
            stage.catch_up();
        }
    }
    6 + 60 - 3
}

fn answers(stage: &Stage) -> Vec<Vec<aktenlauf::search::Hit>> {
    let ask = |text: &str| stage.page(text, &[1, 2, 3]).hits;
    ["", "garage frist", "bescheid", "\"antrag 7\"", "52-2"].map(ask).into()
}

#[test]
fn a_rebuilt_index_answers_the_same_and_puts_each_object_once() {
    let mut stage = Stage::new();
    let objects = past(&stage);
    stage.catch_up();
    let before = answers(&stage);
    assert!(before.iter().all(|hits| !hits.is_empty()));
    let fresh = TempDir::new().unwrap();
    stage.reopen(fresh.path());
    assert!(stage.follow.note().is_some());
    let progress = stage.catch_up();
    assert_eq!(progress.objects, objects);
    assert_eq!(answers(&stage), before);
    // What is built is kept.
    stage.follow.close().unwrap();
    stage.reopen(fresh.path());
    assert!(stage.follow.note().is_none());
    assert_eq!(stage.catch_up().entries, 0);
    assert_eq!(answers(&stage), before);
}

#[test]
fn an_index_of_another_journal_is_filled_anew() {
    let mut stage = Stage::new();
    past(&stage);
    stage.catch_up();
    let before = answers(&stage);
    let at = stage.index.position();
    for wrong in [
        aktenlauf::search::Position { seal: [1; 32], ..at },
        aktenlauf::search::Position { seq: at.seq + 10, fresh: at.seq + 10, ..at },
        aktenlauf::search::Position { fresh: at.seq + 10, ..at },
    ] {
        stage.index.commit(wrong).unwrap();
        stage.again();
        assert!(stage.follow.note().unwrap().contains("not of this journal"), "{wrong:?}");
        assert_eq!(stage.follow.indexed(), 0);
        stage.catch_up();
        assert_eq!(answers(&stage), before);
    }
}

#[test]
fn a_failed_index_goes_on_from_its_last_commit() {
    let stage = Stage::new();
    stage.commit(vec![put(&dokument(1, stage::inbox(3), "eins"))]);
    stage.catch_up();
    let seq = stage.commit(vec![put(&dokument(2, stage::inbox(3), "zwei"))]);
    // A folder in the place of the file that the engine writes next to its own.
    let meta = stage.dir().join("meta.json");
    let kept = std::fs::read(&meta).unwrap();
    std::fs::remove_file(&meta).unwrap();
    std::fs::create_dir_all(meta.join("x")).unwrap();
    let mut failed = false;
    for _ in 0..20 {
        failed |= stage.follow.step(Duration::from_millis(50)).is_err();
    }
    assert!(failed);
    assert!(stage.follow.indexed() < seq);
    std::fs::remove_dir_all(&meta).unwrap();
    std::fs::write(&meta, kept).unwrap();
    stage.catch_up();
    assert_eq!(stage.finds("", &[3]).len(), 2);
}

#[test]
fn followers_are_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    let stage = Stage::new();
    let follow: &Arc<Follow> = &stage.follow;
    shared(follow);
}
