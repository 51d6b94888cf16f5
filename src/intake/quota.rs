//! The bounds of a key: uploads at the same time and bytes a calendar day. In memory: a restart
//! gives a key its day anew, which costs nothing but patience with it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::NaiveDate;
use uuid::Uuid;

use super::error::{Error, Grund};
use crate::domain::organisation::Grenzen;

/// Use of all keys.
#[derive(Debug, Default)]
pub(super) struct Quotas(Mutex<HashMap<Uuid, Use>>);

#[derive(Clone, Copy, Debug)]
struct Use {
    day: NaiveDate,
    bytes: u64,
    uploads: u32,
}

/// One upload of one key; given back when dropped. The bytes stay counted.
#[derive(Debug)]
pub(super) struct Slot {
    quotas: Arc<Quotas>,
    key: Uuid,
    bytes_max: u64,
}

fn day_over() -> Error {
    let text = "Die Tagesmenge dieses Schlüssels ist erreicht. Setzen Sie morgen fort, oder bitten \
                Sie die Administration um eine höhere Grenze.";
    Error::new(Grund::Begrenzt { retry_after_s: 3600 }, "tagesmenge_erreicht", text)
}

impl Quotas {
    /// A place for one more upload of the key.
    pub(super) fn slot(
        self: &Arc<Self>,
        key: Uuid,
        bounds: Grenzen,
        today: NaiveDate,
    ) -> Result<Slot, Error> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let used = all.entry(key).or_insert(Use { day: today, bytes: 0, uploads: 0 });
        if used.day != today {
            (used.day, used.bytes) = (today, 0);
        }
        if used.bytes >= bounds.bytes_je_tag {
            return Err(day_over());
        }
        if used.uploads >= bounds.gleichzeitige_uploads {
            let text = "Dieser Schlüssel lädt schon so viel gleichzeitig hoch, wie er darf. \
                        Wiederholen Sie es, sobald eine Übertragung beendet ist.";
            let grund = Grund::Begrenzt { retry_after_s: 1 };
            return Err(Error::new(grund, "zu_viele_uploads", text));
        }
        used.uploads += 1;
        Ok(Slot { quotas: Arc::clone(self), key, bytes_max: bounds.bytes_je_tag })
    }
}

impl Slot {
    /// Counts bytes that arrived, kept or not.
    pub(super) fn take(&self, bytes: u64) -> Result<(), Error> {
        let mut all = self.quotas.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(used) = all.get_mut(&self.key) else { return Ok(()) };
        used.bytes = used.bytes.saturating_add(bytes);
        if used.bytes > self.bytes_max { Err(day_over()) } else { Ok(()) }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut all = self.quotas.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(used) = all.get_mut(&self.key) {
            used.uploads = used.uploads.saturating_sub(1);
        }
    }
}
