//! Dates are computed anew when the plan or what holds for every Akte changes, and once for a stock
//! that never had any: in the background, readable meanwhile, logged with each Akte that changes.
//!
//! Only Akten of units that changed are looked at, and only those are written whose dates differ.
//! Cut off, it goes on behind the last Akte looked at.

use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};

use super::{
    error::Error,
    fristen::Rechenwerk,
    fristenlauf::{
        ACTOR, Fall, Fristenrunde, Fristenschritt, Gerechnet, SCHREIBEN_MAX, eintraege, erwartet,
        lauf_eintrag, rechnen, unberuehrt,
    },
    jobs::Jobs,
    plan_bestand::Bestand,
};
use crate::{
    domain::{
        akte::Akte,
        aktenplan::Aktenplan,
        frist::Fristen,
        fristenstand::{Fristenlauf, Fristenstand, Neuberechnet, Neuberechnung, Rechenanlass},
        record::{Index, Kind, Parts},
        zeit::Zeitpunkt,
    },
    ledger::{Row, Stored, View},
};

/// Raised when the engine gives other dates for what it is given: everything is computed anew.
const RECHENART: u32 = 1;
/// Akten that one step looks at.
const PRUEFEN_MAX: u64 = 5_000;
/// Rows fetched at once.
const CHUNK: usize = 200;
/// Rows counted at once.
const ZAEHLEN: usize = 5_000;

/// The Akten that a recalculation is about, in the order of `Index::AktePlan`.
struct Strecke {
    /// Prefixes, ascending; none of them begins with another.
    prefixe: Vec<Parts>,
}

impl Strecke {
    fn neu(bestand: &Bestand, anlass: Rechenanlass, plan_seq: u64) -> Self {
        if anlass != Rechenanlass::Aktenplan {
            return Self { prefixe: vec![Parts::new()] };
        }
        // Inner ones too: a leaf that gets units below keeps its Akten.
        let changed = bestand.geaendert_nach(plan_seq);
        let mut prefixe: Vec<Parts> = changed.map(|unit| Parts::new().text(&unit.nummer)).collect();
        prefixe.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        Self { prefixe }
    }

    /// The next rows behind a place; none: it is at its end.
    fn weiter(&self, view: &View<'_>, nach: &[u8], limit: usize) -> Result<Vec<Row>, Error> {
        let after = (!nach.is_empty()).then_some(nach);
        for prefix in &self.prefixe {
            let within = nach.starts_with(&prefix.0);
            if !within && prefix.0.as_slice() < nach {
                continue;
            }
            let after = after.filter(|_| within);
            let rows = view.scan(Index::AktePlan, prefix, after, false, limit)?;
            if !rows.is_empty() {
                return Ok(rows);
            }
        }
        Ok(vec![])
    }

    fn zaehlen(&self, view: &View<'_>) -> Result<u64, Error> {
        if self.prefixe.iter().any(|prefix| prefix.0.is_empty()) {
            return Ok(view.count(Kind::Akte)?);
        }
        let (mut nach, mut count) = (Vec::new(), 0_u64);
        loop {
            let rows = self.weiter(view, &nach, ZAEHLEN)?;
            count = count.saturating_add(rows.len() as u64);
            match rows.into_iter().next_back() {
                Some(last) => nach = last.place,
                None => return Ok(count),
            }
        }
    }
}

/// True if the dates have to be written. What only a document moved is the daily run's.
fn anders(vorher: &Fristenstand, neu: &Gerechnet, akte: &Akte, anlass: Rechenanlass) -> bool {
    if neu.akte.zustand != akte.zustand || vorher.rechteklasse != neu.stand.rechteklasse {
        return true;
    }
    let next_run = vorher.naechster_lauf != neu.stand.naechster_lauf;
    if anlass != Rechenanlass::Aktenplan || !akte.ist_offen() {
        return vorher.fristen != neu.stand.fristen || next_run;
    }
    let meldetag = vorher.fristen.meldetag;
    let as_before = Fristen { meldetag, ..neu.stand.fristen };
    // With the reporting day the next run moves.
    let reported = meldetag != neu.stand.fristen.meldetag;
    vorher.fristen != as_before || next_run && !reported
}

