//! One test binary for everything that is tested from outside a module.

mod api;
mod blob;
mod bounds;
mod crash;
mod demo;
mod disk;

mod layers;
mod ledger;
mod search;
mod stadt;
mod served;
mod text;
mod texts;
mod tidy;
