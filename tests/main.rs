//! One test binary for everything that is tested from outside a module.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test that panics has failed, which is what it is for"
)]

mod access;
mod api;
mod blob;
mod bounds;
mod classify;
mod cluster;
mod contract;
mod crash;
mod demo;
mod disk;
mod follow;
mod fristen;
mod intake;
mod journal;
mod layers;
mod ledger;
mod nodes;
mod plan;
mod poisoned;
mod postgres;
mod registry;
mod s3;
mod search;
mod served;
mod sessions;
mod simulation;
mod sperren;
mod stadt;
mod text;
mod texts;
mod tidy;
mod web;
