//! Holds: what they do to dates, what they forbid, who sets, sees and releases them.

mod http;

use std::sync::atomic::Ordering;

use aktenlauf::{
    domain::{
        access::{Empfaenger, Freigabe, Verb},
        akte::{Akte, Zustand},
        aktenplan::{Aussonderungsart, Regel},
        aussonderung::{self, Schritt, Stand, schritt},
        frist::{self, Lage, Tatsache, Tatsachen},
        fristenstand::{Fristenstand, Grundlage, Hausvorgaben, Termin},
        record::{Index, Parts},
        sperre::Sperre,
        zeit::Zeitpunkt,
    },
    registry::{
        AkteAnsicht, Art, Begruendung, Blatt, DokumentAenderung, FaelligFilter, Feld, Fristenrunde,
        Fristenschritt, Idempotenz, SperreAnsicht, SperreNeu,
    },
};
use chrono::NaiveDate;
use serde_json::json;
use uuid::Uuid;

use crate::registry::haus::{Haus, akte_neu, schluessel_neu};

fn day(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
}

/// Sets the clock to noon of a day.
fn am(haus: &Haus, at: &str) {
    let at = Zeitpunkt::parse(&format!("{at}T11:00:00Z")).unwrap();
    haus.source.millis.store(at.0, Ordering::SeqCst);
}

/// An Akte of office 61, closed on this day; its period is the fallback's, ten years.
fn geschlossen(haus: &Haus, at: &str) -> AkteAnsicht {
    am(haus, at);
    let akte = haus.akte("sach61", "Rechnungen");
    let clerk = haus.als("sach61").clerk().unwrap();
    clerk.akte_schliessen(akte.id, akte.version, Begruendung::default()).unwrap().wert
}

fn stand(haus: &Haus, id: Uuid) -> Fristenstand {
    haus.ledger.view().get::<Fristenstand>(&id.to_string()).unwrap().unwrap().value
}

fn neu(akten: &[Uuid], von: Option<&str>, bis: Option<&str>) -> SperreNeu {
    let (von, bis) = (von.map(day), bis.map(day));
    SperreNeu { akten: akten.to_vec(), grund: "Klage 3 K 17/24".into(), von, bis }
}

fn setzen(
    haus: &Haus,
    wer: &str,
    neu: SperreNeu,
) -> Result<SperreAnsicht, aktenlauf::registry::Error> {
    Ok(haus.als(wer).registrar()?.sperre_setzen(neu, None)?.wert)
}

fn weil(text: &str) -> Begruendung {
    Begruendung { grund: Some(text.into()) }
}

fn aufheben(haus: &Haus, wer: &str, id: Uuid) -> Result<SperreAnsicht, aktenlauf::registry::Error> {
    Ok(haus.als(wer).registrar()?.sperre_aufheben(id, weil("verglichen"))?.wert)
}

/// Asked for by one, released by another.
fn aufgehoben(haus: &Haus, id: Uuid) {
    aufheben(haus, "reg61", id).unwrap();
    assert!(aufheben(haus, "zentral", id).unwrap().aufgehoben.is_some());
}

/// The daily run of a day, with the clock confirmed.
fn laufen(haus: &Haus, at: &str) {
    am(haus, at);
    haus.als("admin1").administrator().unwrap().fristenlauf_bestaetigen(day(at)).unwrap();
    let (jobs, mut runde) = (haus.registry.jobs(), Fristenrunde::default());
    for _ in 0..1000 {
        if jobs.fristen_schritt(&mut runde).unwrap() == Fristenschritt::Fertig {
            return;
        }
    }
    panic!("it never ends");
}

/// End, due day and situation, which are the same where they are kept and where they are asked for.
fn fristen(haus: &Haus, id: Uuid) -> (Option<NaiveDate>, Option<NaiveDate>, Lage) {
    let kept = stand(haus, id).fristen;
    let seen = haus.als("sach61").reader().unwrap().fristen(id).unwrap();
    assert_eq!((kept.ende, kept.faellig, kept.lage), (seen.ende, seen.faellig, seen.lage));
    (seen.ende, seen.faellig, seen.lage)
}

