//! Intake: one push from its metadata to its receipt.
//!
//! A push has two steps. `begin` asks for right, target and quota before a byte is read, and keeps
//! out a running twin with the same Idempotency-Key. `Permit::finish` takes the staged bytes,
//! publishes them under their digest's lock and has the registry commit. It decides nothing that
//! the registry decides, and holds nothing that must survive: quotas and twins are operational.

mod error;
mod metadata;
mod name;
mod quota;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use serde::Serialize;
use uuid::Uuid;

pub use error::{Error, Grund};
pub use metadata::{FassungMetadaten, Metadaten};
pub use name::clean;

use crate::{
    blob::{Deposit, DigestLock, Staged},
    domain::{
        access::{Rolle, Wer},
        digest::Digest,
        dokument::Primaerdokument,
        verwaltung::Anfrage,
    },
    ledger::Stored,
    registry::{
        self, Acting, Art, Beleg, Datei, Einlieferung, Idempotenz, Marke, Pusher, Registry,
    },
    text,
};

/// What varies from house to house.
#[derive(Clone, Debug)]
pub struct Config {
    /// Largest file, bytes.
    pub bytes_max: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { bytes_max: 2 << 30 }
    }
}

/// How often a push whose digest was condemned meanwhile is published again.
const TRIES: usize = 4;

/// Takes pushes. Cheap to clone: all clones are one.
#[derive(Clone, Debug)]
pub struct Intake {
    registry: Registry,
    config: Config,
    running: Arc<Running>,
    quotas: Arc<quota::Quotas>,
}

/// Idempotency-Keys that are being served.
#[derive(Debug, Default)]
struct Running(Mutex<HashSet<String>>);

/// Keeps out twins until it is dropped.
#[derive(Debug)]
struct Only {
    running: Arc<Running>,
    key: String,
}

impl Only {
    fn new(running: &Arc<Running>, key: String) -> Result<Self, Error> {
        let mut held = running.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !held.insert(key.clone()) {
            let text = "Dieselbe Anfrage wird gerade bearbeitet. Wiederholen Sie sie gleich noch \
                        einmal; Sie erhalten dann ihre Antwort.";
            let grund = Grund::InBearbeitung { retry_after_s: 1 };
            return Err(Error::new(grund, "in_bearbeitung", text));
        }
        Ok(Self { running: Arc::clone(running), key })
    }
}

impl Drop for Only {
    fn drop(&mut self) {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

/// What is done with the bytes.
#[derive(Clone, Debug)]
enum Zweck {
    /// A new document.
    Dokument(Box<Metadaten>),
    /// A new Fassung of a document.
    Fassung { dokument: Uuid, version: u64, metadaten: FassungMetadaten },
}

impl Zweck {
    const fn sha256(&self) -> Option<Digest> {
        match self {
            Self::Dokument(m) => m.sha256,
            Self::Fassung { metadaten, .. } => metadaten.sha256,
        }
    }

    fn dateiname(&self) -> Option<&str> {
        match self {
            Self::Dokument(m) => m.dateiname.as_deref(),
            Self::Fassung { metadaten, .. } => metadaten.dateiname.as_deref(),
        }
    }
}

/// The leave to send bytes: right, target and quota were in order. Dropping it ends the push.
#[derive(Debug)]
pub struct Permit {
    registry: Registry,
    pusher: Pusher,
    acting: Acting,
    zweck: Zweck,
    idem: Option<Idempotenz>,
    seen: Option<Stored<Anfrage>>,
    bytes: u64,
    bytes_max: u64,
    slot: Option<quota::Slot>,
    _only: Option<Only>,
}

/// What the caller gets and keeps: a witness against a journal rewritten later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// The document.
    pub id: Uuid,
    /// Its bytes.
    pub sha256: Digest,
    /// Number of the entry.
    pub seq: u64,
    /// Its seal, hex.
    pub siegel: String,
    /// True: an earlier request with the same Idempotency-Key did it.
    #[serde(skip)]
    pub wiederholt: bool,
}

impl Intake {
    /// Takes pushes into this registry.
    #[must_use]
    pub fn new(registry: Registry, config: Config) -> Self {
        Self { registry, config, running: Arc::default(), quotas: Arc::default() }
    }