fn anlasswort(anlass: Rechenanlass, akte: &Akte) -> String {
    match anlass {
        Rechenanlass::Erstmals => "Erstmals berechnet".to_owned(),
        Rechenanlass::Vorgaben => "Vorgaben für alle Akten geändert".to_owned(),
        Rechenanlass::Aktenplan => format!("Regel der Planeinheit {} geändert", akte.planeinheit),
    }
}

/// What a stretch of a recalculation found.
struct Stueck {
    faelle: Vec<Fall>,
    offen: Neuberechnung,
    fertig: bool,
}

impl Jobs {
    /// Fingerprint of what holds for every Akte: another one makes all dates anew.
    pub(super) fn regelwerk(&self, plan: &Aktenplan) -> Result<String, Error> {
        let config = &self.registry().0.config;
        // A city may let a field of its own type fill another anchor.
        let own: Vec<_> =
            config.typen.der_stadt().map(|typ| (&typ.kennung, typ.version, &typ.anker)).collect();
        let all = (RECHENART, &config.fristen, &plan.ausweichregel, own);
        let digest = Sha256::digest(serde_json::to_vec(&all)?);
        Ok(hex::encode(digest))
    }

    /// Begins a recalculation of what the plan or other things for every Akte have changed.
    pub(super) fn neuberechnung_beginnen(
        &self,
        view: &View<'_>,
        lauf: Option<Stored<Fristenlauf>>,
        heute: NaiveDate,
        runde: &mut Fristenrunde,
    ) -> Result<Fristenschritt, Error> {
        let registry = self.registry();
        let bestand = registry.0.plan.of(view)?;
        let (regelwerk, plan_seq) = (self.regelwerk(&bestand.plan)?, bestand.bis());
        let seq = lauf.as_ref().map_or(0, |lauf| lauf.seq);
        let (anlass, before) = match lauf.map(|lauf| lauf.value) {
            None => (Rechenanlass::Erstmals, None),
            // Also where a recalculation with other things was cut off: some Akten have its dates.
            Some(lauf)
                if lauf.regelwerk != regelwerk
                    || lauf.offen.as_ref().is_some_and(|open| open.regelwerk != regelwerk) =>
            {
                (Rechenanlass::Vorgaben, Some(lauf))
            }
            Some(lauf) => (Rechenanlass::Aktenplan, Some(lauf)),
        };
        if anlass == Rechenanlass::Vorgaben {
            let begun = (regelwerk.clone(), plan_seq);
            if runde.begonnen.as_ref() == Some(&begun) {
                tracing::warn!("dates: another node holds other things for every Akte; not again");
                return Ok(Fristenschritt::Fertig);
            }
            runde.begonnen = Some(begun);
        }
        let strecke = Strecke::neu(&bestand, anlass, before.as_ref().map_or(0, |l| l.plan_seq));
        let gesamt = strecke.zaehlen(view)?;
        let offen = Neuberechnung {
            anlass,
            plan_seq,
            regelwerk,
            nach: String::new(),
            gesamt,
            geprueft: 0,
            geaendert: 0,
        };
        let before = before.unwrap_or_else(|| Fristenlauf {
            tag: heute,
            regelwerk: String::new(),
            plan_seq: 0,
            offen: None,
            zuletzt: None,
            bestaetigt: None,
        });
        let empty = gesamt == 0;
        registry.house_write(ACTOR, move |view, feder| {
            if !unberuehrt(view, seq)? {
                return Ok((vec![], ()));
            }
            let lauf = match empty {
                true => beendet(before, offen, feder.now),
                false => Fristenlauf { offen: Some(offen), ..before },
            };
            Ok((vec![lauf_eintrag(feder, &lauf)?], ()))
        })?;
        Ok(Fristenschritt::Weiter)
    }

