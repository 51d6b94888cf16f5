//! Two machines on one ledger and one bucket: equal bytes pushed, condemned, deleted and swept in
//! every seeded order of the steps, with days passing, answers lost and requests that come late.
//!
//! One machine acts at a time; between its steps the other may do something whole. That is as much
//! as two processes can see of each other: the ledger decides one commit after the other.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};

use aktenlauf::{
    blob::{Error, Fate, Shared, Step, Store},
    domain::{
        digest::Digest,
        dokument::{Blob, BlobStand, Dokument},
        record::Record,
        source::Source,
    },
    http::problem::{Code, Problem},
    intake::Metadaten,
    ledger::{Change, Draft, Subject},
    registry::{self, Art},
};
use sha2::Digest as _;
use uuid::Uuid;

use crate::{blob::noise, registry::haus::Haus};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Different bytes of one seed.
const CONTENTS: u64 = 2;
/// Whole actions of one seed.
const ACTIONS: u64 = 10;
/// Seeds played in one town, because founding one takes a while.
const SEEDS_A_TOWN: u64 = 1000;

struct Play {
    nodes: [Haus; 2],
    akte: Uuid,
    bucket: Shared,
    dice: AtomicU64,
    seed: AtomicU64,
    /// Whose turn it is.
    turn: AtomicUsize,
    /// True: the other one acts between two steps of the one whose turn it is.
    between: AtomicBool,
    /// True: nothing comes between, nothing is lost.
    quiet: AtomicBool,
    /// Documents that were acknowledged and not destroyed.
    docs: Mutex<Vec<(Uuid, u64)>>,
    counts: [AtomicU64; 6],
}

/// What is counted.
#[derive(Clone, Copy)]
enum What {
    Pushed,
    Refused,
    Deleted,
    Swept,
    Between,
    Late,
}

impl Play {
    fn new(bucket: Shared) -> Arc<Self> {
        let town = Haus::neu();
        let akte = town.akte("sach61", "Bauantrag").id;
        let node = || town.knoten(Store::memory_shared(&bucket, town.source.clone()));
        let play = Arc::new(Self {
            nodes: [node(), node()],
            akte,
            bucket,
            dice: AtomicU64::new(0),
            seed: AtomicU64::new(0),
            turn: AtomicUsize::new(0),
            between: AtomicBool::new(false),
            quiet: AtomicBool::new(true),
            docs: Mutex::default(),
            counts: Default::default(),
        });
        let hook = Arc::downgrade(&play);
        play.bucket.hook(move |step| hook.upgrade().map_or(Fate::Done, |play| play.step(step)));
        play
    }

    fn below(&self, end: u64) -> u64 {
        // SplitMix64.
        let step = 0x9E37_79B9_7F4A_7C15;
        let mut z = self.dice.fetch_add(step, Ordering::SeqCst).wrapping_add(step);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end
    }

    fn count(&self, what: What, by: u64) {
        self.counts[what as usize].fetch_add(by, Ordering::SeqCst);
    }

    fn counted(&self, what: What) -> u64 {
        self.counts[what as usize].load(Ordering::SeqCst)
    }

    fn bytes(&self, content: u64) -> Vec<u8> {
        noise(self.seed.load(Ordering::SeqCst) * CONTENTS + content, 40)
    }

    fn digest(&self, content: u64) -> Digest {
        Digest(sha2::Sha256::digest(self.bytes(content)).into())
    }

    /// Comes before each step of a store.
    fn step(&self, step: Step) -> Fate {
        // A listing has 256 steps; one in a while is enough.
        if self.quiet.load(Ordering::SeqCst) || (step == Step::List && self.below(64) > 0) {
            return Fate::Done;
        }
        if self.below(3) == 0 && !self.between.swap(true, Ordering::SeqCst) {
            self.count(What::Between, 1);
            let mine = self.turn.load(Ordering::SeqCst);
            self.turn.store(1 - mine, Ordering::SeqCst);
            for _ in 0..=self.below(3) {
                self.act();
            }
            self.turn.store(mine, Ordering::SeqCst);
            self.between.store(false, Ordering::SeqCst);
        }
        match self.below(12) {
            0 => Fate::Lost,
            1 => Fate::Unheard,
            2 | 3 => {
                self.count(What::Late, 1);
                Fate::Late
            }
            _ => Fate::Done,
        }
    }

