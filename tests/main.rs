//! One test binary for everything that is tested from outside a module.

mod access;
mod api;
mod blob;
mod bounds;
mod contract;
mod crash;
mod demo;
mod disk;
mod follow;
mod journal;
mod layers;
mod ledger;
mod search;
mod served;
mod simulation;
mod stadt;
mod text;
mod texts;
mod tidy;
