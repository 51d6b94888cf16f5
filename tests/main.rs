//! t
mod ledger;
