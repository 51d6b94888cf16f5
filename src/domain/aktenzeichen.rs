//! File numbers: written and read by a configured grammar, sorted by their parsed parts.
//!
//! What a number looks like is configuration, never code: [`Grammatik`] holds the city's two
//! templates. [`Teile`] reads any number that German offices write, ours or foreign, for sorting;
//! [`normal`] is the form in which two spellings of one number are equal. Nothing here gives out a
//! number: that is the registry's, under the counter of the unit.

mod grammatik;
mod teile;

pub use grammatik::{Error, Felder, Grammatik};
pub use teile::{Teile, normal};
