//! Tells those who wait how far the index is.

use std::{
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::watch;

/// How far the index is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct At {
    /// All entries up to here are found.
    pub seq: u64,
    /// Every object in the index is at least as new as this entry; see `search::Position`.
    pub fresh: u64,
}

/// The published position.
#[derive(Debug)]
pub(super) struct Indexed {
    at: Mutex<At>,
    moved: Condvar,
    watch: watch::Sender<u64>,
    waiting: Arc<AtomicUsize>,
}

impl Indexed {
    pub fn new(at: At) -> Self {
        Self {
            at: Mutex::new(at),
            moved: Condvar::new(),
            watch: watch::Sender::new(at.seq),
            waiting: Arc::default(),
        }
    }

    pub fn at(&self) -> At {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Never goes back: after a failure entries are indexed again that were found all along.
    pub fn publish(&self, new: At) {
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        *at = At { seq: at.seq.max(new.seq), fresh: at.fresh.max(new.fresh) };
        self.watch.send_replace(at.seq);
        drop(at);
        self.moved.notify_all();
    }

    /// True while somebody waits for a commit.
    pub fn awaited(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    pub fn waiter(&self) -> Waiter {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Waiter { watch: self.watch.subscribe(), waiting: Arc::clone(&self.waiting) }
    }

    pub fn wait(&self, seq: u64, timeout: Duration) -> bool {
        let _waiter = self.waiter();
        let at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, _) = self
            .moved
            .wait_timeout_while(at, timeout, |at| at.seq < seq)
            .unwrap_or_else(PoisonError::into_inner);
        at.seq >= seq
    }
}

/// Waits for the index without holding a thread. While there is one, the index commits sooner.
#[derive(Debug)]
pub struct Waiter {
    watch: watch::Receiver<u64>,
    waiting: Arc<AtomicUsize>,
}

impl Waiter {
    /// Returns once the index has moved since the last call (the first one: since the waiter was
    /// made), with where it is; none if it will not move any more.
    pub async fn moved(&mut self) -> Option<u64> {
        self.watch.changed().await.ok()?;
        Some(*self.watch.borrow_and_update())
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
