//! Commits: groups, refusals, duplicates, faults of the journal, what readers see.

use std::sync::{
    Arc, Barrier,
    atomic::{AtomicU64, Ordering},
    mpsc,
};

use aktenlauf::{
    domain::{record::Kind, source::Source, verwaltung::Zaehler, zeit::Zeitpunkt},
    ledger::{Change, CommitError, Draft, Error, Free, Ledger, State},
};

use super::{House, draft, get, plain, put, set, verify};

/// One more of a series, decided on the writer.
fn next(ledger: &Ledger, house: &House, reihe: &str) -> Result<u64, CommitError<()>> {
    let at = house.source.now();
    let reihe = reihe.to_string();
    let done = ledger.commit(house.id(), move |view| {
        let last = view.get::<Zaehler>(&reihe).map_err(|_| ())?;
        let stand = last.map_or(0, |z| z.value.stand) + 1;
        Ok((vec![set(at, &reihe, stand)], stand))
    })?;
    assert_eq!(done.first, done.last);
    assert!(!done.replayed);
    let seen = ledger.view().get::<Zaehler>("z").unwrap().unwrap();
    assert!(seen.seq >= done.last.seq, "a commit that returned is not to be seen");
    Ok(done.value)
}

#[test]
fn many_writers_share_few_appends_and_never_conflict() {
    let house = House::new();
    let ledger = house.open();
    let mut numbers: Vec<u64> = std::thread::scope(|scope| {
        let run = || (0..50).map(|_| next(&ledger, &house, "z").unwrap()).collect::<Vec<_>>();
        let threads: Vec<_> = (0..64).map(|_| scope.spawn(run)).collect();
        threads.into_iter().flat_map(|t| t.join().unwrap()).collect()
    });
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=3200).collect::<Vec<u64>>());
    assert_eq!(ledger.head().seq, 3200);
    assert_eq!(get::<Zaehler>(&ledger, "z").unwrap().stand, 3200);
    let appends = house.journal.appends.load(Ordering::SeqCst);
    assert!(appends < 1600, "{appends} appends for 3,200 commits");
    verify(&house);
}

#[test]
fn an_empty_decision_writes_nothing() {
    let house = House::new();
    let ledger = house.open();
    next(&ledger, &house, "z").unwrap();
    let done = ledger.commit(house.id(), |_| Ok::<_, ()>((Vec::<Draft>::new(), 7))).unwrap();
    assert_eq!((done.value, done.last, done.replayed), (7, ledger.head(), true));
    assert_eq!(ledger.head().seq, 1);
    assert_eq!(ledger.state(), State::Ready);
}

#[test]
fn a_refused_commit_leaves_no_trace() {
    let house = House::new();
    let ledger = house.open();
    next(&ledger, &house, "z").unwrap();
    let before = house.rows();
    let refused = ledger.commit(house.id(), |_| Err::<(Vec<Draft>, ()), _>("no"));
    assert!(matches!(refused, Err(CommitError::Refused("no"))));

    let at = house.source.now();
    let good = set(at, "z", 9);
    let key = Change { key: "y".into(), ..good.records[0].clone() };
    let json = Change { state: Some(raw("{\"reihe\":1}")), ..good.records[0].clone() };
    let kind = Change { kind: "drache".into(), ..good.records[0].clone() };
    for bad in [key, json, kind] {
        let drafts = vec![good.clone(), draft(at, &good.records[0], vec![bad])];
        put_err(&ledger, &house, drafts);
    }
    assert_eq!(house.rows(), before);
    assert_eq!(house.journal.appends.load(Ordering::SeqCst), 1);
    assert_eq!(next(&ledger, &house, "z").unwrap(), 2);
    verify(&house);
}

fn raw(json: &str) -> Box<serde_json::value::RawValue> {
    serde_json::value::RawValue::from_string(json.into()).unwrap()
}

