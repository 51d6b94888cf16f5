//! The table of states and steps, and what refuses a step that the table allows.

use super::*;
use Aussonderungsart::{A, B, V};
use Schritt as S;
use Zustand as Z;

fn day(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
}

const ZUSTAENDE: [Zustand; 11] = [
    Z::Offen,
    Z::InSchliessung,
    Z::Geschlossen,
    Z::Aufbewahrung,
    Z::Aussonderungsreif,
    Z::Angeboten,
    Z::Bewertet,
    Z::Abgegeben,
    Z::Uebernommen,
    Z::Geloescht,
    Z::Vernichtet,
];

const SCHRITTE: [Schritt; 16] = [
    S::SchliessungBeginnen,
    S::SchliessungAbbrechen,
    S::Schliessen { unveraendert: false },
    S::Schliessen { unveraendert: true },
    S::Wiederoeffnen { irrtuemlich: false },
    S::Wiederoeffnen { irrtuemlich: true },
    S::InAufbewahrung,
    S::Reifen,
    S::Zurueckstellen,
    S::Anbieten,
    S::Bewerten(A),
    S::Bewerten(V),
    S::SchweigenGilt,
    S::Abgeben,
    S::Uebernehmen,
    S::Zurueckweisen,
];
const ENDEN: [Schritt; 2] = [S::Loeschen, S::Vernichten];

/// Due on 2035-01-01, asked a year later, nothing in the way.
fn um() -> Umstaende {
    Umstaende {
        heute: day("2036-01-01"),
        fristen: Fristen {
            ende: Some(day("2034-12-31")),
            hoechstens: None,
            warnung: None,
            faellig: Some(day("2035-01-01")),
            faellig_ohne_sperre: Some(day("2035-01-01")),
            folge: Some(Folge::Anbieten),
            eingeschraenkt_ab: None,
            meldetag: Some(day("2054-06-14")),
            lage: Lage::Ok,
            ausweichregel: false,
        },
        gesperrt: false,
        vorgaenge_offen: 0,
        transferfrist: Transferfrist { dauer: 1, einheit: Einheit::Jahre },
        schweigen_gilt_ab: Some(day("2036-01-01")),
    }
}

/// Closed in 2024.
fn at(zustand: Zustand, bewertung: Option<Aussonderungsart>) -> Stand {
    Stand { zustand, geschlossen_am: Some(day("2024-06-14")), bewertung, ..Stand::offen() }
}

fn on(heute: &str) -> Umstaende {
    Umstaende { heute: day(heute), ..um() }
}

fn go(stand: Stand, step: Schritt, um: &Umstaende) -> Result<Zustand, Error> {
    schritt(&stand, step, um).map(|next| next.zustand)
}

/// Every cell that is not in this table is refused, with the archive's A and V and without.
#[test]
fn each_step_leads_on_from_its_states_only() {
    let close = [S::Schliessen { unveraendert: false }, S::Schliessen { unveraendert: true }];
    let mut allowed = vec![
        (Z::Offen, S::SchliessungBeginnen, None, Z::InSchliessung),
        (Z::InSchliessung, S::SchliessungAbbrechen, None, Z::Offen),
        (Z::Offen, close[0], None, Z::Geschlossen),
        (Z::Offen, close[1], None, Z::Geschlossen),
        (Z::InSchliessung, close[0], None, Z::Geschlossen),
        (Z::InSchliessung, close[1], None, Z::Geschlossen),
        (Z::Geschlossen, S::InAufbewahrung, None, Z::Aufbewahrung),
        (Z::Aufbewahrung, S::Reifen, None, Z::Aussonderungsreif),
        (Z::Aufbewahrung, S::Anbieten, None, Z::Angeboten),
        (Z::Aussonderungsreif, S::Anbieten, None, Z::Angeboten),
        (Z::Angeboten, S::Bewerten(A), None, Z::Bewertet),
        (Z::Angeboten, S::Bewerten(V), None, Z::Bewertet),
        (Z::Angeboten, S::SchweigenGilt, None, Z::Bewertet),
        (Z::Abgegeben, S::Uebernehmen, None, Z::Uebernommen),
        (Z::Abgegeben, S::Zurueckweisen, None, Z::Bewertet),
        (Z::Uebernommen, S::Loeschen, None, Z::Geloescht),
    ];
    // Only with what the archive has decided: four steps, or two where it had decided before.
    for from in [Z::Bewertet, Z::Aussonderungsreif] {
        allowed.push((from, S::Abgeben, Some(A), Z::Abgegeben));
        allowed.push((from, S::Vernichten, Some(V), Z::Vernichtet));
    }
    let mut cells = 0;
    for from in ZUSTAENDE {
        for step in SCHRITTE.into_iter().chain(ENDEN) {
            for decided in [None, Some(A), Some(B), Some(V)] {
                let to = allowed.iter().find(|(state, way, need, _)| {
                    (*state, *way) == (from, step) && (need.is_none() || *need == decided)
                });
                let found = go(at(from, decided), step, &um());
                assert_eq!(found.ok(), to.map(|row| row.3), "{from:?} {step:?} {decided:?}");
                cells += 1;
            }
        }
    }
    assert_eq!(cells, 11 * 18 * 4);
}

