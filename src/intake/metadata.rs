//! What comes with the bytes of a push, and what may stand in it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    domain::digest::Digest,
    registry::{self, BETREFF_MAX, Pruefer, Textart, Zielangabe},
};

/// The metadata of a push. At most one target; none: the Posteingang of `oe`, or of the caller's
/// only OE. `fremd_id` is a filter, not unique: the same one may come again with other bytes, and
/// is another document then. What must not come twice has an Idempotency-Key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "the fields are those of domain::dokument::Dokument")]
pub struct Metadaten {
    pub vorgang_id: Option<Uuid>,
    pub akte_id: Option<Uuid>,
    pub aktenzeichen: Option<String>,
    pub oe: Option<String>,
    /// Default: the file name.
    pub betreff: Option<String>,
    pub typ: Option<String>,
    /// Default: today in Berlin. Never in the future.
    pub posteingangsdatum: Option<NaiveDate>,
    pub postausgangsdatum: Option<NaiveDate>,
    pub datum: Option<NaiveDate>,
    pub absender: Option<String>,
    pub empfaenger: Option<String>,
    pub fremdes_geschaeftszeichen: Option<String>,
    pub bemerkung: Option<String>,
    pub fremd_id: Option<String>,
    /// To be verified against the bytes.
    pub sha256: Option<Digest>,
    /// Before the name that the upload itself carries.
    pub dateiname: Option<String>,
}

/// The metadata of a new Fassung.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FassungMetadaten {
    /// To be verified against the bytes.
    pub sha256: Option<Digest>,
    /// Before the name that the upload itself carries.
    pub dateiname: Option<String>,
}

impl Metadaten {
    /// Trims and checks the texts and the date.
    pub(super) fn check(&mut self, today: NaiveDate) -> Result<(), registry::Error> {
        let mut check = Pruefer::default();
        let line = Textart::Zeile(300);
        check.wahl("/aktenzeichen", &mut self.aktenzeichen, Textart::Zeile(200));
        check.wahl("/oe", &mut self.oe, Textart::Zeile(100));
        check.wahl("/betreff", &mut self.betreff, Textart::Zeile(BETREFF_MAX));
        check.wahl("/typ", &mut self.typ, Textart::Zeile(100));
        check.wahl("/absender", &mut self.absender, line);
        check.wahl("/empfaenger", &mut self.empfaenger, line);
        check.wahl("/fremdes_geschaeftszeichen", &mut self.fremdes_geschaeftszeichen, line);
        check.wahl("/bemerkung", &mut self.bemerkung, Textart::Absatz(4000));
        check.wahl("/fremd_id", &mut self.fremd_id, Textart::Zeile(200));
        if self.posteingangsdatum.is_some_and(|day| day > today) {
            let text = "Das Posteingangsdatum liegt in der Zukunft.";
            check.falsch("/posteingangsdatum", "datum_zukunft", text);
        }
        check.ende()
    }

    /// Where it is to go.
    pub(super) fn ziel(&self) -> Zielangabe {
        Zielangabe {
            vorgang_id: self.vorgang_id,
            akte_id: self.akte_id,
            aktenzeichen: self.aktenzeichen.clone(),
        }
    }
}
