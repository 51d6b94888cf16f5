//! Dokument, its Fassungen and their files; what is known of a blob and of its text.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    digest::Digest,
    record::{Index, Keys, Kind, Parts, Record},
    zeit::Zeitpunkt,
};

/// One file of a Fassung (Primärdokument); a Fassung may have several formats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Primaerdokument {
    /// Address of the bytes.
    pub sha256: Digest,
    /// Bytes.
    pub groesse: u64,
    /// The original name, cleaned of path and control characters.
    pub dateiname: String,
    /// Media type as found in the bytes, not as claimed.
    pub medientyp: String,
}

/// A Fassung (version) of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fassung {
    /// From 1.
    pub nummer: u32,
    /// Its files; the first is the leading one.
    pub formate: Vec<Primaerdokument>,
    /// Who brought it.
    pub angelegt_von: String,
    /// When.
    pub angelegt: Zeitpunkt,
}

/// Why a document was struck out; it stays visible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storno {
    /// Reason.
    pub grund: String,
    /// Who.
    pub von: String,
    /// When.
    pub am: Zeitpunkt,
}

/// Where a document is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "art", rename_all = "snake_case")]
pub enum Ort {
    /// Not filed yet; waits with an OE, under that OE's Rechteklasse.
    Posteingang {
        /// With whom.
        oe: Uuid,
        /// The class it is read under.
        rechteklasse: u64,
    },
    /// In an Akte.
    Akte {
        /// Which.
        akte_id: Uuid,
    },
    /// In a Vorgang of an Akte.
    Vorgang {
        /// Which Akte.
        akte_id: Uuid,
        /// Which Vorgang.
        vorgang_id: Uuid,
    },
}

impl Ort {
    /// The Akte, where there is one.
    #[must_use]
    pub const fn akte(&self) -> Option<Uuid> {
        match self {
            Self::Posteingang { .. } => None,
            Self::Akte { akte_id } | Self::Vorgang { akte_id, .. } => Some(*akte_id),
        }
    }
}

/// A document. Its rights are those of its Akte, or of the Posteingang it waits in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dokument {
    /// Its id.
    pub id: Uuid,
    /// Where it is.
    pub ort: Ort,
    /// Subject.
    pub betreff: String,
    /// Type, e.g. `bescheid`.
    #[serde(default)]
    pub typ: Option<String>,
    /// Arrival at the city; decides legal deadlines.
    pub posteingangsdatum: NaiveDate,
    /// Sent on.
    #[serde(default)]
    pub postausgangsdatum: Option<NaiveDate>,
    /// Date of the letter.
    #[serde(default)]
    pub datum: Option<NaiveDate>,
    /// The sender's own reference.
    #[serde(default)]
    pub fremdes_geschaeftszeichen: Option<String>,
    /// Sender.
    #[serde(default)]
    pub absender: Option<String>,
    /// Recipient.
    #[serde(default)]
    pub empfaenger: Option<String>,
    /// Remark.
    #[serde(default)]
    pub bemerkung: Option<String>,
    /// Number in the Fachverfahren.
    #[serde(default)]
    pub fremd_id: Option<String>,
    /// Id of the credential that brought it; scopes `fremd_id`.
    #[serde(default)]
    pub quelle: Option<Uuid>,
    /// Versions, oldest first; never empty.
    pub fassungen: Vec<Fassung>,
    /// Set once it was struck out.
    #[serde(default)]
    pub storno: Option<Storno>,
    /// When it was made.
    pub angelegt: Zeitpunkt,
    /// When it was last changed.
    pub geaendert: Zeitpunkt,
}

impl Dokument {
    /// The files whose text stands for the document, first choice first: the formats of its
    /// newest Fassung. Search indexes and shows the text of the first of them that has any.
    pub fn textquellen(&self) -> impl Iterator<Item = Digest> + '_ {
        self.fassungen.last().into_iter().flat_map(|f| &f.formate).map(|p| p.sha256)
    }
}

