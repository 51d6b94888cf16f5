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
    digest::Digest,
    dokument::{Dokument, Ort},
    organisation::Oe,
    record::{Index, Kind, Parts},
    zeit::Zeitpunkt,
};

/// True if a file of the document has these bytes.
fn hat(d: &Dokument, digest: Digest) -> bool {
    d.fassungen.iter().flat_map(|f| &f.formate).any(|file| file.sha256 == digest)
}

/// The OE that has the document: that of its Akte, or in whose Posteingang it waits.
fn bei(s: &Sicht<'_, '_>, d: &Dokument) -> Result<Option<Uuid>, Error> {
    let Some(id) = d.ort.akte() else {
        return Ok(if let Ort::Posteingang { oe, .. } = d.ort { Some(oe) } else { None });
    };
    let Some(akte) = s.akte_roh(id)? else { return Ok(None) };
    Ok(Some(s.klasse(akte.value.rechteklasse)?.oe))
}

/// A machine asks for its own foreign numbers only, a person for all; see `quellen`.
fn eigene_nummer(s: &Sicht<'_, '_>, d: &Dokument) -> bool {
    match &s.wer {
        Wer::Maschine(key) => d.quelle == Some(key.id),
        Wer::Person { .. } => true,
    }
}

/// The document, if the caller reads it and it was changed since.
fn zeige(
    s: &Sicht<'_, '_>,
    key: &str,
    seit: Option<Zeitpunkt>,
    fits: impl Fn(&Dokument) -> Result<bool, Error>,
) -> Result<Option<DokumentAnsicht>, Error> {
    let Some(found) = s.get::<Dokument>(key)? else { return Ok(None) };
    let fits = fits(&found.value)? && seit.is_none_or(|t| found.value.geaendert >= t);
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
    /// `nicht_gefunden` for an Akte or Vorgang, `filter_fehlt`, an unknown OE, or as the ledger
    /// says.
    pub fn dokumente(
        &self,
        filter: &DokumenteFilter,
        blatt: &Blatt,
    ) -> Result<Seite<DokumentAnsicht>, Error> {
        self.0.read(|s| {
            let oe = match &filter.oe {
                Some(text) => Some(s.oe_finden("/oe", text)?.value.id),
                None => None,
            };
            let fits = |d: &Dokument| {
                let of = |id| matches!(d.ort, Ort::Vorgang { vorgang_id, .. } if vorgang_id == id);
                let narrow = filter.akte_id.is_none_or(|id| d.ort.akte() == Some(id))
                    && filter.vorgang_id.is_none_or(of)
                    && filter.sha256.is_none_or(|digest| hat(d, digest))
                    && filter.fremd_id.as_ref().is_none_or(|id| Some(id) == d.fremd_id.as_ref());
                Ok(narrow && (oe.is_none() || oe == bei(s, d)?))
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
            durch(s.view, (index, Kind::Dokument), &prefix, blatt, |key| zeige(s, key, seit, fits))
        })
    }

    /// What waits in the Posteingang of the caller's OE, in the order of arrival.
    ///
    /// # Errors
    /// An unknown OE, `filter_fehlt` where too many OE are the caller's, or as the ledger says.
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
            let list = (Index::Posteingang, Kind::Dokument);
            let mut rows = Merge::new(s.view, list, prefixes, after, false, wanted)?;
            let mut page = Sammler::new(blatt);
            while let Some(Merged { place, key }) = rows.next()? {
                if !page.offen() {
                    break;
                }
                let shown = zeige(s, &key, filter.geaendert_seit, |d| {
                    let fremd = |id| Some(id) == d.fremd_id.as_ref() && eigene_nummer(s, d);
                    Ok(filter.sha256.is_none_or(|digest| hat(d, digest))
                        && filter.fremd_id.as_ref().is_none_or(fremd))
                })?;
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
    fits: impl Fn(&Dokument) -> Result<bool, Error>,
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
/// More than are merged are refused: a list that leaves some out in silence hides letters.
fn eigene(s: &Sicht<'_, '_>) -> Result<Vec<Uuid>, Error> {
    let mut own: Vec<Uuid> = match &s.wer {
        Wer::Maschine(key) => key.oe.clone(),
        Wer::Person { rollen, .. } => {
            let clerk = |r: &Rolle| matches!(r, Rolle::Sachbearbeitung | Rolle::Registratur);
            let mut mine = rollen.iter().filter(|r| clerk(&r.rolle));
            if mine.clone().any(|r| r.oe.is_none()) {
                s.view.kind::<Oe>(None, LISTS_MAX + 1)?.into_iter().map(|oe| oe.value.id).collect()
            } else {
                mine.by_ref().filter_map(|r| r.oe).collect()
            }
        }
    };
    own.sort_unstable();
    own.dedup();
    if own.len() > LISTS_MAX {
        let text = format!(
            "Ihre Rechte umfassen mehr als {LISTS_MAX} Organisationseinheiten. Nennen Sie mit oe \
             eine davon."
        );
        return Err(Error::ungueltig("/oe", "filter_fehlt", text));
    }
    Ok(own)
}
