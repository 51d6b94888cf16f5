//! The daily run: over years, twice, cut off, with a wrong clock, on two nodes; and what a newer
//! plan makes of the stock.

use std::{sync::atomic::Ordering, thread};

use aktenlauf::{
    blob,
    domain::{
        akte::{Akte, Zustand},
        fristenstand::{Fristenlauf, Fristenstand, Laufstand, Neuberechnung, Rechenanlass},
        record::Kind,
        source::Source,
    },
    ledger::{Change, Draft, Entry, Subject},
    registry::{Blatt, Fristenrunde, Fristenschritt, Jobs},
};
use chrono::{Days, NaiveDate};
use uuid::Uuid;

use super::{
    fristen::{am, day, geschlossen, haus, planen, regel, schliessen, stand},
    haus::{Haus, akte_neu},
};

/// Steps until there is nothing more to do.
fn laufen(jobs: &Jobs) -> Fristenschritt {
    let mut runde = Fristenrunde::default();
    for _ in 0..1000 {
        match jobs.fristen_schritt(&mut runde).unwrap() {
            Fristenschritt::Weiter => {}
            done => return done,
        }
    }
    panic!("it never ends");
}

/// Runs every fifty days up to this one, and on it.
fn bis(haus: &Haus, to: &str) {
    let to = day(to);
    let tag = || lauf(haus).map_or(to, |lauf| lauf.tag);
    let mut next = tag();
    loop {
        next = next.checked_add_days(Days::new(50)).unwrap().min(to);
        am(haus, &next.to_string());
        assert_eq!(laufen(&haus.registry.jobs()), Fristenschritt::Fertig);
        if next == to {
            return;
        }
    }
}

fn lauf(haus: &Haus) -> Option<Fristenlauf> {
    let found = haus.ledger.view().get::<Fristenlauf>(Fristenlauf::SCHLUESSEL).unwrap();
    found.map(|lauf| lauf.value)
}

fn zustand(haus: &Haus, id: Uuid) -> Zustand {
    haus.ledger.view().get::<Akte>(&id.to_string()).unwrap().unwrap().value.zustand
}

/// Everything that the run has written, with what it is about and why.
fn geschrieben(haus: &Haus, action: &str) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut from = 1;
    loop {
        let entries = haus.ledger.entries(from, 500).unwrap();
        let Some(last) = entries.last() else { return found };
        from = last.position.seq + 1;
        let of = |entry: &Entry| entry.body.as_ref().is_some_and(|b| b.action == action);
        found.extend(entries.into_iter().filter(of));
    }
}

fn gruende(haus: &Haus, action: &str) -> Vec<String> {
    let bodies = geschrieben(haus, action).into_iter().map(|entry| entry.body.unwrap());
    bodies.map(|body| body.reason.unwrap_or_default()).collect()
}

/// Catches: a step of `tageslauf` that is not written, the reason, a second run that writes.
#[test]
fn over_the_years_an_akte_becomes_due_and_its_log_says_why() {
    let haus = haus();
    let akte = geschlossen(&haus, "2024-06-14");
    assert_eq!(laufen(&haus.registry.jobs()), Fristenschritt::Fertig);
    for (to, expected) in [
        ("2025-06-14", Zustand::Geschlossen),
        ("2025-06-15", Zustand::Aufbewahrung),
        ("2034-12-31", Zustand::Aufbewahrung),
        ("2035-01-01", Zustand::Aussonderungsreif),
        ("2036-01-01", Zustand::Aussonderungsreif),
    ] {
        bis(&haus, to);
        assert_eq!(zustand(&haus, akte.id), expected, "{to}");
        assert_eq!(lauf(&haus).unwrap().tag, day(to));
        let head = haus.ledger.head();
        assert_eq!(laufen(&haus.registry.jobs()), Fristenschritt::Fertig);
        assert_eq!(haus.ledger.head(), head, "twice writes nothing more");
    }
    let reasons = gruende(&haus, "zustand_geaendert");
    assert_eq!(reasons.len(), 2);
    assert!(reasons[0].starts_with("Tageslauf; in Aufbewahrung; "), "{}", reasons[0]);
    assert!(reasons[1].contains("aussonderungsreif; 10 Jahre, § 147 AO, ab Ende 2024"));
    // The clerk reads it in the log of the Akte.
    let reader = haus.als("sach61").reader().unwrap();
    let log = reader.protokoll(akte.id, &Blatt::default()).unwrap().eintraege;
    let last = &log[0];
    assert_eq!(last.aktion.as_deref(), Some("zustand_geaendert"));
    assert!(last.aenderungen.iter().any(|change| change.feld == "zustand"));
    // Days off are caught up with: as far as it goes in one run.
    let late = geschlossen(&haus, "2036-01-02");
    bis(&haus, "2036-01-02");
    am(&haus, "2036-01-03");
    assert_eq!(zustand(&haus, late.id), Zustand::Geschlossen);
}

