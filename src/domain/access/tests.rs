//! The rule of access, cell by cell, written by hand from the table in `darf.rs`.
//!
//! A cell is the set of verbs that are granted, one letter each; a verb not in it is `Nein`, and in
//! an empty cell (`-`) all are `Verborgen`. So each line deleted from the rule changes a cell.

use uuid::Uuid;

use super::*;
use crate::domain::{
    akte::Zustand,
    organisation::{Grenzen, Schluessel},
    zeit::Zeitpunkt,
};

const BAU: Uuid = Uuid::from_u128(1);
const SOZ: Uuid = Uuid::from_u128(2);
const DRITTES: Uuid = Uuid::from_u128(3);
const ICH: Uuid = Uuid::from_u128(10);
const ANDERER: Uuid = Uuid::from_u128(11);

const LETTERS: [(char, Verb); 10] = [
    ('L', Verb::Lesen),
    ('E', Verb::Einliefern),
    ('A', Verb::Anlegen),
    ('C', Verb::Aendern),
    ('B', Verb::Ablegen),
    ('S', Verb::Schliessen),
    ('O', Verb::Oeffnen),
    ('X', Verb::Stornieren),
    ('F', Verb::Freigeben),
    ('P', Verb::Protokoll),
];

struct Ding {
    name: &'static str,
    rechte: Rechte,
    zustand: Option<Zustand>,
}

fn ding(
    name: &'static str,
    oe: Uuid,
    wall: Option<Schutzklasse>,
    shares: &[(Empfaenger, bool)],
    zustand: Option<Zustand>,
) -> Ding {
    let share =
        |(fuer, bearbeiten): &(Empfaenger, bool)| Freigabe { fuer: *fuer, bearbeiten: *bearbeiten };
    let freigaben = shares.iter().map(share).collect();
    Ding {
        name,
        rechte: Rechte { oe, stufe: Stufe::Offen, schutzklasse: wall, freigaben },
        zustand,
    }
}

/// The columns of the tables, in this order.
fn dinge() -> Vec<Ding> {
    let offen = Some(Zustand::Offen);
    let (mich, bau) = (Empfaenger::Person(ICH), Empfaenger::Oe(BAU));
    let wand = Some(Schutzklasse::Personal);
    let mut geheim = ding("bau geheim", BAU, None, &[], offen);
    geheim.rechte.stufe = Stufe::VsNfd;
    vec![
        ding("bau", BAU, None, &[], offen),
        ding("soz", SOZ, None, &[], offen),
        ding("bau hinter wand", BAU, wand, &[], offen),
        geheim,
        ding("soz, mir zum lesen", SOZ, None, &[(mich, false)], offen),
        ding("soz, mir zur arbeit", SOZ, None, &[(mich, true)], offen),
        ding("soz, bau zum lesen", SOZ, None, &[(bau, false)], offen),
        ding("soz, bau zur arbeit", SOZ, None, &[(bau, true)], offen),
        ding("soz, anderem", SOZ, None, &[(Empfaenger::Person(ANDERER), true)], offen),
        ding("soz hinter wand, mir und bau", SOZ, wand, &[(mich, true), (bau, true)], offen),
        ding("bau angeboten", BAU, None, &[], Some(Zustand::Angeboten)),
        ding("bau hinter wand, angeboten", BAU, wand, &[], Some(Zustand::Angeboten)),
        ding("bau neu", BAU, None, &[], None),
        ding("soz neu, mir zur arbeit", SOZ, None, &[(mich, true)], None),
    ]
}

fn person(rollen: &[(Rolle, Option<Uuid>)], walls: &[Schutzklasse], stufe: Stufe) -> Wer {
    let role = |(rolle, oe): &(Rolle, Option<Uuid>)| Rollenzuweisung { rolle: *rolle, oe: *oe };
    Wer::Person {
        id: ICH,
        // The own OE gives nothing; only roles do.
        oe: Some(BAU),
        rollen: rollen.iter().map(role).collect(),
        schutzklassen: walls.to_vec(),
        stufe,
    }
}

fn maschine(rolle: Rolle, verben: &[Verb], walls: &[Schutzklasse], units: &[&str]) -> Wer {
    Wer::Maschine(Box::new(Schluessel {
        id: ICH,
        name: "Maschine".into(),
        rolle,
        verben: verben.to_vec(),
        oe: vec![BAU],
        planeinheiten: units.iter().map(|u| (*u).into()).collect(),
        netze: Vec::new(),
        schutzklassen: walls.to_vec(),
        stufe: Stufe::Offen,
        geheimnisse: Vec::new(),
        ablauf: None,
        grenzen: Grenzen::default(),
        gesperrt: false,
        angelegt: Zeitpunkt(0),
    }))
}

