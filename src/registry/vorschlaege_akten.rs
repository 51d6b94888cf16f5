//! Which open Akten a document may belong to: named in it, holding similar documents, or found by
//! its words among the files of the suggested units. Only such are named that the caller reads and
//! may file into.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use super::{
    actor::Reader,
    error::{self, Error},
    sicht::Sicht,
    vorschlaege::{AkteKurz, Aktengrund, Aktenvorschlag, Planvorschlag},
};
use crate::{
    classify::Text,
    domain::{
        access::{Urteil, Verb},
        akte::Akte,
    },
    ledger::Stored,
    search::{Art, Order, Query, Terms},
};

/// Akten of an answer.
const AKTEN_MAX: usize = 5;
/// Units whose files are looked through.
const EINHEITEN: usize = 3;
/// Hits of each.
const TREFFER: usize = 20;
/// Files of a unit that are named although no word speaks for them.
const OHNE_WORTE: usize = 3;
/// Words that are looked for, and their letters together; search takes 64 and 1000.
const WORTE: usize = 24;
const ZEICHEN: usize = 800;
/// Bytes at the beginning of a text whose words are looked for: the head of a letter.
const KOPF: usize = 2000;

/// What stands in every letter and names none.
const ALLERWELT: &[&str] = &[
    "sehr",
    "geehrte",
    "geehrter",
    "damen",
    "herren",
    "herr",
    "herrn",
    "frau",
    "freundlichen",
    "grüßen",
    "betreff",
    "datum",
    "telefon",
    "seite",
    "stadt",
    "rathaus",
    "unser",
    "zeichen",
    "ihre",
    "ihren",
    "diese",
    "dieser",
    "dies",
    "bitte",
    "auftrag",
    "oder",
    "nicht",
    "und",
];

/// Akten that speak for themselves, with how much and why.
#[derive(Default)]
pub(super) struct Auswahl(BTreeMap<Uuid, Kandidat>);

struct Kandidat {
    akte: AkteKurz,
    punkte: f32,
    gruende: BTreeSet<Aktengrund>,
}

impl Auswahl {
    /// The text names it; the caller reads it.
    pub(super) fn genannt(&mut self, s: &Sicht<'_, '_>, akte: &Stored<Akte>) -> Result<(), Error> {
        self.dazu(s, &akte.value, 100.0, Aktengrund::Aktenzeichen)
    }

    /// A similar document lies in it, which the caller reads.
    pub(super) fn aehnlich(
        &mut self,
        s: &Sicht<'_, '_>,
        akte: Uuid,
        likeness: f32,
    ) -> Result<(), Error> {
        match s.akte_roh(akte)? {
            Some(akte) => self.dazu(s, &akte.value, likeness, Aktengrund::AehnlicheDokumente),
            None => Ok(()),
        }
    }

    fn dazu(
        &mut self,
        s: &Sicht<'_, '_>,
        akte: &Akte,
        punkte: f32,
        grund: Aktengrund,
    ) -> Result<(), Error> {
        let rechte = s.klasse(akte.rechteklasse)?;
        let may = |verb| {
            s.urteil(verb, &rechte, Some(akte.zustand), Some(&akte.planeinheit)) == Urteil::Ja
        };
        if akte.zustand.nimmt_auf() && may(Verb::Lesen) && may(Verb::Ablegen) {
            let new =
                || Kandidat { akte: AkteKurz::from(akte), punkte: 0.0, gruende: BTreeSet::new() };
            let kandidat = self.0.entry(akte.id).or_insert_with(new);
            kandidat.punkte += punkte;
            kandidat.gruende.insert(grund);
        }
        Ok(())
    }

    /// The best first; of equal ones the one with the lower number.
    fn beste(self) -> Vec<Aktenvorschlag> {
        let mut all: Vec<Kandidat> = self.0.into_values().collect();
        all.sort_by(|a, b| {
            let number = || a.akte.aktenzeichen.cmp(&b.akte.aktenzeichen);
            b.punkte.total_cmp(&a.punkte).then_with(number)
        });
        all.truncate(AKTEN_MAX);
        let shown =
            |k: Kandidat| Aktenvorschlag { akte: k.akte, gruende: k.gruende.into_iter().collect() };
        all.into_iter().map(shown).collect()
    }
}

