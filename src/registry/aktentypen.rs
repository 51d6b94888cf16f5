//! The types of Akten where they are used: which one a file has, whether its fields fit, how they
//! are shown, and whether all files still fit what the city has written.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::{
    Registry,
    actor::{Member, Reader},
    ansicht::{AkteAnsicht, AktentypAnsicht, Seite},
    eingabe::{Blatt, Feld},
    error::{Error, Feldfehler},
    sicht::Sicht,
};
use crate::{
    domain::{
        access::Schutzklasse,
        akte::Akte,
        aktenplan::Planeinheit,
        aktentyp::{Aktentyp, Aktentypen, Felder, SACHAKTE, Wertart, worte},
        record::{Index, Parts},
    },
    ledger::View,
};

/// Rows fetched at once.
const CHUNK: usize = 500;

/// Files that a refusal names.
const GENANNT_MAX: usize = 20;

/// The type of a new Akte: named, or the plan unit's, or `sachakte`. A plan may name a type that
/// the city has not written yet; its files are opened all the same.
pub(super) fn typ<'t>(
    typen: &'t Aktentypen,
    named: Option<&str>,
    unit: &Planeinheit,
) -> Result<&'t Arc<Aktentyp>, Error> {
    if let Some(name) = named {
        return typen.neueste(name).ok_or_else(|| unbekannt(typen));
    }
    let of_unit = unit.aktentyp.as_deref().and_then(|name| typen.neueste(name));
    of_unit
        .or_else(|| typen.neueste(SACHAKTE))
        .ok_or_else(|| Error::intern("there is no type of Akten at all"))
}

fn unbekannt(typen: &Aktentypen) -> Error {
    let names: Vec<&str> = typen.alle().take(100).map(|typ| typ.kennung.as_str()).collect();
    let text = format!("Diesen Aktentyp gibt es nicht; es gibt {}.", names.join(", "));
    Error::ungueltig("/typ", "aktentyp_unbekannt", text)
}

/// The wall of a new Akte: of the unit or of the type. Two different ones are nobody's.
pub(super) fn wall(
    typ: &Aktentyp,
    unit: Option<Schutzklasse>,
) -> Result<Option<Schutzklasse>, Error> {
    match (typ.schutzklasse, unit) {
        (Some(of_type), Some(of_unit)) if of_type != of_unit => {
            let text = format!(
                "Eine Akte des Typs „{}“ hat eine andere Schutzklasse als diese Planeinheit.",
                typ.bezeichnung
            );
            Err(Error::ungueltig("/typ", "schutzklasse_passt_nicht", text))
        }
        (of_type, of_unit) => Ok(of_unit.or(of_type)),
    }
}

/// The fields, without those that are `null`, if they fit the type.
pub(super) fn felder(typ: &Aktentyp, mut felder: Felder) -> Result<Felder, Error> {
    felder.retain(|_, value| !value.is_null());
    let wrong: Vec<Feldfehler> = typ
        .pruefen(&felder)
        .into_iter()
        .map(|b| Feldfehler { zeiger: format!("/felder{}", b.zeiger), code: b.code, text: b.text })
        .collect();
    if wrong.is_empty() { Ok(felder) } else { Err(Error::eingabe(wrong)) }
}

