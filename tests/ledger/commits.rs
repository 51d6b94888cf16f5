//! Commits: groups, refusals, duplicates, faults of the journal.

use aktenlauf::{
    domain::{source::Source, verwaltung::Zaehler},
    ledger::{CommitError, Draft, Ledger, State},
};

use super::{House, get, plain, set};

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
    let appends = house.journal.appends.load(std::sync::atomic::Ordering::SeqCst);
    assert!(appends < 1600, "{appends} appends for 3,200 commits");
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
    house.journal.set(plain::WORK);
}