fn put_err(ledger: &Ledger, house: &House, drafts: Vec<Draft>) {
    let answer = ledger.commit(house.id(), |_| Ok::<_, ()>((drafts, ())));
    assert!(matches!(answer, Err(CommitError::Ledger(Error::Draft(_)))), "{answer:?}");
}

/// Holds the writer in a decision until the returned sender is used, then commits a counter.
pub fn hold<'s>(
    scope: &'s std::thread::Scope<'s, '_>,
    ledger: &'s Ledger,
    house: &House,
) -> mpsc::Sender<()> {
    let (go, wait) = mpsc::channel();
    let held = Arc::new(Barrier::new(2));
    let (id, at, inside) = (house.id(), house.source.now(), Arc::clone(&held));
    scope.spawn(move || {
        ledger.commit(id, move |_| {
            inside.wait();
            wait.recv().unwrap();
            Ok::<_, ()>((vec![set(at, "held", 1)], ()))
        })
    });
    held.wait();
    go
}

#[test]
fn a_refusal_in_the_middle_of_a_group_leaves_no_trace() {
    let house = House::new();
    let ledger = house.open();
    std::thread::scope(|scope| {
        let go = hold(scope, &ledger, &house);
        let at = house.source.now();
        let (a, b, c) = (house.id(), house.id(), house.id());
        let ledger = &ledger;
        let good = scope
            .spawn(move || ledger.commit(a, move |_| Ok::<_, ()>((vec![set(at, "z", 1)], ()))));
        let mut bad = set(at, "z", 7);
        bad.records.push(Change { key: "other".into(), ..bad.records[0].clone() });
        std::thread::sleep(std::time::Duration::from_millis(20));
        let refused = scope.spawn(move || ledger.commit(b, |_| Ok::<_, ()>((vec![bad], ()))));
        std::thread::sleep(std::time::Duration::from_millis(20));
        let last = scope.spawn(move || {
            ledger.commit(c, move |view| {
                let z = view.get::<Zaehler>("z").unwrap().unwrap();
                assert_eq!(view.count(Kind::Zaehler).unwrap(), 2);
                Ok::<_, ()>((vec![set(at, "z", z.value.stand + 1)], z.value.stand))
            })
        });
        std::thread::sleep(std::time::Duration::from_millis(20));
        go.send(()).unwrap();
        good.join().unwrap().unwrap();
        assert!(matches!(refused.join().unwrap(), Err(CommitError::Ledger(Error::Draft(_)))));
        assert_eq!(last.join().unwrap().unwrap().value, 1);
    });
    assert_eq!(house.journal.appends.load(Ordering::SeqCst), 1, "it was one group");
    assert_eq!(get::<Zaehler>(&ledger, "z").unwrap().stand, 2);
    verify(&house);
}

#[test]
fn a_panic_in_a_decision_ends_that_commit_only() {
    let house = House::new();
    let ledger = house.open();
    let answer = ledger.commit(house.id(), |_| -> Result<(Vec<Draft>, ()), ()> { panic!("oops") });
    assert!(matches!(answer, Err(CommitError::Ledger(Error::Panicked(text))) if text == "oops"));
    assert_eq!(next(&ledger, &house, "z").unwrap(), 1);
}

