//! The plan in force, whole and in memory: it is small, and read all day.
//!
//! Whatever changes a unit also puts the plan's own record in the same commit, so the entry that
//! changed this last tells whether what is kept still holds. Decisions never read it: they ask the
//! tables.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    ansicht::{PlaneinheitAnsicht, Seite},
    eingabe::Blatt,
    error::Error,
};
use crate::{
    domain::{
        aktenplan::{Aktenplan, Planeinheit},
        record::Parts,
    },
    ledger::{Stored, View},
};

/// Records fetched at once.
const CHUNK: usize = 1000;

/// The plan as of one entry.
#[derive(Debug)]
pub(super) struct Bestand {
    /// The entry that changed it last.
    seq: u64,
    pub(super) plan: Aktenplan,
    /// In the order of their numbers.
    einheiten: Vec<Stored<Planeinheit>>,
    /// All their places, in that order.
    alle: Vec<usize>,
    /// The place of each number.
    stelle: HashMap<String, usize>,
    /// The places of what is directly below a number (empty: the top), in the same order.
    unter: HashMap<String, Vec<usize>>,
}

/// What is kept of the plan.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<Option<Arc<Bestand>>>);

/// The plan in force and the entry that changed it last.
pub(super) fn in_kraft(view: &View<'_>) -> Result<Stored<Aktenplan>, Error> {
    let found = view.kind::<Aktenplan>(None, 1)?.pop();
    found.ok_or_else(|| {
        let text = "Es ist noch kein Aktenplan geladen. Die Administration lädt ihn beim \
                    Einrichten.";
        Error::zustand("aktenplan_fehlt", text)
    })
}

/// Every unit, in the order of their numbers.
pub(super) fn einheiten(view: &View<'_>) -> Result<Vec<Stored<Planeinheit>>, Error> {
    let mut units: Vec<Stored<Planeinheit>> = Vec::new();
    loop {
        let after = units.last().map(|unit| unit.value.nummer.clone());
        let found = view.kind::<Planeinheit>(after.as_deref(), CHUNK)?;
        let full = found.len() == CHUNK;
        units.extend(found);
        if !full {
            units.sort_by(|a, b| a.value.ordnung.cmp(&b.value.ordnung));
            return Ok(units);
        }
    }
}

impl Cache {
    /// The plan as it is now.
    ///
    /// # Errors
    /// `aktenplan_fehlt`, or as the ledger says.
    pub(super) fn of(&self, view: &View<'_>) -> Result<Arc<Bestand>, Error> {
        let mut now = in_kraft(view)?;
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|known| known.seq == now.seq) {
            return Ok(known);
        }
        // Not under the lock: where the tables do not answer, nobody waits for more than himself.
        loop {
            let units = einheiten(view)?;
            let after = in_kraft(view)?;
            if after.seq == now.seq {
                let found = Arc::new(Bestand::neu(now, units));
                let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                return Ok(Arc::clone(kept.insert(found)));
            }
            now = after;
        }
    }
}

impl Bestand {
    fn neu(plan: Stored<Aktenplan>, einheiten: Vec<Stored<Planeinheit>>) -> Self {
        let mut unter: HashMap<String, Vec<usize>> = HashMap::new();
        let mut stelle = HashMap::with_capacity(einheiten.len());
        for (at, Stored { value: unit, .. }) in einheiten.iter().enumerate() {
            let above = unit.uebergeordnet.clone().unwrap_or_default();
            unter.entry(above).or_default().push(at);
            stelle.insert(unit.nummer.clone(), at);
        }
        let alle = (0..einheiten.len()).collect();
        Self { seq: plan.seq, plan: plan.value, einheiten, alle, stelle, unter }
    }

    /// The entry that changed anything of it last: a revision puts the units behind the plan.
    pub(super) fn bis(&self) -> u64 {
        self.einheiten.iter().map(|unit| unit.seq).fold(self.seq, u64::max)
    }

    /// The units that were changed behind that entry.
    pub(super) fn geaendert_nach(&self, seq: u64) -> impl Iterator<Item = &Planeinheit> {
        self.einheiten.iter().filter(move |unit| unit.seq > seq).map(|unit| &unit.value)
    }

