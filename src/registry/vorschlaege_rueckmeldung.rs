//! What a clerk says of a suggestion. It stands in the journal, so that it can be proven; it files
//! nothing and changes nothing of the document. A unit that was declined is not proposed again for
//! that document.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    actor::{Acting, Clerk},
    ansicht::Quittung,
    eingabe::{Pruefer, Textart},
    error::Error,
    sicht::Sicht,
    write::{Idempotenz, Marke, put, quittung},
};
use crate::domain::{
    access::Verb,
    aktenplan::Planeinheit,
    dokument::{Dokument, Rueckmeldung},
    record::Record,
    verwaltung::Anfrage,
};

/// Units that are remembered as declined for one document.
const ABGELEHNT_MAX: usize = 20;
/// The newest answers about one document among which the same one is looked for.
const EINTRAEGE_MAX: usize = 50;

/// What became of a suggested unit.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RueckmeldungNeu {
    /// Its number.
    pub planeinheit: String,
    /// False: it was declined.
    pub angenommen: bool,
    /// The model that suggested it (`modell.kennung`).
    #[serde(default)]
    pub modell: Option<String>,
}

/// What is known of the suggestions for a document now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rueckgemeldet {
    /// The document.
    pub id: Uuid,
    /// Units that are not proposed again, the first declined first.
    pub abgelehnt: Vec<String>,
    /// The unit that was accepted last.
    pub angenommen: Option<String>,
}

impl RueckmeldungNeu {
    fn pruefen(&mut self) -> Result<(), Error> {
        let mut check = Pruefer::default();
        check.pflicht("/planeinheit", &mut self.planeinheit, Textart::Zeile(100));
        check.wahl("/modell", &mut self.modell, Textart::Zeile(64));
        check.ende()
    }

    /// In the words of the log.
    fn grund(&self) -> String {
        match &self.modell {
            Some(modell) => format!("{} (Modell {modell})", self.planeinheit),
            None => self.planeinheit.clone(),
        }
    }

    /// What the log calls it.
    const fn aktion(&self) -> &'static str {
        if self.angenommen { "vorschlag_angenommen" } else { "vorschlag_abgelehnt" }
    }

    /// What is known of the document's suggestions, and with this in it, if the caller may say so.
    fn anwenden(
        &self,
        s: &Sicht<'_, '_>,
        id: Uuid,
    ) -> Result<(Option<Rueckmeldung>, Rueckmeldung), Error> {
        let found = s.dokument(id, Verb::Aendern)?.value;
        s.ort_offen(&found.ort)?;
        super::dokumente::nicht_storniert(&found)?;
        if s.get::<Planeinheit>(&self.planeinheit)?.is_none() {
            let text = format!("Die Planeinheit „{}“ gibt es nicht.", self.planeinheit);
            return Err(Error::ungueltig("/planeinheit", "planeinheit_unbekannt", text));
        }
        let before = s.get::<Rueckmeldung>(&id.to_string())?.map(|r| r.value);
        let empty = || Rueckmeldung { dokument: id, ..Default::default() };
        let after = self.auf(before.clone().unwrap_or_else(empty))?;
        Ok((before, after))
    }

    /// The record with this in it.
    fn auf(&self, mut stand: Rueckmeldung) -> Result<Rueckmeldung, Error> {
        let known = stand.abgelehnt.iter().position(|unit| *unit == self.planeinheit);
        match (self.angenommen, known) {
            (true, known) => {
                known.map(|at| stand.abgelehnt.remove(at));
                stand.angenommen = Some(self.planeinheit.clone());
            }
            (false, Some(_)) => {}
            (false, None) if stand.abgelehnt.len() >= ABGELEHNT_MAX => {
                let text = "Für dieses Dokument wurden schon 20 Vorschläge abgelehnt. Wählen Sie \
                            die Planeinheit im Aktenplan.";
                return Err(Error::zustand("vorschlaege_erschoepft", text));
            }
            (false, None) => stand.abgelehnt.push(self.planeinheit.clone()),
        }
        if !self.angenommen && stand.angenommen.as_ref() == Some(&self.planeinheit) {
            stand.angenommen = None;
        }
        Ok(stand)
    }
}

impl Clerk {
    /// Notes what became of a suggestion. What the caller has said already, and what still holds,
    /// is answered with the receipt of that time.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`, closed, struck out, `idempotenz_abweichung`,
    /// `vorschlaege_erschoepft`, an unknown unit or other input.
    pub fn rueckmelden(
        &self,
        id: Uuid,
        mut neu: RueckmeldungNeu,
        idem: Option<&Idempotenz>,
    ) -> Result<Quittung<Rueckgemeldet>, Error> {
        neu.pruefen()?;
        let request = (id, neu.clone());
        let done = match self.schon_gesagt(id, &neu, idem, &request)? {
            Some(said) => said,
            None => self.0.create(idem, &request, move |d| {
                let (_, stand) = neu.anwenden(&d.sicht, id)?;
                let subject = (Dokument::KIND, id.to_string());
                let records = vec![put(&stand)?];
                let draft = d.feder.draft(neu.aktion(), subject, Some(neu.grund()), records);
                Ok((draft, stand, id))
            })?,
        };
        done.map(|stand| {
            let Rueckmeldung { dokument, abgelehnt, angenommen } = stand;
            Ok(Rueckgemeldet { id: dokument, abgelehnt, angenommen })
        })
    }
    /// The receipt of the same answer, if the caller has given it before and it still holds: what
    /// stands in the log once is not said again. What may not be said is refused by the decision.
    fn schon_gesagt(
        &self,
        id: Uuid,
        neu: &RueckmeldungNeu,
        idem: Option<&Idempotenz>,
        request: &impl Serialize,
    ) -> Result<Option<Quittung<Rueckmeldung>>, Error> {
        let Acting { actor, registry, .. } = &self.0;
        let mark = idem.map(|i| Marke::new(actor, i, request, None)).transpose()?;
        let unchanged = self.0.read(|s| {
            // A key that was used answers for itself.
            if let Some(mark) = &mark
                && s.get::<Anfrage>(&mark.schluessel)?.is_some()
            {
                return Ok(None);
            }
            let (before, after) = neu.anwenden(s, id)?;
            Ok(before.filter(|before| *before == after))
        });
        let Ok(Some(stand)) = unchanged else { return Ok(None) };
        let grund = Some(neu.grund());
        let (kind, key) = (Rueckmeldung::KIND, id.to_string());
        for seq in registry.0.ledger.history(kind, &key, u64::MAX, EINTRAEGE_MAX)? {
            let entry = registry.entry(seq)?;
            let same = entry.body.as_ref().is_some_and(|body| {
                let who = body.actor == actor.name() && body.on_behalf_of == actor.on_behalf_of;
                who && body.action == neu.aktion() && body.reason == grund
            });
            if same {
                return Ok(Some(quittung(stand, entry.position, true)));
            }
        }
        Ok(None)
    }
}
