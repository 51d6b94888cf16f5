//! The crash simulation: the real blob store, file journal and ledger on a simulated disk, under
//! seeded pushes, deletions, erasures, faults and power cuts.
//!
//! After each start every acknowledged document, its bytes, its entries and their seals must be
//! there. A failing run names its seed; `TEST_SEED=n` runs that one alone.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use aktenlauf::disk::Sync;

mod checks;
mod crowd;
mod house;
mod interleaved;
mod world;

use world::World;

/// Seeds within which a run that skips one sync must lose something.
const SEEDS_TO_BITE: u64 = 200;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect(name))
}

/// What a seed's run went through, or what it lost.
fn run(seed: u64, skip: Option<Sync>) -> Result<BTreeMap<&'static str, u64>, String> {
    let whole = || World::new(seed, skip).run();
    catch_unwind(AssertUnwindSafe(whole)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(format!("panic: {}", text.unwrap_or_default()))
    })
}

#[test]
fn nothing_acknowledged_is_ever_lost() {
    if let Ok(seed) = std::env::var("TEST_SEED") {
        println!("{:#?}", run(seed.parse().unwrap(), None).unwrap());
        return;
    }
    let seeds = number("TEST_SEEDS", 500);
    let (next, sum) = (AtomicU64::new(0), Mutex::new(BTreeMap::new()));
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds || failed.lock().unwrap().len() >= 5 {
                        break;
                    }
                    match run(seed, None) {
                        Ok(counts) => {
                            for (what, count) in counts {
                                *sum.lock().unwrap().entry(what).or_insert(0) += count;
                            }
                        }
                        Err(what) => failed.lock().unwrap().push((seed, what)),
                    }
                }
            });
        }
    });
    let (sum, failed) = (sum.into_inner().unwrap(), failed.into_inner().unwrap());
    println!("simulated {seeds} seeds: {sum:?}");
    for (seed, what) in &failed {
        println!("TEST_SEED={seed}: {what}");
    }
    assert!(failed.is_empty(), "{} seeds failed, the first: {:?}", failed.len(), failed.first());
    // The runs must have gone through what they are for.
    for what in ["push", "again", "removed", "swept", "erased", "cut", "lost", "stale", "sealed"] {
        let count = sum.get(what).copied().unwrap_or(0);
        assert!(count >= seeds / 20, "only {count} times `{what}` in {seeds} seeds");
    }
}

/// Seeds that once found something beyond the first few hundred.
#[test]
fn seeds_that_found_something_stay_in_the_run() {
    // A folder's sync failed after the rename of a healing push; the next push (3121), or the
    // first one after a restart (6988), took the copy that it saw for durable.
    for seed in [3121, 6988] {
        run(seed, None).unwrap();
    }
}

/// A seed is worth something only if it finds the same thing again.
#[test]
fn a_seed_repeats() {
    for seed in 0..20 {
        assert_eq!(run(seed, None), run(seed, None));
    }
}

/// How we know that the simulation bites: each sync, left out, must cost something.
fn bites(what: Sync) {
    let found = (0..SEEDS_TO_BITE).find_map(|seed| Some((seed, run(seed, Some(what)).err()?)));
    let (seed, lost) = found.unwrap_or_else(|| panic!("{what:?} can be skipped unnoticed"));
    println!("{what:?} skipped: seed {seed} finds: {lost}");
}

#[test]
fn without_the_sync_of_a_blob_something_is_lost() {
    bites(Sync::Blob);
}

#[test]
fn without_the_sync_of_a_blobs_folder_something_is_lost() {
    bites(Sync::BlobDir);
}

#[test]
fn without_the_sync_of_a_frame_something_is_lost() {
    bites(Sync::Journal);
}

#[test]
fn without_the_sync_of_a_segment_something_is_lost() {
    bites(Sync::Segment);
}

#[test]
fn without_the_sync_of_the_segments_folder_something_is_lost() {
    bites(Sync::SegmentDir);
}