impl Record for Dokument {
    const KIND: Kind = Kind::Dokument;
    const FORM: u16 = 1;
    fn key(&self) -> String {
        self.id.to_string()
    }
    fn index(&self, keys: &mut Keys) {
        match &self.ort {
            Ort::Posteingang { rechteklasse, .. } => {
                keys.add(Index::Posteingang, Parts::new().number(*rechteklasse).id(self.id));
            }
            Ort::Akte { akte_id } => {
                keys.add(Index::DokumentAkte, Parts::new().id(*akte_id).id(self.id));
            }
            Ort::Vorgang { akte_id, vorgang_id } => {
                keys.add(Index::DokumentAkte, Parts::new().id(*akte_id).id(self.id));
                keys.add(Index::DokumentVorgang, Parts::new().id(*vorgang_id).id(self.id));
            }
        }
        let files = self.fassungen.iter().flat_map(|f| &f.formate);
        let mut digests: Vec<Digest> = files.map(|p| p.sha256).collect();
        digests.sort_unstable();
        digests.dedup();
        for digest in digests {
            keys.add(Index::DokumentBlob, Parts::new().bytes(&digest.0).id(self.id));
        }
        if let (Some(source), Some(foreign)) = (self.quelle, &self.fremd_id) {
            keys.add(Index::DokumentFremd, Parts::new().id(source).text(foreign).id(self.id));
        }
    }
}

/// Which deposit of a blob's bytes is meant, where a store keeps several: in a shared one every
/// writing of equal bytes gets a name of its own, so that a deletion which comes late can only hit
/// the deposit it was meant for. None: the digest alone names the bytes, as on a local disk.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Ablage(pub Option<Uuid>);

impl Ablage {
    /// True if the digest alone names the bytes.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        self.0.is_none()
    }

    /// When the deposit got its name, before its bytes were written; none for a plain one.
    #[must_use]
    pub fn begun(&self) -> Option<Zeitpunkt> {
        // The first 48 bits of a UUIDv7 are milliseconds since 1970 (RFC 9562, 5.7).
        self.0.and_then(|id| i64::try_from(id.as_u128() >> 80).ok()).map(Zeitpunkt)
    }
}

/// Whether a blob's bytes may be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stand", rename_all = "snake_case")]
pub enum BlobStand {
    /// Committed and referred to.
    Vorhanden,
    /// Condemned: the bytes go after the grace period unless a push brings them anew.
    Verurteilt {
        /// Since when.
        seit: Zeitpunkt,
    },
}

/// What the ledger knows of a blob. A digest without such a record proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// Its address.
    pub sha256: Digest,
    /// Bytes.
    pub groesse: u64,
    /// Where the bytes lie that are relied on. Copies that nobody names are taken away.
    #[serde(default, skip_serializing_if = "Ablage::is_plain")]
    pub ablage: Ablage,
    /// State.
    #[serde(flatten)]
    pub stand: BlobStand,
}

impl Blob {
    /// True if its bytes must be there.
    #[must_use]
    pub fn vorhanden(&self) -> bool {
        self.stand == BlobStand::Vorhanden
    }
}

impl Record for Blob {
    const KIND: Kind = Kind::Blob;
    const FORM: u16 = 1;
    fn key(&self) -> String {
        self.sha256.to_string()
    }
    fn index(&self, keys: &mut Keys) {
        if let BlobStand::Verurteilt { seit } = self.stand {
            keys.add(Index::BlobVerurteilt, Parts::new().time(seit).bytes(&self.sha256.0));
        }
    }
}

/// Whether the text of a blob has been read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stand", rename_all = "snake_case")]
pub enum TextZustand {
    /// Waits for a worker; the lower the priority number, the sooner.
    Offen {
        /// 0 interactive, 1 bulk.
        vorrang: u8,
        /// Since when.
        seit: Zeitpunkt,
    },
    /// The text lies in `derived/`.
    Bereit {
        /// Characters.
        zeichen: u64,
        /// Pages, where the format has any.
        seiten: Option<u32>,
        /// Pages among them (almost) without text, fewer than 20 letters and digits: what OCR
        /// would have to read. None where the format has no pages, or an older reader counted
        /// none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seiten_ohne_text: Option<u32>,
        /// Textgüte, 0 to 100: the share of pages with text, lowered by characters that stand for
        /// nothing and by tokens that are no words. None: an older reader gave none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        guete: Option<u8>,
    },
    /// There is none, and why (a stable word: `unlesbar`, `zu_gross`, `verschluesselt`, `format`).
    Fehlt {
        /// Why.
        grund: String,
    },
}

/// The state of a blob's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Textstand {
    /// Whose text.
    pub sha256: Digest,
    /// Media type the reader was chosen by.
    pub medientyp: String,
    /// Version of the readers by which this is the state; none: the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leser: Option<u32>,
    /// State.
    #[serde(flatten)]
    pub zustand: TextZustand,
}

