//! The contract of a table, run against every engine.

use std::ops::Bound::{Excluded, Included, Unbounded};

use aktenlauf::ledger::table::{
    Pair, Table,
    memory::Memory,
    sled::{Config, Sled},
};

use super::Fixed;

fn keys(rows: &[Pair]) -> Vec<&[u8]> {
    rows.iter().map(|(key, _)| key.as_slice()).collect()
}

fn suite(table: &dyn Table) {
    let row = |key: &str, value: &str| (key.into(), Some(value.into()));
    assert_eq!(table.get(b"a").unwrap(), None);
    table.commit(&[row("a", "1"), row("b", "2"), row("ba", ""), row("c", "3")]).unwrap();
    table.commit(&[]).unwrap();
    assert_eq!(table.get(b"b").unwrap().as_deref(), Some(&b"2"[..]));
    assert_eq!(table.get(b"ba").unwrap().as_deref(), Some(&b""[..]));

    let scan = |from, to, reverse, limit| table.scan(from, to, reverse, limit).unwrap();
    assert_eq!(keys(&scan(Unbounded, Unbounded, false, 9)), [&b"a"[..], b"b", b"ba", b"c"]);
    assert_eq!(keys(&scan(Unbounded, Unbounded, true, 2)), [&b"c"[..], b"ba"]);
    assert_eq!(keys(&scan(Included(b"b"), Excluded(b"c"), false, 9)), [&b"b"[..], b"ba"]);
    assert_eq!(keys(&scan(Excluded(b"b"), Included(b"c"), true, 9)), [&b"c"[..], b"ba"]);
    assert!(scan(Unbounded, Unbounded, false, 0).is_empty());
    for (from, to) in [(&b"c"[..], &b"a"[..]), (b"b", b"b")] {
        assert!(scan(Excluded(from), Excluded(to), false, 9).is_empty());
        assert!(scan(Included(from), Excluded(to), true, 9).is_empty());
        assert!(scan(Excluded(from), Included(to), false, 9).is_empty());
    }
    assert_eq!(keys(&scan(Included(b"b"), Included(b"b"), false, 9)), [b"b"]);
    assert!(scan(Included(b"c"), Included(b"a"), false, 9).is_empty());

    // Later writes of a key win.
    let gone = |key: &str| (key.into(), None);
    table.commit(&[row("a", "9"), gone("a"), gone("b"), row("b", "8"), gone("x")]).unwrap();
    assert_eq!(table.get(b"a").unwrap(), None);
    assert_eq!(table.get(b"b").unwrap().as_deref(), Some(&b"8"[..]));

    // A row that leads to another one, one that leads nowhere, and none at all.
    table.commit(&[row("i1", "..q"), row("rq", "R"), row("i2", "..x"), row("i3", "")]).unwrap();
    let lead = |from: &[u8], to: &[u8]| {
        let found = table.lead(Included(from), Excluded(to), b"r", 2).unwrap();
        found.map(|((key, value), led)| [Some(key), Some(value), led])
    };
    let some = |text: &str| Some(text.as_bytes().to_vec());
    assert_eq!(lead(b"i", b"j"), Some([some("i1"), some("..q"), some("R")]));
    assert_eq!(lead(b"i2", b"j"), Some([some("i2"), some("..x"), None]));
    assert_eq!(lead(b"i3", b"j"), Some([some("i3"), some(""), None]));
    assert_eq!(lead(b"j", b"k"), None);
    // Many at once, absent ones left out; an engine may have no way to do so.
    let wanted = ["rq", "absent", "i1"].map(|key| key.as_bytes().to_vec());
    if let Some(mut many) = table.get_many(&wanted).unwrap() {
        many.sort();
        let row = |key: &str, value: &str| (key.as_bytes().to_vec(), value.as_bytes().to_vec());
        assert_eq!(many, [row("i1", "..q"), row("rq", "R")]);
    }

    table.wipe().unwrap();
    assert!(scan(Unbounded, Unbounded, false, 9).is_empty());
    table.commit(&[row("a", "1")]).unwrap();
    assert_eq!(keys(&scan(Unbounded, Unbounded, false, 9)), [b"a"]);
    table.wipe().unwrap();
}

/// The same seeded changes and reads on both.
fn agree(one: &dyn Table, other: &dyn Table) {
    let random = Fixed::default();
    let key = || {
        let n = random.next();
        vec![0, 1, 255, b'a'][..usize::try_from(n % 5).unwrap().min(4)]
            .iter()
            .map(|byte| byte ^ (u8::try_from(n >> 56).unwrap() % 3))
            .collect::<Vec<u8>>()
    };
    for _ in 0..300 {
        let write =
            |_| (key(), (random.next() % 3 > 0).then(|| random.next().to_be_bytes().into()));
        let batch: Vec<_> = (0..random.next() % 5).map(write).collect();
        one.commit(&batch).unwrap();
        other.commit(&batch).unwrap();
        let (a, b) = (key(), key());
        for (from, to) in [(Included(&a[..]), Excluded(&b[..])), (Excluded(&a[..]), Unbounded)] {
            for reverse in [false, true] {
                let read = |table: &dyn Table| table.scan(from, to, reverse, 7).unwrap();
                assert_eq!(read(one), read(other));
            }
        }
    }
}

#[test]
fn memory() {
    suite(&Memory::new());
}

#[test]
fn sled() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config::new(dir.path().join("tables"));
    let table = Sled::open(config.clone()).unwrap();
    assert_eq!(table.note(), None);
    suite(&table);
    agree(&table, &Memory::new());
    table.wipe().unwrap();
    table.commit(&[(b"k".to_vec(), Some(b"v".to_vec()))]).unwrap();
    drop(table);
    let table = Sled::open(config).unwrap();
    assert_eq!(table.get(b"k").unwrap().as_deref(), Some(&b"v"[..]));
}

#[test]
fn postgres() {
    let Some(config) = crate::postgres::schema() else { return };
    let (_, table) = aktenlauf::ledger::postgres::open(config.clone()).unwrap();
    assert!(table.get_many(&[vec![0]]).unwrap().is_some(), "one way for many");
    suite(&table);
    table.commit(&[]).unwrap();
    agree(&table, &Memory::new());
    // A record's JSON stands apart, and comes back as it was.
    let odd = b"12345678sequenceFO{ \"a\" : \"\\u0000\",\"a\":1e2 }".to_vec();
    table.commit(&[(b"r\x08x".to_vec(), Some(odd.clone()))]).unwrap();
    drop(table);
    let (_, table) = aktenlauf::ledger::postgres::open(config).unwrap();
    assert_eq!(table.get(b"r\x08x").unwrap(), Some(odd));
}

#[test]
fn a_folder_that_sled_cannot_open_is_begun_anew() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config::new(dir.path().join("tables"));
    let table = Sled::open(config.clone()).unwrap();
    table.commit(&[(b"k".to_vec(), Some(b"v".to_vec()))]).unwrap();
    drop(table);
    std::fs::write(config.dir.join("conf"), b"no configuration").unwrap();
    let table = Sled::open(config).unwrap();
    assert!(table.note().is_some());
    suite(&table);
}
