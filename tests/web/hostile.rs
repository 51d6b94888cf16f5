//! Hostile text in every field comes out as text, and hostile files never as pages.

use serde_json::json;

use super::client::Browser;
use crate::stadt::{MULTIPART, Stadt, named_multipart, neuer_schluessel};

/// What would run, were it not escaped: in text, in an attribute, in an address.
const SCRIPT: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

/// What must not stand in a page, whatever it shows.
fn harmless(page: &str, at: &str) {
    // Quotes are what breaks out of an attribute, brackets what begins a tag.
    for bad in ["<script", "<img src=x", "\"'>", "javascript:", " onerror=alert(2)>"] {
        assert!(!page.contains(bad), "{at}: {bad} in {page}");
    }
    assert!(!page.contains(" style=") && !page.contains("<style"), "{at}: style in the page");
}

#[test]
fn a_script_in_any_field_is_shown_and_does_not_run() {
    let stadt = Stadt::gemeinsam();
    let token = stadt.token("reg10");
    let akte = stadt.akte(
        &token,
        json!({ "betreff": SCRIPT, "bemerkung": SCRIPT, "fremd_id": "<script>",
            "typ": "sachakte", "felder": { "ort": SCRIPT, "beteiligte": [SCRIPT] } }),
    );
    let vorgang = json!({ "betreff": SCRIPT, "bemerkung": SCRIPT, "typ": SCRIPT });
    let vorgang =
        stadt.post(&token, &format!("/akten/{akte}/vorgaenge"), &vorgang).expect(201).id();
    let metadata = json!({
        "vorgang_id": vorgang, "betreff": SCRIPT, "typ": SCRIPT, "absender": SCRIPT,
        "empfaenger": SCRIPT, "bemerkung": SCRIPT, "fremdes_geschaeftszeichen": "<script>",
        "dateiname": "<script>alert(3)<.html",
    });
    let text = format!("Haifischzahn {SCRIPT} Ende");
    let receipt = stadt.push(&token, &metadata, text.as_bytes()).expect(201).json();
    let (id, seq) = (receipt["id"].as_str().unwrap(), receipt["seq"].as_u64().unwrap());
    let reason = json!({ "grund": SCRIPT });
    stadt.change(&token, "POST", &format!("/dokumente/{id}/storno"), &reason).expect(200);
    let waiting = json!({ "oe": "10", "betreff": SCRIPT, "absender": SCRIPT });
    let waits = stadt.push(&token, &waiting, b"x").expect(201).id();
    stadt.get(&token, &format!("/suche?q=x&wait_for={seq}")).expect(200);
    let mut browser = Browser::of(stadt, "reg10");
    let typed = super::client::percent(SCRIPT);
    let pages = [
        format!("/akten/{akte}"),
        format!("/vorgaenge/{vorgang}"),
        format!("/akten/{akte}/vorgaenge"),
        format!("/dokumente/{id}"),
        format!("/protokoll/{id}"),
        format!("/dokumente/{waits}/ablage?aktenzeichen={typed}"),
        "/posteingang".to_owned(),
        "/suche?q=Haifischzahn".to_owned(),
        "/akten".to_owned(),
        "/".to_owned(),
        format!("/suche?q={typed}&typ={typed}&planeinheit={typed}&von={typed}"),
        format!("/akten?aktenzeichen={typed}"),
        format!("/posteingang?oe={typed}"),
        format!("/protokoll?betrifft={typed}"),
        format!("/aktenplan/{typed}"),
        format!("/?meldung={typed}"),
        format!("/anmelden?ziel={typed}"),
        format!("/gibtesnicht/{typed}"),
    ];
    let mut shown = 0;
    for path in &pages {
        let page = browser.get(path);
        harmless(page.text(), path);
        shown += usize::from(page.text().contains("alert(1)"));
    }
    assert!(shown >= 12, "it is shown as text on most of them: {shown}");
    let hits = browser.get("/suche?q=Haifischzahn").expect(200);
    assert!(hits.text().contains("<mark>Haifischzahn</mark>"), "{}", hits.text());
}

/// HTML, SVG and XML are saved, never shown; a PDF and a picture are shown where that is asked for.
#[test]
fn a_file_that_could_run_is_saved_and_not_shown() {
    let stadt = Stadt::gemeinsam();
    let token = stadt.token("sb10");
    let mut browser = Browser::of(stadt, "sb10");
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let html = "<!DOCTYPE html><html><body><script>alert(1)</script></body></html>";
    let xml = "<?xml version=\"1.0\"?><?xml-stylesheet href=\"x.xsl\"?><a/>";
    let png = "\u{89}PNG\r\n\u{1a}\n";
    let png: Vec<u8> = png.chars().map(|c| c as u8).chain([0; 32]).collect();
    let cases: [(&str, &[u8], bool); 6] = [
        ("a.html", html.as_bytes(), false),
        ("a.svg", svg.as_bytes(), false),
        ("a.xml", xml.as_bytes(), false),
        ("bild.png", html.as_bytes(), false),
        ("brief.pdf", b"%PDF-1.7\n%%EOF\n", true),
        ("bild.html", &png, true),
    ];
    for (name, bytes, may_show) in cases {
        let body = named_multipart(&[("metadaten", b"{}"), ("inhalt", bytes)], name);
        let once = neuer_schluessel();
        let headers = [("Content-Type", MULTIPART), ("Idempotency-Key", &*once)];
        let id = stadt.send(&token, "POST", "/dokumente", &headers, Some(body)).expect(201).id();
        let page = browser.get(&format!("/dokumente/{id}")).expect(200);
        assert_eq!(page.text().contains("ansehen=1"), may_show, "{name}");
        for (query, shown) in [("", false), ("?ansehen=1", may_show)] {
            let answer = browser.get(&format!("/dokumente/{id}/inhalt{query}")).expect(200);
            let kind = if shown { "inline; " } else { "attachment; " };
            assert!(answer.header("content-disposition").starts_with(kind), "{name}{query}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            let policy = answer.header("content-security-policy");
            assert!(policy.contains("default-src 'none'"), "{name}{query}: {policy}");
            let pdf = shown && name == "brief.pdf";
            assert!(pdf || policy.starts_with("sandbox"), "{name}{query}: {policy}");
        }
    }
}