fn check(name: &str, wer: &Wer, object: &Ding, unit: Option<&str>, expected: &str) {
    for (letter, verb) in LETTERS {
        let answer = darf(wer, verb, &object.rechte, object.zustand, unit);
        let wanted = match expected {
            "-" => Urteil::Verborgen,
            cell if cell.contains(letter) => Urteil::Ja,
            _ => Urteil::Nein,
        };
        assert_eq!(answer, wanted, "{name}, {}, {verb:?}", object.name);
    }
}

const SB: &str = "LEACBSXFP";
const REG: &str = "LEACBSOXFP";
const LES: &str = "LP";
const ARB: &str = "LPEACB";
/// Work on a share of what does not exist yet: all but opening it.
const NEU: &str = "LPECB";

#[test]
#[rustfmt::skip]
fn persons() {
    use Rolle::*;
    let (o, v) = (Stufe::Offen, Stufe::VsNfd);
    let p = [Schutzklasse::Personal];
    let falsch = [Schutzklasse::Sozial, Schutzklasse::Jugend, Schutzklasse::Steuer];
    let b = Some(BAU);
    let table: Vec<(&str, Wer, [&str; 14])> = vec![
        // columns: bau, soz, bau wand, bau geheim, soz mir L, soz mir A, soz bau L, soz bau A,
        //          soz anderem, soz wand mir+bau, bau ang., bau wand ang., bau neu, soz neu mir
        ("SB bau", person(&[(Sachbearbeitung, b)], &[], o),
            [SB, "-", "-", "-", LES, ARB, LES, ARB, "-", "-", SB, "-", SB, NEU]),
        ("Reg bau", person(&[(Registratur, b)], &[], o),
            [REG, "-", "-", "-", LES, ARB, LES, ARB, "-", "-", REG, "-", REG, NEU]),
        ("SB soz", person(&[(Sachbearbeitung, Some(SOZ))], &[], o),
            ["-", SB, "-", "-", SB, SB, SB, SB, SB, "-", "-", "-", "-", SB]),
        ("SB haus", person(&[(Sachbearbeitung, None)], &[], o),
            [SB, SB, "-", "-", SB, SB, SB, SB, SB, "-", SB, "-", SB, SB]),
        ("Reg haus", person(&[(Registratur, None)], &[], o),
            [REG, REG, "-", "-", REG, REG, REG, REG, REG, "-", REG, "-", REG, REG]),
        ("SB bau, zugelassen", person(&[(Sachbearbeitung, b)], &p, o),
            [SB, "-", SB, "-", LES, ARB, LES, ARB, "-", ARB, SB, SB, SB, NEU]),
        ("SB bau, andere Wände", person(&[(Sachbearbeitung, b)], &falsch, o),
            [SB, "-", "-", "-", LES, ARB, LES, ARB, "-", "-", SB, "-", SB, NEU]),
        ("SB bau, VS-NfD", person(&[(Sachbearbeitung, b)], &[], v),
            [SB, "-", "-", SB, LES, ARB, LES, ARB, "-", "-", SB, "-", SB, NEU]),
        ("Reg haus, alles", person(&[(Registratur, None)], &p, v),
            [REG, REG, REG, REG, REG, REG, REG, REG, REG, REG, REG, REG, REG, REG]),
        ("SB bau + Reg soz", person(&[(Sachbearbeitung, b), (Registratur, Some(SOZ))], &[], o),
            [SB, REG, "-", "-", REG, REG, REG, REG, REG, "-", SB, "-", SB, REG]),
        ("Scan bau", person(&[(Scanstelle, b)], &[], o),
            ["E", "-", "-", "-", "-", "-", "-", "-", "-", "-", "E", "-", "E", "-"]),
        ("Fachverfahren bau", person(&[(Fachverfahren, b)], &[], o),
            ["E", "-", "-", "-", "-", "-", "-", "-", "-", "-", "E", "-", "E", "-"]),
        ("Archiv", person(&[(Archiv, None)], &[], o),
            ["-", "-", "-", "-", "-", "-", "-", "-", "-", "-", LES, "-", "-", "-"]),
        ("Archiv, zugelassen", person(&[(Archiv, None)], &p, v),
            ["-", "-", "-", "-", "-", "-", "-", "-", "-", "-", LES, LES, "-", "-"]),
        ("Archiv soz", person(&[(Archiv, Some(SOZ))], &p, v),
            ["-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-"]),
        ("Revision", person(&[(Revision, None)], &[], o),
            ["P", "P", "-", "-", "P", "P", "P", "P", "P", "-", "P", "-", "P", "P"]),
        ("Revision, zugelassen", person(&[(Revision, None)], &p, v),
            ["P", "P", "P", "P", "P", "P", "P", "P", "P", "P", "P", "P", "P", "P"]),
        ("Revision bau", person(&[(Revision, b)], &[], o),
            ["P", "-", "-", "-", "-", "-", "-", "-", "-", "-", "P", "-", "P", "-"]),
        ("Administration", person(&[(Administration, None)], &p, v),
            ["-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-"]),
        ("Administration bau", person(&[(Administration, b)], &p, v),
            ["-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-"]),
        ("Admin + SB bau", person(&[(Administration, None), (Sachbearbeitung, b)], &[], o),
            [SB, "-", "-", "-", LES, ARB, LES, ARB, "-", "-", SB, "-", SB, NEU]),
        // A role of another kind in an OE makes nobody one of its clerks.
        ("SB drittes + Revision bau",
            person(&[(Sachbearbeitung, Some(DRITTES)), (Revision, b)], &[], o),
            ["P", "-", "-", "-", LES, ARB, "-", "-", "-", "-", "P", "-", "P", NEU]),
        ("ohne Rolle", person(&[], &p, v),
            ["-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-"]),
    ];
    let mut cells = 0;
    for (name, wer, row) in &table {
        for (object, expected) in dinge().iter().zip(row) {
            check(name, wer, object, Some("521.01"), expected);
            cells += LETTERS.len();
        }
    }
    assert_eq!(cells, 23 * 14 * 10);
}

