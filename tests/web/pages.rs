//! What a clerk does: finds, reads, files; and how large the pages get.

use serde_json::json;

use super::client::{Browser, percent};
use crate::stadt::Stadt;

/// Bytes of a page, at most.
const PAGE_BYTES_MAX: usize = 50_000;

#[test]
fn a_clerk_finds_a_document_reads_it_and_its_log() {
    let stadt = Stadt::gemeinsam();
    let token = stadt.token("sb10");
    let akte = stadt.akte(&token, json!({ "betreff": "Kanalsanierung Nord" }));
    let zeichen = stadt.get(&token, &format!("/akten/{akte}")).expect(200).json();
    let zeichen = zeichen["aktenzeichen"].as_str().unwrap();
    let metadata = json!({ "akte_id": akte, "betreff": "Angebot & Nachtrag", "typ": "angebot",
                           "absender": "Tiefbau Krause" });
    let text = "Wir bieten die Schachtabdeckungserneuerung zum Festpreis an.";
    let receipt = stadt.push(&token, &metadata, text.as_bytes()).expect(201).json();
    let (id, seq) = (receipt["id"].as_str().unwrap(), receipt["seq"].as_u64().unwrap());
    stadt.get(&token, &format!("/suche?q=x&wait_for={seq}")).expect(200);
    let mut browser = Browser::of(stadt, "sb10");
    let hits = browser.get("/suche?q=Schachtabdeckungserneuerung").expect(200);
    assert!(hits.text().contains("1 Treffer"), "{}", hits.text());
    assert!(hits.text().contains("<mark>Schachtabdeckungserneuerung</mark>"), "{}", hits.text());
    assert!(hits.text().contains(&format!("href=\"/dokumente/{id}\"")));
    // The facets lead to fewer hits, and a filter that is set can be taken away.
    stadt.push(&token, &json!({ "oe": "10", "typ": "rechnung" }), text.as_bytes()).expect(201);
    let path = "/suche?q=Schachtabdeckungserneuerung";
    let both = std::iter::repeat_with(|| browser.get(path).expect(200)).take(100);
    let both = both.inspect(|_| std::thread::sleep(std::time::Duration::from_millis(50)));
    let both = both.into_iter().find(|page| page.text().contains("2 Treffer")).unwrap();
    let narrow = "href=\"/suche?q=Schachtabdeckungserneuerung&#38;typ=angebot\"";
    assert!(both.text().contains(narrow), "{}", both.text());
    let one = browser.get("/suche?q=Schachtabdeckungserneuerung&typ=angebot").expect(200);
    assert!(one.text().contains("1 Treffer") && one.text().contains("Typ Angebot"));
    assert!(one.text().contains(&format!("href=\"{path}\"")), "without the filter");
    let near = browser.get("/suche?q=Schachtabdeckungserneurung").expect(200);
    assert!(near.text().contains("Meinten Sie"), "{}", near.text());
    let page = browser.get(&format!("/dokumente/{id}")).expect(200);
    for part in [
        "Angebot &#38; Nachtrag",
        "Tiefbau Krause",
        zeichen,
        "Dokument eingeliefert",
        "Frau sb10",
        "durchsuchbar, 60 Zeichen",
        "Gebührenbescheid.txt",
    ] {
        assert!(page.text().contains(part), "{part}: {}", page.text());
    }
    let content = browser.get(&format!("/dokumente/{id}/inhalt?fassung=1")).expect(200);
    assert_eq!(content.body, text.as_bytes());
    let part =
        browser.send("GET", &format!("/dokumente/{id}/inhalt"), &[("Range", "bytes=4-8")], None);
    assert_eq!((part.status, part.text()), (206, "biete"));
    let list = browser.get(&format!("/akten?aktenzeichen={}", percent(zeichen))).expect(200);
    assert!(list.text().contains("Kanalsanierung Nord"));
    let unit = browser.get(&format!("/aktenplan/{}", stadt.einheit)).expect(200);
    assert!(unit.text().contains(zeichen) && unit.text().contains("Aufbewahrung"));
}

