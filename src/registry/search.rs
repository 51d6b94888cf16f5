//! Search for one caller: by the classes he reads now, every hit of the page checked once more
//! against the ledger, so that a right taken away a moment ago shows nothing.

use uuid::Uuid;

use super::{
    actor::Reader,
    ansicht::{Stueck, Treffer},
    error::Error,
    facetten::Facetten,
    klassen::Klasse,
    sicht::Sicht,
};
use crate::{
    blob,
    domain::{
        access::{Stufe, Urteil, Verb},
        aktentyp::Aktentypen,
        dokument::Dokument,
        organisation::Oe,
        record::{Index, Parts},
    },
    ledger::Stored,
    search::{Art, Hit, Invalid, Merkmal, Order, Place, Query, Terms, Why},
    text,
};

/// Hits of a page that get a passage; each costs reading a text.
const AUSZUEGE_MAX: usize = 50;

/// What is looked for; `text` is in the language of `search::Terms`.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the fields are those of search::Query")]
pub struct Suchanfrage {
    pub text: String,
    pub akte: Option<Uuid>,
    /// Kürzel or id.
    pub oe: Option<String>,
    pub planeinheit: Option<String>,
    pub typ: Option<String>,
    pub art: Option<Art>,
    pub von: Option<chrono::NaiveDate>,
    pub bis: Option<chrono::NaiveDate>,
    pub storno: Option<bool>,
    pub ordnung: Order,
    /// Hits of the page, 1 to 500; 0 means 50.
    pub limit: usize,
    /// From `Suchergebnis::weiter` of the same question by the same caller.
    pub nach: Option<Vec<u8>>,
    /// Count the hits by what they are.
    pub facetten: bool,
}

/// A page of hits. It may be shorter than asked for while `weiter` is set.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Suchergebnis {
    /// The hits in order.
    pub treffer: Vec<Treffer>,
    /// All hits of the question, as far as the index knows.
    pub anzahl: u64,
    /// Where the next page begins.
    #[serde(skip)]
    pub weiter: Option<Vec<u8>>,
    /// The hits counted, where that was asked for.
    pub facetten: Option<Facetten>,
    /// Where nothing was found: the same question with a word that is found.
    pub meinten_sie: Option<String>,
}

impl Reader {
    /// Searches. `ausgeschlossen` names the Akten and documents whose rights changed since they
    /// were indexed (`follow` knows them); they are treated as absent. It is asked after the
    /// caller's classes were read: a class that he gained between the two would find what moved.
    ///
    /// # Errors
    /// `suchtext_ungueltig`, `cursor`, or as index and ledger say.
    pub fn suche(
        &self,
        frage: &Suchanfrage,
        ausgeschlossen: impl FnOnce() -> Result<Vec<Uuid>, Error>,
    ) -> Result<Suchergebnis, Error> {
        let registry = &self.0.registry;
        self.0.read(|s| {
            let typen = &registry.0.config.typen;
            let terms = verstanden(typen, &frage.text).map_err(|invalid| {
                Error::ungueltig("/q", "suchtext_ungueltig", invalid.to_string())
            })?;
            let readable = registry.0.klassen.of(s)?;
            let oe = frage.oe.as_deref().map(|oe| s.oe_finden("/oe", oe)).transpose()?;
            let oe = oe.map(|oe| oe.value.id);
            let klassen = readable.iter().filter(|klasse| oe.is_none_or(|oe| klasse.oe == oe));
            let mut query = Query {
                merkmale: merkmale(s, &terms, &readable)?,
                terms,
                klassen: klassen.map(|klasse| klasse.nummer).collect(),
                ausgeschlossen: ausgeschlossen()?,
                akte: frage.akte,
                planeinheit: frage.planeinheit.clone(),
                einheit: None,
                typ: frage.typ.clone(),
                art: frage.art,
                von: frage.von,
                bis: frage.bis,
                storno: frage.storno,
                order: frage.ordnung,
                limit: if frage.limit == 0 { 50 } else { frage.limit.min(500) },
                after: frage.nach.as_deref().map(place).transpose()?,
                facets: frage.facetten,
            };
            let page = registry.0.index.search(&query)?;
            let dokumente = page.hits.iter().filter(|hit| hit.art == Art::Dokument);
            s.vorholen(&dokumente.map(|hit| hit.id).collect::<Vec<_>>())?;
            let mut treffer = Vec::with_capacity(page.hits.len());
            for hit in &page.hits {
                let terms = (treffer.len() < AUSZUEGE_MAX).then_some(&query.terms);
                treffer.extend(self.treffer(s, hit, terms)?);
            }
            let unit = frage.planeinheit.as_deref().unwrap_or_default();
            let facetten =
                page.facets.map(|facets| Facetten::of(s, typen, facets, &readable, unit));
            let meinten_sie = match page.count {
                0 => self.meinten_sie(s, &frage.text, &mut query)?,
                _ => None,
            };
            let weiter = page
                .next
                .map(|p| [p.key.to_be_bytes().as_slice(), p.id.as_bytes().as_slice()].concat());
            let facetten = facetten.transpose()?;
            Ok(Suchergebnis { treffer, anzahl: page.count, weiter, facetten, meinten_sie })
        })
    }