impl Reader {
    /// The best of those, and of the files of the suggested units that words of the document name.
    /// While the index catches up, there are only those.
    pub(super) fn aktenvorschlaege(
        &self,
        s: &Sicht<'_, '_>,
        mut auswahl: Auswahl,
        planeinheiten: &[Planvorschlag],
        frage: &Text<'_>,
        ausgeschlossen: impl FnOnce() -> Result<Vec<Uuid>, Error>,
    ) -> Result<Vec<Aktenvorschlag>, Error> {
        let registry = &self.0.registry;
        let klassen = registry.0.klassen.of(s)?;
        let klassen: Vec<u64> = klassen.iter().map(|klasse| klasse.nummer).collect();
        if klassen.is_empty() {
            return Ok(auswahl.beste());
        }
        // What its reader may not see any more takes no place among the few hits.
        let ausgeschlossen = match ausgeschlossen() {
            Err(error) if error.art == error::Art::Voll => return Ok(auswahl.beste()),
            other => other?,
        };
        let worte = worte(frage);
        let lower: HashSet<String> = worte.iter().map(|wort| wort.to_lowercase()).collect();
        // The words are letters and digits alone, so the text is a question.
        let terms = Terms::parse(&worte.join(" ODER ")).unwrap_or_default();
        for unit in planeinheiten.iter().take(EINHEITEN) {
            let mut query = Query {
                klassen: klassen.clone(),
                ausgeschlossen: ausgeschlossen.clone(),
                einheit: Some(unit.nummer.clone()),
                art: Some(Art::Akte),
                limit: TREFFER,
                ..Query::default()
            };
            if !terms.is_empty() {
                query.terms = terms.clone();
                self.treffer_dazu(s, &mut auswahl, &query, &unit.nummer, &lower)?;
            }
            (query.terms, query.order, query.limit) = (Terms::default(), Order::Date, OHNE_WORTE);
            self.treffer_dazu(s, &mut auswahl, &query, &unit.nummer, &lower)?;
        }
        Ok(auswahl.beste())
    }

    fn treffer_dazu(
        &self,
        s: &Sicht<'_, '_>,
        auswahl: &mut Auswahl,
        query: &Query,
        unit: &str,
        worte: &HashSet<String>,
    ) -> Result<(), Error> {
        let mut found: Vec<(Akte, HashSet<String>)> = Vec::new();
        let mut counts: HashMap<String, usize> = HashMap::new();
        for hit in self.0.registry.0.index.search(query)?.hits {
            let akte = s.akte_roh(hit.id)?.map(|akte| akte.value);
            let Some(akte) = akte.filter(|akte| akte.planeinheit == unit) else { continue };
            let named = akte.betreff.split(|c: char| !c.is_alphanumeric());
            let named: HashSet<String> =
                named.map(str::to_lowercase).filter(|word| worte.contains(word)).collect();
            for word in &named {
                *counts.entry(word.clone()).or_default() += 1;
            }
            found.push((akte, named));
        }
        // A word that most of them have in common tells none of them from the others.
        let common = |word: &&String| {
            found.len() > 2 && counts.get(*word).is_some_and(|count| 2 * count > found.len())
        };
        for (akte, named) in &found {
            let telling = named.iter().filter(|word| !common(word)).count();
            match u16::try_from(telling).unwrap_or(u16::MAX) {
                0 => auswahl.dazu(s, akte, 0.01, Aktengrund::Planeinheit)?,
                count => auswahl.dazu(s, akte, f32::from(count), Aktengrund::Betreff)?,
            }
        }
        Ok(())
    }
}

/// Names, places and numbers at the head of a document: what an Akte may be called by.
fn worte(frage: &Text<'_>) -> Vec<String> {
    let mut end = frage.text.len().min(KOPF);
    while !frage.text.is_char_boundary(end) {
        end -= 1;
    }
    let head = frage.text.get(..end).unwrap_or_default();
    let parts = [frage.betreff.unwrap_or_default(), frage.absender.unwrap_or_default(), head];
    let (mut seen, mut words, mut letters) = (HashSet::new(), Vec::new(), 0);
    for word in parts.iter().flat_map(|part| part.split(|c: char| !c.is_alphanumeric())) {
        let length = word.chars().count();
        let digits = word.chars().filter(char::is_ascii_digit).count();
        let name = length >= 4 && word.starts_with(char::is_uppercase);
        let number = digits >= 3 && digits == length;
        if !(name || number) || length > 40 || words.len() >= WORTE || letters > ZEICHEN {
            continue;
        }
        let lower = word.to_lowercase();
        if !ALLERWELT.contains(&lower.as_str()) && seen.insert(lower) {
            letters += length + " ODER ".len();
            words.push(word.to_owned());
        }
    }
    words
}