    /// Something whole, by the node whose turn it is.
    fn act(&self) {
        let node = &self.nodes[self.turn.load(Ordering::SeqCst)];
        let content = self.below(CONTENTS);
        let jobs = node.registry.jobs();
        match self.below(14) {
            0..=3 => self.push(node, content),
            4 => self.destroy(node, content, 1),
            5..=7 => {
                self.destroy(node, content, usize::MAX);
                if let Err(error) = jobs.verurteilen(self.digest(content), "Test") {
                    let known = [Art::NichtGefunden, Art::Konflikt].contains(&error.art);
                    assert!(known, "{error}");
                }
            }
            8 | 9 => {
                if self.below(2) == 0 {
                    node.source.millis.fetch_add(25 * HOUR_MS, Ordering::SeqCst);
                }
                let grace_ms = if self.below(3) == 0 { 0 } else { DAY_MS };
                match jobs.verurteilte_loeschen(grace_ms, 10) {
                    Ok(gone) => self.count(What::Deleted, gone as u64),
                    Err(error) => away(&error),
                }
            }
            10 => match jobs.sweep() {
                Ok(report) => self.count(What::Swept, report.entfernt),
                Err(error) => away(&error),
            },
            11 | 12 => {
                let hours = [1, 7, 25, 49][usize::try_from(self.below(4)).unwrap()];
                node.source.millis.fetch_add(hours * HOUR_MS, Ordering::SeqCst);
            }
            _ => {
                self.bucket.catch_up(usize::try_from(self.below(16)).unwrap());
            }
        }
    }

    fn push(&self, node: &Haus, content: u64) {
        let meta = Metadaten { akte_id: Some(self.akte), ..Metadaten::default() };
        match node.push(&node.als("sach61"), meta, &self.bytes(content), None) {
            Ok(receipt) => {
                assert_eq!(receipt.sha256, self.digest(content));
                self.count(What::Pushed, 1);
                self.docs.lock().unwrap().push((receipt.id, content));
            }
            Err(error) => {
                // The other one may come between all four tries of a push.
                let later = ["speicher_nicht_erreichbar", "inhalt_in_loeschung"];
                assert!(later.contains(&error.code), "{error}");
                self.count(What::Refused, 1);
            }
        }
    }

    /// Takes some documents away, as a later destruction will; their bytes are condemned after.
    fn destroy(&self, node: &Haus, content: u64, most: usize) {
        let mut gone = Vec::new();
        self.docs.lock().unwrap().retain(|(id, of)| {
            let stays = *of != content || gone.len() >= most;
            if !stays {
                gone.push(*id);
            }
            stays
        });
        let draft = |id: Uuid| Draft {
            time: node.source.now(),
            actor: "test".into(),
            on_behalf_of: None,
            credential_id: None,
            request_id: None,
            action: "dokument_vernichtet".into(),
            subject: Subject { kind: "dokument".into(), key: id.to_string() },
            reason: None,
            records: vec![Change::delete(Dokument::KIND, id.to_string())],
            erases: vec![],
        };
        let drafts: Vec<Draft> = gone.into_iter().map(draft).collect();
        node.ledger.commit::<(), ()>(node.source.id(), move |_| Ok((drafts, ()))).unwrap();
    }

