//! What a stolen or old credential is good for: nothing, on any route.

use std::sync::{Arc, atomic::Ordering};

use actix_web::{
    App,
    http::{Method, StatusCode},
    middleware::from_fn,
    rt, test as call, web,
};
use aktenlauf::{
    api::{self, routes::Who},
    domain::zeit::Zeitpunkt,
    http::{Front, Limits, front::trace, peer::Proxies},
    identity::{Memory, Sessions},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    registry::haus::{Haus, schluessel_neu},
    stadt::{Stadt, neuer_schluessel, passwort},
};

const DAY_MS: i64 = 86_400_000;

/// Asks every route that wants a sign-on with that key; the routes that did not answer 401, and
/// how many there are.
fn let_in(haus: &Haus, key: &str) -> (Vec<String>, usize) {
    let source = haus.source.clone();
    let sessions = Arc::new(Sessions::new(haus.source.clone(), Box::new(Memory::default())));
    let front =
        Front::new(source, haus.registry.clone(), Proxies(vec![]), Limits::default(), sessions);
    rt::System::new().block_on(async {
        let app = App::new().app_data(web::Data::new(front)).configure(api::configure);
        let app = call::init_service(app.wrap(from_fn(trace))).await;
        let (mut passed, mut asked) = (Vec::new(), 0);
        for route in api::table().into_iter().filter(|route| route.who != Who::Anyone) {
            let id = Uuid::from_u128(7).to_string();
            let parts = route.path.split('/');
            let path: Vec<&str> =
                parts.map(|part| if part.starts_with('{') { &id } else { part }).collect();
            let request = call::TestRequest::with_uri(&path.join("/"))
                .method(route.method.clone())
                .insert_header(("Authorization", format!("Bearer {key}")))
                .to_request();
            let answer = call::call_service(&app, request).await;
            asked += 1;
            if answer.status() != StatusCode::UNAUTHORIZED {
                passed.push(route.id.to_owned());
            } else if route.method != Method::HEAD {
                let body: Value = call::read_body_json(answer).await;
                assert_eq!(body["code"], "nicht_angemeldet");
            }
        }
        (passed, asked)
    })
}

/// Fails without either of the two ends in `find_key`, and for a route that asks for no caller.
#[test]
fn a_key_or_secret_that_is_over_opens_no_route() {
    let haus = Haus::neu();
    let admin = haus.als("admin1").administrator().unwrap();
    let now = haus.source.millis.load(Ordering::SeqCst);
    let mut neu = schluessel_neu("bau");
    neu.grenzen.anfragen_je_sekunde = 1_000_000;
    neu.ablauf = Some(Zeitpunkt(now + 30 * DAY_MS));
    let made = admin.schluessel_anlegen(neu, None).unwrap().wert;
    let turned =
        admin.schluessel_rotieren(made.schluessel.id, made.schluessel.version).unwrap().wert;
    let (old, new) = (made.geheimnis.as_str(), turned.geheimnis.as_str());
    let all = |key: &str| {
        let (passed, asked) = let_in(&haus, key);
        assert!(asked > 50 && (passed.is_empty() || passed.len() == asked), "{passed:?}");
        !passed.is_empty()
    };
    assert!(all(old) && all(new), "both while the station moves");
    let end = haus.source.millis.load(Ordering::SeqCst) + 7 * DAY_MS;
    haus.source.millis.store(end + 1000, Ordering::SeqCst);
    assert!(!all(old) && all(new), "the old one ends after a week");
    haus.source.millis.store(now + 30 * DAY_MS, Ordering::SeqCst);
    assert!(!all(new), "and the key with its last day");
}

/// Fails without the delay, or if only one of the two places counts a wrong password.
#[test]
fn a_stolen_session_can_not_guess_the_password() {
    // A city of its own: the failures count against the address that all tests share.
    let stadt = Stadt::neu(|_| {});
    let name = neuer_schluessel();
    let neu = json!({ "anmeldename": name, "name": "Neu" });
    let id = stadt.post(&stadt.token("admin1"), "/benutzer", &neu).expect(201).id();
    let system = stadt.running().registry().system("test");
    let start = system.startpasswort(id.parse().unwrap()).unwrap();
    stadt.replace_start_password(&name, &start);
    let right = passwort(&name);
    let token = stadt.sign_on(&name, &right);
    let change = |old: &str, new: &str| {
        stadt.post(&token, "/anmeldung/passwort", &json!({ "alt": old, "neu": new }))
    };
    // What is wrong with the new one does not count.
    for _ in 0..9 {
        let weak = change(&right, "kurz").expect(400).json();
        assert_eq!(weak["fehler"][0]["code"], "passwort_schwach", "{weak}");
    }
    let wrong = change("geraten", "ein neues Passwort").expect(400).json();
    assert_eq!(wrong["fehler"][0]["code"], "passwort_falsch");
    // The first one is forgiven by a right sign-on, the next five are not.
    stadt.sign_on(&name, &right);
    for _ in 0..5 {
        change("geraten", "ein neues Passwort").expect(400);
    }
    let slowed = change(&right, "ein neues Passwort").expect(429);
    assert_eq!(slowed.code(), "anmeldung_gebremst");
    assert!(slowed.header("retry-after").parse::<u64>().unwrap() >= 1);
    let door = stadt.post("", "/anmeldung", &json!({ "name": name, "passwort": right }));
    assert_eq!(door.code(), "anmeldung_gebremst", "one count for both");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    change(&right, "ein neues Passwort").expect(200);
}