/// B is the plan's question to the archive.
#[test]
fn the_archive_answers_with_a_or_v_and_its_silence_counts_only_where_the_land_says_so() {
    let offered = at(Z::Angeboten, None);
    assert_eq!(go(offered, S::Bewerten(B), &um()), Err(Error::KeineEntscheidung));
    let decided = schritt(&offered, S::Bewerten(A), &um()).unwrap();
    assert_eq!(decided.bewertung, Some(A));
    let twice = go(decided, S::Bewerten(V), &um());
    assert_eq!(twice, Err(Error::Zustand(Z::Bewertet)));
    let silent = schritt(&offered, S::SchweigenGilt, &um()).unwrap();
    assert_eq!(silent.bewertung, Some(V));
    assert_eq!(go(offered, S::SchweigenGilt, &on("2035-12-31")), Err(Error::Schweigen));
    let never = Umstaende { schweigen_gilt_ab: None, ..um() };
    assert_eq!(go(offered, S::SchweigenGilt, &never), Err(Error::Schweigen));
}

#[test]
fn a_file_closes_only_with_its_vorgaenge_and_opens_within_the_transferfrist() {
    let close = S::Schliessen { unveraendert: false };
    let open = Umstaende { vorgaenge_offen: 2, ..um() };
    assert_eq!(go(Stand::offen(), close, &open), Err(Error::VorgaengeOffen(2)));
    let again = S::Wiederoeffnen { irrtuemlich: false };
    let closed = at(Z::Geschlossen, None);
    assert_eq!(go(closed, again, &on("2025-06-14")), Ok(Z::Offen));
    assert_eq!(go(closed, again, &on("2025-06-15")), Err(Error::Transferfrist));
    assert_eq!(go(closed, S::InAufbewahrung, &on("2025-06-15")), Ok(Z::Aufbewahrung));
    let early = go(closed, S::InAufbewahrung, &on("2025-06-14"));
    assert_eq!(early, Err(Error::Zustand(Z::Geschlossen)));
    let kept = at(Z::Aufbewahrung, None);
    assert_eq!(go(kept, again, &on("2024-07-01")), Err(Error::Transferfrist));
    let none = Transferfrist { dauer: 0, einheit: Einheit::Tage };
    let at_once = Umstaende { transferfrist: none, ..on("2024-06-14") };
    assert_eq!(go(closed, again, &at_once), Err(Error::Transferfrist));
    assert_eq!(go(closed, S::InAufbewahrung, &at_once), Ok(Z::Aufbewahrung));
    let set_back = Umstaende { heute: day("2024-06-13"), ..at_once };
    let early = go(closed, S::InAufbewahrung, &set_back);
    assert_eq!(early, Err(Error::Zustand(Z::Geschlossen)), "the clock was set back");
    let unknown = Stand { geschlossen_am: None, ..closed };
    assert_eq!(go(unknown, S::InAufbewahrung, &um()), Err(Error::Zustand(Z::Geschlossen)));
    let endless = Transferfrist { dauer: 9000, einheit: Einheit::Jahre };
    let endless = Umstaende { transferfrist: endless, ..um() };
    assert_eq!(tageslauf(&closed, &endless), Err(Error::Kalender));
}

