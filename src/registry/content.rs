//! A document's bytes, for whoever may read it.

use std::sync::Arc;

use uuid::Uuid;

use super::{actor::Reader, error::Error};
use crate::{
    blob,
    domain::{access::Verb, digest::Digest, dokument::Primaerdokument},
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
}
