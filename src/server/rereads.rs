//! After an upgrade, texts that older readers made, or found none, are read again.
//!
//! Nobody notes which: the records say by which readers they are. One pass a start, at the pace of
//! the workers, behind everything that came today. Until its turn a text is found as it was.

use std::time::Duration;

use super::{
    patience::{Hindrance, Patience},
    rest::Rest,
};
use crate::{domain::digest::Digest, registry::Jobs};

/// Records looked at at once.
const PAGE: usize = 500;
/// With so many texts that wait, no more are opened.
const WAITING_MAX: usize = 200;
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);
/// While the workers have enough to do.
const LONG_PAUSE: Duration = Duration::from_secs(2);

/// How far the pass is.
#[derive(Debug, Default)]
struct Pass {
    after: Option<Digest>,
    /// Found outdated, not yet opened.
    old: Vec<Digest>,
    opened: u64,
    done: bool,
}

/// Goes through all texts once.
pub(super) fn run(jobs: &Jobs, rest: &Rest) {
    let (mut pass, mut patience) = (Pass::default(), Patience::of("texts of older readers"));
    let mut pause = PAUSE;
    while !rest.pause(pause) {
        pause = match pass.step(jobs) {
            Ok(pause) => {
                patience.over();
                pause
            }
            Err(hindrance) => patience.met(&hindrance),
        };
        if pass.done {
            if pass.opened > 0 {
                tracing::info!(texts = pass.opened, "texts of older readers are read again");
            }
            return;
        }
    }
}

impl Pass {
    /// Opens what was found, or looks for more. Says how long to wait then.
    fn step(&mut self, jobs: &Jobs) -> Result<Duration, Hindrance> {
        if self.old.is_empty() {
            let (old, last) = jobs.veraltete_texte(self.after, PAGE)?;
            self.done = last.is_none();
            (self.old, self.after) = (old, last);
            return Ok(PAUSE);
        }
        let mut waiting = jobs.offene_texte(WAITING_MAX)?.len();
        while waiting < WAITING_MAX
            && let Some(digest) = self.old.last()
        {
            jobs.text_neu_lesen(*digest)?;
            self.old.pop();
            self.opened += 1;
            waiting += 1;
        }
        Ok(if self.old.is_empty() { PAUSE } else { LONG_PAUSE })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{registry::Lesung, server::rig::Rig};

    /// Fails if a text of older readers stays as it is, or one of this version is read again.
    #[test]
    fn what_older_readers_made_is_opened_once() {
        let rig = Rig::new();
        let jobs = rig.registry.jobs();
        let old: Vec<Digest> = (0..300).map(|n| rig.old_text(&format!("alt {n}"))).collect();
        let new = rig.blob(b"neu");
        assert!(jobs.text_bereit(new, Lesung::default()).unwrap());
        let mut pass = Pass::default();
        assert_eq!(pass.step(&jobs).unwrap(), PAUSE);
        assert_eq!((pass.old.len(), pass.step(&jobs).unwrap()), (300, LONG_PAUSE));
        assert_eq!(jobs.offene_texte(1000).unwrap().len(), WAITING_MAX);
        assert_eq!(pass.step(&jobs).unwrap(), LONG_PAUSE, "no more are opened while they wait");
        for open in jobs.offene_texte(1000).unwrap() {
            assert!(jobs.text_bereit(open.sha256, Lesung::default()).unwrap());
        }
        while !pass.done {
            pass.step(&jobs).unwrap();
        }
        assert_eq!((pass.opened, jobs.offene_texte(1000).unwrap().len()), (300, 100));
        assert!(!jobs.text_wartet(new).unwrap());
        for open in jobs.offene_texte(1000).unwrap() {
            assert!(old.contains(&open.sha256));
            assert!(jobs.text_bereit(open.sha256, Lesung::default()).unwrap());
        }
        let mut again = Pass::default();
        while !again.done {
            again.step(&jobs).unwrap();
        }
        assert_eq!((again.opened, jobs.offene_texte(1).unwrap().len()), (0, 0));
    }
}
