//! What becomes due and when, for the Registratur: in the order of days, over all Akten that the
//! caller may read, and never a count of those that he may not.

use std::collections::HashSet;

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

use super::{
    actor::Registrar,
    akten_liste::Sammler,
    ansicht::{OeKurz, Seite},
    eingabe::Blatt,
    error::Error,
    merge::{Merge, Merged},
    persons::hat_rolle,
    sicht::Sicht,
};
use crate::domain::{
    access::{Rolle, Urteil, Verb},
    akte::{Akte, Zustand},
    aktenplan::Folge,
    frist::Lage,
    fristenstand::{Fristenstand, Termin},
    record::{Index, Kind, Parts},
};

/// Rechteklassen merged at most. There is no way around a merge here, so it is more than elsewhere;
/// beyond it an OE has to be named.
const KLASSEN_MAX: usize = 4_000;

/// Filters of the list of what is due.
#[derive(Clone, Debug, Default)]
pub struct FaelligFilter {
    /// Up to this day; none: today.
    pub bis: Option<NaiveDate>,
    /// Number of the plan unit.
    pub planeinheit: Option<String>,
    /// OE in charge: Kürzel or id.
    pub oe: Option<String>,
    /// Only days of this kind.
    pub art: Option<Termin>,
}

/// A day of an Akte on which something is due, or a person has to look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaelligAnsicht {
    /// What kind of day.
    pub art: Termin,
    /// The day.
    pub tag: NaiveDate,
    /// The Akte.
    pub akte_id: Uuid,
    /// Its number.
    pub aktenzeichen: String,
    /// Its subject.
    pub betreff: String,
    /// Its plan unit.
    pub planeinheit: String,
    /// The OE in charge.
    pub oe: OeKurz,
    /// Its state.
    pub zustand: Zustand,
    /// Its situation.
    pub lage: Lage,
    /// What is due.
    pub folge: Option<Folge>,
}

impl Registrar {
    /// Days up to `bis` of the Akten that the caller reads, the earliest first. An Akte may be in
    /// it several times: with what is due, and with the day by which a person has to decide.
    ///
    /// # Errors
    /// `nicht_erlaubt`, an unknown OE, `filter_fehlt` where too many rights would be merged.
    pub fn faellig(
        &self,
        filter: &FaelligFilter,
        blatt: &Blatt,
    ) -> Result<Seite<FaelligAnsicht>, Error> {
        let registry = &self.0.registry;
        let bis = filter.bis.unwrap_or_else(|| registry.now().datum());
        self.0.read(|s| {
            hat_rolle(s, &[Rolle::Registratur])?;
            let oe = match &filter.oe {
                Some(text) => Some(s.oe_finden("/oe", text)?.value.id),
                None => None,
            };
            let readable = registry.0.klassen.of(s)?;
            let wanted = readable.iter().filter(|class| oe.is_none_or(|oe| class.oe == oe));
            let classes: HashSet<u64> = wanted.map(|class| class.nummer).collect();
            if classes.is_empty() {
                return Ok(Seite { eintraege: vec![], weiter: None });
            }
            if classes.len() > KLASSEN_MAX {
                let text = "Ihre Rechte umfassen zu viele Arten von Akten. Nennen Sie mit oe \
                            eine Organisationseinheit.";
                return Err(Error::ungueltig("/oe", "filter_fehlt", text));
            }
            let prefixes = classes.iter().map(|class| Parts::new().number(*class)).collect();
            let list = (Index::FristFaellig, Kind::Fristenstand);
            let (after, chunk) = (blatt.nach.as_deref(), blatt.menge() + 1);
            let mut rows = Merge::new(s.view, list, prefixes, after, false, chunk)?;
            let mut page = Sammler::new(blatt);
            while let Some(Merged { place, key }) = rows.next()? {
                let Some((tag, art)) = Termin::lesen(&place) else { continue };
                if tag > bis || !page.offen() {
                    break;
                }
                let wanted = filter.art.is_none_or(|only| only == art);
                let shown = match wanted {
                    true => zeige(s, &classes, filter, (tag, art), &key)?,
                    false => None,
                };
                page.zeile(place, shown);
            }
            Ok(page.seite())
        })
    }
}

/// The day, if its Akte still has it, the caller reads it, and the filters let it through.
fn zeige(
    s: &Sicht<'_, '_>,
    classes: &HashSet<u64>,
    filter: &FaelligFilter,
    (tag, art): (NaiveDate, Termin),
    key: &str,
) -> Result<Option<FaelligAnsicht>, Error> {
    let Some(stand) = s.get::<Fristenstand>(key)? else { return Ok(None) };
    let Some(akte) = s.get::<Akte>(key)?.map(|akte| akte.value) else { return Ok(None) };
    let fristen = stand.value.fristen;
    let fits = classes.contains(&akte.rechteklasse)
        && art.tag(&fristen) == Some(tag)
        && filter.planeinheit.as_ref().is_none_or(|unit| *unit == akte.planeinheit);
    let rechte = s.klasse(akte.rechteklasse)?;
    let reads = || s.urteil(Verb::Lesen, &rechte, Some(akte.zustand), Some(&akte.planeinheit));
    if !fits || reads() != Urteil::Ja {
        return Ok(None);
    }
    Ok(Some(FaelligAnsicht {
        art,
        tag,
        akte_id: akte.id,
        aktenzeichen: akte.aktenzeichen,
        betreff: akte.betreff,
        planeinheit: akte.planeinheit,
        oe: s.oe_kurz(rechte.oe)?,
        zustand: akte.zustand,
        lage: fristen.lage,
        folge: fristen.folge,
    }))
}