#[test]
fn machines() {
    use Rolle::{Administration, Archiv, Fachverfahren, Registratur, Revision, Scanstelle};
    let all = &Verb::ALL;
    let push = &[Verb::Einliefern];
    let p = [Schutzklasse::Personal];
    // columns: bau, soz, bau wand, bau geheim, soz mir zur arbeit, bau angeboten, bau neu
    let columns = [0, 1, 2, 3, 5, 10, 12];
    let table: [(&str, Wer, [&str; 7]); 9] = [
        ("Scanstelle", maschine(Scanstelle, all, &[], &[]), ["E", "-", "-", "-", "-", "E", "E"]),
        (
            "Fachverfahren, nur schreibend",
            maschine(Fachverfahren, push, &[], &[]),
            ["E", "-", "-", "-", "-", "E", "E"],
        ),
        (
            "Fachverfahren, alles",
            maschine(Fachverfahren, all, &[], &[]),
            ["LEACBSXP", "-", "-", "-", "-", "LEACBSXP", "LEACBSXP"],
        ),
        (
            "Fachverfahren, zugelassen",
            maschine(Fachverfahren, push, &p, &[]),
            ["E", "-", "E", "-", "-", "E", "E"],
        ),
        ("Registratur", maschine(Registratur, all, &[], &[]), [REG, "-", "-", "-", "-", REG, REG]),
        ("Revision", maschine(Revision, all, &[], &[]), ["P", "-", "-", "-", "-", "P", "P"]),
        ("Archiv", maschine(Archiv, all, &[], &[]), ["-", "-", "-", "-", "-", LES, "-"]),
        ("Administration", maschine(Administration, all, &p, &[]), ["-"; 7]),
        ("ohne Verben", maschine(Fachverfahren, &[], &p, &[]), ["-"; 7]),
    ];
    let objects = dinge();
    for (name, wer, row) in &table {
        for (column, expected) in columns.iter().zip(row) {
            check(name, wer, &objects[*column], Some("521.01"), expected);
        }
    }
}

#[test]
fn a_key_without_oe_may_nothing() {
    let Wer::Maschine(mut key) = maschine(Rolle::Fachverfahren, &Verb::ALL, &[], &[]) else {
        unreachable!()
    };
    key.oe.clear();
    check("ohne OE", &Wer::Maschine(key), &dinge()[0], Some("521.01"), "-");
}

#[test]
fn a_key_stays_within_its_plan_units() {
    let cases: &[(&[&str], &str, bool)] = &[
        (&["521.01"], "521.01", true),
        (&["521"], "521.01", true),
        (&["52"], "521.01", true),
        (&["0"], "03.01", true),
        (&["53", "52"], "521.01", true),
        (&["10 44"], "10 44 01", true),
        (&["11.1"], "11.1.5", true),
        (&["53"], "521.01", false),
        (&["521.01"], "521", false),
        (&["521.01"], "521.011", false),
        (&["11.1"], "11.10", false),
        (&["10 4"], "10 44", false),
        (&["B"], "BX 1", false),
        (&[""], "521.01", false),
    ];
    let object = &dinge()[0];
    for (units, unit, inside) in cases {
        let wer = maschine(Rolle::Fachverfahren, &[Verb::Einliefern, Verb::Lesen], &[], units);
        check(&format!("{units:?}"), &wer, object, Some(unit), if *inside { "LE" } else { "-" });
    }
    // In the Posteingang nothing has a unit yet: such a key pushes there and reads nothing.
    let wer = maschine(Rolle::Fachverfahren, &[Verb::Einliefern, Verb::Lesen], &[], &["52"]);
    check("Posteingang", &wer, &dinge()[12], None, "E");
    assert!(!sieht(&wer, &object.rechte));
}