    /// What was acknowledged and not destroyed is there, and right, whoever reads it.
    fn check(&self) -> Result<(), String> {
        for (id, content) in self.docs.lock().unwrap().iter() {
            for (number, node) in self.nodes.iter().enumerate() {
                let digest = self.digest(*content);
                let store = node.registry.blobs();
                match store.read(digest) {
                    Ok(bytes) if bytes == self.bytes(*content) => {}
                    other => return Err(format!("{id} on node {number}: {other:?}")),
                }
                let record = node.ledger.view().get::<Blob>(&digest.to_string()).unwrap();
                let record = record.ok_or("no record of an acknowledged document's bytes")?.value;
                if record.stand != BlobStand::Vorhanden {
                    return Err(format!("{id}: {record:?}"));
                }
                let named: Result<(), Error> = store.check_deposit(digest, record.ablage);
                named.map_err(|error| format!("{id}: the deposit that is named: {error}"))?;
            }
        }
        Ok(())
    }

    fn play(&self, seed: u64) -> Result<(), String> {
        self.seed.store(seed, Ordering::SeqCst);
        self.dice.store(seed.wrapping_mul(0x2545_F491_4F6C_DD1D), Ordering::SeqCst);
        for _ in 0..ACTIONS {
            self.turn.store(usize::try_from(self.below(2)).unwrap(), Ordering::SeqCst);
            self.quiet.store(false, Ordering::SeqCst);
            self.act();
            self.quiet.store(true, Ordering::SeqCst);
            self.check()?;
        }
        // Whatever was late comes now, in any order; nothing of what is relied on goes.
        while self.bucket.catch_up(usize::try_from(self.below(16)).unwrap()) {
            self.check()?;
        }
        let [node, other] = &self.nodes;
        let sweep = || {
            node.source.millis.fetch_add(2 * DAY_MS, Ordering::SeqCst);
            other.registry.jobs().sweep().map(|_| ()).map_err(|e| e.to_string())
        };
        sweep()?;
        self.check()?;
        let known = |content: &u64| {
            let key = self.digest(*content).to_string();
            node.ledger.view().get::<Blob>(&key).unwrap().is_some()
        };
        let (there, known) = (self.bucket.count(), (0..CONTENTS).filter(known).count());
        if there > known {
            return Err(format!("{there} deposits for {known} records stay"));
        }
        // And at last nothing stays of what nobody needs.
        for content in 0..CONTENTS {
            self.destroy(node, content, usize::MAX);
            let _ = node.registry.jobs().verurteilen(self.digest(content), "Test");
        }
        node.source.millis.fetch_add(2 * DAY_MS, Ordering::SeqCst);
        node.registry.jobs().verurteilte_loeschen(DAY_MS, 10).map_err(|e| e.to_string())?;
        sweep()?;
        match self.bucket.count() {
            0 => Ok(()),
            left => Err(format!("{left} deposits stay for ever")),
        }
    }
}

/// Only a store out of reach may stop the house's own work.
fn away(error: &registry::Error) {
    assert_eq!(error.code, "speicher_nicht_erreichbar", "{error}");
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

/// Catches: the deposit named in the removal, in the decision of a push, in the sweep; the age up
/// to which a deposit may be named for the first time. `TEST_NODES` seeds, from `TEST_NODES_FROM`.
#[test]
fn no_acknowledged_document_is_without_its_bytes() {
    let (from, seeds) = (number("TEST_NODES_FROM", 0), number("TEST_NODES", 1000));
    let since = std::time::Instant::now();
    let (next, total) = (AtomicU64::new(from), <[AtomicU64; 6]>::default());
    let end = from + seeds;
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while next.load(Ordering::SeqCst) < end {
                    let play = Play::new(Shared::default());
                    for _ in 0..SEEDS_A_TOWN {
                        let seed = next.fetch_add(1, Ordering::SeqCst);
                        if seed >= end {
                            break;
                        }
                        let result = play.play(seed);
                        result.unwrap_or_else(|error| panic!("TEST_NODES_FROM={seed}: {error}"));
                    }
                    for (sum, count) in total.iter().zip(&play.counts) {
                        sum.fetch_add(count.load(Ordering::SeqCst), Ordering::SeqCst);
                    }
                }
            });
        }
    });
    let of = |what: What| total[what as usize].load(Ordering::SeqCst);
    println!(
        "{seeds} orders on two nodes in {:?}: {} pushed, {} refused, {} deleted, {} swept, \
         {} times something came between, {} requests came late",
        since.elapsed(),
        of(What::Pushed),
        of(What::Refused),
        of(What::Deleted),
        of(What::Swept),
        of(What::Between),
        of(What::Late),
    );
    assert!(of(What::Pushed) > seeds && of(What::Deleted) > seeds / 20, "too little happened");
    assert!(of(What::Swept) > seeds / 20 && of(What::Late) > seeds / 20, "too little happened");
}

