//! The rule of access, cell by cell, written by hand from the table in `darf.rs`.