/// Whatever is hidden behind a wall or by its level is hidden for every verb, role and share.
#[test]
fn no_role_and_no_share_passes_a_wall_or_a_level() {
    let roles = [
        Rolle::Sachbearbeitung,
        Rolle::Registratur,
        Rolle::Scanstelle,
        Rolle::Fachverfahren,
        Rolle::Archiv,
        Rolle::Revision,
        Rolle::Administration,
    ];
    let walls =
        [Schutzklasse::Personal, Schutzklasse::Sozial, Schutzklasse::Jugend, Schutzklasse::Steuer];
    let everything: Vec<_> = roles.iter().flat_map(|r| [(*r, None), (*r, Some(BAU))]).collect();
    let shares = [(Empfaenger::Person(ICH), true), (Empfaenger::Oe(BAU), true)];
    for wall in walls {
        let others: Vec<_> = walls.iter().copied().filter(|w| *w != wall).collect();
        for state in [None, Some(Zustand::Offen), Some(Zustand::Angeboten)] {
            let object = ding("wand", BAU, Some(wall), &shares, state);
            check("alle Rollen", &person(&everything, &others, Stufe::VsNfd), &object, None, "-");
        }
    }
    let mut secret = ding("geheim", BAU, None, &shares, Some(Zustand::Angeboten));
    secret.rechte.stufe = Stufe::VsNfd;
    check("alle Rollen", &person(&everything, &walls, Stufe::Offen), &secret, None, "-");
}

#[test]
fn only_offered_files_are_the_archives() {
    let wer = person(&[(Rolle::Archiv, None)], &[], Stufe::Offen);
    for state in [
        Zustand::Offen,
        Zustand::InSchliessung,
        Zustand::Geschlossen,
        Zustand::Aufbewahrung,
        Zustand::Aussonderungsreif,
        Zustand::Bewertet,
        Zustand::Abgegeben,
        Zustand::Uebernommen,
        Zustand::Geloescht,
        Zustand::Vernichtet,
    ] {
        check("Archiv", &wer, &ding("bau", BAU, None, &[], Some(state)), None, "-");
    }
}

/// Search looks classes up by the anchors: what somebody sees must hang on one of them.
#[test]
fn anchors_reach_whatever_is_seen() {
    let callers = [
        person(&[(Rolle::Sachbearbeitung, Some(BAU))], &[], Stufe::Offen),
        person(&[(Rolle::Registratur, None)], &[Schutzklasse::Personal], Stufe::VsNfd),
        person(&[(Rolle::Revision, None)], &[], Stufe::Offen),
        person(&[(Rolle::Administration, None)], &[], Stufe::VsNfd),
        person(&[(Rolle::Archiv, None)], &[], Stufe::Offen),
        person(&[], &[], Stufe::Offen),
        maschine(Rolle::Fachverfahren, &Verb::ALL, &[], &[]),
        maschine(Rolle::Fachverfahren, &[Verb::Einliefern], &[], &[]),
        maschine(Rolle::Fachverfahren, &Verb::ALL, &[], &["52"]),
    ];
    let mut seen = Vec::new();
    for wer in &callers {
        let anchors = anker(wer);
        let mut count = 0;
        for object in dinge() {
            let shared = |s: &Freigabe| anchors.freigaben.contains(&s.fuer.id());
            let reached = anchors.alle
                || anchors.oe.contains(&object.rechte.oe)
                || object.rechte.freigaben.iter().any(shared);
            let sees = sieht(wer, &object.rechte);
            assert!(reached || !sees, "{wer:?} sees {} without an anchor", object.name);
            count += usize::from(sees);
        }
        seen.push(count);
        assert_eq!(count == 0, anchors == Anker::default(), "{wer:?}");
    }
    assert_eq!(seen, [8, 14, 0, 0, 0, 0, 3, 0, 0]);
}

#[test]
fn equal_rights_have_equal_text_whatever_the_order() {
    let mut a = dinge().remove(9).rechte;
    let text = a.canonical();
    a.freigaben.reverse();
    assert_eq!(a.canonical(), text);
    a.freigaben.pop();
    assert_ne!(a.canonical(), text);
}
