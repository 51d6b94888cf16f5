//! `[aussonderung]`: the bounds of what the city lays down about periods.

use crate::domain::{aktenplan::LAENDER, fristenstand::Hausvorgaben};

/// Years of a period at most, so that every date stays within the calendar.
const JAHRE_MAX: u32 = 500;

/// Names what can't work.
pub(super) fn check(given: &Hausvorgaben, must: &mut impl FnMut(bool, &str)) {
    let known = given.land.as_deref().is_none_or(|land| LAENDER.contains(&land));
    must(known, "aussonderung.land: a Land as in ISO 3166-2:DE, e.g. NW");
    must(given.transferfrist_monate <= 120, "aussonderung.transferfrist_monate: at most 120");
    for (years, name) in [
        (given.melden_nach_jahren, "aussonderung.melden_nach_jahren: 1 to 500"),
        (given.melden_nach_jahren_dauernd, "aussonderung.melden_nach_jahren_dauernd: 1 to 500"),
    ] {
        must((1..=JAHRE_MAX).contains(&years), name);
    }
}
