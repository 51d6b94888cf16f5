//! One test binary for everything that is tested from outside a module.

mod blob;
mod disk;
mod intake;
mod layers;
mod ledger;
mod registry;
mod search;
mod text;
mod tidy;
