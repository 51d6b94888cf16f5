//! The JSON of requests and answers, as openapi.json shows it.
//!
//! The types that are really read and written are the registry's, which know no framework; these
//! only describe them. Tests compare the field names of every request type and the shape of every
//! answer with them, so that the two can't drift apart.

pub mod answers;
pub mod fristen;
pub mod plan;
pub mod requests;
pub mod sperren;
pub mod vorschlaege;
pub mod words;