    /// Asks for the leave to push a document. An earlier request with the same Idempotency-Key is
    /// answered from memory by `finish`, whatever became of the target since.
    ///
    /// # Errors
    /// Right, target, metadata, quota, running twin; `idempotenz_fehlt` for a machine.
    pub fn begin(
        &self,
        acting: &Acting,
        mut metadaten: Metadaten,
        idem: Option<Idempotenz>,
    ) -> Result<Permit, Error> {
        metadaten.check(self.registry.now().datum())?;
        let (ziel, oe) = (metadaten.ziel(), metadaten.oe.clone());
        let permit = self.permit(acting, Zweck::Dokument(Box::new(metadaten)), idem)?;
        if permit.seen.is_none() {
            permit.pusher.ziel_pruefen(&ziel, oe.as_deref())?;
        }
        Ok(permit)
    }

    /// Asks for the leave to push a new Fassung; `version` is the If-Match.
    ///
    /// # Errors
    /// As `begin`; `version_veraltet`, `dokument_storniert`, closed.
    pub fn begin_fassung(
        &self,
        acting: &Acting,
        dokument: Uuid,
        version: u64,
        metadaten: FassungMetadaten,
        idem: Option<Idempotenz>,
    ) -> Result<Permit, Error> {
        let zweck = Zweck::Fassung { dokument, version, metadaten };
        let permit = self.permit(acting, zweck, idem)?;
        if permit.seen.is_none() {
            permit.pusher.fassung_pruefen(dokument, version)?;
        }
        Ok(permit)
    }

    fn permit(
        &self,
        acting: &Acting,
        zweck: Zweck,
        idem: Option<Idempotenz>,
    ) -> Result<Permit, Error> {
        let pusher = acting.pusher()?;
        let mut slot = None;
        if let Wer::Maschine(key) = &acting.actor().wer {
            if idem.is_none() {
                let text = "Senden Sie mit jeder Einlieferung einen eigenen Idempotency-Key.";
                return Err(registry::Error::ungueltig("", "idempotenz_fehlt", text).into());
            }
            let today = self.registry.now().datum();
            slot = Some(self.quotas.slot(key.id, key.grenzen, today)?);
        }
        let (mut only, mut seen) = (None, None);
        if let Some(idem) = &idem {
            let mark = Marke::new(acting.actor(), idem, &(), None)?;
            only = Some(Only::new(&self.running, mark.schluessel.clone())?);
            seen = pusher.gesehen(&mark.schluessel)?;
        }
        Ok(Permit {
            registry: self.registry.clone(),
            pusher,
            acting: acting.clone(),
            zweck,
            idem,
            seen,
            bytes: 0,
            bytes_max: self.config.bytes_max,
            slot,
            _only: only,
        })
    }
}

impl Permit {
    /// Counts bytes that arrived, before they are staged.
    ///
    /// # Errors
    /// `datei_zu_gross`, `tagesmenge_erreicht`; the upload is to be ended.
    pub fn take(&mut self, bytes: usize) -> Result<(), Error> {
        let bytes = bytes as u64;
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.bytes_max {
            let max = self.bytes_max;
            let text = format!("Die Datei ist zu groß; erlaubt sind {max} Bytes.");
            return Err(Error::new(Grund::ZuGross, "datei_zu_gross", text));
        }
        self.slot.as_ref().map_or(Ok(()), |slot| slot.take(bytes))
    }

    /// Publishes the bytes and commits. Returns when bytes and entry are durable.
    ///
    /// # Errors
    /// `datei_leer`, `digest_falsch`, `idempotenz_abweichung`, or as the registry says: right and
    /// target are decided once more, at the commit.
    pub fn finish(self, staged: Staged, upload_name: Option<&str>) -> Result<Receipt, Error> {
        let digest = staged.digest;
        if staged.size == 0 {
            let text = "Die Datei ist leer. Prüfen Sie die Quelle und senden Sie sie erneut.";
            return Err(registry::Error::ungueltig("/inhalt", "datei_leer", text).into());
        }
        if self.zweck.sha256().is_some_and(|claimed| claimed != digest) {
            let text = format!("Angekommen sind Bytes mit SHA-256 {digest}. Senden Sie erneut.");
            return Err(registry::Error::ungueltig("/sha256", "digest_falsch", text).into());
        }
        let mark = self.mark(digest, upload_name)?;
        if let (Some(mark), Some(seen)) = (&mark, &self.seen) {
            mark.passt(&seen.value)?;
            return Ok(receipt(self.pusher.beleg(seen)?, digest));
        }
        let name = self.zweck.dateiname().or(upload_name).unwrap_or_default();
        let dateiname = clean(name);
        let medientyp = text::sniff(&staged.head, &dateiname).to_owned();
        let (sha256, groesse) = (digest, staged.size);
        let file = Primaerdokument { sha256, groesse, dateiname, medientyp };
        self.commit(&staged, &file, mark.as_ref())
    }

