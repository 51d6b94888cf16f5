//! The ledger: an append-only, sealed journal and the tables that are projected from it.
//!
//! The journal is the truth; the tables can be thrown away. There is one writer: it takes all
//! waiting commits, decides each on the tables plus what the group has already changed, appends
//! one frame, syncs once, applies one batch, answers. A commit lands whole or not at all. What a
//! record means is not known here: rules live in the registry, the only one to call `commit`.

mod entry;
pub mod journal;
pub mod table;

pub use entry::{BODY_FORM, Body, Change, Draft, Entry, Position, Seal, Subject};
