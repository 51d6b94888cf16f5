//! One test binary for everything that is tested from outside a module.

mod layers;
mod ledger;
mod search;
mod tidy;