/// The row "reopened" of the domain's table: closed 2024, opened 2026, closed March 2027.
#[test]
fn reopening_restarts_the_period_unless_by_mistake_and_unchanged() {
    let two = Transferfrist { dauer: 2, einheit: Einheit::Jahre };
    let closed_again = |irrtuemlich, unveraendert| {
        let in_2026 = Umstaende { transferfrist: two, ..on("2026-02-01") };
        let step = S::Wiederoeffnen { irrtuemlich };
        let open = schritt(&at(Z::Geschlossen, None), step, &in_2026).unwrap();
        assert_eq!(open.geschlossen_am, None, "an open file has no closing to count from");
        let step = S::Schliessen { unveraendert };
        schritt(&open, step, &on("2027-03-10")).unwrap()
    };
    let former = closed_again(true, true);
    assert_eq!(former.geschlossen_am, Some(day("2024-06-14")));
    assert_eq!(former.irrtuemlich_geoeffnet, None);
    for (irrtuemlich, unveraendert) in [(true, false), (false, true), (false, false)] {
        let anew = closed_again(irrtuemlich, unveraendert);
        assert_eq!(anew.geschlossen_am, Some(day("2027-03-10")));
    }
}

#[test]
fn a_hold_stops_what_cannot_be_undone_and_nothing_else() {
    let held = Umstaende { gesperrt: true, ..um() };
    for (stand, step) in [
        (at(Z::Bewertet, Some(A)), S::Abgeben),
        (at(Z::Uebernommen, Some(A)), S::Loeschen),
        (at(Z::Bewertet, Some(V)), S::Vernichten),
    ] {
        assert_eq!(go(stand, step, &held), Err(Error::Gesperrt), "{step:?}");
        assert!(go(stand, step, &um()).is_ok());
    }
    // An open hold leaves no due day; offering and appraisal go on.
    let fristen = Fristen { faellig: None, lage: Lage::Gesperrt, ..um().fristen };
    let held = Umstaende { fristen, ..held };
    assert_eq!(go(at(Z::Aufbewahrung, None), S::Reifen, &held), Err(Error::Frist(Lage::Gesperrt)));
    assert_eq!(go(at(Z::Aufbewahrung, None), S::Anbieten, &held), Ok(Z::Angeboten));
    assert_eq!(go(at(Z::Angeboten, None), S::Bewerten(V), &held), Ok(Z::Bewertet));
    assert_eq!(
        go(Stand::offen(), S::Schliessen { unveraendert: false }, &held),
        Ok(Z::Geschlossen)
    );
    // What was ripe stays so: the period is over, only the hold is not.
    let ripe = at(Z::Aussonderungsreif, None);
    assert_eq!(tageslauf(&ripe, &held), Ok(ripe));
}

/// Appraised early, an object waits for its minimums; a permanent one and one on the fallback for
/// ever.
#[test]
fn an_appraisal_destroys_nothing_before_its_time() {
    let doomed = at(Z::Bewertet, Some(V));
    assert_eq!(go(doomed, S::Vernichten, &on("2034-12-31")), Err(Error::Frist(Lage::Ok)));
    assert_eq!(go(doomed, S::Vernichten, &on("2035-01-01")), Ok(Z::Vernichtet));
    let doubts = [
        Lage::Klaerfall,
        Lage::Dauernd,
        Lage::Offen,
        Lage::UnbekannterAnker,
        Lage::Gesperrt,
        Lage::Ausweichregel,
    ];
    for lage in doubts {
        let um = Umstaende { fristen: Fristen { lage, ..um().fristen }, ..um() };
        assert_eq!(go(doomed, S::Vernichten, &um), Err(Error::Frist(lage)));
    }
    // Reported for its age it may be offered within its period.
    let kept = at(Z::Aufbewahrung, None);
    assert_eq!(go(kept, S::Anbieten, &on("2034-12-31")), Err(Error::Frist(Lage::Ok)));
    let fristen = Fristen { meldetag: Some(day("2030-01-01")), ..um().fristen };
    let old = Umstaende { fristen, ..on("2030-01-01") };
    assert_eq!(go(kept, S::Anbieten, &old), Ok(Z::Angeboten));
}

