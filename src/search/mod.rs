//! The search index: words and phrases over documents, Akten and Vorgänge, on tantivy.
//!
//! It is a projection that can be thrown away: its commits carry the journal position they stand
//! for, and an index of another version, or one that is damaged, is wiped and filled again. It
//! knows rights classes and filters by them inside the query, so hits and counts agree; it never
//! decides rights. A hit's score depends on the query and on that document alone, never on what
//! else is in the index: so a score reveals nothing of hidden documents, and pages stay stable
//! while others write.

mod analysis;
mod collect;
mod compound;
mod days;
mod doc;
mod facets;
mod fachfeld;
mod index;
mod language;
mod lexicon;
mod query;
mod score;
mod similar;
mod snippet;

pub use collect::{Hit, Order, Page, Place};
pub use doc::{Art, Doc, VERSION};
pub use facets::Facets;
pub use fachfeld::Fachfrage;
pub use index::{Index, Position, Row};
pub use language::{Invalid, LENGTH_MAX, Merkmal, PREFIX_MIN, TERMS_MAX, Terms, Why};
pub use lexicon::Lexicon;
pub use query::{LIMIT_MAX, Query};
pub use similar::near;
pub use snippet::Snippet;

/// Errors of the index.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine failed. What was not committed is lost; go on from [`Index::position`].
    #[error("index: {0}")]
    Engine(#[from] tantivy::TantivyError),
    /// The folder can't be made or emptied.
    #[error("index: {0}")]
    Io(#[from] std::io::Error),
    /// Another process writes this index.
    #[error("index: another process holds {0}")]
    Locked(String),
}
