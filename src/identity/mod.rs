//! Who somebody is: passwords, secrets of machines, sessions, delays after wrong passwords.
//!
//! It verifies and remembers in memory; it stores nothing. Losing its state costs a sign-on. It
//! never decides what somebody may do (that is `domain::access`), never logs a secret, and makes
//! the sign-on with an unknown name cost what one with a known name costs.

pub mod delays;
pub mod password;
pub mod secret;
pub mod sessions;
#[cfg(test)]
mod tests;

pub use delays::Delays;
pub use password::Gate;
pub use secret::Secret;
pub use sessions::Sessions;
