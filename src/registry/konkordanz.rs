//! What became of the numbers of the plan, from version to version, and what they are today.

use std::collections::BTreeSet;

use super::{Error, actor::Member, ansicht::KonkordanzAnsicht};
use crate::{
    domain::{
        aktenplan::{Planeinheit, vergleich::Konkordanz},
        aktenzeichen::normal,
        record::{Index, Parts},
    },
    ledger::View,
};

/// Lines that one walk reads, at most.
const ZEILEN_MAX: usize = 1000;

/// Successors that a refusal names.
const GENANNT_MAX: usize = 5;

impl Member {
    /// What led to a number and what it led to, and the units that are in force for it today.
    ///
    /// # Errors
    /// `nicht_gefunden` for a number that no version of the plan knew.
    pub fn konkordanz(&self, nummer: &str) -> Result<KonkordanzAnsicht, Error> {
        self.0.read(|s| {
            let nachfolger = zeilen(s.view, Index::KonkordanzAlt, nummer, ZEILEN_MAX)?;
            let vorgaenger = zeilen(s.view, Index::KonkordanzNeu, nummer, ZEILEN_MAX)?;
            if nachfolger.is_empty()
                && vorgaenger.is_empty()
                && s.get::<Planeinheit>(nummer)?.is_none()
            {
                return Err(Error::nicht_gefunden());
            }
            let heute = heute(s.view, nummer)?.into_iter().map(|unit| unit.nummer).collect();
            Ok(KonkordanzAnsicht { nummer: nummer.into(), nachfolger, vorgaenger, heute })
        })
    }
}

/// The units in force to which a number leads, step by step, in the order of their numbers;
/// itself, if it is in force. Each number is looked at once.
pub(super) fn heute(view: &View<'_>, nummer: &str) -> Result<Vec<Planeinheit>, Error> {
    let mut seen = BTreeSet::from([normal(nummer)]);
    let mut open = vec![nummer.to_owned()];
    let mut alive = Vec::new();
    let mut left = ZEILEN_MAX;
    while let Some(number) = open.pop() {
        let unit = view.get::<Planeinheit>(&number)?.map(|unit| unit.value);
        alive.extend(unit.filter(|unit| !unit.stillgelegt));
        let steps = zeilen(view, Index::KonkordanzAlt, &number, left)?;
        left = left.saturating_sub(steps.len());
        let next = steps.into_iter().map(|step| step.neu);
        open.extend(next.filter(|next| seen.insert(normal(next))));
    }
    alive.sort_by(|a, b| a.ordnung.cmp(&b.ordnung));
    Ok(alive)
}

/// The refusal to open an Akte in a unit that is shut down: it says where else.
pub(super) fn stillgelegt(view: &View<'_>, nummer: &str) -> Result<Error, Error> {
    let found = heute(view, nummer)?;
    let named = |unit: &Planeinheit| format!("{} ({})", unit.nummer, unit.bezeichnung);
    let names: Vec<String> = found.iter().take(GENANNT_MAX).map(named).collect();
    let more = if found.len() > names.len() { " und weitere" } else { "" };
    let instead = match names.as_slice() {
        [] => String::new(),
        [one] => format!(" Nachfolger ist {one}."),
        _ => format!(" Nachfolger sind {}{more}.", names.join(", ")),
    };
    let text = format!("„{nummer}“ ist stillgelegt und nimmt keine neuen Akten auf.{instead}");
    Ok(Error::ungueltig("/planeinheit", "planeinheit_stillgelegt", text))
}

/// The lines that begin (or end) with a number, at most `limit`.
fn zeilen(
    view: &View<'_>,
    index: Index,
    nummer: &str,
    limit: usize,
) -> Result<Vec<Konkordanz>, Error> {
    let prefix = Parts::new().text(&normal(nummer));
    let mut found = Vec::new();
    for row in view.scan(index, &prefix, None, false, limit)? {
        found.extend(view.get::<Konkordanz>(&row.key)?.map(|step| step.value));
    }
    Ok(found)
}