    /// The mark of the whole request: a retry is the same one only with the same bytes and name.
    fn mark(&self, digest: Digest, upload_name: Option<&str>) -> Result<Option<Marke>, Error> {
        let Some(idem) = &self.idem else { return Ok(None) };
        let actor = self.acting.actor();
        let mark = match &self.zweck {
            Zweck::Dokument(m) => Marke::new(actor, idem, &(m, upload_name), Some(digest)),
            Zweck::Fassung { dokument, version, metadaten } => {
                let request = (dokument, version, metadaten, upload_name);
                Marke::new(actor, idem, &request, Some(digest))
            }
        };
        Ok(Some(mark?))
    }

    fn commit(
        &self,
        staged: &Staged,
        file: &Primaerdokument,
        mark: Option<&Marke>,
    ) -> Result<Receipt, Error> {
        let (digest, blobs) = (staged.digest, self.registry.blobs());
        let lock = blobs.lock(digest);
        let mut bekannt = self.pusher.bekannt(digest)?;
        for _ in 0..TRIES {
            let ablage = blobs.publish(staged, bekannt, &lock)?;
            let datei = Datei { dokument: file.clone(), ablage, vorrang: self.vorrang() };
            match self.register(datei, mark) {
                Ok(beleg) => return Ok(receipt(beleg, digest)),
                // Condemned meanwhile, or held up too long: the stage file is still there, so the
                // bytes are written anew, and the commit revives the digest.
                Err(error) if error.art == Art::Kollision => bekannt = None,
                Err(error) => {
                    self.withdraw(&error, ablage, &lock);
                    return Err(error.into());
                }
            }
        }
        tracing::warn!(%digest, "a blob was condemned again and again, or each try took hours");
        let text = "Dieser Inhalt wird gerade gelöscht. Es wurde nichts gespeichert; wiederholen \
                    Sie es in einigen Sekunden.";
        Err(registry::Error::new(Art::Voll, "inhalt_in_loeschung", text).into())
    }

    /// Takes published bytes away that a refusal left without a record. After an unknown outcome
    /// they stay: they may be the ones that an entry refers to.
    fn withdraw(&self, refusal: &registry::Error, deposit: Deposit, lock: &DigestLock) {
        let refused = matches!(
            refusal.art,
            Art::NichtGefunden
                | Art::NichtErlaubt
                | Art::Zustand
                | Art::Konflikt
                | Art::Ungueltig
                // The ledger had no room and wrote nothing; the bytes would only keep it so.
                | Art::Voll
        );
        let digest = lock.digest();
        if refused
            && deposit.made.is_some()
            && matches!(self.pusher.benannt(digest, deposit.ablage), Ok(false))
            && let Err(cause) = self.registry.blobs().remove(digest, deposit.ablage, lock)
        {
            tracing::warn!(%cause, "a refused push left its bytes; the sweep takes them");
        }
    }

    fn register(&self, datei: Datei, mark: Option<&Marke>) -> Result<Beleg, registry::Error> {
        let m = match &self.zweck {
            Zweck::Fassung { dokument, version, .. } => {
                return self.pusher.fassung(*dokument, *version, datei, mark.cloned());
            }
            Zweck::Dokument(m) => (**m).clone(),
        };
        let today = self.registry.now().datum();
        self.pusher.einliefern(Einlieferung {
            ziel: m.ziel(),
            oe: m.oe,
            betreff: m.betreff.unwrap_or_else(|| datei.dokument.dateiname.clone()),
            typ: m.typ,
            posteingangsdatum: m.posteingangsdatum.unwrap_or(today),
            postausgangsdatum: m.postausgangsdatum,
            datum: m.datum,
            fremdes_geschaeftszeichen: m.fremdes_geschaeftszeichen,
            absender: m.absender,
            empfaenger: m.empfaenger,
            bemerkung: m.bemerkung,
            fremd_id: m.fremd_id,
            datei,
            marke: mark.cloned(),
        })
    }

    /// People and scan stations wait for what they push; a Fachverfahren brings masses.
    fn vorrang(&self) -> u8 {
        match &self.acting.actor().wer {
            Wer::Maschine(key) if key.rolle == Rolle::Fachverfahren => 1,
            _ => 0,
        }
    }
}

fn receipt(beleg: Beleg, sha256: Digest) -> Receipt {
    let Beleg { id, seq, siegel, wiederholt } = beleg;
    Receipt { id, sha256, seq, siegel, wiederholt }
}
