//! A seeded history: records of several kinds that come, change and go, and erasures.

use aktenlauf::{
    domain::{
        access::Stufe,
        akte::{Akte, Medium, Zustand},
        digest::Digest,
        dokument::{TextZustand, Textstand},
        frist::{Fristen, Lage},
        fristenstand::Fristenstand,
        organisation::Zugang,
        record::Kind,
        source::Source,
        verwaltung::{Loeschung, Zaehler},
    },
    ledger::{Change, CommitError, Draft, Error, Ledger},
};
use chrono::NaiveDate;
use uuid::Uuid;

use super::{House, draft, set};

fn below(house: &House, n: u64) -> u64 {
    house.source.next() % n
}

fn akte(house: &House, n: u64) -> Akte {
    Akte {
        id: Uuid::from_u128(u128::from(n)),
        aktenzeichen: format!("52.1/{n}"),
        planeinheit: format!("52.{}", below(house, 4)),
        laufnummer: n,
        betreff: "Straße \u{0} Übergröße".into(),
        oe: Uuid::from_u128(1),
        rechteklasse: below(house, 3),
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
        fremd_id: (below(house, 2) == 0).then(|| format!("f{n}")),
        quelle: Some(Uuid::from_u128(2)),
        angelegt: house.source.now(),
        geaendert: house.source.now().plus_ms(i64::try_from(below(house, 1000)).unwrap()),
    }
}

/// Dates of an Akte, under several rows of two orders.
fn fristenstand(house: &House, n: u64) -> Fristenstand {
    let day = |house: &House| {
        let number = i32::try_from(739_000 + below(house, 2000)).unwrap();
        NaiveDate::from_num_days_from_ce_opt(number)
    };
    let fristen = Fristen {
        ende: None,
        hoechstens: day(house).filter(|_| below(house, 2) == 0),
        warnung: None,
        faellig: day(house).filter(|_| below(house, 2) == 0),
        faellig_ohne_sperre: None,
        folge: None,
        eingeschraenkt_ab: None,
        meldetag: day(house),
        lage: Lage::Ok,
        ausweichregel: false,
    };
    Fristenstand {
        akte_id: Uuid::from_u128(u128::from(n)),
        rechteklasse: below(house, 3),
        fristen,
        gerechnet_am: day(house).unwrap(),
        naechster_lauf: day(house).filter(|_| below(house, 2) == 0),
    }
}

/// One change of a small set of objects.
fn change(house: &House) -> Change {
    let n = below(house, 40);
    let delete = below(house, 5) == 0;
    let put = match below(house, 5) {
        0 => Change::put(&akte(house, n)),
        4 => Change::put(&fristenstand(house, n)),
        1 => Change::put(&Zaehler { reihe: format!("r{n}"), stand: below(house, 99) }),
        2 => Change::put(&Textstand {
            leser: None,
            sha256: Digest([u8::try_from(n).unwrap(); 32]),
            medientyp: "application/pdf".into(),
            zustand: match below(house, 2) {
                0 => TextZustand::Offen { vorrang: 1, seit: house.source.now() },
                _ => TextZustand::Bereit {
                    zeichen: n,
                    seiten: None,
                    seiten_ohne_text: None,
                    guete: None,
                },
            },
        }),
        _ => Change::put(&Zugang {
            person: Uuid::from_u128(u128::from(n)),
            hash: "geheim".into(),
            einmalig: false,
            seit: house.source.now(),
        }),
    };
    let put = put.unwrap();
    if delete { Change::delete(Kind::parse(&put.kind).unwrap(), put.key) } else { put }
}

/// An order to erase `seqs`.
pub fn order(house: &House, seqs: Vec<u64>) -> Draft {
    let record = Loeschung { id: house.id(), seqs: seqs.clone() };
    let mut order = set(house.source.now(), "orders", 1);
    order.records.push(Change::put(&record).unwrap());
    order.erases = seqs;
    order
}

/// Waits until no order is open.
pub fn settle(ledger: &Ledger) {
    while ledger.view().count(Kind::Loeschung).unwrap() > 0 {
        std::thread::yield_now();
    }
}

/// One random commit; returns how many entries it ordered to be erased.
pub fn step(ledger: &Ledger, house: &House) -> usize {
    use std::sync::atomic::Ordering;
    house.source.millis.fetch_add(7, Ordering::SeqCst);
    let head = ledger.head().seq;
    if head > 20 && below(house, 6) == 0 {
        let seqs: Vec<u64> = (0..=below(house, 2)).map(|_| 1 + below(house, head)).collect();
        let (count, order) = (seqs.len(), order(house, seqs));
        return match ledger.commit(house.id(), |_| Ok::<_, ()>((vec![order], ()))) {
            Ok(_) => count,
            // It hit a present state, or an order.
            Err(CommitError::Ledger(Error::Draft(_))) => 0,
            Err(other) => panic!("{other:?}"),
        };
    }
    let drafts = (0..=below(house, 3)).map(|_| {
        let changes: Vec<Change> = (0..=below(house, 3)).map(|_| change(house)).collect();
        let subject = change(house);
        draft(house.source.now(), &subject, changes)
    });
    let drafts: Vec<Draft> = drafts.collect();
    super::put(ledger, house, drafts);
    0
}

/// `commits` of them, from a seed.
pub fn history(ledger: &Ledger, house: &House, commits: u64) -> usize {
    (0..commits).map(|_| step(ledger, house)).sum()
}

/// The number of seeds to try: `TEST_ROUNDS`, or `default`.
pub fn seeds(default: u64) -> u64 {
    std::env::var("TEST_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}
