//! How the model of the suggestions is learned: when it is time, and from which documents.
//!
//! It learns from documents that lie in Akten, where people or Fachverfahren have put them; a
//! suggestion that nobody followed teaches nothing. What lies behind a wall or above `offen` is
//! never learned from, so of units whose files are all walled the model knows the plan's words
//! alone. Of other files it learns what several Akten have in common, and names what many have.

use std::{collections::HashMap, sync::Arc};

use uuid::Uuid;

use super::{
    error::Error,
    jobs::Jobs,
    plan_bestand::{einheiten, in_kraft},
    vorschlaege_stand::{Gelernt, Herkunft, Laeuft},
};
use crate::{
    classify::{Filed, Klasse, Lernen, Text},
    domain::{
        access::Stufe,
        akte::Akte,
        dokument::Dokument,
        record::{Index, Kind, Parts, Record},
    },
    ledger::{Change, Entry, View},
    text,
};

/// Documents that are learned from, the newest.
const DOKUMENTE_MAX: usize = 100_000;
/// Documents that are looked at for it.
const GESEHEN_MAX: usize = 1_000_000;
/// Records fetched at once.
const SEITE: usize = 500;
/// Akten that are remembered while reading.
const AKTEN_MAX: usize = 50_000;
/// Entries looked through at once.
const EINTRAEGE: usize = 100;
/// Filed since then, and a tenth more than were learned from: time to learn again.
const ZUWACHS_MIN: u64 = 50;
/// So many looks wait for texts that are still being read.
const GEDULD: u32 = 30;

/// Why it is time to learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anlass {
    /// There is no model yet.
    Erstes,
    /// The plan has another version.
    Plan,
    /// A document that was learned from is struck out.
    Entfallen,
    /// A document that was learned from is erased, or nobody's model may know it any more: the
    /// model must not be asked again.
    Vergessen,
    /// A tenth more documents, at least fifty.
    Zuwachs,
}

/// What has happened since the model in use was learned, as far as it was looked at.
#[derive(Debug, Default)]
pub struct Folge {
    kennung: String,
    seq: u64,
    neu: u64,
    entfallen: bool,
    vergessen: bool,
    gewartet: u32,
}

/// What is to be learned, read and ready: from here on nothing of the house is needed.
pub struct Lernstoff {
    lernen: Lernen,
    herkunft: Herkunft,
    _laeuft: Laeuft,
}

impl std::fmt::Debug for Lernstoff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lernstoff({} documents, {:?})", self.lernen.len(), self.herkunft)
    }
}

impl Lernstoff {
    /// Learns. Takes minutes of a core where there are many documents.
    #[must_use]
    pub fn lernen(self) -> Gelernt {
        Gelernt::new(self.lernen.finish(), self.herkunft)
    }
}

impl Jobs {
    /// The seal of the journal's first entry, by which a house is known; none before its founding.
    ///
    /// # Errors
    /// As the ledger says.
    pub fn haus(&self) -> Result<Option<String>, Error> {
        let first = self.registry().0.ledger.entries(1, 1)?;
        Ok(first.first().map(|entry| entry.position.seal.to_string()))
    }

    /// There is no model any more.
    pub fn modell_vergessen(&self) {
        self.registry().0.vorschlaege.vergessen();
    }

    /// True if the journal has the entry up to which the model knows it.
    ///
    /// # Errors
    /// As the ledger says.
    pub fn kennt(&self, gelernt: &Gelernt) -> Result<bool, Error> {
        let Herkunft { seq, siegel, .. } = &gelernt.herkunft;
        let there = self.registry().0.ledger.entries(*seq, 1)?;
        let same = |e: &Entry| e.position.seq == *seq && e.position.seal.to_string() == *siegel;
        Ok(there.first().is_some_and(same))
    }

    /// Makes a model the one in use.
    pub fn modell_setzen(&self, gelernt: Arc<Gelernt>) {
        self.registry().0.vorschlaege.setzen(gelernt);
    }

