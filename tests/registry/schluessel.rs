//! Keys: what one administrator may do with them alone, and when a secret is good.

use std::sync::atomic::Ordering;

use aktenlauf::{
    domain::access::{Rolle, Schutzklasse, Verb},
    identity::secret::digest,
    registry::Art,
};

use super::haus::{Haus, schluessel_neu};

const DAY_MS: i64 = 86_400_000;

/// Catches: `nur_schreibend`, in each of its four parts.
#[test]
fn one_administrator_makes_keys_that_only_write() {
    let haus = Haus::neu();
    let admin = haus.als("admin1").administrator().unwrap();
    let made = admin.schluessel_anlegen(schluessel_neu("bau"), None).unwrap().wert;
    assert!(made.geheimnis.starts_with("akl_"));
    let mut reads = schluessel_neu("liest");
    reads.verben.push(Verb::Lesen);
    let mut walled = schluessel_neu("wand");
    walled.schutzklassen.push(Schutzklasse::Personal);
    let mut clerk = schluessel_neu("rolle");
    clerk.rolle = Rolle::Sachbearbeitung;
    let mut secret = schluessel_neu("stufe");
    secret.stufe = aktenlauf::domain::access::Stufe::VsNfd;
    for neu in [reads, walled, clerk, secret] {
        let refused = admin.schluessel_anlegen(neu.clone(), None).unwrap_err();
        assert_eq!(refused.code, "zweite_person_noetig", "{}", neu.name);
        let (id, version) = (made.schluessel.id, made.schluessel.version);
        let refused = admin.schluessel_aendern(id, version, neu).unwrap_err();
        assert_eq!(refused.code, "zweite_person_noetig");
    }
    let same = admin.schluessel_anlegen(schluessel_neu("bau"), None).unwrap_err();
    assert_eq!((same.art, same.code), (Art::Konflikt, "name_vergeben"));
}

/// Catches: each condition in `find_key`.
#[test]
fn a_secret_is_good_in_its_time_and_from_its_network() {
    let haus = Haus::neu();
    let admin = haus.als("admin1").administrator().unwrap();
    let mut neu = schluessel_neu("bau");
    neu.netze = vec!["10.1.0.0/16".parse().unwrap()];
    neu.ablauf = Some(haus.registry.system("x").mandant().unwrap().unwrap().angelegt);
    let past = admin.schluessel_anlegen(neu.clone(), None).unwrap_err();
    assert_eq!(past.fehler[0].zeiger, "/ablauf");
    let now = haus.source.millis.load(Ordering::SeqCst);
    neu.ablauf = Some(aktenlauf::domain::zeit::Zeitpunkt(now + 30 * DAY_MS));
    let made = admin.schluessel_anlegen(neu, None).unwrap().wert;
    let good = |secret: &str, from: [u8; 4]| {
        haus.registry.find_key(&digest(secret), from.into()).unwrap().is_some()
    };
    let (old, near, far) = (made.geheimnis.as_str(), [10, 1, 2, 3], [10, 2, 0, 1]);
    assert!(good(old, near) && !good(old, far) && !good("akl_x", near));
    let mapped = "::ffff:10.1.2.3".parse().unwrap();
    assert!(haus.registry.find_key(&digest(old), mapped).unwrap().is_some());
    let id = made.schluessel.id;
    let turned = admin.schluessel_rotieren(id, made.schluessel.version).unwrap().wert;
    assert!(good(old, near) && good(&turned.geheimnis, near), "both while the station moves");
    haus.source.millis.fetch_add(8 * DAY_MS, Ordering::SeqCst);
    assert!(!good(old, near) && good(&turned.geheimnis, near));
    let third = admin.schluessel_rotieren(id, turned.schluessel.version).unwrap().wert;
    assert_eq!(third.schluessel.geheimnisse, 2, "the oldest is gone");
    haus.source.millis.fetch_add(30 * DAY_MS, Ordering::SeqCst);
    assert!(!good(&third.geheimnis, near), "the key is over");
}

/// Catches: `gesperrt` in `schluessel_gilt`, at the sign-on and in the decision.
#[test]
fn a_blocked_key_is_blocked_at_once_and_for_good() {
    let haus = Haus::neu();
    let admin = haus.als("admin1").administrator().unwrap();
    let made = admin.schluessel_anlegen(schluessel_neu("bau"), None).unwrap().wert;
    let machine = haus.maschine(&made.geheimnis).unwrap();
    let (id, version) = (made.schluessel.id, made.schluessel.version);
    let blocked = admin.schluessel_sperren(id, version).unwrap().wert;
    assert!(haus.maschine(&made.geheimnis).is_none());
    let refused = haus.push(&machine, Default::default(), b"x", Some("k")).unwrap_err();
    assert_eq!(refused.code, "nicht_erlaubt");
    let refused = admin.schluessel_rotieren(id, blocked.version).unwrap_err();
    assert_eq!(refused.code, "schluessel_gesperrt");
}

/// Catches: a machine taken for a person in `hat_rolle` or `Acting::administrator`.
#[test]
fn no_machine_administrates_or_releases() {
    let haus = Haus::neu();
    let mut neu = schluessel_neu("admin");
    neu.rolle = Rolle::Administration;
    neu.verben = Verb::ALL.to_vec();
    let made = haus.registry.system("root").schluessel_anlegen(neu).unwrap();
    let machine = haus.maschine(&made.geheimnis).unwrap();
    assert!(machine.administrator().is_err());
    assert!(machine.approver().is_err());
    assert!(machine.auditor().is_err());
}
