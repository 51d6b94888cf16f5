//! The registry: numbers, states, rights at the moment of the decision, bounded lists, the log,
//! four eyes.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

pub mod haus;

mod akten;
mod dokumente;
mod fristen;
mod fristenlauf;
mod listen;
mod planfassung;
mod plansicht;
mod protokoll;
mod schluessel;
mod suche;
mod typen;
mod vier_augen;
mod vorschlaege;
mod vorschlaege_akten;
mod vorschlaege_rechte;