/// The row "hold" of the table of periods. Catches: the dates not computed anew when a hold is
/// set or released, or computed without the other holds.
#[test]
fn a_hold_moves_the_due_day_and_never_the_end() {
    let haus = Haus::neu();
    let akte = geschlossen(&haus, "2024-06-14").id;
    let ende = Some(day("2034-12-31"));
    assert_eq!(fristen(&haus, akte).1, Some(day("2035-01-01")));
    let hold = |von, bis| setzen(&haus, "reg61", neu(&[akte], von, bis)).unwrap();
    hold(Some("2030-01-01"), Some("2030-12-31"));
    assert_eq!(fristen(&haus, akte).1, Some(day("2035-01-01")), "over before the end");
    hold(Some("2034-12-01"), Some("2036-03-15"));
    let (found, due, lage) = fristen(&haus, akte);
    assert_eq!((found, due, lage), (ende, Some(day("2036-03-16")), Lage::Ausweichregel));
    let second = hold(Some("2036-03-10"), Some("2036-05-31"));
    assert_eq!(fristen(&haus, akte).1, Some(day("2036-06-01")), "a second one prolongs");
    let open = hold(Some("2036-05-01"), None);
    assert_eq!(fristen(&haus, akte), (ende, None, Lage::Gesperrt));
    let seen = haus.als("sach61").reader().unwrap().fristen(akte).unwrap();
    assert_eq!((seen.gesperrt, seen.gesperrt_bis), (false, None), "none is in force yet");
    let named = |text: &str| seen.gruende.iter().any(|grund| grund.text.contains(text));
    assert!(named("Sperre von 2034-12-01 bis 2036-03-15: fällig frühestens 2036-03-16"));
    assert!(named("Sperre ab 2036-05-01 ohne Ende") && !named("Klage"), "{:?}", seen.gruende);
    aufgehoben(&haus, open.id);
    assert_eq!(fristen(&haus, akte).1, Some(day("2036-06-01")));
    aufgehoben(&haus, second.id);
    assert_eq!(fristen(&haus, akte), (ende, Some(day("2036-03-16")), Lage::Ausweichregel));
}

/// Catches: the daily run without holds, and the list of what is due.
#[test]
fn the_daily_run_waits_for_the_end_of_a_hold() {
    let haus = Haus::neu();
    let akte = geschlossen(&haus, "2024-06-14").id;
    laufen(&haus, "2024-06-14");
    am(&haus, "2024-07-01");
    let hold = neu(&[akte], Some("2034-12-01"), Some("2036-03-15"));
    setzen(&haus, "zentral", hold).unwrap();
    let zustand = || {
        let found = haus.ledger.view().get::<Akte>(&akte.to_string()).unwrap().unwrap();
        found.value.zustand
    };
    for (at, expected) in [
        ("2025-06-15", Zustand::Aufbewahrung),
        ("2035-06-01", Zustand::Aufbewahrung),
        ("2036-03-15", Zustand::Aufbewahrung),
        ("2036-03-16", Zustand::Aussonderungsreif),
    ] {
        laufen(&haus, at);
        assert_eq!(zustand(), expected, "{at}");
        assert_eq!(stand(&haus, akte).fristen.faellig, Some(day("2036-03-16")), "{at}");
    }
    let due = FaelligFilter { art: Some(Termin::Faellig), ..FaelligFilter::default() };
    let seen = haus.als("reg61").registrar().unwrap().faellig(&due, &Blatt::default()).unwrap();
    assert_eq!(seen.eintraege.iter().map(|f| f.tag).collect::<Vec<_>>(), [day("2036-03-16")]);
    // One that is set when it is due already moves no day, and is told all the same.
    am(&haus, "2036-04-01");
    setzen(&haus, "zentral", neu(&[akte], None, Some("2036-09-30"))).unwrap();
    let seen = haus.als("sach61").reader().unwrap().fristen(akte).unwrap();
    assert_eq!((seen.gesperrt, seen.gesperrt_bis), (true, Some(day("2036-09-30"))));
    assert!(seen.gruende.iter().any(|g| g.text == "Sperre von 2036-04-01 bis 2036-09-30"));
}

