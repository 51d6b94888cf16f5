//! Reads: pages of an index in both directions, bounds, counts; the same within a decision that
//! sees rows which no table holds yet.

use aktenlauf::{
    domain::{
        digest::Digest,
        dokument::{TextZustand, Textstand},
        record::{Index, Kind, Parts},
        source::Source,
        zeit::Zeitpunkt,
    },
    ledger::{Change, Draft, Row, View},
};

use super::{House, draft, put};

fn open(n: u8, vorrang: u8) -> Change {
    let seit = Zeitpunkt(i64::from(n) * 10);
    let zustand = TextZustand::Offen { vorrang, seit };
    let medientyp = "text/plain".into();
    Change::put(&Textstand { sha256: Digest([n; 32]), medientyp, leser: None, zustand }).unwrap()
}

fn one(house: &House, change: Change) -> Draft {
    draft(house.source.now(), &change.clone(), vec![change])
}

fn digits(rows: &[Row]) -> Vec<u8> {
    rows.iter().map(|row| u8::from_str_radix(&row.key[..2], 16).unwrap()).collect()
}

/// Texts 1..=9 are open with priority 1, but for 4 and 5, which have priority 0.
fn reads(view: &View<'_>) {
    let scan = |prefix: &Parts, after: Option<&[u8]>, reverse, limit| {
        view.scan(Index::TextOffen, prefix, after, reverse, limit).unwrap()
    };
    let (all, bulk) = (Parts::new(), Parts::new().number(1));
    assert_eq!(digits(&scan(&all, None, false, 99)), [4, 5, 1, 2, 3, 6, 7, 8, 9]);
    assert_eq!(digits(&scan(&bulk, None, true, 99)), [9, 8, 7, 6, 3, 2, 1]);
    for reverse in [false, true] {
        let (mut paged, mut after) = (Vec::new(), None);
        loop {
            let page = scan(&bulk, after.as_deref(), reverse, 3);
            let Some(last) = page.last() else { break };
            after = Some(last.place.clone());
            paged.extend(digits(&page));
        }
        assert_eq!(paged, digits(&scan(&bulk, None, reverse, 99)));
    }
    // A place outside the prefix does not widen it.
    let urgent = scan(&all, None, false, 1).remove(0).place;
    assert_eq!(digits(&scan(&bulk, Some(&urgent), false, 1)), [1]);
    assert!(scan(&bulk, Some(&urgent), true, 9).is_empty());
    assert!(scan(&bulk, None, false, 0).is_empty());

    let from = bulk.clone().time(Zeitpunkt(60));
    let rows = view.scan_from(Index::TextOffen, &bulk, &from, 3).unwrap();
    assert_eq!(digits(&rows), [6, 7, 8]);
    let first = view.first::<Textstand>(Index::TextOffen, &all).unwrap().unwrap();
    assert_eq!(first.value.sha256, Digest([4; 32]));
    let none = view.first::<Textstand>(Index::TextOffen, &Parts::new().number(2)).unwrap();
    assert_eq!(none, None);

    let key = Digest([7; 32]).to_string();
    let rest = view.kind::<Textstand>(Some(&key), 99).unwrap();
    assert_eq!(rest.iter().map(|s| s.value.sha256.0[0]).collect::<Vec<_>>(), [8, 9]);
    assert_eq!(view.kind::<Textstand>(None, 4).unwrap().len(), 4);
    assert_eq!(view.count(Kind::Textstand).unwrap(), 9);
    assert_eq!(view.count(Kind::Akte).unwrap(), 0);
}

#[test]
fn pages_bounds_and_counts() {
    let house = House::new();
    let ledger = house.open();
    let drafts = (1..=9).map(|n| one(&house, open(n, u8::from(n != 4 && n != 5))));
    put(&ledger, &house, drafts.collect());
    reads(&ledger.view());
    ledger
        .commit(house.id(), |view| {
            reads(view);
            Ok::<_, ()>((Vec::new(), ()))
        })
        .unwrap();
}

#[test]
fn a_decision_sees_its_group_over_the_tables() {
    let house = House::new();
    let ledger = house.open();
    // In the tables: 2, 3 and 6 as they should be, 4 and 7 with the wrong priority, 10 to go.
    let before = [(2, 1), (3, 1), (4, 1), (6, 1), (7, 0), (10, 1), (11, 0)];
    put(&ledger, &house, before.map(|(n, p)| one(&house, open(n, p))).to_vec());
    let group = [(1, 1), (4, 0), (5, 0), (7, 1), (8, 1), (9, 1)];
    let mut drafts = group.map(|(n, p)| one(&house, open(n, p))).to_vec();
    for n in [10, 11] {
        let gone = Change::delete(Kind::Textstand, Digest([n; 32]).to_string());
        drafts.push(one(&house, gone));
    }
    std::thread::scope(|scope| {
        let go = super::commits::hold(scope, &ledger, &house);
        let ids = (house.id(), house.id());
        let ledger = &ledger;
        let writes = scope.spawn(move || ledger.commit(ids.0, |_| Ok::<_, ()>((drafts, ()))));
        std::thread::sleep(std::time::Duration::from_millis(500));
        let read = scope.spawn(move || {
            ledger.commit(ids.1, |view| {
                reads(view);
                let history = view.history(Kind::Textstand, &Digest([4; 32]).to_string(), 99, 9);
                assert_eq!(history.unwrap(), [10, 3]);
                Ok::<_, ()>((Vec::new(), ()))
            })
        });
        std::thread::sleep(std::time::Duration::from_millis(500));
        go.send(()).unwrap();
        writes.join().unwrap().unwrap();
        assert!(read.join().unwrap().unwrap().replayed);
    });
    assert_eq!(house.journal.appends.load(std::sync::atomic::Ordering::SeqCst), 2);
    reads(&ledger.view());
}
