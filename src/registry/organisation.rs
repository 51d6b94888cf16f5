//! Organisationseinheiten. They are no secret within the house; the administration keeps them.
//! An OE by itself opens nothing: who reads its files is a matter of roles.

use uuid::Uuid;

use super::{
    actor::{Administrator, Member},
    ansicht::{OeAnsicht, Quittung, Seite},
    eingabe::{Blatt, Feld, OeAenderung, OeNeu, Pruefer, Textart},
    error::Error,
    sicht::Sicht,
    views::oe_ansicht,
    write::{Idempotenz, quittung, stimmt},
};
use crate::{
    domain::{
        organisation::Oe,
        record::{Index, Parts},
    },
    ledger::{Stored, View},
};

/// Kürzel stand in Geschäftszeichen, where a space ends them.
fn kuerzel(check: &mut Pruefer, zeiger: &str, text: &mut String) {
    check.pflicht(zeiger, text, Textart::Zeile(20));
    if text.chars().any(char::is_whitespace) {
        check.falsch(zeiger, "zeichen_unzulaessig", "Ein Kürzel hat keine Leerzeichen.");
    }
    if Uuid::parse_str(text).is_ok() {
        check.falsch(zeiger, "zeichen_unzulaessig", "Ein Kürzel ist keine Kennung (UUID).");
    }
}

impl OeNeu {
    pub(super) fn pruefen(&mut self) -> Result<(), Error> {
        let mut check = Pruefer::default();
        kuerzel(&mut check, "/kuerzel", &mut self.kuerzel);
        check.pflicht("/name", &mut self.name, Textart::Zeile(200));
        check.ende()
    }

    /// The record, with the Kürzel free and the unit above known.
    pub(super) fn record(&self, sicht: &Sicht<'_, '_>, id: Uuid) -> Result<Oe, Error> {
        kuerzel_frei(sicht.view, &self.kuerzel, None)?;
        let uebergeordnet = match &self.uebergeordnet {
            None => None,
            Some(text) => Some(sicht.oe_finden("/uebergeordnet", text)?.value.id),
        };
        let (kuerzel, name) = (self.kuerzel.clone(), self.name.clone());
        Ok(Oe { id, kuerzel, name, uebergeordnet, aktiv: true })
    }
}

fn kuerzel_frei(view: &View<'_>, kuerzel: &str, own: Option<Uuid>) -> Result<(), Error> {
    let found = view.first::<Oe>(Index::OeKuerzel, &Parts::new().text(kuerzel))?;
    if found.is_some_and(|oe| Some(oe.value.id) != own) {
        let text = format!("Das Kürzel „{kuerzel}“ ist schon vergeben.");
        return Err(Error::konflikt("kuerzel_vergeben", text));
    }
    Ok(())
}

impl Member {
    /// All OE, in the order of their Kürzel.
    ///
    /// # Errors
    /// As the ledger says.
    pub fn organisation(&self, blatt: &Blatt) -> Result<Seite<OeAnsicht>, Error> {
        self.0.read(|s| {
            let (after, limit) = (blatt.nach.as_deref(), blatt.menge());
            let rows = s.view.scan(Index::OeKuerzel, &Parts::new(), after, false, limit)?;
            let full = rows.len() == limit;
            let weiter = rows.last().filter(|_| full).map(|r| r.place.clone());
            let mut eintraege = Vec::with_capacity(rows.len());
            for row in rows {
                eintraege.extend(s.get::<Oe>(&row.key)?.map(oe_ansicht));
            }
            Ok(Seite { eintraege, weiter })
        })
    }

    /// One OE.
    ///
    /// # Errors
    /// `nicht_gefunden`.
    pub fn oe(&self, id: Uuid) -> Result<OeAnsicht, Error> {
        self.0.read(|s| Ok(oe_ansicht(s.oe(id)?.ok_or_else(Error::nicht_gefunden)?)))
    }
}

impl Administrator {
    /// Makes an OE.
    ///
    /// # Errors
    /// `kuerzel_vergeben`, input, or as the ledger says.
    pub fn oe_anlegen(
        &self,
        mut neu: OeNeu,
        idem: Option<&Idempotenz>,
    ) -> Result<Quittung<OeAnsicht>, Error> {
        neu.pruefen()?;
        let id = self.0.registry.0.source.id();
        let request = neu.clone();
        let done = self.0.create(idem, &request, move |d| {
            d.administration()?;
            let oe = neu.record(&d.sicht, id)?;
            Ok((d.draft("oe_angelegt", &oe, None, vec![])?, oe, id))
        })?;
        let seq = done.seq;
        done.map(|value| Ok(oe_ansicht(Stored { seq, value })))
    }

    /// Renames an OE, or sets it under another.
    ///
    /// # Errors
    /// `nicht_gefunden`, `version_veraltet`, `kuerzel_vergeben`, input.
    pub fn oe_aendern(
        &self,
        id: Uuid,
        version: u64,
        mut aenderung: OeAenderung,
    ) -> Result<Quittung<OeAnsicht>, Error> {
        let mut check = Pruefer::default();
        if let Some(text) = &mut aenderung.kuerzel {
            kuerzel(&mut check, "/kuerzel", text);
        }
        if let Some(text) = &mut aenderung.name {
            check.pflicht("/name", text, Textart::Zeile(200));
        }
        check.ende()?;
        let done = self.0.write(move |d| {
            d.administration()?;
            let found = d.sicht.oe(id)?.ok_or_else(Error::nicht_gefunden)?;
            stimmt(version, found.seq)?;
            let mut oe = found.value;
            if let Some(kuerzel) = aenderung.kuerzel {
                kuerzel_frei(d.sicht.view, &kuerzel, Some(id))?;
                oe.kuerzel = kuerzel;
            }
            if let Some(name) = aenderung.name {
                oe.name = name;
            }
            match &aenderung.uebergeordnet {
                Feld::Unveraendert => {}
                Feld::Leer => oe.uebergeordnet = None,
                Feld::Wert(text) => {
                    let above = d.sicht.oe_finden("/uebergeordnet", text)?.value;
                    kein_kreis(&d.sicht, id, &above)?;
                    oe.uebergeordnet = Some(above.id);
                }
            }
            Ok((vec![d.draft("oe_geaendert", &oe, None, vec![])?], oe))
        })?;
        let (value, at) = (done.value, done.last);
        Ok(quittung(oe_ansicht(Stored { seq: at.seq, value }), at, false))
    }
}

/// Refuses if `above` lies below `id`.
fn kein_kreis(sicht: &Sicht<'_, '_>, id: Uuid, above: &Oe) -> Result<(), Error> {
    let mut next = Some(above.id);
    for _ in 0..100 {
        let Some(here) = next else { return Ok(()) };
        if here == id {
            break;
        }
        next = sicht.oe(here)?.and_then(|oe| oe.value.uebergeordnet);
    }
    let text = "Eine Organisationseinheit kann nicht unter sich selbst stehen.";
    Err(Error::ungueltig("/uebergeordnet", "kreis", text))
}
