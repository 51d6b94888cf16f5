//! The daily run over the dates of all Akten, in steps that anybody may cut off or do twice.
//!
//! What is to be done stands in an index by day, so a day without work costs a look. Dates are
//! computed beside the writer; a decision writes only what is still as it was read, so two nodes
//! may run at once and the effect is one. Nothing is done while the clock can't be right, and
//! nothing that is done here is irrevocable.

use chrono::NaiveDate;
use serde::Serialize;

use super::{
    actor::{Acting, Administrator},
    ansicht::Quittung,
    error::Error,
    fristen::{Rechenwerk, letzte_eintragung},
    gesperrt,
    jobs::Jobs,
    persons::hat_rolle,
    plan_bestand::{Bestand, in_kraft},
    sicht::Sicht,
    write::{Feder, put, quittung},
};
use crate::{
    domain::{
        access::Rolle,
        akte::{Akte, Zustand},
        aktenplan::Aktenplan,
        aussonderung::tageslauf,
        frist::{Beitrag, Fristen, Grund},
        fristenstand::{
            Fristenlauf, Fristenstand, Laufstand, Neuberechnung, Rechenanlass, lauftag,
        },
        record::{Index, Kind, Parts, Record as _},
        zeit::Zeitpunkt,
    },
    ledger::{Change, Draft, Row, Stored, View},
};

pub(super) const ACTOR: &str = "system";
/// Akten that one commit writes: no push is decided while it is.
pub(super) const SCHREIBEN_MAX: usize = 200;
/// Characters of a reason in an entry.
const GRUND_MAX: usize = 1000;

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fristenschritt {
    /// Something; there may be more.
    Weiter,
    /// Nothing: all is done for today.
    Fertig,
    /// Nothing, because of the clock.
    Wartet(Laufstand),
}

/// What one process remembers between steps.
#[derive(Debug, Default)]
pub struct Fristenrunde {
    /// The last recalculation that it began because other things hold for every Akte. Two nodes
    /// that are configured apart would begin in turn for ever.
    pub(super) begonnen: Option<(String, u64)>,
}

/// An Akte whose state or dates are to be written, and what they were computed from.
pub(super) struct Fall {
    key: String,
    /// The entries that the computation rests on.
    gelesen: (u64, Option<u64>),
    /// With another state; none: only the dates are others.
    akte: Option<Akte>,
    pub(super) stand: Fristenstand,
    pub(super) grund: String,
}

/// An Akte computed anew.
pub(super) struct Gerechnet {
    /// As it stands after the steps that it takes by itself.
    pub(super) akte: Akte,
    pub(super) stand: Fristenstand,
    /// The rules that apply, in words.
    pub(super) worte: String,
}

/// Computes an Akte and takes it as far as it goes by itself.
pub(super) fn rechnen(
    view: &View<'_>,
    werk: &Rechenwerk<'_>,
    bestand: &Bestand,
    akte: &Akte,
) -> Result<Gerechnet, Error> {
    let unit = bestand.roh(&akte.planeinheit);
    let (letzte, sperren) = (letzte_eintragung(view, akte)?, gesperrt::zeitraeume(view, akte.id)?);
    let unterlagen = werk.unterlagen(akte, unit, letzte, sperren);
    let g = werk.grundlage(&unterlagen);
    let rechnung = g.rechnen();
    let mut akte = akte.clone();
    // An error leaves it where it is: its Transferfrist lies behind the calendar.
    if let Ok(next) = tageslauf(&akte.stand(), &g.umstaende(rechnung.fristen)) {
        akte.gehe(&next);
    }
    let stand = g.stand(&akte, rechnung.fristen);
    Ok(Gerechnet { akte, stand, worte: worte(&rechnung.gruende) })
}

