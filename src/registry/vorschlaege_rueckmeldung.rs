//! What a clerk says of a suggestion. It stands in the journal, so that it can be proven; it files
//! nothing and changes nothing of the document. A unit that was declined is not proposed again for
//! that document.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    actor::Clerk,
    ansicht::Quittung,
    eingabe::{Pruefer, Textart},
    error::Error,
    write::Idempotenz,
};
use crate::domain::{
    access::Verb,
    aktenplan::Planeinheit,
    dokument::{Dokument, Rueckmeldung},
    record::Record,
};

/// Units that are remembered as declined for one document.
const ABGELEHNT_MAX: usize = 20;

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
    /// Notes what became of a suggestion.
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
        let done = self.0.create(idem, &request, move |d| {
            let found = d.sicht.dokument(id, Verb::Aendern)?.value;
            d.sicht.ort_offen(&found.ort)?;
            super::dokumente::nicht_storniert(&found)?;
            if d.sicht.get::<Planeinheit>(&neu.planeinheit)?.is_none() {
                let text = format!("Die Planeinheit „{}“ gibt es nicht.", neu.planeinheit);
                return Err(Error::ungueltig("/planeinheit", "planeinheit_unbekannt", text));
            }
            let stand = d.sicht.get::<Rueckmeldung>(&id.to_string())?.map(|r| r.value);
            let stand =
                stand.unwrap_or_else(|| Rueckmeldung { dokument: id, ..Default::default() });
            let stand = neu.auf(stand)?;
            let action =
                if neu.angenommen { "vorschlag_angenommen" } else { "vorschlag_abgelehnt" };
            let subject = (Dokument::KIND, id.to_string());
            let records = vec![super::write::put(&stand)?];
            Ok((d.feder.draft(action, subject, Some(neu.grund()), records), stand, id))
        })?;
        done.map(|stand| {
            let Rueckmeldung { dokument, abgelehnt, angenommen } = stand;
            Ok(Rueckgemeldet { id: dokument, abgelehnt, angenommen })
        })
    }
}
