//! The rule of access, whole: `darf` says whether somebody may do one thing to one object.
//!
//! It is pure and strict: what no line below grants is refused. A grant never overrides a wall or a
//! level, and no role adds to what an administrator may see of content, which is nothing.
//!
//! **First, for everybody, person or machine:** an object behind a wall is hidden from whom
//! `schutzklassen` does not admit, and an object above one's `stufe` is hidden too. That holds for
//! the own OE, for shares, for roles of the whole house, and for the log (it carries old and new
//! values, so the log of a walled file is as secret as the file).
//!
//! **Then a person's roles**, each within its OE (`oe` none: the whole house):
//!
//! | role | verbs |
//! |---|---|
//! | Sachbearbeitung | all but Oeffnen |
//! | Registratur | all |
//! | Scanstelle, Fachverfahren | Einliefern (a machine's role, held by who stands at the machine) |
//! | Archiv | Lesen, Protokoll, and only while the object is `angeboten` |
//! | Revision | Protokoll, never Lesen |
//! | Administration | none |
//!
//! **And shares**, which hold only for whoever is a clerk (Sachbearbeitung or Registratur)
//! somewhere, so that no share gives content to an administrator or auditor; a share with an OE
//! holds for those whose clerk's role is held in that very OE:
//!
//! | share | verbs |
//! |---|---|
//! | to read | Lesen, Protokoll |
//! | to work | also Einliefern, Anlegen (a Vorgang), Aendern, Ablegen |
//!
//! A share never opens a new Akte (`Anlegen` without a state): else a clerk could open one in a
//! foreign OE by sharing it with himself.
//!
//! **A machine** may do what its key grants *and* its role allows *and* only in the key's OE (an
//! empty list: none) and plan units (an empty list: all):
//!
//! | role of a key | verbs at most |
//! |---|---|
//! | Sachbearbeitung, Registratur, Archiv, Revision, Administration | as above |
//! | Scanstelle | Einliefern |
//! | Fachverfahren | all but Oeffnen and Freigeben |
//!
//! A key bound to plan units may push into the Posteingang, where nothing has a unit yet, and do
//! nothing else there. Shares are for people. Whether a key is blocked, over its date or comes from
//! a foreign network is checked at sign-on, not here.
//!
//! **The answer** to what is not granted: `Nein` if some other verb on that object is granted,
//! since then the caller knows of it anyway (an auditor who wants to read; a write-only key that
//! asks for the Akte it may push to); `Verborgen` if none is.
//!
//! What the state forbids (a closed Akte takes no documents) is not a matter of rights: the
//! registry refuses it with an error of its own.

use uuid::Uuid;

use super::{Empfaenger, Freigabe, Rechte, Rolle, Schutzklasse, Stufe, Urteil, Verb, Wer};
use crate::domain::{
    akte::Zustand,
    organisation::{Rollenzuweisung, Schluessel},
};

/// Whether `wer` may do `verb` to an object with these rights.
///
/// `zustand` is the state of the Akte or Vorgang; none for what has none (a document in the
/// Posteingang, an Akte not yet opened). `planeinheit` is the number of the unit it is filed under.
#[must_use]
pub fn darf(
    wer: &Wer,
    verb: Verb,
    rechte: &Rechte,
    zustand: Option<Zustand>,
    planeinheit: Option<&str>,
) -> Urteil {
    let granted = match wer {
        Wer::Person { id, rollen, schutzklassen, stufe, .. } => {
            if hidden(schutzklassen, *stufe, rechte) {
                Verben::NONE
            } else {
                by_roles(rollen, rechte, zustand).and(by_shares(*id, rollen, rechte, zustand))
            }
        }
        Wer::Maschine(key) => by_key(key, rechte, zustand, planeinheit),
    };
    if granted.contains(verb) {
        Urteil::Ja
    } else if granted == Verben::NONE {
        Urteil::Verborgen
    } else {
        Urteil::Nein
    }
}

/// Whether `wer` reads what stands under these rights, whatever its state and plan unit.
///
/// Lists and search select by it. It is `darf` for `Lesen` without state and unit: the archive,
/// which sees by state, and a key bound to plan units find nothing by it; they read by id.
#[must_use]
pub fn sieht(wer: &Wer, rechte: &Rechte) -> bool {
    darf(wer, Verb::Lesen, rechte, None, None) == Urteil::Ja
}

/// Where to look for the Rechteklassen that `wer` may read: a superset, each of which must still
/// be asked by `sieht`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anker {
    /// Any class may be readable (a role of the whole house).
    pub alle: bool,
    /// Classes of these OE.
    pub oe: Vec<Uuid>,
    /// Classes with a share for one of these persons or OE.
    pub freigaben: Vec<Uuid>,
}

/// The anchors of `wer`, see [`Anker`]. Empty for whoever reads nothing by class.
#[must_use]
pub fn anker(wer: &Wer) -> Anker {
    match wer {
        Wer::Person { id, rollen, .. } => {
            let mut anchors = Anker::default();
            for role in rollen.iter().filter(|r| is_clerk(r.rolle)) {
                match role.oe {
                    Some(oe) => anchors.oe.push(oe),
                    None => anchors.alle = true,
                }
            }
            anchors.oe.sort_unstable();
            anchors.oe.dedup();
            if anchors.alle || !anchors.oe.is_empty() {
                anchors.freigaben.clone_from(&anchors.oe);
                anchors.freigaben.push(*id);
            }
            anchors
        }
        Wer::Maschine(key) => {
            let verbs = Verben::of(&key.verben).within(machine_verbs(key.rolle, None));
            if verbs.contains(Verb::Lesen) && key.planeinheiten.is_empty() {
                Anker { oe: key.oe.clone(), ..Anker::default() }
            } else {
                Anker::default()
            }
        }
    }
}

