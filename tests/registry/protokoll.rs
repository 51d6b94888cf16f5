//! The log of an object, and what it must not show.

use aktenlauf::{
    domain::record::Kind,
    registry::{AkteAenderung, Art, Blatt},
};
use serde_json::json;

use super::haus::{Haus, schluessel_neu};

/// Catches: `diff`, the state before the page in `protokoll_seite`.
#[test]
fn each_change_is_shown_with_its_old_and_new_value() {
    let haus = Haus::neu();
    let clerk = haus.als("sach61").clerk().unwrap();
    let akte = haus.akte("sach61", "Stand 0");
    let mut version = akte.version;
    for i in 1..=5 {
        let change = AkteAenderung {
            betreff: Some(format!("Stand {i}")),
            grund: Some(format!("Grund {i}")),
            ..AkteAenderung::default()
        };
        version = clerk.akte_aendern(akte.id, version, change).unwrap().seq;
    }
    let reader = haus.als("sach61").reader().unwrap();
    let (mut nach, mut all) = (None, vec![]);
    loop {
        let page = reader.protokoll(akte.id, &Blatt { limit: 2, nach }).unwrap();
        all.extend(page.eintraege);
        match page.weiter {
            Some(place) => nach = Some(place),
            None => break,
        }
    }
    assert_eq!(all.len(), 6);
    for (i, entry) in all.iter().take(5).enumerate() {
        let (new, old) = (5 - i, 4 - i);
        assert_eq!(entry.aktion.as_deref(), Some("akte_geaendert"));
        assert_eq!(entry.akteur, Some(format!("person:{}", haus.personen["sach61"])));
        assert_eq!(entry.grund, Some(format!("Grund {new}")));
        let field = entry.aenderungen.iter().find(|f| f.feld == "betreff").unwrap();
        assert_eq!(field.alt, Some(json!(format!("Stand {old}"))));
        assert_eq!(field.neu, Some(json!(format!("Stand {new}"))));
        let fields: Vec<_> = entry.aenderungen.iter().map(|f| f.feld.as_str()).collect();
        assert_eq!(fields, ["betreff", "geaendert"], "only what changed");
    }
    assert_eq!(all[5].aktion.as_deref(), Some("akte_angelegt"));
    let found = haus.ledger.entries(all[5].seq, 1).unwrap();
    assert_eq!(all[5].siegel, found[0].position.seal.to_string());
}

/// Catches: `values` in `akten_objekt`.
#[test]
fn the_revision_sees_that_a_field_changed_and_not_what_it_says() {
    let haus = Haus::neu();
    let akte = haus.akte("sach61", "Geheimer Betreff");
    let blatt = Blatt::default();
    for page in [
        haus.als("revision").reader().unwrap().protokoll(akte.id, &blatt).unwrap(),
        haus.als("revision").auditor().unwrap().protokoll(akte.id, &blatt).unwrap(),
    ] {
        assert!(page.eintraege[0].aenderungen.iter().any(|f| f.feld == "betreff" && f.verdeckt));
        assert!(!serde_json::to_string(&page).unwrap().contains("Geheimer"));
    }
    let admin = haus.als("admin1").administrator().unwrap();
    assert_eq!(admin.protokoll(akte.id, &blatt).unwrap_err().art, Art::NichtGefunden);
    let other = haus.als("sach50").reader().unwrap();
    assert_eq!(other.protokoll(akte.id, &blatt).unwrap_err().art, Art::NichtGefunden);
}

/// Catches: `GEHEIM` in `diff`.
#[test]
fn no_log_shows_a_secret() {
    let haus = Haus::neu();
    let admin = haus.als("admin1").administrator().unwrap();
    let made = admin.schluessel_anlegen(schluessel_neu("bau"), None).unwrap().wert;
    let page = admin.protokoll(made.schluessel.id, &Blatt::default()).unwrap();
    let digest = aktenlauf::identity::secret::digest(&made.geheimnis);
    let text = serde_json::to_string(&page).unwrap();
    assert!(text.contains("geheimnisse") && !text.contains(&digest), "{text}");
}

/// Catches: `erases` in `zugang_drafts`; the order standing in the entry that is erased in turn.
#[test]
fn a_replaced_password_is_erased_and_the_chain_still_verifies() {
    let haus = Haus::neu();
    let person = haus.personen["sach61"];
    let key = person.to_string();
    let before = haus.ledger.history(Kind::Zugang, &key, u64::MAX, 10).unwrap();
    let member = haus.als("sach61").member();
    let old = &haus.startpasswort["sach61"];
    let wrong = member.passwort_aendern(&haus.gate, "falsch", "ein neues langes").unwrap_err();
    assert_eq!(wrong.fehler[0].code, "passwort_falsch");
    let weak = member.passwort_aendern(&haus.gate, old, "kurz").unwrap_err();
    assert_eq!(weak.fehler[0].code, "passwort_schwach");
    assert!(haus.registry.passwortstand(person).unwrap().unwrap().1);
    member.passwort_aendern(&haus.gate, old, "ein neues langes Passwort").unwrap();
    assert!(!haus.registry.passwortstand(person).unwrap().unwrap().1);
    member
        .passwort_aendern(&haus.gate, "ein neues langes Passwort", "noch ein neues Passwort")
        .unwrap();
    // The erasure follows the commit; the end of each order is an entry of its own.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
    while haus.ledger.view().count(Kind::Loeschung).unwrap() > 0 {
        assert!(std::time::Instant::now() < deadline, "erasures are never ended");
        std::thread::yield_now();
    }
    assert!(haus.ledger.entries(before[0], 1).unwrap()[0].body.is_none());
    let held = haus.ledger.entries(1, 1000).unwrap();
    let hashes = held.iter().filter(|e| {
        let records = e.body.iter().flat_map(|b| &b.records);
        records.into_iter().any(|r| r.kind == "zugang" && r.key == key)
    });
    assert_eq!(hashes.count(), 1, "only the present digest is kept");
    let report = haus.ledger.verify(&mut |_, _| {}).unwrap();
    assert_eq!(format!("{:?}", report.damages), "[]");
}
