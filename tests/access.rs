//! The access matrix: route x actor x relation to the object.
//!
//! What is expected is written by hand from the rules (`actors::may`, the rows of `rows`), never
//! computed by the code under test. The routes come from the collector's table: one without a row
//! fails. A hidden object has to answer byte for byte like an unknown one, and every cell that is
//! allowed has to succeed.

pub mod actors;
mod holds;
mod made;
pub mod objects;
mod periods;
mod plan;
mod rows;
mod suggestions;

use std::{cell::RefCell, collections::BTreeSet};

use aktenlauf::api;
use uuid::Uuid;

use crate::stadt::{Antwort, Stadt};
use actors::{Actor, Relation};
use objects::Objects;
use rows::{Cell, Row};

/// A city, its actors, its objects.
pub struct Matrix {
    pub stadt: Stadt,
    pub actors: Vec<Actor>,
    pub objects: Objects,
    /// All cells that are not as they should be: one run names them all.
    wrong: RefCell<Vec<String>>,
}

impl Matrix {
    pub fn new() -> Self {
        let stadt = Stadt::neu(|_| {});
        let actors = actors::all(&stadt);
        let objects = Objects::new(&stadt);
        Self { stadt, actors, objects, wrong: RefCell::default() }
    }

    pub fn actor(&self, name: &str) -> &Actor {
        self.actors.iter().find(|a| a.name == name).unwrap()
    }
}

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let served: BTreeSet<&str> = api::table().iter().map(|route| route.id).collect();
    let tested: BTreeSet<&str> = rows::all().iter().map(|(id, _)| *id).collect();
    assert_eq!(served, tested, "left: served, right: in the matrix");
}

#[test]
fn the_matrix_holds() {
    let matrix = Matrix::new();
    let mut cells = 0;
    for (id, row) in rows::all() {
        for actor in &matrix.actors {
            cells += check(&matrix, id, &row, actor);
        }
    }
    let wrong = matrix.wrong.take();
    assert!(wrong.is_empty(), "{} of {cells} cells:\n{}", wrong.len(), wrong.join("\n"));
    println!("access: {cells} cells");
    assert!(cells > 900, "{cells} cells");
}

/// Checks one row for one actor; returns the number of cells.
fn check(matrix: &Matrix, id: &str, row: &Row, actor: &Actor) -> usize {
    match row {
        Row::Anyone(call) => {
            matrix.success(&call(matrix, actor), id, actor, "");
            1
        }
        Row::Actors(allowed, call) => {
            let answer = call(matrix, actor);
            match (actor.token.is_empty(), allowed.contains(&actor.name)) {
                (true, _) => matrix.refused(&answer, 401, id, actor, ""),
                (_, true) => matrix.success(&answer, id, actor, ""),
                (_, false) => matrix.refused(&answer, 403, id, actor, ""),
            }
            1
        }
        Row::Object(cell) => object(matrix, id, cell, actor),
    }
}

fn object(matrix: &Matrix, id: &str, cell: &Cell, actor: &Actor) -> usize {
    let unknown = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001).to_string();
    let like_unknown = (cell.call)(matrix, actor, &unknown, "\"1\"");
    let gate = if actor.token.is_empty() { 401 } else { 403 };
    let passes = cell.gate.contains(&actor.name);
    matrix.refused(&like_unknown, if passes { 404 } else { gate }, id, actor, "unknown");
    for relation in Relation::ALL {
        let allowed = passes && actors::may(actor.name, *relation).contains(cell.verb);
        let sees = !actors::may(actor.name, *relation).is_empty();
        let Some((object, etag)) = matrix.objects.get(matrix, cell.kind, *relation, allowed) else {
            continue;
        };
        let answer = (cell.call)(matrix, actor, &object, &etag);
        let at = format!("{relation:?}");
        if allowed {
            matrix.success(&answer, id, actor, &at);
        } else if !passes || sees {
            matrix.refused(&answer, gate, id, actor, &at);
        } else {
            matrix.refused(&answer, 404, id, actor, &at);
            if answer.body != like_unknown.body {
                matrix.wrong(&answer, "the bytes of an unknown one", id, actor, &at);
            }
        }
    }
    1 + Relation::ALL.len()
}

impl Matrix {
    fn wrong(&self, answer: &Antwort, wanted: &str, id: &str, actor: &Actor, at: &str) {
        let body = String::from_utf8_lossy(&answer.body);
        let line =
            format!("{id} as {} {at}: wanted {wanted}, {} {body}", actor.name, answer.status);
        self.wrong.borrow_mut().push(line);
    }

    fn success(&self, answer: &Antwort, id: &str, actor: &Actor, at: &str) {
        if !(200..300).contains(&answer.status) {
            self.wrong(answer, "success", id, actor, at);
        }
    }

    fn refused(&self, answer: &Antwort, status: u16, id: &str, actor: &Actor, at: &str) {
        if answer.status != status {
            self.wrong(answer, &status.to_string(), id, actor, at);
        }
    }
}