/// Catches: the deposit in `publish`, which must check the one that is named, and in the decision,
/// which must name the one that was written in its place.
#[test]
fn a_rotten_deposit_is_replaced_in_its_record() {
    let play = Play::new(Shared::default());
    let (node, other) = (&play.nodes[0], &play.nodes[1]);
    let record = || {
        let key = play.digest(0).to_string();
        node.ledger.view().get::<Blob>(&key).unwrap().unwrap().value.ablage
    };
    play.push(node, 0);
    let first = record();
    play.push(other, 0);
    assert_eq!((record(), play.bucket.count()), (first, 1), "a sound deposit serves all");
    play.bucket.rot(play.digest(0));
    // A copy that nobody names must not be relied on: it goes with the next sweep.
    crate::registry::haus::veroeffentlicht(other, &play.bytes(0));
    assert!(play.check().unwrap_err().contains("the deposit that is named"));
    let before = play.bucket.count();
    play.push(node, 0);
    assert!(record() != first && play.bucket.count() == before + 1);
    play.check().unwrap();
    node.source.millis.fetch_add(2 * DAY_MS, Ordering::SeqCst);
    assert_eq!(other.registry.jobs().sweep().unwrap().entfernt, 2);
    play.check().unwrap();
    // While what is named is rotten, no sweep takes the copy that still serves.
    play.bucket.rot(play.digest(0));
    crate::registry::haus::veroeffentlicht(other, &play.bytes(0));
    node.source.millis.fetch_add(2 * DAY_MS, Ordering::SeqCst);
    assert_eq!(other.registry.jobs().sweep().unwrap().entfernt, 0);
    assert!(node.registry.blobs().read(play.digest(0)).unwrap() == play.bytes(0));
}

/// A store out of reach is no fault of ours: whoever comes again later is served.
#[test]
fn out_of_reach_is_answered_by_later() {
    let play = Play::new(Shared::default());
    let node = &play.nodes[0];
    play.push(node, 0);
    let document = play.docs.lock().unwrap()[0].0;
    let reader = node.als("sach61").reader().unwrap();
    play.bucket.hook(|_| Fate::Lost);
    let meta = Metadaten { akte_id: Some(play.akte), ..Metadaten::default() };
    let push = node.push(&node.als("sach61"), meta, b"neu", None).unwrap_err();
    let read = reader.inhalt(document, None, 0).unwrap().reader().unwrap_err();
    let raw = node.registry.blobs().read(play.digest(0)).unwrap_err();
    for problem in [Problem::from(push), Problem::from(read), Problem::from(raw)] {
        assert_eq!(problem.code(), Code::Ausgelastet);
        let answer = problem.response("r");
        assert_eq!(answer.status().as_u16(), 503);
        assert!(answer.headers().contains_key("retry-after"));
    }
    play.bucket.hook(|_| Fate::Done);
    play.push(node, 1);
    play.check().unwrap();
}

/// Where equal bytes have one name, as on a local disk, a late deletion takes what was pushed anew.
#[test]
fn without_names_of_their_own_deposits_are_lost() {
    let play = Play::new(Shared::careless());
    let lost = (0..1000).find_map(|seed| {
        let result = play.play(seed);
        result.err().map(|error| format!("seed {seed}: {error}"))
    });
    println!("found: {}", lost.expect("the interleavings must find it"));
    assert!(play.counted(What::Pushed) > 0);
}
