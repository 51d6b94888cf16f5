//! Who somebody is: passwords, secrets of machines, sessions, delays after wrong passwords.
//!
//! It verifies, and remembers what is operational: losing its state costs a sign-on. Sessions lie
//! on a shelf that nodes may share; delays are each node's own. It never decides what somebody
//! may do (that is `domain::access`), never logs a secret, and makes the sign-on with an unknown
//! name cost what one with a known name costs.

pub mod delays;
pub mod password;
pub mod secret;
pub mod sessions;
pub mod shelf;
#[cfg(test)]
mod tests;

pub use delays::Delays;
pub use password::Gate;
pub use secret::Secret;
pub use sessions::{Session, Sessions};
pub use shelf::{Memory, Shelf};
