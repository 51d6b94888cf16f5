//! What being shared with costs: the same questions by somebody with 5 shares and with 200.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    row,
    search::{ask, ms, times},
    served::{City, Served},
};

/// OE whose sets make the shares differ, so that each is a class of its own.
const MARKS: usize = 8;

/// The row. Both read the same office; the stock is the one that `search` has made.
pub fn rows(city: &mut City, questions: &[[String; 2]], run: u32) {
    let sign = |mark: usize| format!("9{mark}-{run}");
    for mark in 0..MARKS {
        city.command(&["oe", "create", "--sign", &sign(mark), "--name", "Marke"]);
    }
    let mut sign_on = |name: &str, role: &str| {
        let name = format!("{name}-{run}");
        let new = ["user", "create", "--name", &name, "--role", role, "--oe", "10"];
        let first = city.command(&new);
        person(city.served(), &name, first.trim())
    };
    let (_, owner) = sign_on("geberin", "sachbearbeitung@20");
    let (few_id, few) = sign_on("wenige", "sachbearbeitung@10");
    let (many_id, many) = sign_on("viele", "sachbearbeitung@10");
    let (_, units) = city.served().get_json(&owner, "/organisation?limit=100");
    let of_sign = |sign: &str| {
        let list = units["eintraege"].as_array().unwrap();
        list.iter().find(|oe| oe["kuerzel"] == sign).unwrap()["id"].clone()
    };
    let marks: Vec<Value> = (0..MARKS).map(|mark| of_sign(&sign(mark))).collect();
    let agent = Served::agent(Duration::from_secs(60));
    for (person, count) in [(few_id, 5_usize), (many_id, 200)] {
        for number in 0..count {
            let share = |to: Value| json!({ "fuer": to, "bearbeiten": false });
            let with = marks.iter().enumerate().filter(|(bit, _)| number >> bit & 1 == 1);
            let with = with.map(|(_, id)| share(json!({ "oe": id })));
            let shares: Vec<_> = with.chain([share(json!({ "person": person }))]).collect();
            let body = json!({
                "planeinheit": "01.01", "betreff": format!("Geteilte Akte {number}"),
                "oe": "20", "freigaben": shares,
            });
            let once = format!("{person}-{number}");
            Served::post(&agent, city.address(), &owner, "/akten", &body, &once).unwrap();
        }
    }
    let key = city.key().to_owned();
    city.served().wait_until_indexed(&key);
    let few = times(1, questions, ask(city.address(), &few, false));
    let many = times(1, questions, ask(city.address(), &many, false));
    row(
        "a search by a person with 200 shares, to one with 5",
        &ms(many),
        &ms(few),
        &format!("{:.2}", many.0 / few.0),
        "1.5",
    );
}

/// Takes the start password for one of the person's own; id and token.
fn person(served: &Served, name: &str, first: &str) -> (Value, String) {
    let own = "Wessel-Ufer 17 im Herbst";
    let agent = Served::agent(Duration::from_secs(60));
    let sent = agent
        .post(format!("{}/api/v1/anmeldung/passwort", served.address()))
        .header("Authorization", format!("Bearer {}", served.sign_on(name, first)))
        .send_json(json!({ "alt": first, "neu": own }));
    assert_eq!(sent.unwrap().status(), 200);
    let token = served.sign_on(name, own);
    let (_, session) = served.get_json(&token, "/anmeldung");
    (session["person"]["id"].clone(), token)
}