/// The rules that apply, in words.
fn worte(gruende: &[Grund<'_>]) -> String {
    let applies =
        |g: &&Grund<'_>| !matches!(g, Grund::Regel { beitrag: Beitrag::GiltNicht(_), .. });
    let words: Vec<String> = gruende.iter().filter(applies).map(ToString::to_string).collect();
    words.join("; ")
}

/// What became of the dates, in words.
pub(super) fn wandel(vorher: Option<&Fristen>, jetzt: &Fristen) -> String {
    let day = |day: Option<NaiveDate>| day.map_or_else(|| "keins".to_owned(), |d| d.to_string());
    let mut words = Vec::new();
    let mut named = |name: &str, of: fn(&Fristen) -> Option<NaiveDate>| {
        let new = of(jetzt);
        match vorher.map(of) {
            Some(old) if old != new => {
                words.push(format!("{name} {} statt {}", day(new), day(old)));
            }
            None if new.is_some() => words.push(format!("{name} {}", day(new))),
            _ => {}
        }
    };
    named("Ende", |f| f.ende);
    named("Höchstens", |f| f.hoechstens);
    named("Fällig", |f| f.faellig);
    named("Meldetag", |f| f.meldetag);
    words.join(", ")
}

impl Fall {
    /// The case, if anything is to be written: `anlass` is why it was computed.
    pub(super) fn neu(
        akte: &Stored<Akte>,
        vorher: Option<&Stored<Fristenstand>>,
        neu: Gerechnet,
        anlass: &str,
    ) -> Self {
        let Gerechnet { akte: next, stand, worte } = neu;
        let moved = next.zustand != akte.value.zustand;
        let mut parts = vec![anlass.to_owned()];
        if moved {
            parts.push(zustandswort(next.zustand).to_owned());
        }
        parts.push(wandel(vorher.map(|old| &old.value.fristen), &stand.fristen));
        parts.push(worte);
        parts.retain(|part| !part.is_empty());
        Self {
            key: akte.value.key(),
            gelesen: (akte.seq, vorher.map(|old| old.seq)),
            akte: moved.then_some(next),
            stand,
            grund: parts.join("; ").chars().take(GRUND_MAX).collect(),
        }
    }

    /// The entry, unless somebody has changed meanwhile what was computed from.
    fn eintrag(self, view: &View<'_>, feder: &Feder) -> Result<Option<Draft>, Error> {
        let akte = view.get::<Akte>(&self.key)?.map(|akte| akte.seq);
        let stand = view.get::<Fristenstand>(&self.key)?.map(|stand| stand.seq);
        if (akte, stand) != (Some(self.gelesen.0), self.gelesen.1) {
            return Ok(None);
        }
        let (mut action, mut records) = ("frist_berechnet", vec![put(&self.stand)?]);
        if let Some(akte) = self.akte {
            action = "zustand_geaendert";
            records.insert(0, put(&Akte { geaendert: feder.now, ..akte })?);
        }
        Ok(Some(feder.draft(action, (Kind::Akte, self.key), Some(self.grund), records)))
    }
}

const fn zustandswort(zustand: Zustand) -> &'static str {
    match zustand {
        Zustand::Aufbewahrung => "in Aufbewahrung",
        Zustand::Aussonderungsreif => "aussonderungsreif",
        _ => "",
    }
}

/// What decisions about these will ask for.
pub(super) fn erwartet(faelle: &[Fall]) -> Vec<(Kind, String)> {
    let both =
        |fall: &Fall| [(Kind::Akte, fall.key.clone()), (Kind::Fristenstand, fall.key.clone())];
    faelle.iter().flat_map(both).collect()
}

/// The entries of these.
pub(super) fn eintraege(
    faelle: Vec<Fall>,
    view: &View<'_>,
    feder: &Feder,
) -> Result<Vec<Draft>, Error> {
    let mut drafts = Vec::with_capacity(faelle.len());
    for fall in faelle {
        drafts.extend(fall.eintrag(view, feder)?);
    }
    Ok(drafts)
}

/// The entry about the run itself.
pub(super) fn lauf_eintrag(feder: &Feder, lauf: &Fristenlauf) -> Result<Draft, Error> {
    let subject = (Kind::Fristenlauf, lauf.key());
    Ok(feder.draft("fristenlauf", subject, None, vec![put(lauf)?]))
}

/// True while nobody has moved the run on.
pub(super) fn unberuehrt(view: &View<'_>, seq: u64) -> Result<bool, Error> {
    Ok(view.get::<Fristenlauf>(Fristenlauf::SCHLUESSEL)?.map_or(0, |lauf| lauf.seq) == seq)
}