/// Catches: at the reporting day of an open Akte the last entry not looked up anew.
#[test]
fn an_open_akte_is_reported_by_its_last_entry() {
    let haus = haus();
    am(&haus, "2024-06-14");
    let (quiet, busy) = (haus.akte("sach61", "Ruht"), haus.akte("sach61", "Lebt"));
    laufen(&haus.registry.jobs());
    am(&haus, "2040-01-10");
    haus.brief("sach61", busy.id, "Brief", "Text");
    assert_eq!(stand(&haus, busy.id).unwrap().fristen.meldetag, Some(day("2054-06-14")));
    bestaetigen(&haus, "2054-06-14");
    laufen(&haus.registry.jobs());
    let (quiet, busy) = (stand(&haus, quiet.id).unwrap(), stand(&haus, busy.id).unwrap());
    assert_eq!(quiet.fristen.meldetag, Some(day("2054-06-14")));
    assert_eq!(quiet.naechster_lauf, Some(day("2055-06-14")));
    assert_eq!(busy.fristen.meldetag, Some(day("2070-01-10")));
    assert_eq!(busy.naechster_lauf, Some(day("2070-01-10")));
}

/// Sets the clock and has it confirmed.
fn bestaetigen(haus: &Haus, at: &str) {
    am(haus, at);
    let admin = haus.als("admin1").administrator().unwrap();
    let seen = admin.fristenlauf_bestaetigen(day(at)).unwrap().wert;
    assert_eq!((seen.stand, seen.bestaetigt), (Laufstand::Faellig, Some(day(at))));
}

/// Catches: a day before the last one done, a leap of the clock that makes the stock due, a
/// confirmation that anybody gives, or that names another day.
#[test]
fn a_wrong_clock_makes_nothing_due() {
    let haus = haus();
    let akte = geschlossen(&haus, "2024-06-14");
    laufen(&haus.registry.jobs());
    let wait = |at: &str, why: Laufstand| {
        am(&haus, at);
        let head = haus.ledger.head();
        assert_eq!(laufen(&haus.registry.jobs()), Fristenschritt::Wartet(why), "{at}");
        assert_eq!(haus.ledger.head(), head, "{at}");
        assert_eq!(haus.als("zentral").fristenlauf().unwrap().stand, why);
    };
    wait("2024-06-13", Laufstand::UhrZurueck);
    wait("2024-08-14", Laufstand::WartetAufBestaetigung);
    wait("2099-01-01", Laufstand::WartetAufBestaetigung);
    assert!(haus.als("zentral").administrator().is_err());
    let admin = haus.als("admin1").administrator().unwrap();
    let other = admin.fristenlauf_bestaetigen(day("2099-01-02")).unwrap_err();
    assert_eq!(other.fehler[0].code, "tag_falsch");
    am(&haus, "2024-08-13");
    assert_eq!(laufen(&haus.registry.jobs()), Fristenschritt::Fertig, "sixty days off are well");
    bestaetigen(&haus, "2025-06-15");
    let head = haus.ledger.head();
    admin.fristenlauf_bestaetigen(day("2025-06-15")).unwrap();
    assert_eq!(haus.ledger.head(), head, "there is nothing to confirm any more");
    assert_eq!(laufen(&haus.registry.jobs()), Fristenschritt::Fertig);
    assert_eq!(zustand(&haus, akte.id), Zustand::Aufbewahrung);
    assert!(haus.als("sach61").fristenlauf().is_err());
    let (role, audit) = (haus.als("zentral").fristenlauf(), haus.als("revision").fristenlauf());
    let counts = |seen: Result<aktenlauf::registry::FristenlaufAnsicht, _>| {
        seen.unwrap().neuberechnung.unwrap().geprueft
    };
    assert_eq!((counts(role), counts(audit).is_some()), (None, true), "counts tell of the hidden");
}

