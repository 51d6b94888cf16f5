//! The pages: who gets in, what keeps others out, what a clerk can do, what a hostile text can't.

mod browser;
pub mod client;
mod doors;
mod hostile;
mod pages;
mod walk;
