//! Aktenlauf keeps a municipality's electronic files from the mail room to the archive.
//!
//! # The idea
//!
//! 1. Two things are the truth: the **blobs** (a document's bytes, stored under their SHA-256) and
//!    the **journal** (an append-only, hash-chained list of entries: who did what to which Akte,
//!    when, why, and the new state of each record that changed).
//! 2. Everything else is a **projection** that can be thrown away: the sled tables, the tantivy
//!    index, extracted texts, the model of the suggestions. Each remembers the journal position up
//!    to which it is built and the version of the code that built it; if either does not fit, it is
//!    rebuilt.
//! 3. A push is acknowledged when its bytes and its entry are on disk, and is found by search a
//!    moment later.
//! 4. The audit trail is not a feature beside the data; it is the data.
//!
//! # What happens to a letter
//!
//! ```text
//! scan station / Fachverfahren / clerk
//!   | POST metadata, then bytes
//! http, api    who are you, is the request well formed, may you (before the bytes are read)
//! intake       one push: idempotency, target (Vorgang, Akte or Posteingang)
//! registry     the rules: does the Akte exist, is it open, which number
//!   |-- blob     stage, hash while writing, sync, rename        (1) bytes durable
//!   |-- ledger   append entry, group commit, sync               (2) the commit point -> 201
//!   |             apply to the tables                           (3) readable
//! follow       reads the journal into the index                 (4) found by metadata
//! server jobs  text in a limited worker -> system entry         (5) found by full text
//! classify     where it may belong, for whom it waits; a clerk files it
//! ```
//!
//! A crash between (1) and (2) leaves an unreferenced blob, which `verify` reports and `sweep`
//! removes. A crash after (2) loses nothing: (3) to (5) are replayed from the journal at the next
//! start. Nobody enqueues work: jobs are derived from what the tables say is missing.
//!
//! # The layers
//!
//! Imports go downwards only; siblings never import each other (`tests/layers.rs`).
//!
//! | layer | modules |
//! |---|---|
//! | 0 | [`domain`] objects and rules, pure; [`disk`] files with named syncs |
//! | 1 | [`blob`] bytes under their digest; [`ledger`] journal and tables; [`search`] the index |
//! | 1 | [`text`] bytes in, text out, in a limited process; [`identity`] passwords, sessions |
//! | 1 | [`classify`] where a document belongs, and how sure that is |
//! | 2 | [`registry`] joins layer 1, the only writer; [`follow`] carries the journal on |
//! | 3 | [`intake`] one push from permit to receipt |
//! | 4 | [`http`] what every resource shares: sign-on, limits, problems, upload staging |
//! | 5 | [`api`] the REST resources; [`web`] the pages; [`config`] the file an operator writes |
//! | 6 | [`server`] opens a data directory, serves it, runs the jobs, shuts down |
//! | 7 | [`cli`] the commands |
//!
//! `disk` lies under `blob` and `ledger` both, so that one simulated power cut hits both.
//!
//! # One machine, or several
//!
//! The journal and its tables lie in files and sled, or both in one PostgreSQL schema; blobs in
//! files or in an S3 bucket. Nothing above layer 1 knows which. Where several nodes share them, a
//! group of commits is one transaction that holds the head row ([`ledger::postgres`]), each writing
//! of a blob has a name of its own, so that a late deletion meets nothing that is still used
//! ([`blob`]), and each node follows the journal into its own index.
//!
//! # Invariants, and the test that holds each
//!
//! | invariant | test |
//! |---|---|
//! | An acknowledged push survives any crash | `tests/simulation.rs`, `tests/crash.rs` |
//! | Each named sync is needed: skipping one loses something | `tests/simulation.rs` |
//! | Equal bytes pushed, deleted, swept by two machines are never lost | `tests/nodes.rs` |
//! | No flipped byte passes silently | `tests/journal.rs`, `tests/blob.rs`, `tests/crash.rs` |
//! | A rebuilt table equals the live one, also after erasures | `tests/ledger.rs` |
//! | Nothing is acknowledged twice, by two servers, or without its standby | `tests/postgres.rs` |
//! | No hit, count, facet or proposal tells of what is hidden | `tests/registry/suche.rs` |
//! | No suggestion tells of what is hidden | `tests/registry/vorschlaege_rechte.rs` |
//! | Two nodes lose and double nothing, whatever is killed | `tests/cluster.rs` |
//! | No revision of the plan loses a number | `tests/registry/planfassung.rs` |
//! | Neither a cut nor a wrong clock makes an Akte due | `tests/registry/fristenlauf.rs` |
//! | Nothing of a held Akte is struck out; no single person releases it | `tests/sperren.rs` |
//! | Fields of an Akte are those of its type, found and refused | `tests/registry/typen.rs` |
//! | Only one thread writes; a commit lands whole or not at all | `tests/ledger.rs` |
//! | A hidden object answers exactly like an unknown one | `tests/access.rs` |
//! | No three calls let an administrator alone read content | `tests/registry.rs` |
//! | A session that ended on one node opens nothing on any | `tests/sessions.rs` |
//! | Every route checks a right; none is missing from the matrix | `tests/access.rs` |
//! | Every page too, and what is hidden there looks like what is unknown | `tests/web/walk.rs` |
//! | A form that is not ours changes nothing; no text or document runs | `tests/web.rs` |
//! | The worker reaches no file, no socket, no other process | `tests/text.rs` |

pub mod api;
pub mod blob;
pub mod classify;
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
pub mod web;