impl Jobs {
    /// Does a piece of what is to be done about dates: a recalculation that was begun, then the
    /// days up to today, then what a newer plan asks for.
    ///
    /// # Errors
    /// As the ledger says; the same step is then to be asked for again.
    pub fn fristen_schritt(&self, runde: &mut Fristenrunde) -> Result<Fristenschritt, Error> {
        let registry = self.registry();
        let (view, heute) = (registry.0.ledger.view(), registry.now().datum());
        let Some(lauf) = view.get::<Fristenlauf>(Fristenlauf::SCHLUESSEL)? else {
            // No plan, no Akten.
            return match view.kind::<Aktenplan>(None, 1)?.is_empty() {
                true => Ok(Fristenschritt::Fertig),
                false => self.neuberechnung_beginnen(&view, None, heute, runde),
            };
        };
        match lauf.value.stand(heute) {
            wait @ (Laufstand::UhrZurueck | Laufstand::WartetAufBestaetigung) => {
                Ok(Fristenschritt::Wartet(wait))
            }
            _ if lauf.value.offen.is_some() => {
                // Begun by a node that holds other things for every Akte, or before a restart with
                // others: what one half was computed with must not be said of both.
                let werk = self.regelwerk(&in_kraft(&view)?.value)?;
                match lauf.value.offen.as_ref().is_some_and(|open| open.regelwerk == werk) {
                    true => self.neu_rechnen(&view, lauf, heute),
                    false => self.neuberechnung_beginnen(&view, Some(lauf), heute, runde),
                }
            }
            Laufstand::Faellig => self.tag(&view, &lauf, heute),
            Laufstand::Aktuell => {
                let plan = in_kraft(&view)?;
                let werk = self.regelwerk(&plan.value)?;
                if plan.seq <= lauf.value.plan_seq && werk == lauf.value.regelwerk {
                    return Ok(Fristenschritt::Fertig);
                }
                self.neuberechnung_beginnen(&view, Some(lauf), heute, runde)
            }
        }
    }

    /// Computes what has to be computed anew up to this day; the day is done when nothing has.
    fn tag(
        &self,
        view: &View<'_>,
        lauf: &Stored<Fristenlauf>,
        heute: NaiveDate,
    ) -> Result<Fristenschritt, Error> {
        let registry = self.registry();
        let due = |row: &Row| lauftag(&row.place).is_some_and(|day| day <= heute);
        let next = |limit| -> Result<Vec<Row>, Error> {
            let rows = view.scan(Index::FristLauf, &Parts::new(), None, false, limit)?;
            Ok(rows.into_iter().take_while(due).collect())
        };
        // On a day without work one row tells so.
        if next(1)?.is_empty() {
            let done = Fristenlauf { tag: heute, ..lauf.value.clone() };
            let seq = lauf.seq;
            registry.house_write(ACTOR, move |view, feder| {
                let mine = unberuehrt(view, seq)?;
                Ok((if mine { vec![lauf_eintrag(feder, &done)?] } else { vec![] }, ()))
            })?;
            return Ok(Fristenschritt::Weiter);
        }
        let rows = next(SCHREIBEN_MAX)?;
        let bestand = registry.0.plan.of(view)?;
        let werk = Rechenwerk::neu(&registry.0.config, &bestand.plan, heute);
        let (mut faelle, mut verwaist) = (Vec::new(), Vec::new());
        view.expect(Kind::Akte, rows.iter().map(|row| row.key.as_str()))?;
        for row in &rows {
            let Some(akte) = view.get::<Akte>(&row.key)? else {
                verwaist.push(row.key.clone());
                continue;
            };
            // Between the row and this another node may have been here.
            let vorher = view.get::<Fristenstand>(&row.key)?;
            let due = |s: &Stored<Fristenstand>| s.value.naechster_lauf.is_some_and(|d| d <= heute);
            let Some(vorher) = vorher.filter(due) else { continue };
            let neu = rechnen(view, &werk, &bestand, &akte.value)?;
            faelle.push(Fall::neu(&akte, Some(&vorher), neu, "Tageslauf"));
        }
        registry.house_write_expecting(ACTOR, erwartet(&faelle), move |view, feder| {
            let mut drafts = eintraege(faelle, view, feder)?;
            for key in verwaist {
                // Without its Akte nobody can be told of it; else it were looked at for ever.
                if view.get::<Akte>(&key)?.is_none() {
                    let gone = vec![Change::delete(Kind::Fristenstand, key.clone())];
                    let subject = (Kind::Fristenstand, key);
                    drafts.push(feder.draft("fristenstand_entfernt", subject, None, gone));
                }
            }
            Ok((drafts, ()))
        })?;
        Ok(Fristenschritt::Weiter)
    }
}

