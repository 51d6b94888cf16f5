//! The dates of Akten: written with every change, asked for, listed.

use std::sync::atomic::Ordering;

use aktenlauf::{
    domain::{
        access::{Empfaenger, Freigabe},
        akte::{Akte, Zustand},
        frist::Lage,
        fristenstand::{Fristenstand, Termin},
        zeit::Zeitpunkt,
    },
    intake::Metadaten,
    registry::{
        AkteAenderung, AkteAnsicht, Art, Begruendung, Blatt, FaelligAnsicht, FaelligFilter,
        Planfassung, VorgangNeu, Wiederoeffnung, Zielangabe,
    },
};
use chrono::NaiveDate;
use uuid::Uuid;

use super::{
    haus::{Haus, akte_neu},
    planfassung::{freigeben, vorlegen},
};

const PLAN: &str = "nummer;uebergeordnet;bezeichnung;dauer;einheit;anker;rechtsgrundlage;stand;\
                    art;schutzklasse;stillgelegt\n11;;Einheit 11;;;;;;;;\n\
                    11.4;11;Einheit 11.4;10;jahre;schliessung;§ 5 X;2025-01-01;;personal;\n\
                    52;;Einheit 52;;;;;;;;\n52.9;52;Einheit 52.9;;;;;;;;ja\n";

pub fn day(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
}

/// The unit 52.1 with a rule.
pub fn regel(dauer: u32, art: &str) -> String {
    format!("52.1;52;Einheit 52.1;{dauer};jahre;schliessung;§ 147 AO;2025-01-01;{art};;\n")
}

/// Gives the plan these units under 52.
pub fn planen(haus: &Haus, units: &str) {
    let fassung = Planfassung { csv: Some(format!("{PLAN}{units}")), ..Planfassung::default() };
    freigeben(haus, vorlegen(haus, &fassung).antrag.unwrap());
}

/// A town whose unit 52.1 has a period of ten years.
pub fn haus() -> Haus {
    let haus = Haus::neu();
    planen(&haus, &regel(10, ""));
    haus
}

/// Sets the clock: a day at noon, or an instant.
pub fn am(haus: &Haus, at: &str) {
    let at = if at.len() == 10 { format!("{at}T11:00:00Z") } else { at.to_owned() };
    haus.source.millis.store(Zeitpunkt::parse(&at).unwrap().0, Ordering::SeqCst);
}

pub fn schliessen(haus: &Haus, id: Uuid) -> AkteAnsicht {
    let clerk = haus.als("zentral").clerk().unwrap();
    let version = haus.als("zentral").reader().unwrap().akte(id).unwrap().version;
    clerk.akte_schliessen(id, version, Begruendung::default()).unwrap().wert
}

fn oeffnen(haus: &Haus, akte: &AkteAnsicht, irrtuemlich: bool) -> AkteAnsicht {
    let warum = Wiederoeffnung { grund: Some("Irrtum".into()), irrtuemlich };
    let clerk = haus.als("reg61").clerk().unwrap();
    clerk.akte_oeffnen(akte.id, akte.version, warum).unwrap().wert
}

/// A closed Akte of the unit 52.1.
pub fn geschlossen(haus: &Haus, at: &str) -> AkteAnsicht {
    am(haus, at);
    schliessen(haus, haus.akte("sach61", "Rechnungen").id)
}

pub fn stand(haus: &Haus, id: Uuid) -> Option<Fristenstand> {
    haus.ledger.view().get::<Fristenstand>(&id.to_string()).unwrap().map(|found| found.value)
}

fn ende(haus: &Haus, id: Uuid) -> String {
    stand(haus, id).unwrap().fristen.ende.map_or_else(String::new, |day| day.to_string())
}

/// The first two rows of the table of periods. Catches: `fristen::stand` left out of a commit.
#[test]
fn closing_gives_the_dates_of_the_law() {
    let haus = haus();
    am(&haus, "2024-06-01");
    let open = haus.akte("sach61", "Offen");
    let found = stand(&haus, open.id).unwrap();
    assert_eq!((found.fristen.lage, found.fristen.ende), (Lage::Offen, None));
    assert_eq!(found.fristen.meldetag, Some(day("2054-06-01")));
    for (closed, ende, faellig) in [
        ("2024-06-14", "2034-12-31", "2035-01-01"),
        ("2024-12-31", "2034-12-31", "2035-01-01"),
        ("2025-01-01", "2035-12-31", "2036-01-01"),
        ("2024-12-31T23:30:00Z", "2035-12-31", "2036-01-01"),
    ] {
        let akte = geschlossen(&haus, closed);
        let seen = haus.als("sach61").reader().unwrap().fristen(akte.id).unwrap();
        assert_eq!((seen.ende, seen.faellig), (Some(day(ende)), Some(day(faellig))), "{closed}");
        let reason = &seen.gruende[0];
        assert!(reason.text.starts_with("10 Jahre, § 147 AO, ab Ende 202"), "{}", reason.text);
        assert_eq!(reason.rechtsgrundlage.as_deref(), Some("§ 147 AO"));
        let kept = stand(&haus, akte.id).unwrap();
        assert_eq!((kept.fristen.ende, kept.fristen.faellig), (seen.ende, seen.faellig));
        assert_eq!(kept.naechster_lauf, seen.wiederoeffnen_bis.and_then(|day| day.succ_opt()));
    }
    // Whoever does not read the Akte, is told nothing of its dates.
    let foreign = haus.als("sach50").reader().unwrap().fristen(open.id).unwrap_err();
    assert_eq!(foreign.art, Art::NichtGefunden);
}

