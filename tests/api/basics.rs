//! The thin slice first: sign on, push, read back, find.

use serde_json::json;

use crate::stadt::Stadt;

#[test]
fn a_letter_is_pushed_read_back_and_found() {
    let stadt = Stadt::gemeinsam();
    assert_eq!(stadt.get("", "/health/ready").expect(200).json()["zustand"], "bereit");
    let token = stadt.token("sb10");
    let akte = stadt.akte(&token, json!({ "betreff": "Umbau Rathaus" }));
    let text = "Sehr geehrte Damen und Herren, die Schornsteinfegerrechnung liegt bei.";
    let metadata = json!({ "akte_id": akte, "betreff": "Anschreiben" });
    let receipt = stadt.push(&token, &metadata, text.as_bytes()).expect(201).json();
    assert_eq!(receipt["siegel"].as_str().unwrap().len(), 64);
    let id = receipt["id"].as_str().unwrap();
    let content = stadt.get(&token, &format!("/dokumente/{id}/inhalt")).expect(200);
    assert_eq!(content.body, text.as_bytes());
    assert_eq!(content.header("etag"), format!("\"{}\"", receipt["sha256"].as_str().unwrap()));
    let seq = receipt["seq"].as_u64().unwrap();
    let path = format!("/suche?q=Schornsteinfegerrechnung&wait_for={seq}");
    let found = stadt.get(&token, &path).expect(200).json();
    assert_eq!(found["treffer"][0]["id"], id, "{found}");
    assert_eq!(found["gewartet_auf_gefunden"], true);
    let stranger = stadt.token("sb20");
    assert_eq!(stadt.get(&stranger, &path).expect(200).json()["anzahl"], 0);
}