#[test]
fn an_id_commits_once() {
    let house = House::new();
    let ledger = house.open();
    let (id, at) = (house.id(), house.source.now());
    assert_eq!(ledger.outcome(id).unwrap(), None);
    let drafts = vec![set(at, "a", 1), set(at, "b", 1), set(at, "c", 1)];
    let done = ledger.commit(id, |_| Ok::<_, ()>((drafts, ()))).unwrap();
    next(&ledger, &house, "z").unwrap();
    let again = ledger.commit(id, |_| -> Result<(Vec<Draft>, ()), ()> { panic!("decided") });
    match again {
        Err(CommitError::Duplicate { first, last }) => {
            assert_eq!((first, last), (done.first, done.last));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!((done.first.seq, done.last.seq), (1, 3));
    assert_eq!(ledger.outcome(id).unwrap(), Some((done.first, done.last)));
}

#[test]
fn an_id_commits_once_within_a_group() {
    let house = House::new();
    let ledger = house.open();
    let (id, at) = (house.id(), house.source.now());
    let answers: Vec<_> = std::thread::scope(|scope| {
        let go = hold(scope, &ledger, &house);
        let ledger = &ledger;
        let twin = || {
            scope
                .spawn(move || ledger.commit(id, move |_| Ok::<_, ()>((vec![set(at, "z", 1)], ()))))
        };
        let twins = [twin(), twin()];
        std::thread::sleep(std::time::Duration::from_millis(30));
        go.send(()).unwrap();
        twins.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let done = answers.iter().find_map(|a| a.as_ref().ok()).unwrap();
    let twice =
        |a: &_| matches!(a, Err(CommitError::Duplicate { first, .. }) if *first == done.first);
    assert!(answers.iter().any(twice), "{answers:?}");
    assert_eq!(ledger.head().seq, 2);
}

#[test]
fn an_append_that_fails_poisons() {
    let house = House::new();
    let ledger = house.open();
    next(&ledger, &house, "z").unwrap();
    house.journal.set(plain::BREAK);
    assert!(matches!(next(&ledger, &house, "z"), Err(CommitError::Unknown(_))));
    assert!(matches!(ledger.state(), State::Poisoned(_)));
    house.journal.set(plain::WORK);
    assert!(matches!(next(&ledger, &house, "z"), Err(CommitError::ReadOnly(_))));
    assert_eq!(get::<Zaehler>(&ledger, "z").unwrap().stand, 1);
    ledger.close();
    assert_eq!(house.journal.quiets.load(Ordering::SeqCst), 0, "poisoned, yet it wrote");
    assert_eq!(next(&house.open(), &house, "z").unwrap(), 2);
}

#[test]
fn a_full_journal_takes_commits_again_when_there_is_room() {
    let house = House::new();
    let ledger = house.open();
    next(&ledger, &house, "z").unwrap();
    let before = house.rows();
    house.journal.set(plain::FULL);
    assert!(matches!(next(&ledger, &house, "z"), Err(CommitError::Full)));
    assert!(matches!(ledger.state(), State::Full(_)));
    house.journal.set(plain::WORK);
    assert_eq!(house.rows(), before);
    assert_eq!(next(&ledger, &house, "z").unwrap(), 2);
    assert_eq!(ledger.state(), State::Ready);
    assert_eq!(ledger.head().seq, 2);
    verify(&house);
}

#[test]
fn below_the_reserve_nothing_is_taken() {
    let mut house = House::new();
    let free = Arc::new(AtomicU64::new(1000));
    let bytes = Arc::clone(&free);
    house.config.free = Some(Free::new(move || Ok(bytes.load(Ordering::SeqCst))));
    house.config.reserve_bytes = 1000;
    let ledger = house.open();
    next(&ledger, &house, "z").unwrap();
    free.store(999, Ordering::SeqCst);
    assert!(matches!(next(&ledger, &house, "z"), Err(CommitError::Full)));
    assert!(matches!(ledger.state(), State::Full(_)));
    free.store(1000, Ordering::SeqCst);
    assert_eq!(next(&ledger, &house, "z").unwrap(), 2);
    assert_eq!(ledger.state(), State::Ready);
}

#[test]
fn a_full_queue_refuses_at_once() {
    let mut house = House::new();
    house.config.group_max = 1;
    let ledger = house.open();
    let full = std::thread::scope(|scope| {
        let go = hold(scope, &ledger, &house);
        let (ledger, house) = (&ledger, &house);
        let run = move || matches!(next(ledger, house, "z"), Err(CommitError::Full));
        let threads: Vec<_> = (0..10).map(|_| scope.spawn(run)).collect();
        while threads.iter().filter(|t| t.is_finished()).count() < 6 {
            std::thread::yield_now();
        }
        go.send(()).unwrap();
        threads.into_iter().filter(|_| true).map(|t| u32::from(t.join().unwrap())).sum::<u32>()
    });
    assert_eq!(full, 6);
    assert_eq!(get::<Zaehler>(&ledger, "z").unwrap().stand, 4);
}

#[test]
fn a_clock_set_back_does_not_set_back_the_entries() {
    let house = House::new();
    let ledger = house.open();
    let start = house.source.now();
    for millis in [0, 5_000, -3_600_000, 4_000, 6_000] {
        put(&ledger, &house, vec![set(start.plus_ms(millis), "z", 1)]);
    }
    ledger.close();
    // The bound is kept over a start.
    let ledger = house.open();
    put(&ledger, &house, vec![set(start, "z", 1)]);
    let times: Vec<i64> = ledger
        .entries(1, 100)
        .unwrap()
        .into_iter()
        .map(|e| e.body.unwrap().time.0 - start.0)
        .collect();
    assert_eq!(times, [0, 5_000, 5_000, 5_000, 6_000, 6_000]);
}

#[test]
fn readers_see_whole_commits_in_order() {
    let house = House::new();
    let ledger = house.open();
    let stop = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut last = 0;
            while stop.load(Ordering::SeqCst) == 0 {
                let stand = |key| get::<Zaehler>(&ledger, key).map_or(0, |z| z.stand);
                let b = stand("b");
                let a = stand("a");
                assert!(a >= b && b >= last, "a {a}, b {b}, before {last}");
                last = b;
            }
            last
        });
        for n in 1..=300 {
            let at = house.source.now();
            put(&ledger, &house, vec![set(at, "a", n), set(at, "b", n)]);
        }
        stop.store(1, Ordering::SeqCst);
        assert!(reader.join().unwrap() > 0);
    });
}