/// Catches: `gesperrt: false` in `Grundlage::umstaende`.
#[test]
fn what_is_held_is_not_handed_over_nor_destroyed() {
    let rule = json!({
        "dauer": 10, "einheit": "jahre", "anker": "schliessung", "rechtsgrundlage": "§ 147 AO",
        "stand": "2025-01-01",
    });
    let rule: Regel = serde_json::from_value(rule).unwrap();
    let plan = json!({
        "kennung": "m", "name": "M", "stand": "2020-01-01", "quelle": "Test",
        "grammatik": "{plan}-{lfd}", "ausweichregel": rule,
    });
    let (regeln, house) = ([rule.clone()], Hausvorgaben::default());
    let vorgaben = house.vorgaben(&serde_json::from_value(plan).unwrap());
    let tatsachen = Tatsachen::new().mit("schliessung", Tatsache::Am(day("2010-06-14")));
    let ask = |zustand, bewertung, what, holds: &[frist::Sperre]| {
        let g = Grundlage {
            regeln: &regeln,
            vorgaben: &vorgaben,
            transferfrist: house.transferfrist(),
            tatsachen: &tatsachen,
            sperren: holds,
            heute: day("2026-11-22"),
        };
        let geschlossen_am = Some(day("2010-06-14"));
        let stand = Stand { zustand, geschlossen_am, bewertung, ..Stand::offen() };
        schritt(&stand, what, &g.umstaende(g.rechnen().fristen))
    };
    let hold = |von, bis| frist::Sperre { von: day(von), bis: Some(day(bis)) };
    for (zustand, art, what) in [
        (Zustand::Bewertet, Aussonderungsart::A, Schritt::Abgeben),
        (Zustand::Uebernommen, Aussonderungsart::A, Schritt::Loeschen),
        (Zustand::Bewertet, Aussonderungsart::V, Schritt::Vernichten),
    ] {
        let ask = |holds: &[frist::Sperre]| ask(zustand, Some(art), what, holds);
        assert!(ask(&[]).is_ok(), "{what:?}");
        let held = ask(&[hold("2026-11-22", "2026-11-22")]);
        assert_eq!(held.unwrap_err(), aussonderung::Error::Gesperrt, "{what:?}");
        assert!(ask(&[hold("2026-11-01", "2026-11-21")]).is_ok(), "{what:?}: it is over");
        assert!(ask(&[hold("2026-11-23", "2026-12-01")]).is_ok(), "{what:?}: it has not begun");
    }
}

/// Catches: `frei` in `storno`; a hold that is over, or not begun, or released, but binds; the
/// reason of the hold in the refusal; work that a hold must not stop.
#[test]
fn a_hold_forbids_storno_and_lets_work_go_on() {
    let haus = Haus::neu();
    am(&haus, "2026-11-22");
    let akte = haus.akte("sach61", "Bauantrag").id;
    let doc = haus.brief("sach61", akte, "Brief", "text");
    let clerk = haus.als("sach61").clerk().unwrap();
    let later = Some("2027-01-31");
    setzen(&haus, "reg61", neu(&[akte], Some("2026-11-24"), later)).unwrap();
    let unheld = haus.brief("sach61", akte, "Vorher", "vorher");
    clerk.storno(unheld.id, unheld.seq, weil("doppelt")).unwrap();
    am(&haus, "2026-11-24");
    let refused = |end: &str| {
        for who in ["sach61", "reg61", "zentral"] {
            let clerk = haus.als(who).clerk().unwrap();
            let error = clerk.storno(doc.id, doc.seq, weil("doppelt")).unwrap_err();
            assert_eq!((error.art, error.code), (Art::Zustand, "gesperrt"), "{who}");
            assert!(error.text.contains(end) && !error.text.contains("Klage"), "{}", error.text);
        }
    };
    refused("bis zum 2027-01-31");
    let open = setzen(&haus, "reg61", neu(&[akte], None, None)).unwrap();
    refused("ohne Ende");
    // Work goes on, and what is added falls under it.
    let added = haus.brief("sach61", akte, "Nachtrag", "nachtrag");
    let note = DokumentAenderung { bemerkung: Feld::Wert("eilt".into()), ..Default::default() };
    let changed = clerk.dokument_aendern(added.id, added.seq, note).unwrap().wert;
    let error = clerk.storno(added.id, changed.version, weil("doppelt")).unwrap_err();
    assert_eq!(error.code, "gesperrt");
    // Another Akte and the Posteingang are free.
    let other = haus.akte("sach61", "Andere").id;
    let free = haus.brief("sach61", other, "Frei", "frei");
    clerk.storno(free.id, free.seq, weil("doppelt")).unwrap();
    aufgehoben(&haus, open.id);
    refused("bis zum 2027-01-31");
    am(&haus, "2027-02-01");
    clerk.storno(doc.id, doc.seq, weil("doppelt")).unwrap();
}

