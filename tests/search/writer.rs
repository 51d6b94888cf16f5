//! What a writer that begins anew does to what it finds.

use std::{thread, time::Duration};

use aktenlauf::search::Index;
use tempfile::TempDir;

use super::{Dice, HEAP, at, doc, finds, id, index};

/// The engine numbers the first operation of a new writer like the last commit. If that is a
/// deletion, a merge that begins before the next commit can lose it, and an old version of a
/// document (with its old rights) stays found for ever.
#[test]
fn the_first_put_of_a_new_writer_replaces_like_any_other() {
    let mut dice = Dice(2);
    // Long enough that the merge which the last commit begins is not over when the process ends.
    let long: Vec<String> = (0..3_000).map(|_| format!("w{}", dice.below(40_000))).collect();
    let long = long.join(" ");
    for round in 0..5 {
        let dir = TempDir::new().unwrap();
        let first = index(dir.path(), &(0..12).map(|n| doc(n, "a", &long)).collect::<Vec<_>>());
        for part in 1..8 {
            (0..10).for_each(|n| first.put(&doc(100 * part + n, "b", &long)).unwrap());
            if part == 7 {
                // The eighth segment begins a merge; a deletion comes with the same commit, in a
                // segment that is not the first of the merge.
                first.remove(id(105)).unwrap();
            }
            first.commit(at(part)).unwrap();
        }
        drop(first);
        let again = Index::open(dir.path(), HEAP).unwrap();
        again.put(&doc(100, "neu", "")).unwrap();
        again.commit(at(9)).unwrap();
        for _ in 0..40 {
            again.settle().unwrap();
            assert_eq!((finds(&again, ""), finds(&again, "neu")), (81, 1), "round {round}");
            thread::sleep(Duration::from_millis(10));
        }
    }
}