    /// Goes on with a recalculation: as many as one commit takes, of not too many looked at.
    pub(super) fn neu_rechnen(
        &self,
        view: &View<'_>,
        lauf: Stored<Fristenlauf>,
        heute: NaiveDate,
    ) -> Result<Fristenschritt, Error> {
        let registry = self.registry();
        let Stored { seq, value: mut lauf } = lauf;
        let Some(offen) = lauf.offen.take() else { return Ok(Fristenschritt::Fertig) };
        let bestand = registry.0.plan.of(view)?;
        let werk = Rechenwerk::neu(&registry.0.config, &bestand.plan, heute);
        let strecke = Strecke::neu(&bestand, offen.anlass, lauf.plan_seq);
        let stueck = stueck(view, &werk, &bestand, &strecke, offen)?;
        let Stueck { faelle, mut offen, fertig } = stueck;
        registry.house_write_expecting(ACTOR, erwartet(&faelle), move |view, feder| {
            // Another node may have gone on from the same place.
            if !unberuehrt(view, seq)? {
                return Ok((vec![], ()));
            }
            let mut drafts = eintraege(faelle, view, feder)?;
            offen.geaendert = offen.geaendert.saturating_add(drafts.len() as u64);
            let lauf = match fertig {
                true => beendet(lauf, offen, feder.now),
                false => Fristenlauf { offen: Some(offen), ..lauf },
            };
            drafts.push(lauf_eintrag(feder, &lauf)?);
            Ok((drafts, ()))
        })?;
        Ok(Fristenschritt::Weiter)
    }
}

/// The run once a recalculation is done.
fn beendet(lauf: Fristenlauf, offen: Neuberechnung, am: Zeitpunkt) -> Fristenlauf {
    let Neuberechnung { anlass, plan_seq, regelwerk, geprueft, geaendert, .. } = offen;
    let zuletzt = Some(Neuberechnet { anlass, am, geprueft, geaendert });
    Fristenlauf { regelwerk, plan_seq, offen: None, zuletzt, ..lauf }
}

/// Looks at the next Akten.
fn stueck(
    view: &View<'_>,
    werk: &Rechenwerk<'_>,
    bestand: &Bestand,
    strecke: &Strecke,
    mut offen: Neuberechnung,
) -> Result<Stueck, Error> {
    let mut nach = hex::decode(&offen.nach).map_err(Error::intern)?;
    let (mut faelle, mut looked, mut fertig) = (Vec::new(), 0_u64, false);
    while faelle.len() < SCHREIBEN_MAX && looked < PRUEFEN_MAX && !fertig {
        let rows = strecke.weiter(view, &nach, CHUNK)?;
        fertig = rows.is_empty();
        view.expect(Kind::Akte, rows.iter().map(|row| row.key.as_str()))?;
        for row in rows {
            if faelle.len() >= SCHREIBEN_MAX {
                break;
            }
            looked += 1;
            if let Some(akte) = view.get::<Akte>(&row.key)? {
                let vorher = view.get::<Fristenstand>(&row.key)?;
                let neu = rechnen(view, werk, bestand, &akte.value)?;
                let old = vorher.as_ref().map(|old| &old.value);
                if old.is_none_or(|old| anders(old, &neu, &akte.value, offen.anlass)) {
                    let anlass = anlasswort(offen.anlass, &akte.value);
                    faelle.push(Fall::neu(&akte, vorher.as_ref(), neu, &anlass));
                }
            }
            nach = row.place;
        }
    }
    offen.nach = hex::encode(&nach);
    offen.geprueft = offen.geprueft.saturating_add(looked);
    Ok(Stueck { faelle, offen, fertig })
}
