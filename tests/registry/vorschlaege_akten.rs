//! Which Akten are suggested: the files of the very unit, none that moved out of sight, and those
//! whose number stands in the text behind the sign of whatever office.

use aktenlauf::registry::{
    AkteAenderung, AkteAnsicht, Aktengrund, Art, Error, VorgangNeu, Vorschlaege,
};

use super::{
    haus::Haus,
    vorschlaege::{FRIEDHOF, akte, fassung, frage, lernen, nachziehen, stadt, wartet},
};

const GRAB: &str = "Die Grabstelle mit Urne soll verlängert werden.";

fn names(found: &Vorschlaege, akte: &AkteAnsicht) -> bool {
    found.akten.iter().any(|a| a.akte.id == akte.id && a.gruende == [Aktengrund::Planeinheit])
}

/// Fails if the files of a unit are looked for by how its number begins: those of the neighbour,
/// which are newer, would fill the few places.
#[test]
fn a_unit_whose_number_begins_alike_takes_no_place() {
    let haus = stadt();
    let rows = format!("{FRIEDHOF}70.20;70;Straßenlampen;Lampe;Lampe ist dunkel;;\n");
    haus.registry.system("root").planfassung(&fassung(&rows), false).unwrap();
    let own = akte(&haus, "sach61", "70.2", "Südfriedhof");
    for n in 0..25 {
        akte(&haus, "sach61", "70.20", &format!("Gasse {n}"));
    }
    let asked = wartet(&haus, "sach61", "61", GRAB);
    nachziehen(&haus);
    lernen(&haus);
    let found = frage(&haus, "sach61", asked);
    assert_eq!(found.planeinheiten[0].nummer, "70.2", "{found:?}");
    assert!(names(&found, &own), "{found:?}");
}

/// Fails if Akten that were taken away since they were indexed fill the places of those that the
/// caller reads, or if an index that catches up stops the rest of the answer.
#[test]
fn what_moved_out_of_sight_takes_no_place() {
    let haus = stadt();
    let own = akte(&haus, "sach61", "70.2", "Südfriedhof");
    let moved: Vec<AkteAnsicht> =
        (0..20).map(|n| akte(&haus, "sach61", "70.2", &format!("Nordfriedhof {n}"))).collect();
    let asked = wartet(&haus, "sach61", "61", GRAB);
    nachziehen(&haus);
    lernen(&haus);
    let away = AkteAenderung { oe: Some("50".into()), ..AkteAenderung::default() };
    let clerk = haus.als("zentral").clerk().unwrap();
    for akte in &moved {
        clerk.akte_aendern(akte.id, akte.version, away.clone()).unwrap();
    }
    let reader = haus.als("sach61").reader().unwrap();
    let blind = reader.vorschlaege(asked, || Ok(vec![])).unwrap();
    assert!(blind.akten.is_empty(), "the index has them as they were: {blind:?}");
    let found = frage(&haus, "sach61", asked);
    assert!(names(&found, &own), "{found:?}");
    let behind = || Err(Error::new(Art::Voll, "index_holt_auf", ""));
    let found = reader.vorschlaege(asked, behind).unwrap();
    assert!(found.akten.is_empty() && found.planeinheiten[0].nummer == "70.2", "{found:?}");
    let broken = reader.vorschlaege(asked, || Err(Error::nicht_gefunden()));
    assert!(broken.is_err(), "anything else is told");
}

/// Fails if the sign of another office hides the number behind it, or shows an Akte that is hidden.
#[test]
fn a_number_of_ours_counts_behind_the_sign_of_any_office() {
    let haus = stadt();
    lernen(&haus);
    let matter = |wer: &str, akte: &AkteAnsicht| {
        let neu = VorgangNeu { betreff: "Prüfung".into(), typ: None, bemerkung: None };
        haus.als(wer).clerk().unwrap().vorgang_anlegen(akte.id, neu, None).unwrap().wert
    };
    let own = akte(&haus, "sach61", "52.1", "Radweg");
    let of_own = matter("sach61", &own);
    let hidden = akte(&haus, "sach50", "52.1", "Geheim");
    let of_hidden = matter("sach50", &hidden);
    let numbers = |haus: &Haus, text: &str| {
        let id = wartet(haus, "sach61", "61", &format!("Guten Tag,\nwir schreiben zu {text}."));
        nachziehen(haus);
        let found = frage(haus, "sach61", id);
        assert_eq!(found.akten.len(), found.genau.len().min(1), "{found:?}");
        let one = |g: &aktenlauf::registry::Genau| {
            (g.art, g.wert.clone(), g.akte.as_ref().map(|a| a.id), g.vorgang_id)
        };
        found.genau.iter().map(one).collect::<Vec<_>>()
    };
    let sign = &of_own.geschaeftszeichen;
    let number = sign.strip_prefix("61 ").unwrap();
    let case = "geschaeftszeichen";
    let whole = vec![(case, sign.clone(), Some(own.id), Some(of_own.id))];
    assert_eq!(numbers(&haus, sign), whole);
    // Whose Vorgang it is, the other office's sign does not say.
    let behind = vec![(case, number.to_owned(), Some(own.id), None)];
    for text in [format!("50 {number}"), format!("II 120 – {number}"), number.to_owned()] {
        assert_eq!(numbers(&haus, &text), behind, "{text}");
    }
    let secret = of_hidden.geschaeftszeichen.strip_prefix("50 ").unwrap();
    for text in [secret.to_owned(), format!("61 {secret}"), format!("II 120 – {secret}")] {
        assert!(numbers(&haus, &text).is_empty(), "{text}");
    }
    assert!(numbers(&haus, "II 120 – 52.1-7777-1").is_empty(), "unknown as hidden");
}
