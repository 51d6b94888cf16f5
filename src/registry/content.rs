//! A document's bytes and its text, for whoever may read it.

use std::sync::Arc;

use uuid::Uuid;

use super::{Registry, actor::Reader, error::Error};
use crate::{
    blob,
    domain::{
        access::Verb,
        digest::Digest,
        dokument::{Primaerdokument, TextZustand, Textstand},
    },
    text,
};

/// The bytes of one file, ready to be read. The right was checked when it was made.
#[derive(Clone, Debug)]
pub struct Inhalt {
    /// Name, size, media type, digest.
    pub datei: Primaerdokument,
    /// Number of the Fassung.
    pub fassung: u32,
    blobs: Arc<blob::Store>,
}

impl Inhalt {
    /// The digest; the ETag.
    #[must_use]
    pub const fn sha256(&self) -> Digest {
        self.datei.sha256
    }

    /// All bytes, in a stream; wrong bytes never pass silently.
    ///
    /// # Errors
    /// `inhalt_beschaedigt` if the stored bytes are not those.
    pub fn reader(&self) -> Result<blob::Reader, Error> {
        self.blobs.open_reader(self.sha256()).map_err(damaged)
    }

    /// The same for parts of it: all bytes are verified here, once.
    ///
    /// # Errors
    /// As `reader`.
    pub fn verified(&self) -> Result<blob::Verified, Error> {
        self.blobs.open_verified(self.sha256()).map_err(damaged)
    }

    /// At most `len` bytes from `from` on.
    ///
    /// # Errors
    /// As `reader`.
    pub fn range(&self, from: u64, len: usize) -> Result<Vec<u8>, Error> {
        self.blobs.read_range(self.sha256(), from, len).map_err(damaged)
    }
}

/// The text of a document, ready to be read. The right was checked when it was made.
#[derive(Clone, Debug)]
pub struct Volltext {
    /// Name of the file that the text is of.
    pub dateiname: String,
    sha256: Digest,
    registry: Registry,
}

impl Volltext {
    /// All of it, UTF-8, at most as long as a worker may make one (`text::Limits`).
    ///
    /// # Errors
    /// `text_offen` if it was lost: then it will be read again.
    pub fn lesen(&self) -> Result<Vec<u8>, Error> {
        let found = self.registry.0.derived.get(self.sha256, text::KIND, text::VERSION)?;
        found.ok_or_else(|| {
            // Nobody else may notice. Where nothing can be written now, the next caller asks.
            if let Err(error) = self.registry.jobs().text_wieder_offen(self.sha256) {
                tracing::warn!(digest = %self.sha256, %error, "a lost text can't be reopened");
            }
            offen()
        })
    }
}

fn offen() -> Error {
    let text = "Der Text dieses Dokuments wird noch gelesen. Fragen Sie in einigen Sekunden \
                wieder, oder laden Sie die Datei selbst.";
    Error::zustand("text_offen", text)
}

/// Why there is no text, for a clerk.
fn ohne_text(grund: &str) -> Error {
    let (code, why) = match grund {
        "format" => ("format", "Aus Dateien dieser Art wird kein Text gelesen."),
        "zu_gross" => ("zu_gross", "Die Datei oder ihr Text ist dafür zu groß."),
        "verschluesselt" => ("verschluesselt", "Die Datei ist mit einem Kennwort geschützt."),
        _ => ("unlesbar", "Die Datei ist beschädigt, oder ihr Text war nicht zu lesen."),
    };
    Error::new(super::Art::OhneText, code, format!("{why} Laden Sie die Datei selbst."))
}

fn damaged(cause: blob::Error) -> Error {
    match cause {
        blob::Error::NotFound(_) | blob::Error::Damaged { .. } => {
            tracing::error!(%cause, "a blob can't be read");
            let text = "Der gespeicherte Inhalt ist beschädigt und wird nicht ausgeliefert. Nennen \
                        Sie dem Betrieb die request_id; er stellt ihn aus der Sicherung her.";
            Error::new(super::Art::Intern, "inhalt_beschaedigt", text)
        }
        other => other.into(),
    }
}

impl Reader {
    /// The bytes of a document: of its newest Fassung, or of one; the leading file, or the one at
    /// that place.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`.
    pub fn inhalt(&self, id: Uuid, fassung: Option<u32>, format: usize) -> Result<Inhalt, Error> {
        let dokument = self.0.read(|s| s.dokument(id, Verb::Lesen))?.value;
        let found = match fassung {
            Some(nummer) => dokument.fassungen.iter().find(|f| f.nummer == nummer),
            None => dokument.fassungen.last(),
        };
        let found = found.ok_or_else(Error::nicht_gefunden)?;
        let datei = found.formate.get(format).cloned().ok_or_else(Error::nicht_gefunden)?;
        let blobs = Arc::clone(&self.0.registry.0.blobs);
        Ok(Inhalt { datei, fassung: found.nummer, blobs })
    }

    /// The text of a document's newest Fassung, of the first of its files that has any, as search
    /// finds it.
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`; `text_offen` while it is not read; of kind `OhneText` if
    /// there is none.
    pub fn volltext(&self, id: Uuid) -> Result<Volltext, Error> {
        self.0.read(|s| {
            let dokument = s.dokument(id, Verb::Lesen)?.value;
            let dateien = dokument.fassungen.last().map(|f| f.formate.as_slice());
            let mut without = None;
            for datei in dateien.unwrap_or_default() {
                let stand = s.get::<Textstand>(&datei.sha256.to_string())?;
                match stand.map(|stand| stand.value.zustand) {
                    Some(TextZustand::Bereit { .. }) => {
                        let registry = self.0.registry.clone();
                        let (sha256, dateiname) = (datei.sha256, datei.dateiname.clone());
                        return Ok(Volltext { dateiname, sha256, registry });
                    }
                    Some(TextZustand::Offen { .. }) => without = Some(offen()),
                    Some(TextZustand::Fehlt { grund }) => {
                        without.get_or_insert_with(|| ohne_text(&grund));
                    }
                    None => {}
                }
            }
            Err(without.unwrap_or_else(|| ohne_text("format")))
        })
    }
}