    /// Whether it is time to learn. Looks through the journal from where it ended before, as long
    /// as `weiter` says so.
    ///
    /// # Errors
    /// As the ledger says.
    pub fn lernanlass(
        &self,
        folge: &mut Folge,
        weiter: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Anlass>, Error> {
        let registry = self.registry();
        let ledger = &registry.0.ledger;
        let view = ledger.view();
        if view.count(Kind::Aktenplan)? == 0 || view.count(Kind::Planeinheit)? == 0 {
            return Ok(None);
        }
        let Some(gelernt) = registry.0.vorschlaege.modell() else {
            return Ok(Some(Anlass::Erstes));
        };
        if in_kraft(&view)?.seq != gelernt.herkunft.plan {
            return Ok(Some(Anlass::Plan));
        }
        if folge.kennung != gelernt.kennung || folge.seq < gelernt.herkunft.seq {
            let (kennung, seq) = (gelernt.kennung.clone(), gelernt.herkunft.seq);
            *folge = Folge { kennung, seq, ..Folge::default() };
        }
        while weiter() {
            let entries = ledger.entries(folge.seq.saturating_add(1), EINTRAEGE)?;
            if entries.is_empty() {
                break;
            }
            for entry in &entries {
                folge.sehen(&view, &gelernt, entry)?;
                folge.seq = entry.position.seq;
            }
        }
        if folge.vergessen {
            return Ok(Some(Anlass::Vergessen));
        }
        if folge.entfallen {
            return Ok(Some(Anlass::Entfallen));
        }
        if folge.neu < ZUWACHS_MIN.max(gelernt.gelernt_aus() / 10) {
            return Ok(None);
        }
        folge.gewartet = folge.gewartet.saturating_add(1);
        let waits = folge.gewartet < GEDULD && !self.offene_texte(1)?.is_empty();
        Ok((!waits).then_some(Anlass::Zuwachs))
    }

    /// Reads what is to be learned now: the plan, and the newest documents that may be learned
    /// from. None: `weiter` said no.
    ///
    /// # Errors
    /// `aktenplan_fehlt`, or as ledger and derived texts say.
    pub fn lernstoff(&self, weiter: &mut dyn FnMut() -> bool) -> Result<Option<Lernstoff>, Error> {
        let registry = self.registry();
        let _laeuft = registry.0.vorschlaege.beginnen();
        let haus = self.haus()?.unwrap_or_default();
        // Asked first: what is written from now on is looked at afterwards.
        let at = registry.0.ledger.applied();
        let view = registry.0.ledger.view();
        let plan = in_kraft(&view)?.seq;
        let units: Vec<_> = einheiten(&view)?.into_iter().map(|unit| unit.value).collect();
        let klassen = Klasse::of_plan(&units);
        let all = usize::try_from(view.count(Kind::Dokument)?).unwrap_or(usize::MAX);
        let mut lernen = Lernen::new(klassen, all.min(DOKUMENTE_MAX));
        let mut orte = Orte::default();
        let (mut before, mut seen) = (None::<String>, 0);
        while seen < GESEHEN_MAX && lernen.len() < DOKUMENTE_MAX {
            let page = view.kind_back::<Dokument>(before.as_deref(), SEITE)?;
            let Some(last) = page.last() else { break };
            before = Some(last.value.key());
            seen += page.len();
            for found in &page {
                if !weiter() {
                    return Ok(None);
                }
                let document = &found.value;
                if let Some(unit) = orte.einheit(&view, document)?
                    && lernen.len() < DOKUMENTE_MAX
                {
                    self.dazu(&mut lernen, &unit, document)?;
                }
            }
        }
        let (seq, siegel) = (at.seq, at.seal.to_string());
        let herkunft = Herkunft { haus, plan, seq, siegel, am: registry.now() };
        Ok(Some(Lernstoff { lernen, herkunft, _laeuft }))
    }

    fn dazu(&self, lernen: &mut Lernen, unit: &str, document: &Dokument) -> Result<(), Error> {
        let text = self.registry().text_von(document)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let frage = Text {
            text: &text,
            betreff: betreff(document),
            absender: document.absender.as_deref(),
        };
        let date = document.datum.unwrap_or(document.posteingangsdatum);
        // A unit that was shut down since has no class.
        let id = document.id.as_u128();
        let whole = document.ort.akte().unwrap_or(document.id).as_u128();
        let _ = lernen.add(Filed { id, whole, date: Some(date) }, unit, &frage);
        Ok(())
    }
}

/// The subject, unless nobody gave one: then the file's name stands in its place.
pub(super) fn betreff(document: &Dokument) -> Option<&str> {
    let file = document.fassungen.first().and_then(|f| f.formate.first());
    let named = file.is_some_and(|file| file.dateiname == document.betreff);
    (!named).then_some(document.betreff.as_str())
}

impl super::Registry {
    /// The text that stands for a document; none if none was kept.
    pub(super) fn text_von(&self, document: &Dokument) -> Result<Option<Vec<u8>>, Error> {
        for digest in document.textquellen() {
            if let Some(found) = self.0.derived.get(digest, text::KIND, text::VERSION)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

/// True if everybody's model may know what lies under it.
fn lehrt(akte: &Akte) -> bool {
    akte.schutzklasse.is_none() && akte.stufe == Stufe::Offen
}

/// The plan units of Akten that were seen; none: it is not learned from.
#[derive(Default)]
struct Orte(HashMap<Uuid, Option<String>>);

impl Orte {
    /// The unit that a document lies in, if it may be learned from.
    fn einheit(&mut self, view: &View<'_>, document: &Dokument) -> Result<Option<String>, Error> {
        let Some(id) = document.ort.akte().filter(|_| document.storno.is_none()) else {
            return Ok(None);
        };
        if let Some(known) = self.0.get(&id) {
            return Ok(known.clone());
        }
        let akte = view.get::<Akte>(&id.to_string())?.map(|akte| akte.value).filter(lehrt);
        let unit = akte.map(|akte| akte.planeinheit);
        if self.0.len() >= AKTEN_MAX {
            self.0.clear();
        }
        self.0.insert(id, unit.clone());
        Ok(unit)
    }
}

impl Folge {
    fn sehen(&mut self, view: &View<'_>, gelernt: &Gelernt, entry: &Entry) -> Result<(), Error> {
        let Some(body) = &entry.body else { return Ok(()) };
        for change in &body.records {
            match Kind::parse(&change.kind) {
                Some(Kind::Dokument) => self.dokument(view, gelernt, change, &body.action)?,
                Some(Kind::Akte) if body.action != "akte_angelegt" && !self.vergessen => {
                    self.akte(view, gelernt, change)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn dokument(
        &mut self,
        view: &View<'_>,
        gelernt: &Gelernt,
        change: &Change,
        action: &str,
    ) -> Result<(), Error> {
        let id = Uuid::try_parse(&change.key).unwrap_or_default();
        let learned = gelernt.dokumente.contains(&id.as_u128());
        let Some(state) = &change.state else {
            self.vergessen |= learned;
            return Ok(());
        };
        let document = Dokument::upgrade(change.form, state.get()).map_err(Error::intern)?;
        let filed = matches!(action, "dokument_eingeliefert" | "dokument_abgelegt");
        if !learned && !filed {
            return Ok(());
        }
        let teaches = Orte::default().einheit(view, &document)?.is_some();
        self.entfallen |= learned && document.storno.is_some();
        self.vergessen |= learned && !teaches && document.storno.is_none();
        // What may not be learned from is no reason to learn.
        self.neu += u64::from(!learned && teaches);
        Ok(())
    }

    /// An Akte that may not be learned from any more, and something of it was.
    fn akte(&mut self, view: &View<'_>, gelernt: &Gelernt, change: &Change) -> Result<(), Error> {
        if let Some(state) = &change.state
            && lehrt(&Akte::upgrade(change.form, state.get()).map_err(Error::intern)?)
        {
            return Ok(());
        }
        let prefix = Parts::new().id(Uuid::try_parse(&change.key).unwrap_or_default());
        let mut after: Option<Vec<u8>> = None;
        loop {
            let rows = view.scan(Index::DokumentAkte, &prefix, after.as_deref(), false, SEITE)?;
            let ids = rows.iter().filter_map(|row| Uuid::try_parse(&row.key).ok());
            if ids.into_iter().any(|id| gelernt.dokumente.contains(&id.as_u128())) {
                self.vergessen = true;
                return Ok(());
            }
            match rows.last() {
                Some(last) if rows.len() == SEITE => after = Some(last.place.clone()),
                _ => return Ok(()),
            }
        }
    }
}