/// A set of verbs, one bit each.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Verben(u16);

impl Verben {
    const NONE: Self = Self(0);

    fn of(verbs: &[Verb]) -> Self {
        Self(verbs.iter().fold(0, |bits, verb| bits | (1 << (*verb as u16))))
    }
    fn all_but(verbs: &[Verb]) -> Self {
        Self(Self::of(&Verb::ALL).0 & !Self::of(verbs).0)
    }
    const fn contains(self, verb: Verb) -> bool {
        self.0 & (1 << (verb as u16)) != 0
    }
    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    const fn within(self, ceiling: Self) -> Self {
        Self(self.0 & ceiling.0)
    }
}

/// The wall and the level, which nothing overrides.
fn hidden(admitted: &[Schutzklasse], level: Stufe, rechte: &Rechte) -> bool {
    rechte.stufe > level || rechte.schutzklasse.is_some_and(|wall| !admitted.contains(&wall))
}

const fn is_clerk(role: Rolle) -> bool {
    matches!(role, Rolle::Sachbearbeitung | Rolle::Registratur)
}

/// What a role allows a person within its OE.
fn role_verbs(role: Rolle, zustand: Option<Zustand>) -> Verben {
    match role {
        Rolle::Sachbearbeitung => Verben::all_but(&[Verb::Oeffnen]),
        Rolle::Registratur => Verben::of(&Verb::ALL),
        Rolle::Scanstelle | Rolle::Fachverfahren => Verben::of(&[Verb::Einliefern]),
        Rolle::Archiv if zustand == Some(Zustand::Angeboten) => {
            Verben::of(&[Verb::Lesen, Verb::Protokoll])
        }
        Rolle::Revision => Verben::of(&[Verb::Protokoll]),
        Rolle::Archiv | Rolle::Administration => Verben::NONE,
    }
}

/// What a role allows a machine at most.
fn machine_verbs(role: Rolle, zustand: Option<Zustand>) -> Verben {
    match role {
        Rolle::Fachverfahren => Verben::all_but(&[Verb::Oeffnen, Verb::Freigeben]),
        _ => role_verbs(role, zustand),
    }
}

fn by_roles(roles: &[Rollenzuweisung], rechte: &Rechte, zustand: Option<Zustand>) -> Verben {
    roles
        .iter()
        .filter(|role| role.oe.is_none_or(|oe| oe == rechte.oe))
        .fold(Verben::NONE, |verbs, role| verbs.and(role_verbs(role.rolle, zustand)))
}

fn by_shares(
    person: Uuid,
    roles: &[Rollenzuweisung],
    rechte: &Rechte,
    zustand: Option<Zustand>,
) -> Verben {
    let clerk_in = |oe: Uuid| roles.iter().any(|r| is_clerk(r.rolle) && r.oe == Some(oe));
    if !roles.iter().any(|r| is_clerk(r.rolle)) {
        return Verben::NONE;
    }
    let mine = |share: &&Freigabe| match share.fuer {
        Empfaenger::Person(id) => id == person,
        Empfaenger::Oe(oe) => clerk_in(oe),
    };
    rechte.freigaben.iter().filter(mine).fold(Verben::NONE, |verbs, share| {
        let reading = Verben::of(&[Verb::Lesen, Verb::Protokoll]);
        let working = match (share.bearbeiten, zustand) {
            (false, _) => Verben::NONE,
            (true, None) => Verben::of(&[Verb::Einliefern, Verb::Aendern, Verb::Ablegen]),
            (true, Some(_)) => {
                Verben::of(&[Verb::Einliefern, Verb::Anlegen, Verb::Aendern, Verb::Ablegen])
            }
        };
        verbs.and(reading).and(working)
    })
}

fn by_key(
    key: &Schluessel,
    rechte: &Rechte,
    zustand: Option<Zustand>,
    planeinheit: Option<&str>,
) -> Verben {
    if !key.oe.contains(&rechte.oe) || hidden(&key.schutzklassen, key.stufe, rechte) {
        return Verben::NONE;
    }
    let verbs = Verben::of(&key.verben).within(machine_verbs(key.rolle, zustand));
    if key.planeinheiten.is_empty() {
        return verbs;
    }
    match planeinheit {
        Some(unit) if key.planeinheiten.iter().any(|above| unit_within(unit, above)) => verbs,
        Some(_) => Verben::NONE,
        None => verbs.within(Verben::of(&[Verb::Einliefern])),
    }
}

/// Whether a unit's number lies at or below another's, by the numbers alone.
///
/// Digits run on where the number above is one run of digits (`52` holds `521.01`). Where it has
/// several parts the last one must be whole (`11.1` does not hold `11.10`): in a decimal plan
/// this is too strict, which costs naming the unit; the reverse would open foreign files.
fn unit_within(unit: &str, above: &str) -> bool {
    let Some(rest) = unit.strip_prefix(above) else { return false };
    let one_run = above.bytes().all(|b| b.is_ascii_digit()) && !above.is_empty();
    let parted = rest.chars().next().is_none_or(|c| !c.is_alphanumeric());
    parted || (one_run && rest.starts_with(|c: char| c.is_ascii_digit()))
}