/// Catches: an entry or dates left out of one of the Akten, an Akte's own record written, doubles.
#[test]
fn several_holds_on_several_akten_are_in_each_log() {
    let haus = Haus::neu();
    am(&haus, "2026-11-22");
    let akten: Vec<AkteAnsicht> =
        ["Eins", "Zwei", "Drei"].map(|name| haus.akte("sach61", name)).into();
    let ids: Vec<Uuid> = akten.iter().map(|akte| akte.id).collect();
    let twice = [ids.clone(), ids.clone()].concat();
    let first = setzen(&haus, "reg61", neu(&twice, None, Some("2030-12-31"))).unwrap();
    assert_eq!((first.akten.clone(), first.in_kraft), (ids.clone(), true));
    let second = setzen(&haus, "zentral", neu(&ids[1..2], None, None)).unwrap();
    let reader = haus.als("sach61").reader().unwrap();
    for akte in &akten {
        assert_eq!(reader.akte(akte.id).unwrap().version, akte.version, "not written");
        let log = reader.protokoll(akte.id, &Blatt::default()).unwrap().eintraege;
        let first = log.iter().rfind(|e| e.aktion.as_deref() == Some("sperre_gesetzt")).unwrap();
        let said = "Sperre von 2026-11-22 bis 2030-12-31: Klage 3 K 17/24";
        assert_eq!(first.grund.as_deref(), Some(said));
        let on_it = reader.sperren(Some(akte.id), &Blatt::default()).unwrap().eintraege;
        assert_eq!(on_it.len(), if akte.id == ids[1] { 2 } else { 1 });
    }
    assert_eq!(stand(&haus, ids[1]).fristen.lage, Lage::Offen, "it is not closed either");
    aufgehoben(&haus, second.id);
    let left = reader.sperren(Some(ids[1]), &Blatt::default()).unwrap().eintraege;
    assert_eq!(left.iter().map(|hold| hold.id).collect::<Vec<_>>(), [first.id]);
    let all = reader.sperren(None, &Blatt::default()).unwrap().eintraege;
    assert_eq!(all.iter().map(|hold| hold.id).collect::<Vec<_>>(), [second.id, first.id]);
    let gone = all[0].aufgehoben.clone().unwrap();
    let (asked, released) = (haus.personen["reg61"], haus.personen["zentral"]);
    assert_eq!((gone.beantragt.von, gone.freigegeben_von), (asked, released));
    let log = reader.protokoll(ids[1], &Blatt::default()).unwrap().eintraege;
    let actions: Vec<_> = log.iter().filter_map(|entry| entry.aktion.as_deref()).collect();
    assert_eq!(actions[..2], ["sperre_aufgehoben", "sperre_aufhebung_beantragt"]);
}