#[test]
fn a_search_that_can_not_be_is_said_beside_the_form() {
    let stadt = Stadt::gemeinsam();
    let mut browser = Browser::of(stadt, "sb10");
    for query in ["von=2024-13-45", "art=unfug", "q=%22ohne+Ende", "von=0000-00-00"] {
        let answer = browser.get(&format!("/suche?{query}"));
        if answer.status == 200 {
            continue;
        }
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.text().contains("role=\"alert\""), "{query}: {}", answer.text());
        assert!(answer.text().contains("id=\"q\""), "the form stays");
    }
    assert_eq!(browser.get("/suche?q=x&cursor=AAAA").status, 400);
    assert_eq!(browser.get("/suche?q=%00").status, 400);
    assert_eq!(browser.get(&format!("/suche?q={}", "x".repeat(20_000))).status, 400);
    assert!(browser.get("/suche?von=2024-13-45").status == 400);
}

#[test]
fn a_letter_is_filed_and_a_stale_form_files_nothing() {
    let stadt = Stadt::gemeinsam();
    let token = stadt.token("sb10");
    let akte = stadt.akte(&token, json!({ "betreff": "Ziel der Ablage" }));
    let zeichen = stadt.get(&token, &format!("/akten/{akte}")).expect(200).json();
    let zeichen = zeichen["aktenzeichen"].as_str().unwrap();
    let vorgang = stadt.post(&token, &format!("/akten/{akte}/vorgaenge"), &json!({"betreff": "V"}));
    let vorgang = vorgang.expect(201).id();
    let id = stadt.push(&token, &json!({ "oe": "10", "betreff": "Post" }), b"x").expect(201).id();
    let mut browser = Browser::of(stadt, "sb10");
    assert!(browser.get("/posteingang").expect(200).text().contains(&id));
    let action = format!("/dokumente/{id}/ablage");
    let unknown = browser.form(&action, &action, &[("aktenzeichen", "99.99-1")]);
    assert!([400, 404].contains(&unknown.status), "{}", unknown.status);
    assert!(unknown.text().contains("id=\"fehler\""), "said at the field: {}", unknown.text());
    // Somebody else changes it while the form is open.
    let chosen = format!("{action}?aktenzeichen={}", percent(zeichen));
    let open = browser.get(&chosen).expect(200);
    assert!(open.text().contains(&format!("id=\"v-{vorgang}\"")), "the Vorgang can be chosen");
    let mut fields = super::client::hidden(open.text(), &action);
    stadt.change(&token, "PATCH", &format!("/dokumente/{id}"), &json!({ "betreff": "Neu" }));
    fields.insert("aktenzeichen".into(), zeichen.into());
    fields.insert("vorgang".into(), vorgang.clone());
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let stale = browser.post(&action, &pairs).expect(412);
    assert!(stale.text().contains("inzwischen von jemand anderem geändert"), "{}", stale.text());
    assert!(stale.text().contains("Neu"), "the page shows what is there now");
    let now = super::client::hidden(stale.text(), &action);
    assert_ne!(now["version"], fields["version"]);
    fields.insert("version".into(), now["version"].clone());
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let filed = browser.post(&action, &pairs).expect(303);
    let list = browser.get(filed.header("location")).expect(200);
    assert!(list.text().contains("Das Dokument ist abgelegt."), "{}", list.text());
    assert!(list.text().contains(&format!("href=\"/dokumente/{id}\"")));
    let kept = stadt.get(&token, &format!("/dokumente/{id}")).expect(200).json();
    assert_eq!(kept["vorgang_id"], vorgang);
    assert!(browser.get(&format!("/vorgaenge/{vorgang}")).expect(200).text().contains("Neu"));
    // Twice is told, not done.
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(browser.post(&action, &pairs).status, 412);
}

