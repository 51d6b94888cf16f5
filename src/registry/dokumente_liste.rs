//! Lists of documents: of an Akte or Vorgang, by digest, by foreign number, and the Posteingang.
//! They come in the order of arrival (ids are time-ordered); one that arrives while a caller pages
//! comes behind his place.

use uuid::Uuid;

use super::{
    actor::Reader,
    akten_liste::{Sammler, durch, quellen},
    ansicht::{DokumentAnsicht, Seite},
    eingabe::{Blatt, DokumenteFilter, PosteingangFilter},
    error::Error,
    klassen,
    merge::{LISTS_MAX, Merge, Merged},
    sicht::Sicht,
};
use crate::domain::{
    access::{Rolle, Urteil, Verb, Wer},
    dokument::Dokument,
    organisation::Oe,
    record::{Index, Parts},
    zeit::Zeitpunkt,
};

/// The document, if the caller reads it and it was changed since.
fn zeige(
    s: &Sicht<'_, '_>,
    key: &str,
    seit: Option<Zeitpunkt>,
    fits: impl Fn(&Dokument) -> bool,
) -> Result<Option<DokumentAnsicht>, Error> {
    let Some(found) = s.get::<Dokument>(key)? else { return Ok(None) };
    let fits = fits(&found.value) && seit.is_none_or(|t| found.value.geaendert >= t);
    if fits && s.dokument_urteil(&found.value, Verb::Lesen)? == Urteil::Ja {
        return s.dokument_ansicht(found).map(Some);
    }
    Ok(None)
}

impl Reader {
    /// Documents that the caller reads. One of `vorgang_id`, `akte_id`, `sha256`, `fremd_id` must
    /// be named; the others narrow.
    ///
    /// # Errors
    /// `nicht_gefunden` for an Akte or Vorgang, `filter_fehlt`, or as the ledger says.
    pub fn dokumente(
        &self,
        filter: &DokumenteFilter,
        blatt: &Blatt,
    ) -> Result<Seite<DokumentAnsicht>, Error> {
        self.0.read(|s| {
            let fits = |d: &Dokument| {
                let files = || d.fassungen.iter().flat_map(|f| &f.formate);
                filter.akte_id.is_none_or(|id| d.ort.akte() == Some(id))
                    && filter.sha256.is_none_or(|digest| files().any(|p| p.sha256 == digest))
                    && filter.fremd_id.as_ref().is_none_or(|id| Some(id) == d.fremd_id.as_ref())
            };
            let seit = filter.geaendert_seit;
            if let Some(fremd) = &filter.fremd_id {
                return by_fremd_id(s, fremd, seit, fits);
            }
            let (index, prefix) = if let Some(digest) = filter.sha256 {
                (Index::DokumentBlob, Parts::new().bytes(&digest.0))
            } else if let Some(id) = filter.vorgang_id {
                s.vorgang(id, Verb::Lesen)?;
                (Index::DokumentVorgang, Parts::new().id(id))
            } else if let Some(id) = filter.akte_id {
                s.akte(id, Verb::Lesen)?;
                (Index::DokumentAkte, Parts::new().id(id))
            } else {
                let text = "Nennen Sie vorgang_id, akte_id, sha256 oder fremd_id.";
                return Err(Error::ungueltig("", "filter_fehlt", text));
            };
            durch(s.view, index, &prefix, blatt, |key| zeige(s, key, seit, fits))
        })
    }

    /// What waits in the Posteingang of the caller's OE, in the order of arrival.
    ///
    /// # Errors
    /// An unknown OE, or as the ledger says.
    pub fn posteingang(
        &self,
        filter: &PosteingangFilter,
        blatt: &Blatt,
    ) -> Result<Seite<DokumentAnsicht>, Error> {
        self.0.read(|s| {
            let all = match &filter.oe {
                Some(text) => vec![s.oe_finden("/oe", text)?.value.id],
                None => eigene(s)?,
            };
            let mut prefixes = Vec::new();
            for oe in all {
                let rechte = klassen::posteingang(oe);
                if s.urteil(Verb::Lesen, &rechte, None, None) == Urteil::Ja {
                    let class = klassen::finden(s.view, &rechte)?;
                    prefixes.extend(class.map(|c| Parts::new().number(c)));
                }
            }
            if prefixes.is_empty() {
                return Ok(Seite { eintraege: vec![], weiter: None });
            }
            let (after, wanted) = (blatt.nach.as_deref(), blatt.menge() + 1);
            let mut rows = Merge::new(s.view, Index::Posteingang, prefixes, after, false, wanted)?;
            let mut page = Sammler::new(blatt);
            while let Some(Merged { place, key }) = rows.next()? {
                if !page.offen() {
                    break;
                }
                let shown = zeige(s, &key, filter.geaendert_seit, |_| true)?;
                page.zeile(place, shown);
            }
            Ok(page.seite())
        })
    }
}

/// A `fremd_id` is a filter, not unique; one page holds all that have it, up to the usual bound.
fn by_fremd_id(
    s: &Sicht<'_, '_>,
    fremd: &str,
    seit: Option<Zeitpunkt>,
    fits: impl Fn(&Dokument) -> bool,
) -> Result<Seite<DokumentAnsicht>, Error> {
    let mut eintraege = Vec::new();
    for quelle in quellen(s)? {
        let prefix = Parts::new().id(quelle).text(fremd);
        for row in s.view.scan(Index::DokumentFremd, &prefix, None, false, 50)? {
            eintraege.extend(zeige(s, &row.key, seit, &fits)?);
        }
    }
    Ok(Seite { eintraege, weiter: None })
}

/// The OE whose Posteingang the caller may read; with a role of the whole house all of them.
fn eigene(s: &Sicht<'_, '_>) -> Result<Vec<Uuid>, Error> {
    let mut own: Vec<Uuid> = match &s.wer {
        Wer::Maschine(key) => key.oe.clone(),
        Wer::Person { rollen, .. } => {
            let clerk = |r: &Rolle| matches!(r, Rolle::Sachbearbeitung | Rolle::Registratur);
            let mut mine = rollen.iter().filter(|r| clerk(&r.rolle));
            if mine.clone().any(|r| r.oe.is_none()) {
                s.view.kind::<Oe>(None, LISTS_MAX)?.into_iter().map(|oe| oe.value.id).collect()
            } else {
                mine.by_ref().filter_map(|r| r.oe).collect()
            }
        }
    };
    own.sort_unstable();
    own.dedup();
    own.truncate(LISTS_MAX);
    Ok(own)
}
