//! Aktenlauf keeps a municipality's electronic files from the mail room to the archive.

pub mod api;
pub mod blob;
pub mod cli;
pub mod config;
pub mod disk;
pub mod domain;
pub mod follow;
pub mod http;
pub mod identity;
pub mod intake;
pub mod ledger;
pub mod registry;
pub mod search;
pub mod server;
pub mod text;
