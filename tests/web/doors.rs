//! What stands before every page: session, form token, origin, host, headers.

use aktenlauf::{domain::access::Rolle, registry};
use serde_json::json;

use super::client::{Browser, percent};
use crate::stadt::{Stadt, passwort};

/// Fails without `SameSite`, `HttpOnly`, or with a name or flag that does not fit the connection.
#[test]
fn a_cookie_is_as_narrow_as_the_connection_lets_it_be() {
    let plain = Stadt::gemeinsam();
    let mut browser = Browser::new(plain);
    let fields = [("name", "sb10"), ("passwort", &*passwort("sb10"))];
    let answer = browser.form("/anmelden?ziel=/suche%3Fq=x", "/anmelden", &fields).expect(303);
    assert_eq!(answer.header("location"), "/suche?q=x");
    let session = answer.all("set-cookie")[0].to_owned();
    assert!(session.starts_with("aktenlauf=aks_"), "{session}");
    assert!(session.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{session}");
    assert!(answer.all("set-cookie")[1].starts_with("aktenlauf-vorher=; "), "it has served");
    let proxied = Stadt::neu(|file| file.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]);
    let answer = Browser::new(&proxied).form("/anmelden", "/anmelden", &fields).expect(303);
    let session = answer.all("set-cookie")[0].to_owned();
    assert!(session.starts_with("__Host-aktenlauf=aks_"), "{session}");
    assert!(session.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{session}");
}

#[test]
fn a_session_is_known_to_rest_by_token_and_to_pages_by_cookie_alone() {
    let stadt = Stadt::gemeinsam();
    let token = stadt.token("sb10");
    let cookie = format!("aktenlauf={token}");
    assert_eq!(stadt.send("", "GET", "/akten", &[("Cookie", &cookie)], None).status, 401);
    let mut nobody = Browser::new(stadt);
    let bearer = format!("Bearer {token}");
    let answer = nobody.send("GET", "/akten", &[("Authorization", &bearer)], None).expect(303);
    assert_eq!(answer.header("location"), "/anmelden?ziel=%2Fakten");
    assert_eq!(Browser::with(stadt, &token).get("/akten").status, 200);
    // Keys are for machines: a page is none of theirs.
    let key = stadt.key("seiten", |key| key.rolle = Rolle::Fachverfahren);
    assert_eq!(Browser::with(stadt, &key).get("/akten").status, 303);
}

#[test]
fn signing_off_ends_the_session_everywhere() {
    let stadt = Stadt::gemeinsam();
    let mut browser = Browser::of(stadt, "sb10");
    let token = browser.cookies["aktenlauf"].clone();
    assert_eq!(stadt.get(&token, "/anmeldung").status, 200);
    let answer = browser.form("/", "/abmelden", &[]).expect(303);
    assert_eq!(answer.header("location"), "/anmelden?abgemeldet=1");
    assert!(!browser.cookies.contains_key("aktenlauf"));
    assert_eq!(stadt.get(&token, "/anmeldung").status, 401);
    assert_eq!(Browser::with(stadt, &token).get("/").status, 303);
}

/// Fails if any one of token, origin, session binding is not looked at.
#[test]
fn a_form_that_is_not_ours_changes_nothing() {
    let stadt = Stadt::gemeinsam();
    let mut browser = Browser::of(stadt, "sb10");
    let (session, url) = (browser.cookies["aktenlauf"].clone(), stadt.url());
    let akte = stadt.akte(&session, json!({}));
    let akte = stadt.get(&session, &format!("/akten/{akte}")).expect(200).json();
    let id = stadt.push(&session, &json!({ "oe": "10" }), b"Post").expect(201).id();
    let kept = stadt.get(&session, &format!("/dokumente/{id}")).expect(200).json();
    let version = kept["version"].to_string();
    let (mine, theirs) = (browser.token(), Browser::of(stadt, "sb10").token());
    let action = format!("/dokumente/{id}/ablage");
    let here = [("Origin", &*url), ("Sec-Fetch-Site", "same-origin")];
    let cases: [(&[(&str, &str)], &str); 8] = [
        (&here, ""),
        (&here, "x"),
        (&here, &theirs),
        (&[], &mine),
        (&[("Origin", "https://evil.example")], &mine),
        (&[("Origin", "null")], &mine),
        (&[("Sec-Fetch-Site", "cross-site"), ("Origin", &url)], &mine),
        (&[("Sec-Fetch-Site", "same-site")], &mine),
    ];
    let zeichen = akte["aktenzeichen"].as_str().unwrap();
    for (headers, token) in cases {
        let fields = [("formular", token), ("version", &version), ("aktenzeichen", zeichen)];
        let answer = browser.post_from(headers, &action, &fields);
        assert_eq!(answer.status, 403, "{headers:?} {token}");
        assert!(answer.text().contains("Es wurde nichts geändert."), "{}", answer.text());
        let now = stadt.get(&session, &format!("/dokumente/{id}")).expect(200).json();
        assert_eq!(now["version"].to_string(), version, "{headers:?} {token}");
    }
    let fields = [("formular", &*mine), ("version", &version), ("aktenzeichen", zeichen)];
    browser.post_from(&here, &action, &fields).expect(303);
    // The sign-on too: else another site could sign a clerk on as somebody else.
    let fields = [("name", "sb10"), ("passwort", &*passwort("sb10"))];
    assert_eq!(Browser::new(stadt).post("/anmelden", &fields).status, 403);
    assert_eq!(Browser::new(stadt).post_from(&[], "/anmelden", &fields).status, 403);
}

#[test]
fn a_foreign_host_gets_no_page_and_a_configured_one_does() {
    let stadt = Stadt::neu(|file| file.hosts = vec!["akten.lindenau.example".into()]);
    let ask = |host: &str, path: &str| {
        let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stadt.raw(head.as_bytes())
    };
    for path in ["/", "/anmelden", "/akten", "/static/x.css"] {
        let answer = ask("evil.example", path);
        assert!(answer.starts_with("HTTP/1.1 421 "), "{path}: {answer}");
    }
    assert!(ask("Akten.Lindenau.example:443", "/anmelden").starts_with("HTTP/1.1 200 "));
    assert!(ask("127.0.0.1", "/anmelden").starts_with("HTTP/1.1 200 "));
    let twice = "GET /anmelden HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n";
    assert!(!stadt.raw(twice.as_bytes()).starts_with("HTTP/1.1 200 "));
    // REST is known by its token, which no foreign page has.
    assert!(ask("evil.example", "/api/v1/health/live").starts_with("HTTP/1.1 200 "));
}

#[test]
fn every_answer_says_what_a_browser_may_do_with_it() {
    let stadt = Stadt::gemeinsam();
    let mut browser = Browser::of(stadt, "sb10");
    let css = browser.get("/").text().split('"').find(|p| p.ends_with(".css")).unwrap().to_owned();
    for path in ["/", "/suche?q=x", "/anmelden", "/akten/x", "/gibt/es/nicht", &css] {
        let answer = browser.get(path);
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; "), "{path}: {policy}");
        assert!(!policy.contains("script") && !policy.contains("unsafe"), "{path}: {policy}");
        for part in ["frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        let kept = if path == css { "public, max-age=31536000, immutable" } else { "no-store" };
        assert_eq!(answer.header("cache-control"), kept, "{path}");
    }
    assert_eq!(browser.get("/static/aktenlauf-000000000000.css").status, 404);
}

#[test]
fn the_sign_on_leads_nowhere_else() {
    let stadt = Stadt::gemeinsam();
    for ziel in ["//evil.example", "https://evil.example/", "/\\evil.example", "/%09/evil.example"]
    {
        let mut browser = Browser::new(stadt);
        let fields = [("name", "sb10"), ("passwort", &*passwort("sb10")), ("ziel", ziel)];
        let answer = browser.form("/anmelden", "/anmelden", &fields).expect(303);
        let to = answer.header("location");
        assert!(to == "/" || (to.starts_with("/%") && !to.starts_with("//")), "{ziel} -> {to}");
        let page = Browser::new(stadt).get(&format!("/anmelden?ziel={}", percent(ziel)));
        assert!(!page.text().contains("value=\"//") && !page.text().contains("value=\"https"));
    }
}

#[test]
fn a_start_password_opens_nothing_but_its_replacement() {
    let stadt = Stadt::gemeinsam();
    let neu = registry::PersonNeu { anmeldename: "neuling".into(), name: "Neu".into() };
    let rechte = registry::RechteNeu {
        oe: Some("10".into()),
        rollen: vec![registry::Rollenangabe {
            rolle: Rolle::Sachbearbeitung,
            oe: Some("10".into()),
        }],
        schutzklassen: vec![],
        stufe: Default::default(),
    };
    let made = stadt.running().registry().system("test").person_anlegen(neu, rechte).unwrap();
    let start = made.startpasswort;
    let mut browser = Browser::new(stadt);
    let fields = [("name", "neuling"), ("passwort", &*start)];
    let answer = browser.form("/anmelden?ziel=/akten", "/anmelden", &fields).expect(303);
    assert_eq!(answer.header("location"), "/anmelden/passwort?ziel=%2Fakten");
    let answer = browser.get("/akten").expect(303);
    assert_eq!(answer.header("location"), "/anmelden/passwort");
    let page = "/anmelden/passwort";
    let new = passwort("neuling");
    let wrong = [("alt", "falsch"), ("neu", &*new), ("nochmal", &*new)];
    let answer = browser.form(page, page, &wrong).expect(400);
    assert!(answer.text().contains("id=\"alt-fehler\""), "said at the field");
    let unlike = [("alt", &*start), ("neu", &*new), ("nochmal", "anders")];
    assert!(browser.form(page, page, &unlike).expect(400).text().contains("id=\"neu-fehler\""));
    let right = [("alt", &*start), ("neu", &*new), ("nochmal", &*new)];
    browser.form(page, page, &right).expect(303);
    browser.get("/akten").expect(200);
}

/// Fails if pages count wrong passwords apart from REST.
#[test]
fn guessing_is_slowed_down_across_both_doors() {
    let stadt = Stadt::neu(|_| {});
    let wrong = [("name", "reg10"), ("passwort", "geraten")];
    for _ in 0..5 {
        let answer = Browser::new(&stadt).form("/anmelden", "/anmelden", &wrong).expect(401);
        assert!(answer.text().contains("Anmeldename oder Passwort ist falsch."));
    }
    let body = json!({ "name": "reg10", "passwort": passwort("reg10") });
    assert_eq!(stadt.post("", "/anmeldung", &body).code(), "anmeldung_gebremst");
    let right = [("name", "reg10"), ("passwort", &*passwort("reg10"))];
    let answer = Browser::new(&stadt).form("/anmelden", "/anmelden", &right);
    assert_eq!(answer.status, 429);
    assert!(!answer.header("retry-after").is_empty());
}

#[test]
fn people_get_pages_and_programs_get_problems() {
    let stadt = Stadt::gemeinsam();
    let mut browser = Browser::of(stadt, "sb10");
    let page = browser.get("/gibt/es/nicht").expect(404);
    assert!(page.header("content-type").starts_with("text/html"));
    assert_eq!(stadt.get("", "/gibt/es/nicht").code(), "nicht_gefunden");
    let wrong = browser.send("DELETE", "/akten", &[], None).expect(405);
    assert_eq!(wrong.header("allow"), "GET");
    assert!(wrong.header("content-type").starts_with("text/html"));
    let head = browser.send("HEAD", "/akten", &[], None).expect(200);
    assert!(head.body.is_empty());
    let large = "x".repeat(70 << 10);
    let answer = browser.post("/abmelden", &[("formular", &large)]);
    assert_eq!(answer.status, 413);
    let json = [("Origin", &*stadt.url()), ("Content-Type", "application/json")];
    assert_eq!(browser.send("POST", "/abmelden", &json, Some("{}")).status, 415);
    browser.get("/").expect(200);
}