/// 250 Akten that leave the Transferfrist on one day: more than one commit takes.
fn viele() -> Haus {
    let haus = haus();
    am(&haus, "2024-06-14");
    let clerk = haus.als("sach61").clerk().unwrap();
    for n in 0..250 {
        let made = clerk.akte_anlegen(akte_neu("52.1", &format!("Akte {n}")), None).unwrap().wert;
        clerk.akte_schliessen(made.id, made.version, Default::default()).unwrap();
    }
    laufen(&haus.registry.jobs());
    bestaetigen(&haus, "2025-06-15");
    haus
}

/// States and dates of all Akten.
fn alles(haus: &Haus) -> Vec<(Uuid, Zustand, Fristenstand)> {
    let akten = haus.ledger.view().kind::<Akte>(None, 1000).unwrap();
    let of = |akte: &Akte| (akte.id, akte.zustand, stand(haus, akte.id).unwrap());
    akten.iter().map(|akte| of(&akte.value)).collect()
}

/// Catches: a run that marks the day before all its Akten are done, or does one twice.
#[test]
fn cut_off_at_any_step_it_ends_the_same() {
    let haus = viele();
    let whole = haus.kopie();
    laufen(&whole.registry.jobs());
    let mut runde = Fristenrunde::default();
    let jobs = haus.registry.jobs();
    assert_eq!(jobs.fristen_schritt(&mut runde).unwrap(), Fristenschritt::Weiter);
    let done = alles(&haus).iter().filter(|(_, z, _)| *z == Zustand::Aufbewahrung).count();
    assert_eq!(done, 200, "a commit takes so many");
    assert_eq!(lauf(&haus).unwrap().tag, day("2024-06-14"), "the day is not done");
    haus.source.voll.store(true, Ordering::SeqCst);
    assert!(jobs.fristen_schritt(&mut runde).is_err());
    haus.source.voll.store(false, Ordering::SeqCst);
    drop(jobs);
    assert_eq!(laufen(&haus.registry.jobs()), Fristenschritt::Fertig);
    assert_eq!(alles(&haus), alles(&whole));
    assert_eq!(geschrieben(&haus, "zustand_geaendert").len(), 250, "each once");
    assert_eq!(lauf(&haus), lauf(&whole));
}

/// Catches: the check in the decision that nobody was faster.
#[test]
fn two_nodes_that_run_at_once_have_one_effect() {
    let haus = viele();
    let other = haus.knoten(blob::Store::memory(haus.source.clone()));
    thread::scope(|scope| {
        for node in [&haus, &other, &haus] {
            scope.spawn(|| laufen(&node.registry.jobs()));
        }
    });
    assert_eq!(geschrieben(&haus, "zustand_geaendert").len(), 250);
    assert!(alles(&haus).iter().all(|(_, z, _)| *z == Zustand::Aufbewahrung));
    planen(&haus, &regel(8, ""));
    thread::scope(|scope| {
        for node in [&haus, &other, &haus] {
            scope.spawn(|| laufen(&node.registry.jobs()));
        }
    });
    assert_eq!(geschrieben(&haus, "frist_berechnet").len(), 250);
    let last = lauf(&haus).unwrap().zuletzt.unwrap();
    assert_eq!((last.geprueft, last.geaendert), (250, 250));
}