    /// The hit, if the caller reads it now.
    pub(super) fn treffer(
        &self,
        s: &Sicht<'_, '_>,
        hit: &Hit,
        terms: Option<&Terms>,
    ) -> Result<Option<Treffer>, Error> {
        Ok(match hit.art {
            Art::Dokument => {
                let found = s.dokument_roh(hit.id)?;
                let Some(found) = found else { return Ok(None) };
                if s.dokument_urteil(&found.value, Verb::Lesen)? != Urteil::Ja {
                    return Ok(None);
                }
                let auszug = match terms {
                    Some(terms) => self.auszug(&found, terms)?,
                    None => vec![],
                };
                Some(Treffer::Dokument { dokument: Box::new(s.dokument_ansicht(found)?), auszug })
            }
            Art::Akte => match s.akte(hit.id, Verb::Lesen) {
                Ok((akte, _)) => Some(Treffer::Akte { akte: Box::new(s.akte_ansicht(akte)?) }),
                Err(error) => return unreadable(error),
            },
            Art::Vorgang => match s.vorgang(hit.id, Verb::Lesen) {
                Ok((vorgang, _)) => {
                    Some(Treffer::Vorgang { vorgang: Box::new(s.vorgang_ansicht(vorgang)?) })
                }
                Err(error) => return unreadable(error),
            },
        })
    }

    /// The passage of the newest Fassung's text; empty if there is none.
    fn auszug(&self, dok: &Stored<Dokument>, terms: &Terms) -> Result<Vec<Stueck>, Error> {
        if terms.is_empty() {
            return Ok(vec![]);
        }
        let file = dok.value.fassungen.last().and_then(|f| f.formate.first());
        let Some(file) = file else { return Ok(vec![]) };
        let bytes = match self.0.registry.0.derived.get(file.sha256, text::KIND, text::VERSION) {
            // Better a hit without its passage than none.
            Err(blob::Error::Unreachable(_)) => None,
            other => other?,
        };
        let Some(text) = bytes.and_then(|b| String::from_utf8(b).ok()) else { return Ok(vec![]) };
        let snippet = terms.snippet(&text);
        let mut pieces = Vec::with_capacity(2 * snippet.marks.len() + 1);
        let mut end = 0;
        let mut piece = |from: usize, to: usize, treffer| {
            let part = snippet.text.get(from..to).filter(|t| !t.is_empty());
            pieces.extend(part.map(|t| Stueck { text: t.to_owned(), treffer }));
        };
        for (from, to) in &snippet.marks {
            piece(end, *from, false);
            piece(*from, *to, true);
            end = *to;
        }
        piece(end, snippet.text.len(), false);
        Ok(pieces)
    }
}

/// The question, if every field that it names is one. Which types there are is no secret; what
/// their fields hold is found under the caller's rights alone.
fn verstanden(typen: &Aktentypen, text: &str) -> Result<Terms, Invalid> {
    let terms = Terms::parse(text)?;
    let known = |feld: &str| typen.feld(feld).is_some_and(|feld| feld.suche);
    let unknown = terms.fachfragen().find(|frage| !known(&frage.feld)).map(|frage| Invalid {
        position: frage.position,
        why: Why::UnknownField(frage.feld.clone()),
    });
    unknown.map_or(Ok(terms), Err)
}

/// The classes that have what the question asks of classes. An OE that there is not has none, as
/// one whose files are all hidden.
fn merkmale(
    s: &Sicht<'_, '_>,
    terms: &Terms,
    readable: &[Klasse],
) -> Result<Vec<(Merkmal, Vec<u64>)>, Error> {
    let mut found = Vec::new();
    for merkmal in terms.merkmale() {
        let fits: Box<dyn Fn(&Klasse) -> bool> = match merkmal {
            Merkmal::Oe(kuerzel) => {
                let name = Parts::new().text(kuerzel);
                let oe = s.view.first::<Oe>(Index::OeKuerzel, &name)?.map(|oe| oe.value.id);
                Box::new(move |klasse| Some(klasse.oe) == oe)
            }
            Merkmal::Stufe(stufe) => {
                let wanted = if *stufe == "offen" { Stufe::Offen } else { Stufe::VsNfd };
                Box::new(move |klasse| klasse.stufe == wanted)
            }
        };
        let klassen = readable.iter().filter(|klasse| fits(klasse)).map(|klasse| klasse.nummer);
        found.push((merkmal.clone(), klassen.collect()));
    }
    Ok(found)
}

/// A hit that is not readable any more is no hit.
fn unreadable(error: Error) -> Result<Option<Treffer>, Error> {
    match error.art {
        super::Art::NichtGefunden | super::Art::NichtErlaubt => Ok(None),
        _ => Err(error),
    }
}

fn place(bytes: &[u8]) -> Result<Place, Error> {
    let wrong = || Error::ungueltig("", "cursor", "Diese Seite gibt es nicht.");
    let (key, id) = bytes.split_first_chunk::<8>().ok_or_else(wrong)?;
    let id = Uuid::from_slice(id).map_err(|_| wrong())?;
    Ok(Place { key: u64::from_be_bytes(*key), id })
}
