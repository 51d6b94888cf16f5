//! Many pushes at once, so that groups are shared and cut in the middle. The order of threads is
//! not seeded, so a failing seed need not fail again; the seeded runs are the ones of `world`.

use std::thread;

use aktenlauf::{domain::digest::Digest, ledger::Position};
use uuid::Uuid;

use super::{
    house::{Dice, Failed, House},
    world::{Doc, World},
};

/// What one thread was told: the document, its content, and the answer.
type Told = Vec<(Uuid, u64, Result<Position, Failed>)>;

impl World {
    /// Eight clients push until the power goes.
    fn crowd(&mut self) -> Result<(), String> {
        let house = self.start()?;
        self.disk.off_after(self.dice.below(3_000));
        let seeds: Vec<u64> = (0..8).map(|_| self.dice.throw()).collect();
        let told: Vec<Told> = thread::scope(|scope| {
            let run = |seed| self.client(&house, seed);
            let threads: Vec<_> =
                seeds.into_iter().map(|seed| scope.spawn(move || run(seed))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        drop(house);
        for (id, content, answer) in told.into_iter().flatten() {
            match answer {
                Ok(position) => {
                    self.count("push");
                    let digest = self.digest(content);
                    self.receipts.push(position);
                    self.docs.insert(id, Doc { content, digest, seq: position.seq });
                }
                Err(Failed::Unknown) => {
                    self.doubtful.insert(id, Some(content));
                }
                Err(Failed::Later | Failed::Ended) => {}
            }
        }
        self.cut();
        Ok(())
    }

    fn client(&self, house: &House, seed: u64) -> Told {
        let (dice, mut told) = (Dice::new(seed), Told::new());
        for _ in 0..12 {
            let (id, content) = (Uuid::from_u128(u128::from(dice.throw())), dice.below(10));
            let answer = house.push(id, self.content(content), 300);
            let ended = answer.is_err();
            told.push((id, content, answer));
            if ended {
                break;
            }
        }
        told
    }

    fn digest(&self, content: u64) -> Digest {
        use sha2::Digest as _;
        Digest(sha2::Sha256::digest(self.content(content)).into())
    }
}

#[test]
fn of_many_pushes_at_once_none_that_was_acknowledged_is_lost() {
    let seeds = super::number("TEST_SEEDS", 500) / 10;
    let mut pushes = 0;
    for seed in 0..seeds {
        let mut world = World::new(seed, None);
        for _ in 0..3 {
            world.crowd().unwrap_or_else(|what| panic!("seed {seed}: {what}"));
        }
        world.start().unwrap_or_else(|what| panic!("seed {seed}: {what}"));
        pushes += world.counts.get("push").copied().unwrap_or(0);
    }
    println!("{seeds} crowds: {pushes} acknowledged pushes");
    assert!(pushes > seeds * 20, "{pushes}");
}