#[test]
fn only_the_law_itself_spares_the_archives_decision() {
    let fristen = Fristen { folge: Some(Folge::LoeschenOhneAnbietung), ..um().fristen };
    let by_law = Umstaende { fristen, ..um() };
    let ripe = at(Z::Aussonderungsreif, None);
    assert_eq!(go(ripe, S::Vernichten, &by_law), Ok(Z::Vernichtet));
    assert_eq!(go(ripe, S::Vernichten, &um()), Err(Error::Bewertung));
    let wanted = at(Z::Aussonderungsreif, Some(A));
    assert_eq!(go(wanted, S::Vernichten, &by_law), Err(Error::Bewertung));
    let held = Umstaende { gesperrt: true, ..by_law };
    assert_eq!(go(ripe, S::Vernichten, &held), Err(Error::Gesperrt));
    let early = Umstaende { heute: day("2034-12-31"), ..by_law };
    assert_eq!(go(ripe, S::Vernichten, &early), Err(Error::Frist(Lage::Ok)));
}

/// Days off are caught up with in one run, and a second run changes nothing.
#[test]
fn the_daily_job_goes_as_far_as_it_may_and_can_be_run_twice() {
    let closed = at(Z::Geschlossen, None);
    let table = [
        ("2025-06-14", Z::Geschlossen),
        ("2025-06-15", Z::Aufbewahrung),
        ("2034-12-31", Z::Aufbewahrung),
        ("2035-01-01", Z::Aussonderungsreif),
    ];
    for (heute, zustand) in table {
        let once = tageslauf(&closed, &on(heute)).unwrap();
        assert_eq!(once.zustand, zustand, "{heute}");
        assert_eq!(tageslauf(&once, &on(heute)), Ok(once));
    }
    let kept = at(Z::Aufbewahrung, None);
    assert_eq!(tageslauf(&kept, &on("2024-01-01")), Ok(kept));
    for zustand in ZUSTAENDE {
        let moves = [Z::Geschlossen, Z::Aufbewahrung, Z::Aussonderungsreif].contains(&zustand);
        let stand = at(zustand, Some(V));
        assert!(moves || tageslauf(&stand, &um()) == Ok(stand), "{zustand:?}");
    }
    // A new rule prolongs: what was ripe is kept on.
    let later = Some(day("2040-01-01"));
    let longer = Fristen { faellig: later, faellig_ohne_sperre: later, ..um().fristen };
    let um = Umstaende { fristen: longer, ..um() };
    assert_eq!(tageslauf(&at(Z::Aussonderungsreif, None), &um), Ok(kept));
}

/// Every state, step, decision, situation, consequence, hold and side of the due day: what cannot
/// be undone happens only with all that it needs.
#[test]
fn nothing_irrevocable_happens_without_all_that_it_needs() {
    let lagen = [
        Lage::Klaerfall,
        Lage::Dauernd,
        Lage::Offen,
        Lage::UnbekannterAnker,
        Lage::Gesperrt,
        Lage::Ausweichregel,
        Lage::Ok,
    ];
    let folgen = [Folge::Anbieten, Folge::Einschraenken, Folge::LoeschenOhneAnbietung];
    let mut all = Vec::new();
    for (lage, folge) in lagen.iter().flat_map(|lage| folgen.map(|folge| (*lage, folge))) {
        for heute in ["2034-12-31", "2035-01-01"] {
            let fristen = Fristen { lage, folge: Some(folge), ..um().fristen };
            let free = Umstaende { fristen, ..on(heute) };
            all.extend([free, Umstaende { gesperrt: true, ..free }]);
        }
    }
    let mut times = [0_u32; 3];
    for (from, step) in
        ZUSTAENDE.iter().flat_map(|z| SCHRITTE.iter().chain(&ENDEN).map(|s| (*z, *s)))
    {
        for decided in [None, Some(A), Some(B), Some(V)] {
            for um in &all {
                let Ok(to) = go(at(from, decided), step, um) else { continue };
                let by_law = um.fristen.folge == Some(Folge::LoeschenOhneAnbietung);
                let by_law = by_law && decided != Some(A);
                let over = um.heute >= day("2035-01-01") && um.fristen.lage == Lage::Ok;
                let (n, needed) = match to {
                    Z::Abgegeben => (0, decided == Some(A)),
                    Z::Geloescht => (1, from == Z::Uebernommen),
                    Z::Vernichtet => (2, over && (decided == Some(V) || by_law)),
                    _ => continue,
                };
                assert!(needed && !um.gesperrt, "{from:?} {step:?} {decided:?} {um:?}");
                times[n] += 1;
            }
        }
    }
    assert!(times.iter().all(|n| *n > 0), "{times:?}");
}
