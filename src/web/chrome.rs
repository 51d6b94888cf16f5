//! What every page has around it: who is signed on, where he can go, the token of his forms.

use super::{assets, guard::FIELD, routes::Who, start};
use crate::{
    domain::access::{Rolle, Wer},
    http::sign_on::Caller,
    registry::PersonAnsicht,
};

/// Around a page.
#[derive(Clone, Debug, Default)]
pub struct Chrome {
    /// The person's name; empty: nobody is signed on.
    pub name: String,
    /// The name the person signs on with.
    pub anmeldename: String,
    /// The token of the forms.
    pub formular: String,
    /// What was done by the form before.
    pub meldung: Option<Meldung>,
    /// Where the person can go.
    pub wege: Vec<Weg>,
    /// False: the page has a search field of its own, or its reader searches nothing.
    pub schnellsuche: bool,
}

/// A place to go to.
#[derive(Clone, Debug)]
pub struct Weg {
    /// Path.
    pub pfad: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// True: the page belongs there.
    pub hier: bool,
}

/// What was done.
#[derive(Clone, Debug)]
pub struct Meldung {
    /// German.
    pub text: String,
    /// Where what it is about is found.
    pub pfad: Option<String>,
}

impl Chrome {
    /// For a signed-on person, on a page below `path`.
    #[must_use]
    pub fn of(caller: &Caller, me: Option<PersonAnsicht>, formular: String, path: &str) -> Self {
        let (name, anmeldename) = me.map(|me| (me.name, me.anmeldename)).unwrap_or_default();
        let reads = allowed(caller, super::routes::READERS);
        let wege = start::WEGE
            .iter()
            .filter(|(_, _, who)| allowed(caller, *who))
            .map(|(pfad, name, _)| Weg { pfad, name, hier: below(path, pfad) })
            .collect();
        let schnellsuche = reads && path != "/";
        Self { name, anmeldename, formular, meldung: None, wege, schnellsuche }
    }

    /// The style sheet.
    #[must_use]
    pub fn css(&self) -> &'static str {
        assets::CSS.path()
    }

    /// The icon.
    #[must_use]
    pub fn icon(&self) -> &'static str {
        assets::ICON.path()
    }

    /// The name of the field with the token.
    #[must_use]
    pub const fn feld(&self) -> &'static str {
        FIELD
    }

    /// The program's version.
    #[must_use]
    pub const fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

/// Whether the caller has the role that a page is for: to show him the way there, not to let him
/// in, which is the registry's.
#[must_use]
pub fn allowed(caller: &Caller, who: Who) -> bool {
    let Wer::Person { rollen, .. } = &caller.actor.wer else { return false };
    let has = |any: &[Rolle]| rollen.iter().any(|r| any.contains(&r.rolle));
    match who {
        Who::Anyone | Who::Member => true,
        Who::Roles(any) => has(any),
    }
}

fn below(path: &str, place: &str) -> bool {
    path == place || path.strip_prefix(place).is_some_and(|rest| rest.starts_with('/'))
}
