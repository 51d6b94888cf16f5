//! What suggestions are made with: the model in use, and its form as a file.
//!
//! All clones of a registry share one model, which is replaced as a whole. Where its file lies is
//! the server's matter. A file counts only for the very house that it was made in: the seal of the
//! journal's first entry stands in it.

use std::{
    collections::HashSet,
    fmt,
    io::{self, Write},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Registry;
use crate::{
    classify::{self, Modell, SUM, Summend},
    domain::zeit::Zeitpunkt,
};

/// Changes with every change of what stands around the model in its file.
const MAGIC: &[u8; 16] = b"aktenlauf-vor 01";
/// Hex digits by which a model is named.
const KENNUNG: usize = 16;
/// The number of documents is told in steps, so that no single hidden one shows in it.
const STUFE: u64 = 50;

/// Why a file is refused; then it is learned anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Abgelehnt {
    /// Another version wrote it, or it is no model.
    #[error("it is not of this version")]
    Fassung,
    /// Its bytes are not those that were written.
    #[error("it is damaged")]
    Beschaedigt,
    /// It was made in another house.
    #[error("it is of another house")]
    Fremd,
}

impl From<classify::Error> for Abgelehnt {
    fn from(error: classify::Error) -> Self {
        match error {
            classify::Error::Foreign => Self::Fassung,
            classify::Error::Damaged => Self::Beschaedigt,
        }
    }
}

/// What a model was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Herkunft {
    /// Seal of the journal's first entry.
    pub(super) haus: String,
    /// The entry that had changed the plan last.
    pub(super) plan: u64,
    /// Entries up to here were in the tables when reading began.
    pub(super) seq: u64,
    /// The seal of that entry: a journal that went back to an earlier one is another.
    pub(super) siegel: String,
    /// When.
    pub(super) am: Zeitpunkt,
}

/// A model, and what it was made of.
pub struct Gelernt {
    pub(super) modell: Modell,
    pub(super) herkunft: Herkunft,
    /// Names it: equal models have equal names.
    pub(super) kennung: String,
    pub(super) dokumente: HashSet<u128>,
}

impl fmt::Debug for Gelernt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gelernt({}, {:?})", self.kennung, self.herkunft)
    }
}

impl Gelernt {
    pub(super) fn new(modell: Modell, herkunft: Herkunft) -> Self {
        let mut summing = Summend::new(io::sink());
        // Into a sink all writing succeeds.
        let _ = modell.write(&mut summing);
        Self::with(modell, herkunft, summing.summe())
    }

    /// `sum` is that of the model's own bytes.
    fn with(modell: Modell, herkunft: Herkunft, sum: [u8; SUM]) -> Self {
        let kennung = hex::encode(sum);
        let kennung = kennung.get(..KENNUNG).unwrap_or_default().to_owned();
        let dokumente = modell.ids().iter().copied().collect();
        Self { modell, herkunft, kennung, dokumente }
    }

    /// How many documents it was learned from.
    #[must_use]
    pub fn gelernt_aus(&self) -> u64 {
        u64::try_from(self.modell.documents()).unwrap_or(u64::MAX)
    }

    /// Writes the file, piece by piece: a model of a large stock has some hundred megabytes.
    ///
    /// # Errors
    /// As `to` says; also if its head can't be written as JSON.
    pub fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        let head = serde_json::to_vec(&self.herkunft)?;
        let length = u32::try_from(head.len()).map_err(io::Error::other)?;
        let mut summing = Summend::new(&mut *to);
        for part in [MAGIC.as_slice(), &length.to_le_bytes(), &head] {
            summing.write_all(part)?;
        }
        self.modell.write(&mut summing)?;
        let sum = summing.summe();
        to.write_all(&sum)
    }

    /// Reads the file of the house whose journal begins with that seal.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn from_bytes(bytes: &[u8], haus: &str) -> Result<Self, Abgelehnt> {
        if !bytes.starts_with(MAGIC) {
            return Err(Abgelehnt::Fassung);
        }
        let (body, sum) = bytes.split_last_chunk::<SUM>().ok_or(Abgelehnt::Beschaedigt)?;
        if Sha256::digest(body).as_slice() != sum {
            return Err(Abgelehnt::Beschaedigt);
        }
        let rest = body.get(MAGIC.len()..).unwrap_or_default();
        let (length, rest) = rest.split_first_chunk::<4>().ok_or(Abgelehnt::Beschaedigt)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let (head, model) = rest.split_at_checked(length).ok_or(Abgelehnt::Beschaedigt)?;
        let herkunft: Herkunft = serde_json::from_slice(head).map_err(|_| Abgelehnt::Fassung)?;
        if herkunft.haus != haus {
            return Err(Abgelehnt::Fremd);
        }
        let sum = Sha256::digest(model).into();
        Ok(Self::with(Modell::from_bytes(model)?, herkunft, sum))
    }
}

/// What all clones of a registry share of it.
#[derive(Debug, Default)]
pub(super) struct Halter {
    modell: RwLock<Option<Arc<Gelernt>>>,
    laeuft: Arc<AtomicBool>,
}

/// While it lives, a model is being learned.
#[derive(Debug)]
pub(super) struct Laeuft(Arc<AtomicBool>);

impl Drop for Laeuft {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

impl Halter {
    /// The model in use.
    pub(super) fn modell(&self) -> Option<Arc<Gelernt>> {
        self.modell.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn setzen(&self, gelernt: Arc<Gelernt>) {
        *self.modell.write().unwrap_or_else(PoisonError::into_inner) = Some(gelernt);
    }

    pub(super) fn vergessen(&self) {
        *self.modell.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(super) fn beginnen(&self) -> Laeuft {
        self.laeuft.store(true, Ordering::SeqCst);
        Laeuft(Arc::clone(&self.laeuft))
    }
}

/// Which model is in use, and whether another is being learned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Vorschlagsstand {
    /// Names the model; none: there is none yet.
    pub kennung: Option<String>,
    /// When it was learned.
    pub stand: Option<Zeitpunkt>,
    /// Documents that it was learned from, rounded down to full fifties.
    pub gelernt_aus: u64,
    /// True: another is being learned.
    pub laeuft: bool,
}

/// A registry that is not kept open by whoever holds this.
#[derive(Clone, Debug)]
pub struct Lose(std::sync::Weak<super::Inner>);

impl Lose {
    /// The registry, unless nobody else has it any more.
    #[must_use]
    pub fn registry(&self) -> Option<Registry> {
        self.0.upgrade().map(Registry)
    }
}

impl Registry {
    /// This registry for a thread that must not keep it open while it computes.
    #[must_use]
    pub fn lose(&self) -> Lose {
        Lose(Arc::downgrade(&self.0))
    }

    /// Which model suggestions are made with.
    #[must_use]
    pub fn vorschlagsstand(&self) -> Vorschlagsstand {
        let halter = &self.0.vorschlaege;
        let modell = halter.modell();
        Vorschlagsstand {
            kennung: modell.as_ref().map(|m| m.kennung.clone()),
            stand: modell.as_ref().map(|m| m.herkunft.am),
            gelernt_aus: modell.map_or(0, |m| m.gelernt_aus() / STUFE * STUFE),
            laeuft: halter.laeuft.load(Ordering::SeqCst),
        }
    }
}