/// Catches: a release by one person, by one who asked and lost the role, or by another role; the
/// first call without a reason.
#[test]
fn a_hold_is_released_by_two_persons_of_the_registratur() {
    let haus = Haus::neu();
    am(&haus, "2026-11-22");
    let akte = haus.akte("sach61", "Bauantrag").id;
    let hold = setzen(&haus, "reg61", neu(&[akte], None, None)).unwrap();
    for who in ["sach61", "admin1", "admin2", "revision", "archiv"] {
        let error = aufheben(&haus, who, hold.id).unwrap_err();
        assert_eq!(error.art, Art::NichtErlaubt, "{who}");
    }
    let first = haus.als("reg61").registrar().unwrap();
    let error = first.sperre_aufheben(hold.id, Begruendung::default()).unwrap_err();
    assert_eq!(error.fehler[0].zeiger, "/grund");
    let asked = first.sperre_aufheben(hold.id, weil("verglichen")).unwrap().wert;
    assert_eq!((asked.aufgehoben, asked.in_kraft), (None, true), "it binds until it is released");
    assert_eq!(asked.aufhebung.unwrap().von, haus.personen["reg61"]);
    let head = haus.ledger.head();
    let error = aufheben(&haus, "reg61", hold.id).unwrap_err();
    assert_eq!((error.art, error.code), (Art::Konflikt, "zweite_person"));
    assert_eq!(haus.ledger.head(), head);
    // Who asked was blocked: the next one is the first.
    let system = haus.registry.system("root");
    system.person_sperren(haus.personen["reg61"], true).unwrap();
    assert_eq!(aufheben(&haus, "zentral", hold.id).unwrap().aufgehoben, None);
    assert_eq!(aufheben(&haus, "zentral", hold.id).unwrap_err().code, "zweite_person");
    system.person_sperren(haus.personen["reg61"], false).unwrap();
    let second = haus.als("reg61").registrar().unwrap();
    // The second person need not say again why.
    let done = second.sperre_aufheben(hold.id, Begruendung::default()).unwrap().wert;
    assert_eq!(done.aufgehoben.unwrap().beantragt.von, haus.personen["zentral"]);
    assert!(!done.in_kraft);
    let error = aufheben(&haus, "zentral", hold.id).unwrap_err();
    assert_eq!((error.art, error.code), (Art::Zustand, "sperre_aufgehoben"));
}

/// Catches: the role, the rule for each Akte, a hold on some of them, a hidden Akte that answers
/// otherwise than an unknown one.
#[test]
fn only_the_registratur_sets_holds_and_only_on_what_it_may_change() {
    let haus = Haus::neu();
    am(&haus, "2026-11-22");
    let own = haus.akte("sach61", "Eigene").id;
    let foreign = |betreff: &str, shares: Vec<Freigabe>| {
        let mut neu = akte_neu("52.1", betreff);
        neu.freigaben = shares;
        haus.als("sach50").clerk().unwrap().akte_anlegen(neu, None).unwrap().wert.id
    };
    let fuer = Empfaenger::Oe(haus.oe["61"]);
    let (hidden, shared) =
        (foreign("fremd", vec![]), foreign("geteilt", vec![Freigabe { fuer, bearbeiten: false }]));
    let worked = foreign("gemeinsam", vec![Freigabe { fuer, bearbeiten: true }]);
    let wall = haus.als("sach11").clerk().unwrap();
    let walled = wall.akte_anlegen(akte_neu("11.4", "Person"), None).unwrap().wert.id;
    for who in ["sach61", "admin1", "revision", "archiv"] {
        let error = setzen(&haus, who, neu(&[own], None, None)).unwrap_err();
        assert_eq!(error.art, Art::NichtErlaubt, "{who}");
    }
    let system = haus.registry.system("root");
    let mut key = schluessel_neu("fach");
    key.verben = vec![Verb::Lesen, Verb::Aendern];
    let machine = haus.maschine(&system.schluessel_anlegen(key).unwrap().geheimnis).unwrap();
    assert!(machine.registrar().is_err(), "no machine");
    let head = haus.ledger.head();
    let places = |akten: &[Uuid]| {
        let error = setzen(&haus, "reg61", neu(akten, None, None)).unwrap_err();
        let places: Vec<_> = error.fehler.iter().map(|f| (f.zeiger.clone(), f.code)).collect();
        (error.art, places)
    };
    let at = |place: &str, code| (place.to_owned(), code);
    let both = vec![at("/akten/1", "nicht_gefunden"), at("/akten/3", "nicht_gefunden")];
    for unseen in [hidden, walled, Uuid::from_u128(7)] {
        assert_eq!(places(&[own, unseen, shared, unseen]), (Art::NichtGefunden, both.clone()));
    }
    let refused = vec![at("/akten/0", "nicht_erlaubt")];
    assert_eq!(places(&[shared, own]), (Art::NichtErlaubt, refused));
    assert_eq!(haus.ledger.head(), head, "nothing of it was written");
    let set = setzen(&haus, "reg61", neu(&[own, worked], None, None)).unwrap();
    // A share is enough to set one and not to release it: that is the Registratur's in charge.
    assert_eq!(aufheben(&haus, "reg61", set.id).unwrap_err().art, Art::NichtErlaubt);
    assert!(aufheben(&haus, "zentral", set.id).unwrap().aufhebung.is_some());
    setzen(&haus, "zentral", neu(&[own, hidden, shared], None, None)).unwrap();
    // The role of the whole house does not reach behind the wall.
    assert!(setzen(&haus, "zentral", neu(&[walled], None, None)).is_err());
    // A right that was taken away a moment ago counts.
    let registrar = haus.als("reg61").registrar().unwrap();
    system.person_sperren(haus.personen["reg61"], true).unwrap();
    assert!(registrar.sperre_setzen(neu(&[own], None, None), None).is_err());
}

