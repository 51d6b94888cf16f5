//! The objects of record keeping and the rules about them.
//!
//! Layer 0: pure. No I/O, no clock, no randomness, no framework type. Whatever varies from run to
//! run (the time, an id) comes in as an argument. The nouns are German, as law and the xdomea
//! standard write them.

pub mod access;
pub mod akte;
pub mod aktenplan;
pub mod aktentyp;
pub mod aktenzeichen;
pub mod aussonderung;
pub mod digest;
pub mod dokument;
pub mod frist;
pub mod fristenstand;
pub mod organisation;
pub mod record;
pub mod source;
pub mod sperre;
pub mod verwaltung;
pub mod zeit;