impl Textstand {
    /// True if readers of version `leser` may find another text, or one where there was none: what
    /// an older version made, or failed at. What was too large for it stays so.
    #[must_use]
    pub fn veraltet(&self, leser: u32) -> bool {
        let older = self.leser.unwrap_or(1) < leser;
        older
            && match &self.zustand {
                TextZustand::Offen { .. } => false,
                TextZustand::Bereit { .. } => true,
                TextZustand::Fehlt { grund } => matches!(grund.as_str(), "format" | "unlesbar"),
            }
    }
}

impl Record for Textstand {
    const KIND: Kind = Kind::Textstand;
    const FORM: u16 = 1;
    fn key(&self) -> String {
        self.sha256.to_string()
    }
    fn index(&self, keys: &mut Keys) {
        if let TextZustand::Offen { vorrang, seit } = self.zustand {
            let key = Parts::new().number(u64::from(vorrang)).time(seit).bytes(&self.sha256.0);
            keys.add(Index::TextOffen, key);
        }
    }
}

/// What clerks said of the suggestions for a document. It is no part of the document, whose version
/// stays: saying so changes nothing of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rueckmeldung {
    /// Which document.
    pub dokument: Uuid,
    /// Plan units that were declined, the first one first; they are not proposed again.
    #[serde(default)]
    pub abgelehnt: Vec<String>,
    /// The unit that was accepted last.
    #[serde(default)]
    pub angenommen: Option<String>,
}

impl Record for Rueckmeldung {
    const KIND: Kind = Kind::Rueckmeldung;
    const FORM: u16 = 1;
    fn key(&self) -> String {
        self.dokument.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails if records of before the figure are not read any more, or are not made anew.
    #[test]
    fn a_text_read_by_the_first_readers() {
        let sha256 = Digest([7; 32]);
        let old = format!(r#"{{"sha256":"{sha256}","medientyp":"text/plain","#,)
            + r#""stand":"bereit","zeichen":3,"seiten":2}"#;
        let stand: Textstand = serde_json::from_str(&old).unwrap();
        assert_eq!(serde_json::to_string(&stand).unwrap(), old);
        assert!(stand.veraltet(2) && !stand.veraltet(1));
        let zustand = |grund: &str| TextZustand::Fehlt { grund: grund.into() };
        let with = |zustand, leser| Textstand { zustand, leser, ..stand.clone() };
        assert!(with(zustand("format"), None).veraltet(2));
        assert!(!with(zustand("format"), Some(2)).veraltet(2));
        assert!(!with(zustand("verschluesselt"), None).veraltet(2));
        let open = TextZustand::Offen { vorrang: 1, seit: Zeitpunkt(1) };
        assert!(!with(open, None).veraltet(2));
        let (seiten_ohne_text, guete) = (Some(1), Some(50));
        let zustand = TextZustand::Bereit { zeichen: 3, seiten: Some(2), seiten_ohne_text, guete };
        let new = with(zustand, Some(2));
        let text = serde_json::to_string(&new).unwrap();
        assert_eq!(serde_json::from_str::<Textstand>(&text).unwrap(), new, "{text}");
    }

    /// Fails if a local house's records change their form, or an older one is not read any more.
    #[test]
    fn a_plain_deposit_is_not_written_and_another_one_is() {
        let sha256 = Digest([7; 32]);
        let plain = Ablage::default();
        let blob = Blob { sha256, groesse: 3, ablage: plain, stand: BlobStand::Vorhanden };
        let text = serde_json::to_string(&blob).unwrap();
        assert_eq!(text, format!(r#"{{"sha256":"{sha256}","groesse":3,"stand":"vorhanden"}}"#));
        assert_eq!(serde_json::from_str::<Blob>(&text).unwrap(), blob);
        let id = Uuid::from_u128(0x018b_cfe5_6800_7120_8240_0000_0000_4114);
        let blob = Blob { ablage: Ablage(Some(id)), ..blob };
        let text = serde_json::to_string(&blob).unwrap();
        assert!(text.contains(&format!(r#""ablage":"{id}""#)), "{text}");
        assert_eq!(serde_json::from_str::<Blob>(&text).unwrap(), blob);
        assert_eq!(blob.ablage.begun(), Some(Zeitpunkt(0x018b_cfe5_6800)));
    }
}
