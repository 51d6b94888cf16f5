//! One test binary for everything that is tested from outside a module.

mod api;
mod blob;
mod disk;
mod layers;
mod ledger;
mod search;
mod stadt;
mod text;
mod tidy;