const SECOND: &str = "52.2;52;Einheit 52.2;10;jahre;schliessung;§ 5 X;2025-01-01;;;\n";

/// Catches: Akten of another unit looked at, a revision that changes no period but writes, a
/// reason that does not name the unit and both days.
#[test]
fn a_new_period_reaches_exactly_the_akten_of_its_unit() {
    let haus = Haus::neu();
    planen(&haus, &format!("{}{SECOND}", regel(10, "")));
    let first = geschlossen(&haus, "2024-06-14");
    let open = haus.akte("sach61", "Offen");
    let clerk = haus.als("sach61").clerk().unwrap();
    let second = clerk.akte_anlegen(akte_neu("52.2", "Andere"), None).unwrap().wert;
    schliessen(&haus, second.id);
    laufen(&haus.registry.jobs());
    let untouched = stand(&haus, second.id);
    // A document moves the reporting day, which is no matter of the plan.
    am(&haus, "2024-06-20");
    haus.brief("sach61", open.id, "Brief", "Text");
    planen(&haus, &format!("{}{SECOND}", regel(8, "")));
    assert_eq!(laufen(&haus.registry.jobs()), Fristenschritt::Fertig);
    assert_eq!(stand(&haus, first.id).unwrap().fristen.ende, Some(day("2032-12-31")));
    assert_eq!(stand(&haus, second.id), untouched);
    let reasons = gruende(&haus, "frist_berechnet");
    let [reason] = reasons.as_slice() else { panic!("{reasons:?}") };
    let expected = "Regel der Planeinheit 52.1 geändert; Ende 2032-12-31 statt 2034-12-31, \
                    Fällig 2033-01-01 statt 2035-01-01; 8 Jahre, § 147 AO, ab Ende 2024";
    assert!(reason.starts_with(expected), "{reason}");
    let last = lauf(&haus).unwrap().zuletzt.unwrap();
    assert_eq!((last.anlass, last.geprueft), (Rechenanlass::Aktenplan, 2));
    // Another name is no other period.
    let renamed = SECOND.replace("Einheit 52.2", "Anders genannt");
    planen(&haus, &format!("{}{renamed}", regel(8, "")));
    laufen(&haus.registry.jobs());
    assert_eq!(geschrieben(&haus, "frist_berechnet").len(), 1);
    assert_eq!(lauf(&haus).unwrap().zuletzt.unwrap().geprueft, 1);
    // What was due by the old rule goes back by a longer one.
    bestaetigen(&haus, "2033-01-01");
    laufen(&haus.registry.jobs());
    assert_eq!(zustand(&haus, first.id), Zustand::Aussonderungsreif);
    planen(&haus, &format!("{}{renamed}", regel(30, "")));
    laufen(&haus.registry.jobs());
    assert_eq!(zustand(&haus, first.id), Zustand::Aufbewahrung);
}

/// Writes past the rules.
fn schreiben(haus: &Haus, records: Vec<Change>) {
    let draft = Draft {
        time: haus.source.now(),
        actor: "test".into(),
        on_behalf_of: None,
        credential_id: None,
        request_id: None,
        action: "von_frueher".into(),
        subject: Subject { kind: "fristenlauf".into(), key: "fristen".into() },
        reason: None,
        records,
        erases: vec![],
    };
    haus.ledger.commit::<(), ()>(haus.source.id(), move |_| Ok((vec![draft], ()))).unwrap();
}

