//! A new version of the plan through the API and through the command line.

use std::fs;

use serde_json::{Value, json};

use super::{changed, muster, out, plan};
use crate::{served::Binary, stadt::Stadt, web::client::Browser};

#[test]
fn a_version_is_put_before_a_second_person() {
    let stadt = Stadt::neu(|_| {});
    let (admin, second) = (stadt.token("admin1"), stadt.token("revision"));
    let csv = fs::read_to_string(muster().join("plan.csv")).unwrap();
    let csv = csv.replacen("\n01.02;01;3;", "\n01.99;01;3;", 1);
    let toml = fs::read_to_string(muster().join("plan.toml")).unwrap();
    let toml = toml.replace("kennung = \"muster\"", "kennung = \"stadt\"");
    let body =
        json!({ "toml": toml, "csv": csv, "konkordanz": "alt;neu;art\n01.02;01.99;verschoben\n" });
    let seen = stadt.post(&admin, "/aktenplan/import?dry_run=true", &body).expect(200).json();
    assert_eq!(
        seen["konkordanz"],
        json!([{ "alt": "01.02", "neu": "01.99", "art": "verschoben" }])
    );
    assert_eq!((&seen["antrag"], &seen["zahlen"]["stillgelegt"]), (&Value::Null, &json!(1)));
    let waits = stadt.post(&admin, "/aktenplan/import", &body).expect(200).json();
    let antrag = waits["antrag"].as_str().unwrap();
    stadt.get(&admin, "/aktenplan/01.99").expect(404);
    let shown = stadt.get(&second, &format!("/antraege/{antrag}")).expect(200).json();
    assert_eq!(shown["vorhaben"]["art"], "aktenplan");
    stadt.post(&second, &format!("/antraege/{antrag}/freigabe"), &json!({})).expect(200);
    let plan = stadt.get(&admin, "/aktenplan?limit=1").expect(200).json();
    assert_eq!(plan["plan"]["kennung"], "stadt", "one plan is in force, whatever it is called");
    let unit = stadt.get(&admin, "/aktenplan/01.02").expect(200).json();
    assert_eq!(unit["stillgelegt"], true, "shut down, not removed");
    let steps = stadt.get(&second, "/aktenplan/konkordanz?nummer=01.02").expect(200).json();
    assert_eq!(steps["heute"], json!(["01.99"]));
    let page = Browser::of(&stadt, "sb10").get("/aktenplan/01.02").expect(200);
    let link = "<dt>Nachfolger</dt><dd><a href=\"/aktenplan/01.99\">01.99</a></dd>";
    assert!(page.text().contains(link), "{}", page.text());
    let steps = stadt.get(&second, "/aktenplan/konkordanz?nummer=01.99").expect(200).json();
    assert_eq!(steps["vorgaenger"][0]["alt"], "01.02");
    let wrong = json!({ "csv": csv.replacen("\n01.99;01;3;", "\n01.99;;3;", 1) });
    let wrong = stadt.post(&admin, "/aktenplan/import", &wrong);
    assert!((400..500).contains(&wrong.status));
    assert!(wrong.text().contains("plan.csv Zeile 5, ebene"), "{}", wrong.text());
}

#[test]
fn the_operator_gives_a_city_a_new_version() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let binary = Binary::real();
    let place = data.to_str().unwrap();
    binary.run(&["user", "create", "--data", place, "--name", "a", "--role", "administration"]);
    let new = changed(&dir, "new", "plan.csv", "\n01.02;01;3;", "\n01.99;01;3;");
    let import =
        |more: &[&str]| plan(&[&["import", new.to_str().unwrap(), "--data", place], more].concat());
    let told = out(&import(&["--dry-run"]));
    assert!(told.contains("01.02 -> 01.99 (verschoben)"), "{told}");
    assert!(told.contains("2 units would change"), "{told}");
    let told = out(&import(&[]));
    assert!(told.contains("2 units changed"), "{told}");
    assert!(out(&import(&["--dry-run"])).contains("0 units would change"));
    let text = fs::read_to_string(new.join("plan.csv")).unwrap();
    fs::write(new.join("plan.csv"), text.replacen("\n01.99;01;3;", "\n01.02;01;3;", 1)).unwrap();
    // 01.02 comes back under its old title: that is no other use of the number.
    let told = out(&import(&["--dry-run"]));
    assert!(told.contains("01.02: verschoben, wiedereroeffnet"), "{told}");
    // What a city works with comes out as it is, with what is shut down, and goes in again.
    let own = dir.path().join("own");
    let done = plan(&["export", "--csv", "--data", place, "--to", own.to_str().unwrap()]);
    assert!(done.status.success(), "{}", out(&done));
    let shut = fs::read_to_string(own.join("plan.csv")).unwrap();
    assert!(shut.lines().any(|line| line.starts_with("01.02;01;3;") && line.ends_with(";ja;")));
    let again = plan(&["import", own.to_str().unwrap(), "--data", place, "--dry-run"]);
    assert!(out(&again).contains("0 units would change"), "{}", out(&again));
    binary.verify(&data);
}