    /// A unit as everyone sees it.
    pub(super) fn einheit(&self, nummer: &str) -> Option<PlaneinheitAnsicht> {
        self.ansicht(*self.stelle.get(nummer)?)
    }

    /// A unit as it is kept.
    pub(super) fn roh(&self, nummer: &str) -> Option<&Planeinheit> {
        self.einheiten.get(*self.stelle.get(nummer)?).map(|unit| &unit.value)
    }

    /// What belongs to these branches: the units themselves, all below them, and those on the way
    /// up. A number that the plan does not have counts for nothing.
    pub(super) fn zweige<'n>(&self, nummern: impl IntoIterator<Item = &'n str>) -> HashSet<usize> {
        // Two sets: below a unit that is only on the way up, nothing belongs to them.
        let (mut within, mut ways) = (HashSet::new(), HashSet::new());
        for at in nummern.into_iter().filter_map(|nummer| self.stelle.get(nummer)) {
            let mut above = self.darueber(*at);
            while let Some(at) = above.filter(|at| ways.insert(*at)) {
                above = self.darueber(at);
            }
            let mut open = vec![*at];
            while let Some(at) = open.pop() {
                if within.insert(at) {
                    let number = self.einheiten.get(at).map(|unit| &*unit.value.nummer);
                    let below = number.and_then(|number| self.unter.get(number));
                    open.extend(below.into_iter().flatten());
                }
            }
        }
        within.extend(ways);
        within
    }

    fn darueber(&self, at: usize) -> Option<usize> {
        let above = self.einheiten.get(at)?.value.uebergeordnet.as_ref()?;
        self.stelle.get(above).copied()
    }

    /// A page of all units, or of those directly below one (empty: the top); of these only what is
    /// among `nur`.
    pub(super) fn seite(
        &self,
        unter: Option<&str>,
        nur: Option<&HashSet<usize>>,
        blatt: &Blatt,
    ) -> Seite<PlaneinheitAnsicht> {
        let places = match unter {
            None => self.alle.as_slice(),
            Some(above) => self.unter.get(above).map_or(&[][..], Vec::as_slice),
        };
        let start = match &blatt.nach {
            None => 0,
            Some(after) => places.partition_point(|at| self.ort(*at) <= *after),
        };
        let among = |at: &&usize| nur.is_none_or(|nur| nur.contains(at));
        let mut left = places.iter().skip(start).filter(among);
        let shown: Vec<usize> = left.by_ref().take(blatt.menge()).copied().collect();
        let weiter = left.next().and(shown.last()).map(|last| self.ort(*last));
        Seite { eintraege: shown.iter().filter_map(|at| self.ansicht(*at)).collect(), weiter }
    }

    /// Where a list goes on: by number, so that it does after a revision too.
    fn ort(&self, at: usize) -> Vec<u8> {
        let unit = self.einheiten.get(at).map(|unit| &unit.value);
        unit.map_or_else(Vec::new, |u| Parts::new().text(&u.ordnung).text(&u.nummer).0)
    }

    /// Everyone's view of a unit: a plan is no secret.
    fn ansicht(&self, at: usize) -> Option<PlaneinheitAnsicht> {
        let Stored { seq, value: u } = self.einheiten.get(at)?.clone();
        let fallback = u.blatt && u.regel.is_none();
        let regel = if fallback { Some(self.plan.ausweichregel.clone()) } else { u.regel };
        Some(PlaneinheitAnsicht {
            nummer: u.nummer,
            uebergeordnet: u.uebergeordnet,
            bezeichnung: u.bezeichnung,
            blatt: u.blatt,
            stillgelegt: u.stillgelegt,
            schutzklasse: u.schutzklasse,
            aussonderungsart: u.aussonderungsart,
            vorschlag: u.vorschlag,
            aktentyp: u.aktentyp,
            stichworte: u.stichworte,
            beispiele: u.beispiele,
            regel,
            weitere_regeln: u.weitere_regeln,
            ausweichregel: fallback,
            version: seq,
        })
    }
}
