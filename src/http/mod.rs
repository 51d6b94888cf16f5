//! What the REST API and the pages share: problems, request ids, origins, limits, input, upload.
//!
//! Nothing here knows a route or a rule of record keeping. It decides whether a request is well
//! formed and within its bounds; whether it is allowed is the registry's business.

mod advice;
pub mod buckets;
pub mod content_digest;
pub mod delivery;
pub mod file;
pub mod front;
pub mod input;
pub mod outflow;
pub mod pace;
pub mod page;
pub mod peer;
pub mod problem;
pub mod refusal;
pub mod request;
pub mod sign_on;
pub mod slots;
pub mod twins;
pub mod upload;

pub use front::{Front, Limits};
pub use problem::{Code, Problem};
