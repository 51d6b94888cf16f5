//! What holds say of one Akte: their days for its dates, and the refusal of what they forbid.
//!
//! Asked in the decision, so that a hold set a moment ago counts. The refusal names days, never
//! the reason of a hold.

use chrono::NaiveDate;
use uuid::Uuid;

use super::error::Error;
use crate::{
    domain::{
        dokument::Ort,
        frist::Sperre as Zeitraum,
        record::{Index, Kind, Parts},
        sperre::{Gesperrt, Sperre, gesperrt},
    },
    ledger::View,
};

/// Rows fetched at once.
const CHUNK: usize = 100;

/// The holds on an Akte that were not released; also those that are over, because a due day that
/// they moved stays where it is.
pub(super) fn sperren(view: &View<'_>, akte: Uuid) -> Result<Vec<Sperre>, Error> {
    let prefix = Parts::new().id(akte);
    let (mut found, mut after): (Vec<Sperre>, Option<Vec<u8>>) = (vec![], None);
    loop {
        let rows = view.scan(Index::SperreAkte, &prefix, after.as_deref(), false, CHUNK)?;
        view.expect(Kind::Sperre, rows.iter().map(|row| row.key.as_str()))?;
        for row in &rows {
            found.extend(view.get::<Sperre>(&row.key)?.map(|hold| hold.value));
        }
        match rows.last() {
            Some(last) if rows.len() == CHUNK => after = Some(last.place.clone()),
            _ => return Ok(found),
        }
    }
}

/// The days of the same.
pub(super) fn zeitraeume(view: &View<'_>, akte: Uuid) -> Result<Vec<Zeitraum>, Error> {
    Ok(sperren(view, akte)?.iter().map(Sperre::zeitraum).collect())
}

/// Refuses what a hold on the Akte forbids: to strike out, to take away.
pub(super) fn frei(view: &View<'_>, ort: &Ort, heute: NaiveDate) -> Result<(), Error> {
    let Some(akte) = ort.akte() else { return Ok(()) };
    match gesperrt(&zeitraeume(view, akte)?, heute) {
        None => Ok(()),
        Some(held) => Err(verweigert(Some(held))),
    }
}

/// The refusal; `held` none: where only is known that a hold is in force.
pub(super) fn verweigert(held: Option<Gesperrt>) -> Error {
    let until = match held {
        Some(Gesperrt::Bis(day)) => format!("bis zum {day} gesperrt"),
        Some(Gesperrt::OhneEnde) => "ohne Ende gesperrt".to_owned(),
        None => "gesperrt".to_owned(),
    };
    let text = format!(
        "Die Akte ist {until}: Nichts darin wird storniert, abgegeben oder gelöscht, von \
         niemandem. Eine Sperre hebt die Registratur mit einer zweiten Person auf."
    );
    Error::zustand("gesperrt", text)
}