/// Fails if a list is not bounded, or its next page does not go on.
#[test]
fn a_full_page_stays_small_and_the_next_one_goes_on() {
    let stadt = Stadt::neu(|file| file.text.paused = true);
    let token = stadt.token("reg10");
    let akte = stadt.akte(&token, json!({ "betreff": "Voll" }));
    let long = "Stellungnahme der unteren Naturschutzbehörde zum Vorhaben ".repeat(3);
    for number in 0..60 {
        let betreff = format!("{long} {number:02}");
        let place = if number % 2 == 0 { json!({ "akte_id": akte }) } else { json!({"oe": "10"}) };
        let mut metadata = place;
        metadata["betreff"] = betreff.clone().into();
        metadata["absender"] = long.clone().into();
        stadt.push(&token, &metadata, format!("{number}").as_bytes()).expect(201);
        stadt.akte(&token, json!({ "betreff": betreff }));
        let vorgang = json!({ "betreff": betreff });
        stadt.post(&token, &format!("/akten/{akte}/vorgaenge"), &vorgang).expect(201);
    }
    let mut browser = Browser::of(&stadt, "reg10");
    let lists = [
        ("/posteingang".to_owned(), 30, "/dokumente/"),
        (format!("/akten/{akte}"), 30, "/dokumente/"),
        ("/akten".to_owned(), 61, "/akten/"),
        (format!("/akten/{akte}/vorgaenge"), 60, "/vorgaenge/"),
        (format!("/aktenplan/{}", stadt.einheit), 61, "/akten/"),
    ];
    for (path, rows, below) in lists {
        let (mut next, mut found, mut pages) = (Some(path.clone()), 0, 0);
        while let Some(at) = next {
            let page = browser.get(&at).expect(200);
            assert!(page.body.len() < PAGE_BYTES_MAX, "{at}: {} bytes", page.body.len());
            let html = page.text();
            let row = format!("<tr><th scope=\"row\"><a href=\"{below}");
            let numbered = format!("<tr><th scope=\"row\" class=\"zeichen\"><a href=\"{below}");
            found += html.matches(&row).count() + html.matches(&numbered).count();
            pages += 1;
            next = html
                .split_once("rel=\"next\" href=\"")
                .map(|(_, rest)| rest.split('"').next().unwrap().replace("&#38;", "&"));
        }
        assert_eq!(found, rows, "{path} on {pages} pages");
        assert!(pages > 1, "{path}");
    }
    let form = stadt.get(&token, "/posteingang?limit=1").expect(200).json();
    let id = form["eintraege"][0]["id"].as_str().unwrap().to_owned();
    let zeichen = stadt.get(&token, &format!("/akten/{akte}")).expect(200).json();
    let zeichen = percent(zeichen["aktenzeichen"].as_str().unwrap());
    let form = browser.get(&format!("/dokumente/{id}/ablage?aktenzeichen={zeichen}")).expect(200);
    assert!(form.body.len() < PAGE_BYTES_MAX, "{} bytes", form.body.len());
}

/// Every route of REST has its page, made from the description that is checked in.
#[test]
fn rest_is_described_whole() {
    let stadt = Stadt::gemeinsam();
    let mut nobody = Browser::new(stadt);
    let served = nobody.get("/api/docs/openapi.json").expect(200).json();
    assert_eq!(served, aktenlauf::api::openapi());
    let overview = nobody.get("/api/docs").expect(200);
    assert!(overview.body.len() < PAGE_BYTES_MAX, "{} bytes", overview.body.len());
    for route in aktenlauf::api::table() {
        let link = format!("href=\"/api/docs/{}\"", route.id);
        assert!(overview.text().contains(&link), "{}", route.id);
        let page = nobody.get(&format!("/api/docs/{}", route.id)).expect(200);
        assert!(page.text().contains(&route.path) && page.text().contains("curl "));
        assert!(page.body.len() < PAGE_BYTES_MAX, "{}: {} bytes", route.id, page.body.len());
    }
    let push = nobody.get("/api/docs/dokument_einliefern").expect(200);
    let (metadata, content) =
        (push.text().find("-F &#39;metadaten"), push.text().find("-F &#34;inhalt"));
    assert!(metadata.is_some() && metadata < content, "in the order that is asked for");
    for part in ["metadaten", "inhalt=@brief.pdf", "posteingangsdatum", "/probleme/zu_gross"] {
        assert!(push.text().contains(part), "{part}");
    }
    // Where the `type` of a problem leads.
    let kind = stadt.get("", "/akten").expect(401).json()["type"].as_str().unwrap().to_owned();
    let page = nobody.get(&kind).expect(200);
    assert!(page.text().contains("Nicht angemeldet"));
    assert_eq!(nobody.get("/probleme/unfug").status, 404);
    assert_eq!(nobody.get("/api/docs/unfug").status, 404);
}