/// Applies a change of type and fields. Whoever names the type takes its newest version; else the
/// fields are held against the version that the file was made with.
pub(super) fn aendern(
    s: &Sicht<'_, '_>,
    typen: &Aktentypen,
    akte: &mut Akte,
    typ_neu: &Feld<String>,
    change: Feld<Felder>,
) -> Result<(), Error> {
    if *typ_neu == Feld::Unveraendert && change == Feld::Unveraendert {
        return Ok(());
    }
    let own = match (&akte.typ, akte.typ_version) {
        (Some(name), Some(version)) => Some((name.as_str(), version)),
        _ => None,
    };
    let typ = match (typ_neu, own) {
        (Feld::Wert(name), _) => typen.neueste(name).ok_or_else(|| unbekannt(typen))?,
        (Feld::Unveraendert, Some((name, version))) => {
            typen.version(name, version).ok_or_else(|| {
                let text = format!("Der Aktentyp {name} {version} ist nicht mehr eingerichtet.");
                Error::ungueltig("/felder", "aktentyp_unbekannt", text)
            })?
        }
        // Cleared, or a file from the time before there were types: as if it were opened now.
        (_, _) => {
            let unit = s.get::<Planeinheit>(&akte.planeinheit)?;
            let unit = unit.ok_or_else(|| Error::intern("plan unit is missing"))?.value;
            let old = akte.typ.as_deref().filter(|_| *typ_neu == Feld::Unveraendert);
            typ(typen, old.filter(|name| typen.neueste(name).is_some()), &unit)?
        }
    };
    // The wall stands in the class, which a change of the type does not move.
    if typ.schutzklasse.is_some_and(|wall| akte.schutzklasse != Some(wall)) {
        let text = format!(
            "Eine Akte des Typs „{}“ wird hinter seiner Schutzklasse angelegt; diese liegt nicht \
             dort.",
            typ.bezeichnung
        );
        return Err(Error::ungueltig("/typ", "schutzklasse_passt_nicht", text));
    }
    let mut all = match change {
        Feld::Leer => Felder::new(),
        _ => std::mem::take(&mut akte.felder),
    };
    if let Feld::Wert(fields) = change {
        all.extend(fields);
    }
    akte.felder = felder(typ, all)?;
    akte.typ = Some(typ.kennung.clone());
    akte.typ_version = Some(typ.version);
    Ok(())
}

/// A field as people read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Feldanzeige {
    /// What people call it; its name where the type is gone.
    pub titel: String,
    /// Its value, or the values of a list; days as `TT.MM.JJJJ`.
    pub werte: Vec<String>,
}

/// A type as everyone sees it; one with its schema too.
fn ansicht(typen: &Aktentypen, typ: &Aktentyp, schema: bool) -> AktentypAnsicht {
    AktentypAnsicht {
        kennung: typ.kennung.clone(),
        version: typ.version,
        versionen: typen.versionen(&typ.kennung).collect(),
        bezeichnung: typ.bezeichnung.clone(),
        eigen: !typen.ist_eigener(&typ.kennung),
        felder: typ.felder.clone(),
        vorgangstypen: typ.vorgangstypen.clone(),
        dokumenttypen: typ.dokumenttypen.clone(),
        anker: typ.anker.clone(),
        schutzklasse: typ.schutzklasse,
        schema: schema.then(|| typ.quelle.clone()),
    }
}

impl Member {
    /// The types that there are, each in its newest version, by name.
    ///
    /// # Errors
    /// `nicht_erlaubt` once the caller is blocked, or as the ledger says.
    pub fn aktentypen(&self, blatt: &Blatt) -> Result<Seite<AktentypAnsicht>, Error> {
        self.0.read(|_| Ok(()))?;
        let typen = &self.0.registry.0.config.typen;
        let after = blatt.nach.as_deref().unwrap_or_default();
        let mut left = typen.alle().filter(|typ| typ.kennung.as_bytes() > after);
        let shown: Vec<&Arc<Aktentyp>> = left.by_ref().take(blatt.menge()).collect();
        let weiter = left.next().and(shown.last()).map(|last| last.kennung.clone().into_bytes());
        let eintraege = shown.into_iter().map(|typ| ansicht(typen, typ, false)).collect();
        Ok(Seite { eintraege, weiter })
    }

    /// One type with its schema, in the version named or the newest.
    ///
    /// # Errors
    /// `nicht_gefunden`.
    pub fn aktentyp(&self, kennung: &str, version: Option<u32>) -> Result<AktentypAnsicht, Error> {
        self.0.read(|_| Ok(()))?;
        let typen = &self.0.registry.0.config.typen;
        let found = match version {
            Some(version) => typen.version(kennung, version),
            None => typen.neueste(kennung),
        };
        found.map(|typ| ansicht(typen, typ, true)).ok_or_else(Error::nicht_gefunden)
    }
}

impl Reader {
    /// What people call the type of an Akte that this caller was given; none where it is gone.
    #[must_use]
    pub fn typ(&self, akte: &AkteAnsicht) -> Option<String> {
        let typen = &self.0.registry.0.config.typen;
        let name = akte.typ.as_deref()?;
        let own = akte.typ_version.and_then(|version| typen.version(name, version));
        own.or_else(|| typen.neueste(name)).map(|typ| typ.bezeichnung.clone())
    }

