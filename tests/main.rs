//! One test binary for everything that is tested from outside a module.

mod blob;
mod disk;
mod follow;
mod layers;
mod ledger;
mod search;
mod text;
mod tidy;
