//! Lists of Akten. No list reads more than a page needs: the index is chosen by the filters, and
//! what is filtered afterwards is bounded, so that a page may be short while there are more.
//!
//! Without `geaendert_seit` the last changed Akte comes first, and one that is changed while a
//! caller pages moves before his place: he may miss it. With `geaendert_seit` the order is oldest
//! change first, and a change moves the Akte behind his place: he sees it again and misses none.

use std::collections::HashSet;

use uuid::Uuid;

use super::{
    actor::Reader,
    ansicht::{AkteAnsicht, Seite},
    eingabe::{AktenFilter, Blatt},
    error::Error,
    merge::{LISTS_MAX, Merge, Merged},
    sicht::Sicht,
};
use crate::{
    domain::{
        access::{Urteil, Verb, Wer},
        akte::Akte,
        aktenzeichen::normal,
        organisation::Schluessel,
        record::{Index, Kind, Parts},
    },
    ledger::{Stored, View},
};

/// Rows that one page looks at at most, whatever the filters let through.
pub(super) const ROWS_MAX: usize = 1000;
/// Keys whose `fremd_id` are looked through for a person.
const QUELLEN_MAX: usize = 500;

/// Collects a page: so many entries, from so many rows at most.
///
/// Whether there is a next page is a matter of rows that the caller may see: behind a full page
/// it is looked on for one of them, and the place of the next page is that of the last entry.
/// What remains: where `ROWS_MAX` rows were looked at and not all were shown, the page names a
/// next one although it may be empty; and if none was shown, its place is that of a hidden row,
/// because the caller would not get on otherwise.
pub(super) struct Sammler<T> {
    limit: usize,
    rows: usize,
    eintraege: Vec<T>,
    /// Place of the last entry.
    shown: Option<Vec<u8>>,
    /// Place of the last row that was not shown.
    hidden: Option<Vec<u8>>,
    more: bool,
}

impl<T> Sammler<T> {
    pub(super) fn new(blatt: &Blatt) -> Self {
        let limit = blatt.menge();
        let (eintraege, shown, hidden) = (Vec::new(), None, None);
        Self { limit, rows: 0, eintraege, shown, hidden, more: false }
    }

    /// True if another row, which there is, is to be looked at.
    pub(super) fn offen(&mut self) -> bool {
        self.more |= self.rows >= ROWS_MAX;
        !self.more
    }

    /// A row was looked at; `eintrag` if it may be shown. Behind a full page it only tells that
    /// there is a next one.
    pub(super) fn zeile(&mut self, place: Vec<u8>, eintrag: Option<T>) {
        self.rows += 1;
        match eintrag {
            Some(_) if self.eintraege.len() >= self.limit => self.more = true,
            Some(eintrag) => {
                self.eintraege.push(eintrag);
                self.shown = Some(place);
            }
            None => self.hidden = Some(place),
        }
    }

    /// Enough was looked at: the page ends here, with more behind it.
    pub(super) const fn genug(&mut self) {
        self.more = true;
    }

    /// The page.
    pub(super) fn seite(self) -> Seite<T> {
        let weiter = if self.more { self.shown.or(self.hidden) } else { None };
        Seite { eintraege: self.eintraege, weiter }
    }
}

/// Goes through the rows of one prefix, `show` saying what becomes of each.
pub(super) fn durch<T>(
    view: &View<'_>,
    (index, kind): (Index, Kind),
    prefix: &Parts,
    blatt: &Blatt,
    mut show: impl FnMut(&str) -> Result<Option<T>, Error>,
) -> Result<Seite<T>, Error> {
    let mut page = Sammler::new(blatt);
    let chunk = blatt.menge() + 1;
    let mut after = blatt.nach.clone();
    'rows: loop {
        let rows = view.scan(index, prefix, after.as_deref(), false, chunk)?;
        let full = rows.len() == chunk;
        view.expect(kind, rows.iter().map(|row| row.key.as_str()))?;
        for row in rows {
            if !page.offen() {
                break 'rows;
            }
            let shown = show(&row.key)?;
            after = Some(row.place.clone());
            page.zeile(row.place, shown);
        }
        if !full {
            break;
        }
    }
    Ok(page.seite())
}

/// Filters as resolved.
struct Wahl<'a> {
    filter: &'a AktenFilter,
    oe: Option<Uuid>,
}

impl Wahl<'_> {
    /// The Akte, if the caller reads it and the filters let it through.
    fn zeige(&self, s: &Sicht<'_, '_>, akte: Stored<Akte>) -> Result<Option<AkteAnsicht>, Error> {
        let a = &akte.value;
        let rechte = s.klasse(a.rechteklasse)?;
        let f = self.filter;
        let fits = f.zustand.is_none_or(|z| z == a.zustand)
            && self.oe.is_none_or(|oe| oe == rechte.oe)
            && f.geaendert_seit.is_none_or(|t| a.geaendert >= t)
            && f.planeinheit.as_ref().is_none_or(|p| *p == a.planeinheit)
            && f.aktenzeichen.as_ref().is_none_or(|z| normal(z) == normal(&a.aktenzeichen))
            && f.fremd_id.as_ref().is_none_or(|id| Some(id) == a.fremd_id.as_ref());
        let reads = || s.urteil(Verb::Lesen, &rechte, Some(a.zustand), Some(&a.planeinheit));
        if fits && reads() == Urteil::Ja { s.akte_ansicht(akte).map(Some) } else { Ok(None) }
    }

    fn by_key(&self, s: &Sicht<'_, '_>, key: &str) -> Result<Option<AkteAnsicht>, Error> {
        match s.get::<Akte>(key)? {
            Some(akte) => self.zeige(s, akte),
            None => Ok(None),
        }
    }
}

