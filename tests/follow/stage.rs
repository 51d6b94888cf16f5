//! A ledger in memory with an index behind it, and records for it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use aktenlauf::{
    blob::Derived,
    disk::local::Local,
    domain::{
        access::Stufe,
        akte::{Akte, Medium, Zustand},
        digest::Digest,
        dokument::{Dokument, Fassung, Ort, Primaerdokument, TextZustand, Textstand},
        record::Record,
        verwaltung::Zaehler,
        zeit::Zeitpunkt,
    },
    follow::{Follow, Progress},
    ledger::{Change, Ledger},
    search::{Index, Page, Query, Terms},
};
use chrono::NaiveDate;
use tempfile::TempDir;
use uuid::Uuid;

use crate::ledger::{House, draft};

pub const NOW: Zeitpunkt = Zeitpunkt(1_800_000_000_000);
pub const MAKER: u32 = aktenlauf::text::VERSION;
pub const READY: TextZustand =
    TextZustand::Bereit { zeichen: 1, seiten: None, seiten_ohne_text: None, guete: None };

pub struct Stage {
    house: House,
    pub ledger: Arc<Ledger>,
    pub index: Arc<Index>,
    pub texts: Arc<Derived>,
    pub follow: Arc<Follow>,
    folder: TempDir,
    dir: PathBuf,
}

impl Stage {
    pub fn new() -> Self {
        let house = House::new();
        let ledger = Arc::new(house.open());
        let folder = TempDir::new().unwrap();
        let dir = folder.path().join("index");
        let index = Arc::new(Index::open(&dir, 0).unwrap());
        let disk = Arc::new(Local::new());
        let texts = Arc::new(Derived::open(folder.path().join("derived"), disk).unwrap());
        let follow = Follow::new(ledger.clone(), index.clone(), texts.clone()).unwrap();
        Self { house, ledger, index, texts, follow: Arc::new(follow), folder, dir }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes one commit of one entry and returns its seq.
    pub fn commit(&self, changes: Vec<Change>) -> u64 {
        let entry = draft(NOW, &changes[0].clone(), changes);
        let decide = move |_: &aktenlauf::ledger::View<'_>| Ok::<_, ()>((vec![entry], ()));
        self.ledger.commit(self.house.id(), decide).unwrap().last.seq
    }

    /// Steps until the index is where the ledger is; all that was done together.
    pub fn catch_up(&self) -> Progress {
        let start = Instant::now();
        let mut all = Progress::default();
        // As one who waits, so that the commit comes soon.
        let _waiter = self.follow.waiter();
        while self.follow.indexed() < self.ledger.applied().seq {
            assert!(start.elapsed() < Duration::from_secs(60), "the index does not catch up");
            let step = self.follow.step(Duration::from_millis(5)).unwrap();
            all.entries += step.entries;
            all.objects += step.objects;
            all.missing.extend(step.missing);
        }
        all.indexed = self.follow.indexed();
        all
    }

    pub fn page(&self, text: &str, klassen: &[u64]) -> Page {
        let query = Query {
            terms: Terms::parse(text).unwrap(),
            klassen: klassen.to_vec(),
            ausgeschlossen: self.follow.stale().unwrap(),
            limit: 500,
            ..Query::default()
        };
        self.index.search(&query).unwrap()
    }

    pub fn finds(&self, text: &str, klassen: &[u64]) -> Vec<Uuid> {
        let page = self.page(text, klassen);
        assert_eq!(page.count, page.hits.len() as u64);
        page.hits.iter().map(|hit| hit.id).collect()
    }

    pub fn write_text(&self, doc: &Dokument, text: &str) {
        let digest = doc.fassungen[0].formate[0].sha256;
        self.texts.put(digest, "text", MAKER, text.as_bytes()).unwrap();
        self.commit(vec![put(&self::text(digest, READY))]);
    }

    /// Goes on with an index in another folder.
    pub fn reopen(&mut self, dir: &Path) {
        // The old one must let go of its folder first; meanwhile one elsewhere stands in.
        self.index = Arc::new(Index::open(&self.folder.path().join("between"), 0).unwrap());
        self.again();
        self.index = Arc::new(Index::open(dir, 0).unwrap());
        self.again();
        self.dir = dir.to_owned();
    }

    /// A new follower, as after a restart.
    pub fn again(&mut self) {
        let (ledger, index) = (self.ledger.clone(), self.index.clone());
        self.follow = Arc::new(Follow::new(ledger, index, self.texts.clone()).unwrap());
    }
}

pub fn put<R: Record>(record: &R) -> Change {
    Change::put(record).unwrap()
}

pub fn id(n: u64) -> Uuid {
    Uuid::from_u64_pair(0x0190_0000_0000_7000, 0x8000_0000_0000_0000 + n)
}

pub fn inbox(rechteklasse: u64) -> Ort {
    Ort::Posteingang { oe: id(9_999), rechteklasse }
}

pub fn counter(stand: u64) -> Change {
    put(&Zaehler { reihe: "akte".into(), stand })
}

pub fn text(sha256: Digest, zustand: TextZustand) -> Textstand {
    Textstand { sha256, medientyp: "application/pdf".into(), leser: None, zustand }
}

pub fn akte(n: u64, rechteklasse: u64) -> Akte {
    Akte {
        id: id(n),
        aktenzeichen: format!("52-{n}"),
        planeinheit: "52".into(),
        laufnummer: n,
        betreff: format!("Akte {n}"),
        oe: id(9_999),
        rechteklasse,
        stufe: Stufe::Offen,
        schutzklasse: None,
        freigaben: Vec::new(),
        zustand: Zustand::Offen,
        medium: Medium::Elektronisch,
        typ: None,
        typ_version: None,
        felder: Default::default(),
        bemerkung: None,
        geschlossen_am: None,
        irrtuemlich_geoeffnet: None,
        fremd_id: None,
        quelle: None,
        angelegt: NOW,
        geaendert: NOW,
    }
}

pub fn dokument(n: u64, ort: Ort, betreff: &str) -> Dokument {
    let mut sha256 = [0; 32];
    sha256[..8].copy_from_slice(&n.to_be_bytes());
    let file = Primaerdokument {
        sha256: Digest(sha256),
        groesse: 1,
        dateiname: "brief.pdf".into(),
        medientyp: "application/pdf".into(),
    };
    let fassung =
        Fassung { nummer: 1, formate: vec![file], angelegt_von: "p".into(), angelegt: NOW };
    Dokument {
        id: id(n),
        ort,
        betreff: betreff.into(),
        typ: None,
        posteingangsdatum: NaiveDate::from_ymd_opt(2027, 1, 15).unwrap(),
        postausgangsdatum: None,
        datum: None,
        fremdes_geschaeftszeichen: None,
        absender: None,
        empfaenger: None,
        bemerkung: None,
        fremd_id: None,
        quelle: None,
        fassungen: vec![fassung],
        storno: None,
        angelegt: NOW,
        geaendert: NOW,
    }
}