#[test]
fn history_is_newest_first_and_tells_objects_apart() {
    let house = House::new();
    let ledger = house.open();
    for n in 1..=5 {
        put(&ledger, &house, vec![set(Zeitpunkt(n), "z", 1), set(Zeitpunkt(n), "z\0", 1)]);
    }
    let all = |before, limit| ledger.history(Kind::Zaehler, "z", before, limit).unwrap();
    assert_eq!(all(u64::MAX, 99), [9, 7, 5, 3, 1]);
    assert_eq!(all(7, 1), [5]);
    assert_eq!(ledger.history(Kind::Zaehler, "z\0", u64::MAX, 99).unwrap(), [10, 8, 6, 4, 2]);
    assert_eq!(ledger.history(Kind::Akte, "z", u64::MAX, 99).unwrap(), [0_u64; 0]);
}

#[test]
fn a_quiet_frame_follows_the_last_commit_once() {
    let house = House::new();
    let ledger = house.open();
    next(&ledger, &house, "z").unwrap();
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert_eq!(house.journal.quiets.load(Ordering::SeqCst), 1);
    drop(ledger);
    assert_eq!(house.journal.quiets.load(Ordering::SeqCst), 1);
}

#[test]
fn who_waits_for_an_entry_is_woken() {
    let house = House::new();
    let ledger = house.open();
    let long = std::time::Duration::from_secs(60);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| ledger.wait_beyond(0, long));
        next(&ledger, &house, "z").unwrap();
        assert_eq!(waiting.join().unwrap(), ledger.applied());
    });
    assert_eq!(ledger.wait_beyond(1, std::time::Duration::from_millis(1)).seq, 1);
}

#[test]
fn nothing_is_taken_after_the_end_or_read_only() {
    let mut house = House::new();
    let ledger = house.open();
    next(&ledger, &house, "z").unwrap();
    ledger.close();
    assert!(matches!(next(&ledger, &house, "z"), Err(CommitError::ReadOnly(_))));
    house.config.read_only = Some("asked for".into());
    let ledger = house.open();
    assert_eq!(ledger.state(), State::ReadOnly("asked for".into()));
    assert!(matches!(next(&ledger, &house, "z"), Err(CommitError::ReadOnly(_))));
    assert_eq!(get::<Zaehler>(&ledger, "z").unwrap().stand, 1);
}