/// Catches: `sichtbar`; another's ids shown, or a release that reaches Akten one may not change.
#[test]
fn a_hold_shows_of_its_akten_those_that_one_reads() {
    let haus = Haus::neu();
    am(&haus, "2026-11-22");
    let own = haus.akte("sach61", "Eigene").id;
    let clerk = haus.als("sach50").clerk().unwrap();
    let other = clerk.akte_anlegen(akte_neu("52.1", "Fremde"), None).unwrap().wert.id;
    let both = setzen(&haus, "zentral", neu(&[own, other], None, None)).unwrap().id;
    let theirs = setzen(&haus, "zentral", neu(&[other], None, None)).unwrap().id;
    let mine = setzen(&haus, "zentral", neu(&[own], None, None)).unwrap().id;
    let reader = |who: &str| haus.als(who).reader().unwrap();
    assert_eq!(reader("sach61").sperre(both).unwrap().akten, [own]);
    assert_eq!(reader("sach50").sperre(both).unwrap().akten, [other]);
    assert_eq!(reader("zentral").sperre(both).unwrap().akten, [own, other]);
    let unknown = reader("sach61").sperre(Uuid::from_u128(7)).unwrap_err();
    assert_eq!(reader("sach61").sperre(theirs).unwrap_err(), unknown);
    assert_eq!(reader("sach11").sperre(both).unwrap_err(), unknown);
    assert_eq!(reader("revision").sperre(both).unwrap_err().art, Art::NichtErlaubt);
    let pages = |who: &str, limit| {
        let (mut found, mut nach) = (vec![], None);
        loop {
            let page = reader(who).sperren(None, &Blatt { limit, nach }).unwrap();
            assert!(page.eintraege.len() <= limit);
            found.extend(page.eintraege.iter().map(|hold| hold.id));
            match page.weiter {
                Some(place) => nach = Some(place),
                None => return found,
            }
        }
    };
    for limit in [1, 2, 50] {
        assert_eq!(pages("sach61", limit), [mine, both], "{limit}");
        assert_eq!(pages("sach50", limit), [theirs, both], "{limit}");
        assert_eq!(pages("zentral", limit), [mine, theirs, both], "{limit}");
        assert!(pages("sach11", limit).is_empty() && pages("revision", limit).is_empty());
    }
    let on = |who: &str, akte| reader(who).sperren(Some(akte), &Blatt::default());
    assert_eq!(on("sach61", own).unwrap().eintraege.len(), 2);
    assert_eq!(on("sach61", other).unwrap_err().art, Art::NichtGefunden);
    assert_eq!(aufheben(&haus, "reg61", both).unwrap_err().art, Art::NichtErlaubt);
    assert_eq!(aufheben(&haus, "reg61", theirs).unwrap_err().art, Art::NichtGefunden);
}

/// Catches: the mark left out of the entry that makes the hold.
#[test]
fn the_same_request_sets_one_hold() {
    let haus = Haus::neu();
    am(&haus, "2026-11-22");
    let akte = haus.akte("sach61", "Bauantrag").id;
    let registrar = haus.als("reg61").registrar().unwrap();
    let idem = Idempotenz { schluessel: "k-1".into(), route: "POST /sperren".into() };
    let first = registrar.sperre_setzen(neu(&[akte], None, None), Some(&idem)).unwrap();
    let head = haus.ledger.head();
    let again = registrar.sperre_setzen(neu(&[akte], None, None), Some(&idem)).unwrap();
    assert_eq!((again.wert.id, again.seq, again.wiederholt), (first.wert.id, first.seq, true));
    assert_eq!((again.siegel, haus.ledger.head()), (first.siegel, head));
    let other = neu(&[akte], None, Some("2030-12-31"));
    let error = registrar.sperre_setzen(other, Some(&idem)).unwrap_err();
    assert_eq!(error.code, "idempotenz_abweichung");
}