impl Reader {
    /// Akten that the caller reads. See the module for order and paging.
    ///
    /// # Errors
    /// An unknown OE, or as the ledger says.
    pub fn akten(&self, filter: &AktenFilter, blatt: &Blatt) -> Result<Seite<AkteAnsicht>, Error> {
        self.0.read(|s| {
            let oe = match &filter.oe {
                Some(text) => Some(s.oe_finden("/oe", text)?.value.id),
                None => None,
            };
            let wahl = Wahl { filter, oe };
            if let Some(text) = &filter.aktenzeichen {
                let prefix = Parts::new().text(&normal(text));
                return durch(s.view, (Index::AkteZeichen, Kind::Akte), &prefix, blatt, |k| {
                    wahl.by_key(s, k)
                });
            }
            if let Some(fremd) = &filter.fremd_id {
                return self.by_fremd_id(s, &wahl, fremd);
            }
            if let Some(unit) = &filter.planeinheit {
                let prefix = Parts::new().text(unit);
                return durch(s.view, (Index::AktePlan, Kind::Akte), &prefix, blatt, |k| {
                    wahl.by_key(s, k)
                });
            }
            self.by_class(s, &wahl, blatt)
        })
    }

    /// A `fremd_id` is no unique name but a filter: two machines may use the same one, and one
    /// machine may use it twice. One page holds them all, up to the usual bound.
    fn by_fremd_id(
        &self,
        s: &Sicht<'_, '_>,
        wahl: &Wahl<'_>,
        fremd: &str,
    ) -> Result<Seite<AkteAnsicht>, Error> {
        let mut eintraege = Vec::new();
        for quelle in quellen(s)? {
            let prefix = Parts::new().id(quelle).text(fremd);
            for row in s.view.scan(Index::AkteFremd, &prefix, None, false, 50)? {
                eintraege.extend(wahl.by_key(s, &row.key)?);
            }
        }
        Ok(Seite { eintraege, weiter: None })
    }

    /// By the classes that the caller reads: merged while they are few, else through all Akten in
    /// the order of change, a bounded stretch a page.
    fn by_class(
        &self,
        s: &Sicht<'_, '_>,
        wahl: &Wahl<'_>,
        blatt: &Blatt,
    ) -> Result<Seite<AkteAnsicht>, Error> {
        let readable = self.0.registry.0.klassen.of(s)?;
        let wanted = readable.iter().filter(|klasse| wahl.oe.is_none_or(|oe| klasse.oe == oe));
        let classes: Vec<u64> = wanted.map(|klasse| klasse.nummer).collect();
        let since = wahl.filter.geaendert_seit;
        // Behind all rows of an earlier instant: an instant is followed by an id.
        let start = since.map(|t| Parts::new().time(t.plus_ms(-1)).bytes(&[0xff; 17]).0);
        let after = blatt.nach.clone().or(start);
        let merged = classes.len() <= LISTS_MAX;
        let (index, prefixes) = if merged {
            let prefix = |class: &u64| Parts::new().number(*class);
            (Index::AkteKlasse, classes.iter().map(prefix).collect())
        } else {
            (Index::AkteGeaendert, vec![Parts::new()])
        };
        if prefixes.is_empty() {
            return Ok(Seite { eintraege: vec![], weiter: None });
        }
        let classes: HashSet<u64> = classes.into_iter().collect();
        let (reverse, wanted) = (since.is_none(), blatt.menge() + 1);
        let mut rows =
            Merge::new(s.view, (index, Kind::Akte), prefixes, after.as_deref(), reverse, wanted)?;
        let mut page = Sammler::new(blatt);
        while let Some(Merged { place, key }) = rows.next()? {
            if !page.offen() {
                break;
            }
            let akte = s.get::<Akte>(&key)?;
            let akte = akte.filter(|a| classes.contains(&a.value.rechteklasse));
            let shown = match akte {
                Some(akte) => wahl.zeige(s, akte)?,
                None => None,
            };
            page.zeile(place, shown);
        }
        Ok(page.seite())
    }
}

/// The sources whose `fremd_id` the caller may look through: a machine its own, a person all.
pub(super) fn quellen(s: &Sicht<'_, '_>) -> Result<Vec<Uuid>, Error> {
    match &s.wer {
        Wer::Maschine(key) => Ok(vec![key.id]),
        Wer::Person { id, .. } => {
            let keys = s.view.kind::<Schluessel>(None, QUELLEN_MAX)?;
            Ok(keys.into_iter().map(|k| k.value.id).chain([*id]).collect())
        }
    }
}
