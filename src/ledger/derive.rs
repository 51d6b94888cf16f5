//! Secondary keys: from a record's stored state to the index rows it is listed under.
//!
//! One pure function by kind. Whatever changes its result must raise
//! `domain::record::INDEX_VERSION`, or old tables would keep rows that nobody removes.

use crate::domain::{
    akte::{Akte, Vorgang},
    aktenplan::{
        Aktenplan, Planeinheit,
        fachsicht::Fachsicht,
        vergleich::{Konkordanz, Planteil},
    },
    dokument::{Blob, Dokument, Rueckmeldung, Textstand},
    fristenstand::{Fristenlauf, Fristenstand},
    organisation::{Mandant, Oe, Person, Schluessel, Zugang},
    record::{Index, Keys, Kind, Record},
    sperre::Sperre,
    verwaltung::{Anfrage, Antrag, Loeschung, Rechteklasse, Zaehler},
};

/// What a state says of itself.
#[derive(Debug)]
pub(super) struct Derived {
    /// The record's own key.
    pub key: String,
    /// Index and parts, sorted, without doubles.
    pub rows: Vec<(Index, Vec<u8>)>,
}

/// Reads a state of any known form.
///
/// # Errors
/// If the JSON is no such record, or of a form that a newer version wrote.
pub(super) fn derive(kind: Kind, form: u16, json: &str) -> Result<Derived, String> {
    match kind {
        Kind::Mandant => one::<Mandant>(form, json),
        Kind::Oe => one::<Oe>(form, json),
        Kind::Person => one::<Person>(form, json),
        Kind::Zugang => one::<Zugang>(form, json),
        Kind::Schluessel => one::<Schluessel>(form, json),
        Kind::Aktenplan => one::<Aktenplan>(form, json),
        Kind::Planeinheit => one::<Planeinheit>(form, json),
        Kind::Akte => one::<Akte>(form, json),
        Kind::Vorgang => one::<Vorgang>(form, json),
        Kind::Dokument => one::<Dokument>(form, json),
        Kind::Rechteklasse => one::<Rechteklasse>(form, json),
        Kind::Blob => one::<Blob>(form, json),
        Kind::Textstand => one::<Textstand>(form, json),
        Kind::Anfrage => one::<Anfrage>(form, json),
        Kind::Antrag => one::<Antrag>(form, json),
        Kind::Zaehler => one::<Zaehler>(form, json),
        Kind::Loeschung => one::<Loeschung>(form, json),
        Kind::Planteil => one::<Planteil>(form, json),
        Kind::Konkordanz => one::<Konkordanz>(form, json),
        Kind::Fachsicht => one::<Fachsicht>(form, json),
        Kind::Rueckmeldung => one::<Rueckmeldung>(form, json),
        Kind::Fristenstand => one::<Fristenstand>(form, json),
        Kind::Fristenlauf => one::<Fristenlauf>(form, json),
        Kind::Sperre => one::<Sperre>(form, json),
    }
}

fn one<R: Record>(form: u16, json: &str) -> Result<Derived, String> {
    let record = R::upgrade(form, json)?;
    let mut keys = Keys::default();
    record.index(&mut keys);
    let Keys(mut rows) = keys;
    rows.sort_unstable();
    rows.dedup();
    Ok(Derived { key: record.key(), rows })
}
