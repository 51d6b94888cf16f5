//! Moves the dates of all Akten on, day by day, and computes them anew when the plan has changed.
//!
//! What is to be done stands in the tables; here it is only asked for, a step at a time, and told.

use std::time::Duration;

use super::{patience::Patience, rest::Rest};
use crate::{
    domain::fristenstand::Laufstand,
    registry::{Fristenrunde, Fristenschritt, Jobs},
};

/// The first look comes this long after the start: a house that is started again and again must not
/// compute all the time.
const FIRST: Duration = Duration::from_secs(15 * 60);
/// How often it is looked then whether there is anything to do.
const LOOK: Duration = Duration::from_secs(60);
/// Between two steps, so that others get their turn.
const PAUSE: Duration = Duration::from_millis(1);

/// What was told last, so that it is told once.
#[derive(Debug, Default)]
struct Gesagt {
    steps: u64,
    waits: Option<Laufstand>,
}

impl Gesagt {
    /// How long to wait after a step.
    fn nach(&mut self, step: Fristenschritt) -> Duration {
        let waits = match step {
            Fristenschritt::Weiter => {
                self.steps += 1;
                return PAUSE;
            }
            Fristenschritt::Fertig => None,
            Fristenschritt::Wartet(why) => Some(why),
        };
        if self.steps > 0 {
            tracing::info!(steps = self.steps, "the dates of Akten are up to date");
        }
        if let Some(why) = waits.filter(|why| self.waits != Some(*why)) {
            tracing::warn!(?why, "the daily run over dates does nothing because of the clock");
        }
        *self = Self { steps: 0, waits };
        LOOK
    }
}

/// Works until it is over.
pub(super) fn run(jobs: &Jobs, rest: &Rest) {
    let (mut runde, mut gesagt) = (Fristenrunde::default(), Gesagt::default());
    let (mut patience, mut pause) = (Patience::of("dates of Akten"), FIRST);
    while !rest.pause(pause) {
        pause = match jobs.fristen_schritt(&mut runde) {
            Ok(step) => {
                patience.over();
                gesagt.nach(step)
            }
            Err(error) => patience.met(&error.into()),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::rig::Rig;

    /// Fails if a house without a plan, which has no Akten, is looked at all the time.
    #[test]
    fn a_house_without_a_plan_has_nothing_to_do() {
        let rig = Rig::new();
        let (jobs, mut runde) = (rig.registry.jobs(), Fristenrunde::default());
        let step = jobs.fristen_schritt(&mut runde).unwrap();
        assert_eq!(step, Fristenschritt::Fertig);
        let mut gesagt = Gesagt::default();
        assert_eq!(gesagt.nach(step), LOOK);
        assert_eq!(gesagt.nach(Fristenschritt::Weiter), PAUSE);
        assert_eq!((gesagt.nach(step), gesagt.steps), (LOOK, 0));
    }
}