/// What happens to an Akte while it is open again.
type Then<'a> = &'a dyn Fn(&AkteAnsicht);

/// Catches: `irrtuemlich`, each of the reasons for which an Akte counts as changed, and that a
/// document of an earlier id that is filed later is one.
#[test]
fn reopened_by_mistake_and_unchanged_the_former_closing_holds() {
    let haus = haus();
    let clerk = haus.als("sach61").clerk().unwrap();
    am(&haus, "2024-06-01");
    let oe = Metadaten { oe: Some("61".into()), ..Metadaten::default() };
    let waiting = haus.push(&haus.als("sach61"), oe, b"Post", None).unwrap();
    let nothing = |_: &AkteAnsicht| {};
    let letter = |akte: &AkteAnsicht| {
        haus.brief("sach61", akte.id, "Brief", "Text");
    };
    let filed = |akte: &AkteAnsicht| {
        let ziel = Zielangabe { akte_id: Some(akte.id), ..Zielangabe::default() };
        let version = haus.als("sach61").reader().unwrap().dokument(waiting.id).unwrap().version;
        clerk.ablegen(waiting.id, version, ziel).unwrap();
    };
    let changed = |akte: &AkteAnsicht| {
        let new = AkteAenderung { betreff: Some("Neu".into()), ..AkteAenderung::default() };
        clerk.akte_aendern(akte.id, akte.version, new).unwrap();
    };
    let matter = |akte: &AkteAnsicht| {
        let new = VorgangNeu { betreff: "Antrag".into(), typ: None, bemerkung: None };
        let made = clerk.vorgang_anlegen(akte.id, new, None).unwrap().wert;
        clerk.vorgang_schliessen(made.id, made.version, Begruendung::default()).unwrap();
    };
    let cases: [(&str, bool, Then<'_>, &str); 6] = [
        ("by mistake", true, &nothing, "2034-12-31"),
        ("on purpose", false, &nothing, "2035-12-31"),
        ("a letter came", true, &letter, "2035-12-31"),
        ("a letter was filed", true, &filed, "2035-12-31"),
        ("it was changed", true, &changed, "2035-12-31"),
        ("a matter came", true, &matter, "2035-12-31"),
    ];
    for (what, irrtuemlich, then, expected) in cases {
        am(&haus, "2024-06-14");
        let akte = haus.akte("sach61", what);
        haus.brief("sach61", akte.id, "Schon da", what);
        let akte = schliessen(&haus, akte.id);
        am(&haus, "2025-02-01");
        let open = oeffnen(&haus, &akte, irrtuemlich);
        assert_eq!((open.zustand, open.geschlossen_am), (Zustand::Offen, None));
        assert_eq!(stand(&haus, open.id).unwrap().fristen.lage, Lage::Offen);
        then(&open);
        am(&haus, "2025-02-03");
        let again = schliessen(&haus, akte.id);
        assert_eq!(ende(&haus, again.id), expected, "{what}");
    }
}

/// Catches: `Schritt::Wiederoeffnen` not asked; the Transferfrist of the configuration.
#[test]
fn after_the_transferfrist_nothing_is_reopened() {
    let haus = haus();
    let akte = geschlossen(&haus, "2024-06-14");
    let clerk = haus.als("reg61").clerk().unwrap();
    let warum = || Wiederoeffnung { grund: Some("doch".into()), irrtuemlich: true };
    am(&haus, "2025-06-15");
    let refused = clerk.akte_oeffnen(akte.id, akte.version, warum()).unwrap_err();
    assert_eq!((refused.art, refused.code), (Art::Zustand, "transferfrist_abgelaufen"));
    am(&haus, "2025-06-14");
    clerk.akte_oeffnen(akte.id, akte.version, warum()).unwrap();
}

/// All pages of the list, and the longest way of one.
fn liste(haus: &Haus, wer: &str, filter: &FaelligFilter, limit: usize) -> Vec<FaelligAnsicht> {
    let registrar = haus.als(wer).registrar().unwrap();
    let (mut found, mut nach) = (vec![], None);
    loop {
        let page = registrar.faellig(filter, &Blatt { limit, nach }).unwrap();
        assert!(page.eintraege.len() <= limit);
        found.extend(page.eintraege);
        match page.weiter {
            Some(place) => nach = Some(place),
            None => return found,
        }
    }
}

fn bis(day_text: &str) -> FaelligFilter {
    FaelligFilter { bis: Some(day(day_text)), ..FaelligFilter::default() }
}

/// Catches: the order, the cursor, `bis`, a filter, and each door: the role, the class, the wall.
#[test]
fn what_is_due_is_listed_by_day_for_whoever_may_read_it() {
    let haus = haus();
    let late = geschlossen(&haus, "2025-06-14");
    let early = geschlossen(&haus, "2024-06-14");
    let fuer = Empfaenger::Oe(haus.oe["61"]);
    let foreign = |betreff: &str, shares: Vec<Freigabe>| {
        let mut neu = akte_neu("52.1", betreff);
        neu.freigaben = shares;
        let made = haus.als("sach50").clerk().unwrap().akte_anlegen(neu, None).unwrap().wert;
        schliessen(&haus, made.id)
    };
    let hidden = foreign("fremd", vec![]);
    let shared = foreign("geteilt", vec![Freigabe { fuer, bearbeiten: false }]);
    let wall = haus.als("sach11").clerk().unwrap();
    let walled = wall.akte_anlegen(akte_neu("11.4", "Person"), None).unwrap().wert;
    wall.akte_schliessen(walled.id, walled.version, Begruendung::default()).unwrap();
    let ids = |all: &[FaelligAnsicht]| all.iter().map(|f| f.akte_id).collect::<Vec<_>>();
    for limit in [1, 2, 50] {
        let seen = liste(&haus, "reg61", &bis("2036-01-01"), limit);
        assert_eq!(ids(&seen), [early.id, shared.id, late.id], "{limit} a page");
        let all = liste(&haus, "zentral", &bis("2036-01-01"), limit);
        assert_eq!(ids(&all), [early.id, hidden.id, shared.id, late.id], "{limit} a page");
    }
    assert_eq!(ids(&liste(&haus, "reg61", &bis("2035-12-31"), 5)), [early.id, shared.id]);
    assert_eq!(liste(&haus, "reg61", &FaelligFilter::default(), 5), vec![], "until today");
    let oe = FaelligFilter { oe: Some("61".into()), ..bis("2036-01-01") };
    assert_eq!(ids(&liste(&haus, "zentral", &oe, 5)), [early.id, late.id]);
    let unit = FaelligFilter { planeinheit: Some("11.4".into()), ..bis("2036-01-01") };
    assert_eq!(liste(&haus, "zentral", &unit, 5), vec![]);
    for (other, role) in [("sach61", true), ("revision", true), ("admin1", true)] {
        assert_eq!(haus.als(other).registrar().is_err(), role, "{other}");
    }
    // A right that was taken away a moment ago counts.
    let registrar = haus.als("reg61").registrar().unwrap();
    haus.registry.system("root").person_sperren(haus.personen["reg61"], true).unwrap();
    assert!(registrar.faellig(&bis("2036-01-01"), &Blatt::default()).is_err());
}

/// Catches: a kind of day left out of the list.
#[test]
fn by_when_a_person_has_to_decide_is_listed_too() {
    let haus = Haus::neu();
    planen(&haus, &regel(5, "hoechst"));
    let akte = geschlossen(&haus, "2024-06-14");
    let seen = liste(&haus, "reg61", &bis("2054-06-14"), 2);
    let days: Vec<_> = seen.iter().map(|f| (f.tag.to_string(), f.art)).collect();
    let expected = [
        ("2028-12-31", Termin::Warnung),
        ("2029-12-31", Termin::Hoechstens),
        ("2030-01-01", Termin::Faellig),
        ("2054-06-14", Termin::Meldetag),
    ];
    assert_eq!(days, expected.map(|(day, art)| (day.to_owned(), art)));
    assert!(seen.iter().all(|f| f.akte_id == akte.id && f.lage == Lage::Ok));
    let most = FaelligFilter { art: Some(Termin::Hoechstens), ..bis("2054-06-14") };
    assert_eq!(liste(&haus, "reg61", &most, 2).len(), 1);
}

/// Catches: rights that move without the row that is listed.
#[test]
fn an_akte_that_is_given_away_leaves_the_list_with_its_rights() {
    let haus = haus();
    let akte = geschlossen(&haus, "2024-06-14");
    let away = AkteAenderung { oe: Some("50".into()), ..AkteAenderung::default() };
    haus.als("zentral").clerk().unwrap().akte_aendern(akte.id, akte.version, away).unwrap();
    assert_eq!(liste(&haus, "reg61", &bis("2036-01-01"), 5), vec![]);
    assert_eq!(liste(&haus, "zentral", &bis("2036-01-01"), 5).len(), 1);
    let kept = haus.ledger.view().get::<Akte>(&akte.id.to_string()).unwrap().unwrap().value;
    assert_eq!(stand(&haus, akte.id).unwrap().rechteklasse, kept.rechteklasse);
}
