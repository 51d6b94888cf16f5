//! The folder with a city's own types of Akten: `*.json`, one version of one type in each file.

use std::{fs, io, path::Path, sync::Arc};

use super::Error;
use crate::domain::aktentyp::Aktentypen;

/// Files that the folder may have.
const FILES_MAX: usize = 500;

/// The program's types and those of the folder.
pub(super) fn read(dir: Option<&Path>) -> Result<Arc<Aktentypen>, Error> {
    let Some(dir) = dir else { return Ok(Aktentypen::eigene()) };
    let unread = |error: io::Error| Error::Read(dir.to_owned(), error);
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            files.push(path);
        }
        if files.len() > FILES_MAX {
            return Err(Error::Values(vec![format!("aktentypen: more than {FILES_MAX} files")]));
        }
    }
    files.sort();
    let mut typen = Aktentypen::clone(&Aktentypen::eigene());
    let mut wrong = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).map_err(|e| Error::Read(path.clone(), e))?;
        if let Err(error) = typen.dazu(&path.display().to_string(), &text) {
            wrong.push(format!("aktentypen: {error}"));
        }
    }
    if wrong.is_empty() { Ok(Arc::new(typen)) } else { Err(Error::Values(wrong)) }
}
