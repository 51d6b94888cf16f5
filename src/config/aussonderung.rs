//! `[aussonderung]`: what the city lays down about periods.

use serde::Deserialize;

use crate::domain::{aktenplan::LAENDER, fristenstand::Hausvorgaben};

/// Years of a period at most, so that every date stays within the calendar.
const JAHRE_MAX: u32 = 500;

/// What the city lays down about periods.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Aussonderung {
    /// Its Land, as in ISO 3166-2:DE, e.g. `NW`; none: rules of a Land hold nowhere.
    pub land: Option<String>,
    /// Months for which a closed Akte can be reopened; 0: not at all.
    pub transferfrist_monate: u32,
    /// Years after its last entry at which an Akte is reported for offering.
    pub melden_nach_jahren: u32,
    /// The same of a permanent one.
    pub melden_nach_jahren_dauernd: u32,
}

impl Default for Aussonderung {
    fn default() -> Self {
        let Hausvorgaben {
            land,
            transferfrist_monate,
            melden_nach_jahren,
            melden_nach_jahren_dauernd,
        } = Hausvorgaben::default();
        Self { land, transferfrist_monate, melden_nach_jahren, melden_nach_jahren_dauernd }
    }
}

impl Aussonderung {
    /// Names what can't work.
    pub(super) fn check(&self, must: &mut impl FnMut(bool, &str)) {
        let known = self.land.as_deref().is_none_or(|land| LAENDER.contains(&land));
        must(known, "aussonderung.land: a Land as in ISO 3166-2:DE, e.g. NW");
        must(self.transferfrist_monate <= 120, "aussonderung.transferfrist_monate: at most 120");
        for (years, name) in [
            (self.melden_nach_jahren, "aussonderung.melden_nach_jahren: 1 to 500"),
            (self.melden_nach_jahren_dauernd, "aussonderung.melden_nach_jahren_dauernd: 1 to 500"),
        ] {
            must((1..=JAHRE_MAX).contains(&years), name);
        }
    }

    /// For `registry`.
    pub(super) fn vorgaben(&self) -> Hausvorgaben {
        Hausvorgaben {
            land: self.land.clone(),
            transferfrist_monate: self.transferfrist_monate,
            melden_nach_jahren: self.melden_nach_jahren,
            melden_nach_jahren_dauernd: self.melden_nach_jahren_dauernd,
        }
    }
}
