//! Holds over HTTP, and on the page of an Akte.

use serde_json::json;
use uuid::Uuid;

use crate::{stadt::Stadt, web::client::Browser};

/// Catches: the status of a wish and of a release, a machine at the routes, the page without the
/// line, a refusal without its code.
#[test]
fn holds_over_http() {
    let stadt = Stadt::gemeinsam();
    let (clerk, one, two) = (stadt.token("sb10"), stadt.token("reg10"), stadt.token("zentral"));
    let akte = stadt.akte(&clerk, json!({ "betreff": "Streit" }));
    let doc = stadt.push(&clerk, &json!({ "akte_id": akte }), b"Beweis").expect(201).id();
    let new = json!({ "akten": [akte], "grund": "Klage", "bis": "2099-12-31" });
    let made = stadt.post(&one, "/sperren", &new).expect(201);
    let path = format!("/sperren/{}", made.id());
    assert_eq!(made.header("location"), format!("/api/v1{path}"));
    let storno = format!("/dokumente/{doc}/storno");
    let why = json!({ "grund": "doppelt" });
    let refused = stadt.change(&clerk, "POST", &storno, &why).expect(409);
    assert_eq!(refused.code(), "gesperrt");
    assert!(refused.text().contains("bis zum 2099-12-31"), "{}", refused.text());
    let dates = stadt.get(&clerk, &format!("/akten/{akte}/fristen")).expect(200).json();
    assert_eq!((&dates["gesperrt"], &dates["gesperrt_bis"]), (&json!(true), &json!("2099-12-31")));
    let mut browser = Browser::of(stadt, "sb10");
    let page = browser.get(&format!("/akten/{akte}")).expect(200);
    assert!(page.text().contains("<dt>Gesperrt</dt><dd>bis 31.12.2099</dd>"), "{}", page.text());
    assert!(page.text().contains("Sperre gesetzt"), "in its log");
    let problem = browser.get("/probleme/gesperrt").expect(200);
    assert!(problem.text().contains("Eine Sperre verbietet es"), "{}", problem.text());
    let on_it = stadt.get(&clerk, &format!("/sperren?akte_id={akte}")).expect(200).json();
    assert_eq!(on_it["eintraege"][0]["grund"], "Klage");
    let release = |token: &str, body| stadt.json(token, "DELETE", &path, &[], &body);
    assert_eq!(release(&clerk, why.clone()).code(), "nicht_erlaubt");
    assert_eq!(release(&stadt.token("admin1"), why.clone()).code(), "nicht_erlaubt");
    assert_eq!(release(&one, json!({})).code(), "eingabe_ungueltig");
    assert_eq!(release(&one, why.clone()).expect(202).json()["aufgehoben"], json!(null));
    assert_eq!(release(&one, why.clone()).code(), "zweite_person");
    assert_eq!(stadt.change(&clerk, "POST", &storno, &why).code(), "gesperrt");
    let done = stadt.send(&two, "DELETE", &path, &[], None).expect(200).json();
    assert_eq!(done["aufgehoben"]["beantragt"]["grund"], "doppelt");
    assert_eq!(release(&two, why.clone()).code(), "zustand_verbietet");
    stadt.change(&clerk, "POST", &storno, &why).expect(200);
    let hidden = json!({ "akten": [akte, Uuid::from_u128(7)], "grund": "x" });
    let refused = stadt.post(&one, "/sperren", &hidden).expect(404);
    assert_eq!(refused.json()["fehler"][0]["zeiger"], "/akten/1");
}