    /// The fields of an Akte that this caller was given.
    #[must_use]
    pub fn felder(&self, akte: &AkteAnsicht) -> Vec<Feldanzeige> {
        let typen = &self.0.registry.0.config.typen;
        let version = akte.typ.as_deref().zip(akte.typ_version);
        let typ = version.and_then(|(name, version)| typen.version(name, version));
        let shown = |(name, value): (&String, &Value)| {
            let feld = typ.and_then(|typ| typ.feld(name));
            let day = feld.is_some_and(|feld| feld.art == Wertart::Datum);
            let text = |text: String| match chrono::NaiveDate::parse_from_str(&text, "%Y-%m-%d") {
                Ok(date) if day => date.format("%d.%m.%Y").to_string(),
                _ => text,
            };
            Feldanzeige {
                titel: feld.map_or_else(|| name.clone(), |feld| feld.titel.clone()),
                werte: worte(value).into_iter().map(text).collect(),
            }
        };
        akte.felder.iter().map(shown).collect()
    }
}

impl Registry {
    /// Holds all files of the city's own types against them: nothing a city writes may make a file
    /// invalid that is there. The program's own types never change once they are out.
    ///
    /// # Errors
    /// For the operator: which files do not fit, the first twenty by name; or as the ledger says.
    pub fn aktentypen_pruefen(&self) -> Result<(), String> {
        let typen = &self.0.config.typen;
        let view = self.0.ledger.view();
        let mut wrong = Vec::new();
        let mut from = Parts::new();
        let fault = |error: Error| error.to_string();
        // From one version of one type to the next: there are few, however many files.
        loop {
            let rows = view.scan_from(Index::AkteTyp, &Parts::new(), &from, 1);
            let Some(row) = rows.map_err(|e| e.to_string())?.pop() else { break };
            let akte = akte(&view, &row.key).map_err(fault)?;
            let (name, version) = (akte.typ.unwrap_or_default(), akte.typ_version.unwrap_or(0));
            let of_version = Parts::new().text(&name).number(u64::from(version));
            if !typen.ist_eigener(&name) {
                let typ = typen.version(&name, version);
                wrong.extend(unpassend(&view, &of_version, typ, &name, version).map_err(fault)?);
            }
            from = Parts::new().text(&name).number(u64::from(version).saturating_add(1));
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    }
}

fn akte(view: &View<'_>, key: &str) -> Result<Akte, Error> {
    let found = view.get::<Akte>(key)?;
    Ok(found.ok_or_else(|| Error::intern("akte is missing"))?.value)
}

/// What is wrong with the files of one version, if anything is.
fn unpassend(
    view: &View<'_>,
    of_version: &Parts,
    typ: Option<&Arc<Aktentyp>>,
    name: &str,
    version: u32,
) -> Result<Option<String>, Error> {
    let (mut count, mut named) = (0_u64, Vec::new());
    let mut after: Option<Vec<u8>> = None;
    loop {
        let rows = view.scan(Index::AkteTyp, of_version, after.as_deref(), false, CHUNK)?;
        for row in &rows {
            let akte = akte(view, &row.key)?;
            let first = match typ {
                None => String::new(),
                Some(typ) => match typ.pruefen(&akte.felder).first() {
                    None => continue,
                    Some(wrong) => format!(" ({})", wrong.zeiger),
                },
            };
            count += 1;
            if named.len() < GENANNT_MAX {
                named.push(format!("{}{first}", akte.aktenzeichen));
            }
        }
        match rows.last() {
            Some(last) if rows.len() == CHUNK => after = Some(last.place.clone()),
            _ => break,
        }
    }
    let why = match typ {
        None => "is not there any more, and files have it; put its schema back",
        Some(_) => "does not fit files that are there; write the change as a new version",
    };
    let more = if count > named.len() as u64 { ", ..." } else { "" };
    Ok((count > 0).then(|| {
        format!("type {name} version {version} {why}: {count}: {}{more}", named.join(", "))
    }))
}
