//! The REST API over HTTP: each route's success, each code of the table, hostile input.

mod basics;
mod codes;
mod credentials;
mod downloads;
mod flows;
mod fristen;
mod hostile;
mod serving;
mod suche;
mod texts;
mod typen;
mod vorschlaege;