/// Catches: dates of two configurations that are taken for those of one.
#[test]
fn a_recalculation_of_another_configuration_is_not_gone_on_with() {
    let haus = haus();
    let akte = geschlossen(&haus, "2024-06-14");
    laufen(&haus.registry.jobs());
    let before = lauf(&haus).unwrap();
    let offen = Some(Neuberechnung {
        anlass: Rechenanlass::Vorgaben,
        plan_seq: before.plan_seq,
        regelwerk: "another".into(),
        nach: String::new(),
        gesamt: 1,
        geprueft: 1,
        geaendert: 1,
    });
    let cut_off = Fristenlauf { offen, ..before.clone() };
    schreiben(&haus, vec![Change::put(&cut_off).unwrap()]);
    haus.registry.jobs().fristen_schritt(&mut Fristenrunde::default()).unwrap();
    let open = lauf(&haus).unwrap().offen.unwrap();
    assert_eq!((open.anlass, open.geprueft), (Rechenanlass::Vorgaben, 0));
    assert_eq!(open.regelwerk, before.regelwerk);
    assert_eq!(laufen(&haus.registry.jobs()), Fristenschritt::Fertig);
    assert_eq!(lauf(&haus).unwrap().zuletzt.unwrap().geprueft, 1);
    assert!(stand(&haus, akte.id).is_some());
}

/// Catches: an older stock that is never given dates, or a recalculation that begins anew when it
/// was cut off.
#[test]
fn an_older_stock_gets_its_dates() {
    let haus = haus();
    am(&haus, "2024-06-14");
    let clerk = haus.als("sach61").clerk().unwrap();
    for n in 0..250 {
        let made = clerk.akte_anlegen(akte_neu("52.1", &format!("Akte {n}")), None).unwrap().wert;
        if n % 2 == 0 {
            clerk.akte_schliessen(made.id, made.version, Default::default()).unwrap();
        }
    }
    let expected = alles(&haus);
    let gone = expected.iter().map(|(id, ..)| Change::delete(Kind::Fristenstand, id.to_string()));
    schreiben(&haus, gone.collect());
    let mut runde = Fristenrunde::default();
    for _ in 0..2 {
        haus.registry.jobs().fristen_schritt(&mut runde).unwrap();
    }
    let under_way = lauf(&haus).unwrap().offen.unwrap();
    assert_eq!((under_way.gesamt, under_way.geprueft, under_way.geaendert), (250, 200, 200));
    let seen = haus.als("revision").fristenlauf().unwrap().neuberechnung.unwrap();
    assert_eq!((seen.prozent, seen.gesamt, seen.beendet), (80, Some(250), None));
    assert_eq!(laufen(&haus.registry.jobs()), Fristenschritt::Fertig);
    assert_eq!(alles(&haus), expected);
    assert_eq!(geschrieben(&haus, "frist_berechnet").len(), 250);
    let last = lauf(&haus).unwrap().zuletzt.unwrap();
    assert_eq!((last.anlass, last.geprueft), (Rechenanlass::Erstmals, 250));
}

/// Catches: a day without work that reads more the more Akten there are.
#[test]
fn a_day_without_work_costs_a_look() {
    let haus = haus();
    am(&haus, "2024-06-14");
    let clerk = haus.als("sach61").clerk().unwrap();
    let mut most = [0, 0];
    for (n, read) in most.iter_mut().enumerate() {
        for _ in 0..300 {
            clerk.akte_anlegen(akte_neu("52.1", "Akte"), None).unwrap();
        }
        let today = day("2024-06-15").checked_add_days(Days::new(n as u64)).unwrap();
        am(&haus, &NaiveDate::to_string(&today));
        laufen(&haus.registry.jobs());
        am(&haus, &today.succ_opt().unwrap().to_string());
        *read = haus.gelesen(|| laufen(&haus.registry.jobs())).1;
    }
    println!("periods: a day without work reads {most:?} rows at 300 and 600 Akten");
    assert!(most[0] == most[1] && most[1] <= 20, "{most:?}");
}
