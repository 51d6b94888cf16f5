//! Whether all files fit the city's own types of Akten: asked at each start, and remembered.
//!
//! A mark says what was found fit: these types, by this version of the program, up to that entry of
//! this very journal. What came later was written by a server with the same types, so a folder that
//! did not change costs nothing. Losing the mark costs the check; where several nodes write there
//! is none, because another node may have had other types.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    domain::aktentyp::Aktentypen,
    ledger::{Ledger, Position},
    registry::Registry,
};

/// What was checked.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    /// Version of the program: another one may read a schema otherwise.
    program: String,
    /// Of all schemas.
    sha256: String,
    /// The last entry that was looked at.
    seq: u64,
    seal: String,
}

/// Refuses if files do not fit the types; looks at them only if `mark` does not tell.
///
/// # Errors
/// For the operator: which files do not fit, or what can't be read.
pub(super) fn check(
    registry: &Registry,
    ledger: &Ledger,
    mark: Option<&Path>,
) -> Result<(), String> {
    let Some(file) = mark else { return registry.aktentypen_pruefen() };
    let now = Mark::of(registry.aktentypen(), ledger.applied());
    if now.told_by(file, ledger) {
        return Ok(());
    }
    registry.aktentypen_pruefen()?;
    if let Err(error) = now.write(file) {
        tracing::warn!(file = %file.display(), %error, "the next start checks all types again");
        // An older mark must not outlive files that are made with other types.
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(format!("{}: {error}", file.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

impl Mark {
    fn of(typen: &Aktentypen, at: Position) -> Self {
        let mut hash = Sha256::new();
        for typ in typen.der_stadt() {
            let schema = typ.quelle.to_string();
            hash.update((schema.len() as u64).to_be_bytes());
            hash.update(schema);
        }
        let (program, sha256) = (env!("CARGO_PKG_VERSION").into(), hex::encode(hash.finalize()));
        Self { program, sha256, seq: at.seq, seal: at.seal.to_string() }
    }

    /// True if the mark in `file` is of these types and of a journal that this one continues.
    fn told_by(&self, file: &Path, ledger: &Ledger) -> bool {
        let Ok(text) = fs::read(file) else { return false };
        let Ok(known) = serde_json::from_slice::<Self>(&text) else { return false };
        let entry = ledger.entries(known.seq, 1).unwrap_or_default().pop().map(|e| e.position);
        let same = entry.is_some_and(|at| at.seq == known.seq && at.seal.to_string() == known.seal);
        same && known.program == self.program && known.sha256 == self.sha256
    }

    fn write(&self, file: &Path) -> io::Result<()> {
        let new = file.with_extension("new");
        let mut out = File::create(&new)?;
        out.write_all(&serde_json::to_vec(self)?)?;
        out.sync_all()?;
        fs::rename(&new, file)?;
        file.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
    }
}