/// The recalculation under way, or the last one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NeuberechnungAnsicht {
    /// Why.
    pub anlass: Rechenanlass,
    /// How much of it is done, percent.
    pub prozent: u64,
    /// When it was done; none: it is under way.
    pub beendet: Option<Zeitpunkt>,
    /// Akten concerned; for Revision alone, because counts tell how much is hidden.
    pub gesamt: Option<u64>,
    /// Akten looked at; for Revision alone.
    pub geprueft: Option<u64>,
    /// Akten that got other dates; for Revision alone.
    pub geaendert: Option<u64>,
}

/// How far the daily run is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FristenlaufAnsicht {
    /// The last day that is done; none: it has never run.
    pub tag: Option<NaiveDate>,
    /// Today, by the clock of this machine.
    pub heute: NaiveDate,
    /// Whether it works.
    pub stand: Laufstand,
    /// The day that a person confirmed last.
    pub bestaetigt: Option<NaiveDate>,
    /// The recalculation under way, else the last one.
    pub neuberechnung: Option<NeuberechnungAnsicht>,
}

fn ansicht(lauf: Option<&Fristenlauf>, heute: NaiveDate, zahlen: bool) -> FristenlaufAnsicht {
    let open = |o: &Neuberechnung| {
        let done = o.geprueft.saturating_mul(100).checked_div(o.gesamt).unwrap_or(0);
        // Akten that were opened meanwhile are looked at too.
        (o.anlass, done.min(99), None, (o.gesamt, o.geprueft, o.geaendert))
    };
    let neuberechnung = lauf.and_then(|lauf| {
        let last = lauf
            .zuletzt
            .as_ref()
            .map(|z| (z.anlass, 100, Some(z.am), (z.geprueft, z.geprueft, z.geaendert)));
        let (anlass, prozent, beendet, counts) = lauf.offen.as_ref().map(open).or(last)?;
        let shown = |count: u64| zahlen.then_some(count);
        Some(NeuberechnungAnsicht {
            anlass,
            prozent,
            beendet,
            gesamt: shown(counts.0),
            geprueft: shown(counts.1),
            geaendert: shown(counts.2),
        })
    });
    FristenlaufAnsicht {
        tag: lauf.map(|lauf| lauf.tag),
        heute,
        stand: lauf.map_or(Laufstand::Faellig, |lauf| lauf.stand(heute)),
        bestaetigt: lauf.and_then(|lauf| lauf.bestaetigt),
        neuberechnung,
    }
}

fn lesen(s: &Sicht<'_, '_>) -> Result<Option<Stored<Fristenlauf>>, Error> {
    s.get::<Fristenlauf>(Fristenlauf::SCHLUESSEL)
}

impl Acting {
    /// How far the daily run is: for Registratur, Administration and Revision; counts for the last
    /// alone.
    ///
    /// # Errors
    /// `nicht_erlaubt`, or as the ledger says.
    pub fn fristenlauf(&self) -> Result<FristenlaufAnsicht, Error> {
        let heute = self.registry.now().datum();
        self.read(|s| {
            hat_rolle(s, &[Rolle::Registratur, Rolle::Administration, Rolle::Revision])?;
            let counts = hat_rolle(s, &[Rolle::Revision]).is_ok();
            Ok(ansicht(lesen(s)?.map(|lauf| lauf.value).as_ref(), heute, counts))
        })
    }
}

impl Administrator {
    /// Confirms that the clock is right, after it leapt: the daily run goes on. The day that is
    /// named must be today's by this machine's clock, so that nobody confirms unseen.
    ///
    /// # Errors
    /// `nicht_erlaubt`, `tag_falsch`.
    pub fn fristenlauf_bestaetigen(
        &self,
        tag: NaiveDate,
    ) -> Result<Quittung<FristenlaufAnsicht>, Error> {
        let done = self.0.write(move |d| {
            d.administration()?;
            let heute = d.now().datum();
            if tag != heute {
                let text = format!("Nach der Uhr dieses Rechners ist heute der {heute}.");
                return Err(Error::ungueltig("/tag", "tag_falsch", text));
            }
            let Some(found) = lesen(&d.sicht)? else { return Ok((vec![], None)) };
            if found.value.stand(heute) != Laufstand::WartetAufBestaetigung {
                return Ok((vec![], Some(found.value)));
            }
            let lauf = Fristenlauf { bestaetigt: Some(tag), ..found.value };
            let draft = d.draft("fristenlauf_bestaetigt", &lauf, None, vec![])?;
            Ok((vec![draft], Some(lauf)))
        })?;
        let seen = ansicht(done.value.as_ref(), tag, false);
        Ok(quittung(seen, done.last, false))
    }
}
