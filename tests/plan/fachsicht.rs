//! What an OE works with of the plan, through the API and on the pages.

use serde_json::{Value, json};

use crate::{stadt::Stadt, web::client::Browser};

fn numbers(page: &Value) -> Vec<&str> {
    page["eintraege"].as_array().unwrap().iter().map(|e| e["nummer"].as_str().unwrap()).collect()
}

#[test]
fn an_oe_sees_its_part_of_the_plan() {
    let stadt = Stadt::neu(|_| {});
    let (reg, reader) = (stadt.token("reg10"), stadt.token("sb20"));
    let all = stadt.get(&reg, "/organisation").expect(200).json();
    let ten = all["eintraege"].as_array().unwrap().iter().find(|oe| oe["kuerzel"] == "10").unwrap();
    let path = format!("/organisation/{}/planeinheiten", ten["id"].as_str().unwrap());
    let none = stadt.get(&reader, &path).expect(200);
    assert_eq!((none.header("etag"), &none.json()["planeinheiten"]), ("\"0\"", &json!([])));
    let mut browser = Browser::of(&stadt, "sb10");
    let empty = browser.get("/aktenplan?oe=10").expect(200);
    assert!(empty.text().contains("noch nichts festgelegt"), "{}", empty.text());
    let put =
        |etag: &str, body: &Value| stadt.json(&reg, "PUT", &path, &[("If-Match", etag)], body);
    let body = json!({ "planeinheiten": ["521", "01.02"] });
    assert_eq!(stadt.json(&reg, "PUT", &path, &[], &body).expect(428).code(), "if_match_fehlt");
    let set = put("\"0\"", &body).expect(200);
    assert_eq!(set.json()["planeinheiten"], json!(["01.02", "521"]));
    assert_eq!(put("\"0\"", &body).expect(412).code(), "veraltet");
    let again = put(set.header("etag"), &json!({ "planeinheiten": ["521", "01.02", "x"] }));
    assert_eq!(again.expect(400).json()["fehler"][0]["zeiger"], "/planeinheiten/2");
    let seen = stadt.get(&reader, "/aktenplan?oe=10&limit=500").expect(200).json();
    let seen = numbers(&seen);
    for number in ["0", "01", "01.02", "52", "521", "521.01"] {
        assert!(seen.contains(&number), "{number}: {seen:?}");
    }
    assert!(!seen.contains(&"01.01") && !seen.contains(&"522"), "{seen:?}");
    let top = stadt.get(&reader, "/aktenplan?oe=10&unter=").expect(200).json();
    assert_eq!(numbers(&top), ["0", "52"]);
    assert_eq!(
        stadt.get(&reader, "/aktenplan?oe=77").expect(400).json()["fehler"][0]["zeiger"],
        "/oe"
    );

    let whole = browser.get("/aktenplan").expect(200);
    assert!(whole.text().contains("<a href=\"/aktenplan?oe=10\">Nur womit 10 Hauptamt arbeitet"));
    let part = browser.get("/aktenplan?oe=10").expect(200);
    assert!(part.text().contains("href=\"/aktenplan/52?oe=10\""), "{}", part.text());
    assert!(!part.text().contains("/aktenplan/12?"), "{}", part.text());
    let unit = browser.get("/aktenplan/52?oe=10").expect(200);
    assert!(unit.text().contains("/aktenplan/521?oe=10"), "{}", unit.text());
    assert!(!unit.text().contains("/aktenplan/522"), "{}", unit.text());
    assert!(unit.text().contains("href=\"/aktenplan/52\">Alle zeigen"), "{}", unit.text());
    assert_eq!(browser.get("/aktenplan?oe=77").status, 400);
}