/// Catches: the bounds of `pruefen` and `zeitraum`.
#[test]
fn a_hold_is_on_one_to_two_hundred_akten_and_on_real_days() {
    let haus = Haus::neu();
    am(&haus, "2026-11-22");
    let ids: Vec<Uuid> = (0..201).map(|n| haus.akte("sach61", &format!("Akte {n}")).id).collect();
    let place = |neu: SperreNeu| {
        let error = setzen(&haus, "reg61", neu).unwrap_err();
        (error.fehler[0].zeiger.clone(), error.fehler[0].code)
    };
    assert_eq!(place(neu(&ids, None, None)), ("/akten".into(), "zu_viele"));
    assert_eq!(place(neu(&[], None, None)), ("/akten".into(), "fehlt"));
    let reasonless = SperreNeu { grund: " ".into(), ..neu(&ids[..1], None, None) };
    assert_eq!(place(reasonless), ("/grund".into(), "fehlt"));
    let (wrong, one) = ("datum_unzulaessig", &ids[..1]);
    for (von, bis) in [
        (None, Some("2026-11-21")),
        (Some("2026-12-02"), Some("2026-12-01")),
        (None, Some("9999-01-01")),
    ] {
        assert_eq!(place(neu(one, von, bis)), ("/bis".into(), wrong));
    }
    assert_eq!(place(neu(one, Some("1899-12-31"), None)), ("/von".into(), wrong));
    setzen(&haus, "reg61", neu(one, Some("2026-01-01"), Some("2026-11-22"))).unwrap();
    let before = haus.ledger.head().seq;
    let most = neu(&ids[..200], None, Some("9998-12-31"));
    let (hold, read) = haus.gelesen(|| setzen(&haus, "reg61", most).unwrap());
    println!("holds: one on 200 Akten reads {read} rows");
    assert!(read < 200 * 10, "{read} rows");
    assert_eq!(hold.akten, ids[..200]);
    assert_eq!(haus.ledger.head().seq, before + 201, "an entry for each, and one for the hold");
}

/// Catches: a row of `Index::SperreAkte` that only the commit makes, or dates that no entry has.
#[test]
fn tables_made_anew_from_the_journal_hold_the_same() {
    let haus = Haus::neu();
    let akte = geschlossen(&haus, "2024-06-14").id;
    let open = haus.akte("sach61", "Offen").id;
    let doc = haus.brief("sach61", open, "Brief", "text");
    let long = Some("2036-03-15");
    let hold = setzen(&haus, "reg61", neu(&[akte, open], Some("2024-01-01"), long)).unwrap();
    let other = setzen(&haus, "reg61", neu(&[akte, open], None, None)).unwrap();
    aufgehoben(&haus, other.id);
    let again = haus.kopie();
    let rows = |haus: &Haus, akte: Uuid| {
        let of_it = Parts::new().id(akte);
        let rows = haus.ledger.view().scan(Index::SperreAkte, &of_it, None, false, 10).unwrap();
        rows.into_iter().map(|row| row.key).collect::<Vec<_>>()
    };
    for id in [akte, open] {
        assert_eq!(rows(&haus, id), [hold.id.to_string()], "the released one is in no row");
        assert_eq!(rows(&again, id), rows(&haus, id));
        assert_eq!(stand(&again, id), stand(&haus, id));
        let key = hold.id.to_string();
        let kept = |haus: &Haus| haus.ledger.view().get::<Sperre>(&key).unwrap().unwrap().value;
        assert_eq!(kept(&again), kept(&haus));
    }
    let clerk = again.als("sach61").clerk().unwrap();
    let version = again.als("sach61").reader().unwrap().dokument(doc.id).unwrap().version;
    assert_eq!(clerk.storno(doc.id, version, weil("doppelt")).unwrap_err().code, "gesperrt");
}
