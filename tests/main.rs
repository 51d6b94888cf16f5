//! One test binary for everything that is tested from outside a module.

mod blob;
mod disk;
mod layers;
mod ledger;
mod search;
mod simulation;
mod text;
mod tidy;
