//! One test binary for everything that is tested from outside a module.

mod layers;
mod text;
mod tidy;
//! t
mod ledger;
mod search;
mod tidy;
