//! Equal bytes pushed while they are condemned and removed, in every seeded order of the steps.
//!
//! Each actor is cut into the steps between which others may run; the dice choose whose turn it
//! is. Whoever would wait for the digest's lock has no turn.

use std::sync::Arc;

use aktenlauf::{
    blob::{DigestLock, Staged},
    domain::dokument::{Ablage, Dokument},
};
use uuid::Uuid;

use super::house::{Clock, Condemned, Dice, House, disk, tables};

const BYTES: &[u8] = b"the same letter again and again";

/// Where an actor stands.
enum Actor {
    Push(Push),
    Delete,
    Remove(Option<DigestLock>),
}

#[derive(Default)]
struct Push {
    staged: Option<Staged>,
    lock: Option<DigestLock>,
    /// Published; true: relying on the stored copy.
    relied: Option<bool>,
}

struct Play {
    house: House,
    dice: Dice,
    locked: bool,
    /// Documents that were acknowledged and not deleted.
    docs: Vec<Uuid>,
    pushes: u64,
    removals: u64,
    collisions: u64,
    /// The mistake: a push that gives the lock back before its commit.
    careless: bool,
}

impl Play {
    fn new(seed: u64, careless: bool) -> Self {
        let house = House::open(&disk(seed), &tables(), &Clock::new(seed)).unwrap();
        let dice = Dice::new(seed);
        let (docs, locked) = (Vec::new(), false);
        Self { house, dice, locked, docs, pushes: 0, removals: 0, collisions: 0, careless }
    }

    fn run(mut self) -> Result<Self, String> {
        let push = || Actor::Push(Push::default());
        let mut actors = [push(), push(), push(), Actor::Delete, Actor::Remove(None)];
        for _ in 0..120 {
            let turn = usize::try_from(self.dice.below(actors.len() as u64)).unwrap();
            match &mut actors[turn] {
                Actor::Push(push) => self.push(push),
                Actor::Delete => self.delete(),
                Actor::Remove(lock) => self.remove(lock),
            }
            self.check(&actors)?;
        }
        Ok(self)
    }

    /// One step of a push: stage, lock and publish, commit and unlock.
    fn push(&mut self, push: &mut Push) {
        let Some(staged) = &push.staged else {
            push.staged = Some(self.house.stage(BYTES).unwrap());
            return;
        };
        let Some(relied) = push.relied else {
            if push.lock.is_none() {
                if self.locked {
                    return;
                }
                push.lock = Some(self.house.store.lock(staged.digest));
                self.locked = true;
            }
            let known = self.house.knows(staged.digest);
            let lock = push.lock.as_ref().unwrap();
            self.house.store.publish(staged, known.then(Ablage::default), lock).unwrap();
            push.relied = Some(known);
            if self.careless {
                self.unlock(&mut push.lock);
            }
            return;
        };
        let id = self.house.source.dice_id();
        match self.house.commit_push(id, staged, relied, 0).unwrap() {
            Ok(_) => {
                self.docs.push(id);
                self.pushes += 1;
                self.unlock(&mut push.lock);
                *push = Push::default();
            }
            Err(Condemned) => {
                self.collisions += 1;
                push.relied = None; // Publishes again, under the same lock.
            }
        }
    }

    fn unlock(&mut self, lock: &mut Option<DigestLock>) {
        if lock.take().is_some() {
            self.locked = false;
        }
    }

    fn delete(&mut self) {
        let Some(id) = self.dice.of(&self.docs).copied() else { return };
        let digest = self.digest();
        self.house.delete(id, digest).unwrap();
        self.docs.retain(|doc| *doc != id);
    }

    /// One step of a removal: lock, then check, remove, commit and unlock.
    fn remove(&mut self, lock: &mut Option<DigestLock>) {
        let digest = self.digest();
        match lock {
            None if self.locked => {}
            None => {
                *lock = Some(self.house.store.lock(digest));
                self.locked = true;
            }
            Some(held) => {
                if self.house.may_remove(digest) {
                    self.house.store.remove(digest, Ablage::default(), held).unwrap();
                    self.house.commit_removal(held).unwrap();
                    self.removals += 1;
                }
                self.unlock(lock);
            }
        }
    }

    fn digest(&self) -> aktenlauf::domain::digest::Digest {
        use sha2::Digest as _;
        aktenlauf::domain::digest::Digest(sha2::Sha256::digest(BYTES).into())
    }

    /// After every step: whoever was acknowledged and not deleted has his bytes.
    fn check(&self, _actors: &[Actor]) -> Result<(), String> {
        let view = self.house.ledger.view();
        for id in &self.docs {
            if view.get::<Dokument>(&id.to_string()).unwrap().is_none() {
                return Err(format!("document {id} is lost"));
            }
        }
        if !self.docs.is_empty() {
            if !self.house.knows(self.digest()) {
                return Err("bytes that are referred to are condemned".into());
            }
            match self.house.store.read(self.digest()) {
                Ok(bytes) if bytes == BYTES => {}
                other => return Err(format!("bytes that are referred to: {other:?}")),
            }
        }
        Ok(())
    }
}

impl Clock {
    fn dice_id(self: &Arc<Self>) -> Uuid {
        aktenlauf::domain::source::Source::id(&**self)
    }
}

#[test]
fn equal_bytes_pushed_while_they_are_deleted_are_there() {
    let seeds = super::number("TEST_SEEDS", 500).min(2000);
    let (mut pushes, mut removals, mut collisions) = (0, 0, 0);
    for seed in 0..seeds {
        let play = Play::new(seed, false).run().unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        pushes += play.pushes;
        removals += play.removals;
        collisions += play.collisions;
    }
    println!("{seeds} orders: {pushes} pushes, {removals} removals, {collisions} collisions");
    assert!(removals >= seeds / 4 && collisions >= seeds / 20);
}

/// Without the lock from `publish` to the commit a deletion gets in between.
#[test]
fn a_push_that_gives_its_lock_back_too_early_loses_its_bytes() {
    let lost = (0..300).find_map(|seed| Play::new(seed, true).run().err());
    println!("found: {}", lost.expect("the interleavings must find it"));
}
