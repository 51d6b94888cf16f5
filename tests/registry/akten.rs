//! Akten and Vorgänge.

use aktenlauf::{
    domain::access::{Empfaenger, Freigabe, Schutzklasse, Stufe},
    registry::{AkteAenderung, Art, Begruendung, Blatt, Feld, VorgangNeu, Wiederoeffnung},
};
use uuid::Uuid;

use super::haus::{Haus, akte_neu, idempotenz};

fn weil(text: &str) -> Begruendung {
    Begruendung { grund: Some(text.into()) }
}

fn irrtum() -> Wiederoeffnung {
    Wiederoeffnung { grund: Some("Irrtum".into()), irrtuemlich: false }
}

fn vorgang(betreff: &str) -> VorgangNeu {
    VorgangNeu { betreff: betreff.into(), typ: None, bemerkung: None }
}

/// Catches: the counter not written with the record (`naechste`).
#[test]
fn numbers_are_given_once_and_without_gaps() {
    let haus = Haus::neu();
    let clerk = haus.als("sach61").clerk().unwrap();
    let one = haus.akte("sach61", "Erste");
    assert_eq!(one.aktenzeichen, "52.1-1");
    let refused = clerk.akte_anlegen(akte_neu("52", "kein Blatt"), None).unwrap_err();
    assert_eq!(refused.fehler[0].code, "planeinheit_kein_blatt");
    let refused = clerk.akte_anlegen(akte_neu("52.9", "stillgelegt"), None).unwrap_err();
    assert_eq!(refused.fehler[0].code, "planeinheit_stillgelegt");
    assert_eq!(haus.akte("sach61", "Zweite").aktenzeichen, "52.1-2");
    let first = clerk.vorgang_anlegen(one.id, vorgang("Antrag"), None).unwrap().wert;
    let second = clerk.vorgang_anlegen(one.id, vorgang("Nachtrag"), None).unwrap().wert;
    assert_eq!(first.geschaeftszeichen, "61 52.1-1-1");
    assert_eq!(second.geschaeftszeichen, "61 52.1-1-2");
}

/// Catches: `schutzklasse: unit.schutzklasse` in `anlegen`.
#[test]
fn the_wall_of_the_unit_is_the_wall_of_its_files() {
    let haus = Haus::neu();
    let outside = haus.als("sach61").clerk().unwrap();
    let refused = outside.akte_anlegen(akte_neu("11.4", "Personalakte"), None).unwrap_err();
    assert_eq!(refused.art, Art::NichtErlaubt);
    let inside = haus.als("sach11").clerk().unwrap();
    let akte = inside.akte_anlegen(akte_neu("11.4", "Personalakte"), None).unwrap().wert;
    assert_eq!(akte.schutzklasse, Some(Schutzklasse::Personal));
    // The whole-house role does not reach behind the wall.
    let found = haus.als("zentral").reader().unwrap().akte(akte.id).unwrap_err();
    assert_eq!(found.art, Art::NichtGefunden);
}

/// Catches: `stimmt` in `akte_write`.
#[test]
fn a_stale_version_is_refused_and_nothing_is_written() {
    let haus = Haus::neu();
    let clerk = haus.als("sach61").clerk().unwrap();
    let akte = haus.akte("sach61", "Bauantrag");
    let change =
        || AkteAenderung { bemerkung: Feld::Wert("eilt".into()), ..AkteAenderung::default() };
    let new = clerk.akte_aendern(akte.id, akte.version, change()).unwrap().wert;
    assert_eq!(new.bemerkung.as_deref(), Some("eilt"));
    let head = haus.ledger.head();
    let refused = clerk.akte_aendern(akte.id, akte.version, change()).unwrap_err();
    assert_eq!((refused.art, refused.code), (Art::Veraltet, "version_veraltet"));
    assert_eq!(haus.ledger.head(), head);
    let cleared = AkteAenderung { bemerkung: Feld::Leer, ..AkteAenderung::default() };
    let new = clerk.akte_aendern(akte.id, new.version, cleared).unwrap().wert;
    assert_eq!((new.bemerkung, new.betreff.as_str()), (None, "Bauantrag"));
}

/// Catches: `nicht_gefunden` for `Verborgen` in `Sicht::darf`.
#[test]
fn a_hidden_akte_answers_like_an_unknown_one() {
    let haus = Haus::neu();
    let akte = haus.akte("sach61", "Bauantrag");
    let doc = haus.brief("sach61", akte.id, "Brief", "text");
    let matter = haus.als("sach61").clerk().unwrap();
    let matter = matter.vorgang_anlegen(akte.id, vorgang("Antrag"), None).unwrap().wert;
    let (unknown, other) = (Uuid::from_u128(7), haus.als("sach50"));
    let (reader, clerk) = (other.reader().unwrap(), other.clerk().unwrap());
    let blatt = Blatt::default();
    for (hidden, version) in [(akte.id, akte.version), (matter.id, 1), (doc.id, doc.seq)] {
        let both = |f: &dyn Fn(Uuid) -> aktenlauf::registry::Error| {
            let (hidden, unknown) = (f(hidden), f(unknown));
            assert_eq!(hidden, unknown);
            assert_eq!(hidden.art, Art::NichtGefunden);
        };
        both(&|id| reader.akte(id).unwrap_err());
        both(&|id| reader.vorgang(id).unwrap_err());
        both(&|id| reader.dokument(id).unwrap_err());
        both(&|id| reader.inhalt(id, None, 0).unwrap_err());
        both(&|id| reader.protokoll(id, &blatt).unwrap_err());
        both(&|id| reader.vorgaenge(id, &blatt).unwrap_err());
        both(&|id| clerk.akte_aendern(id, version, AkteAenderung::default()).unwrap_err());
        both(&|id| clerk.akte_schliessen(id, version, Begruendung::default()).unwrap_err());
        both(&|id| clerk.akte_oeffnen(id, version, irrtum()).unwrap_err());
        both(&|id| clerk.vorgang_anlegen(id, vorgang("x"), None).unwrap_err());
        both(&|id| clerk.vorgang_schliessen(id, version, Begruendung::default()).unwrap_err());
        both(&|id| clerk.storno(id, version, weil("so")).unwrap_err());
    }
}

/// Catches: `vorgaenge_geschlossen`, `akte_offen`, the verb `Oeffnen`.
#[test]
fn an_akte_closes_after_its_vorgaenge_and_opens_with_a_reason() {
    let haus = Haus::neu();
    let clerk = haus.als("sach61").clerk().unwrap();
    let akte = haus.akte("sach61", "Bauantrag");
    let matter = clerk.vorgang_anlegen(akte.id, vorgang("Antrag"), None).unwrap().wert;
    let none = Begruendung::default;
    let refused = clerk.akte_schliessen(akte.id, akte.version, none()).unwrap_err();
    assert_eq!(refused.code, "vorgaenge_offen");
    let matter = clerk.vorgang_schliessen(matter.id, matter.version, none()).unwrap().wert;
    let again = clerk.vorgang_schliessen(matter.id, matter.version, none()).unwrap_err();
    assert_eq!(again.code, "vorgang_geschlossen");
    let closed = clerk.akte_schliessen(akte.id, akte.version, none()).unwrap().wert;
    assert!(closed.geschlossen_am.is_some());
    let refused = clerk.vorgang_anlegen(akte.id, vorgang("neu"), None).unwrap_err();
    assert_eq!((refused.art, refused.code), (Art::Zustand, "akte_geschlossen"));
    let clerks = clerk.akte_oeffnen(akte.id, closed.version, irrtum()).unwrap_err();
    assert_eq!(clerks.art, Art::NichtErlaubt);
    let registry = haus.als("reg61").clerk().unwrap();
    let refused =
        registry.akte_oeffnen(akte.id, closed.version, Wiederoeffnung::default()).unwrap_err();
    assert_eq!(refused.fehler[0].zeiger, "/grund");
    let open = registry.akte_oeffnen(akte.id, closed.version, irrtum()).unwrap().wert;
    assert_eq!(open.geschlossen_am, None);
    let twice = registry.akte_oeffnen(akte.id, open.version, irrtum()).unwrap_err();
    assert_eq!(twice.code, "akte_nicht_geschlossen");
}

/// Catches: `present` in `Sicht::new` (rights as the ledger has them at the decision).
#[test]
fn a_right_taken_away_a_moment_ago_counts() {
    let haus = Haus::neu();
    let akte = haus.akte("sach61", "Bauantrag");
    let acting = haus.als("sach61");
    let (reader, clerk) = (acting.reader().unwrap(), acting.clerk().unwrap());
    haus.registry.system("root").person_sperren(haus.personen["sach61"], true).unwrap();
    assert_eq!(reader.akte(akte.id).unwrap_err().art, Art::NichtErlaubt);
    let change = AkteAenderung { betreff: Some("neu".into()), ..AkteAenderung::default() };
    let refused = clerk.akte_aendern(akte.id, akte.version, change).unwrap_err();
    assert_eq!(refused.art, Art::NichtErlaubt);
}

/// Catches: `rechteklasse` not moved in `rechte_aendern`; the cache's version in `Cache::of`.
#[test]
fn a_share_opens_an_akte_and_its_end_closes_it() {
    let haus = Haus::neu();
    let akte = haus.akte("sach61", "Bauantrag");
    let (clerk, other) = (haus.als("sach61").clerk().unwrap(), haus.als("sach50"));
    let list = || {
        let page = other.reader().unwrap().akten(&Default::default(), &Blatt::default());
        page.unwrap().eintraege.len()
    };
    assert_eq!(list(), 0);
    let fuer = Empfaenger::Oe(haus.oe["50"]);
    let shares = |shares: Vec<Freigabe>| AkteAenderung {
        freigaben: Some(shares),
        ..AkteAenderung::default()
    };
    let share = Freigabe { fuer, bearbeiten: false };
    let shared = clerk.akte_aendern(akte.id, akte.version, shares(vec![share, share])).unwrap();
    assert_eq!(shared.wert.freigaben, [share]);
    assert_eq!(list(), 1);
    let change = AkteAenderung { betreff: Some("neu".into()), ..AkteAenderung::default() };
    let refused = other.clerk().unwrap();
    let refused = refused.akte_aendern(akte.id, shared.wert.version, change).unwrap_err();
    assert_eq!(refused.art, Art::NichtErlaubt, "a share to read lets nobody write");
    clerk.akte_aendern(akte.id, shared.wert.version, shares(vec![])).unwrap();
    assert_eq!(list(), 0);
    let high = AkteAenderung { stufe: Some(Stufe::VsNfd), ..AkteAenderung::default() };
    let seen = haus.als("sach61").reader().unwrap().akte(akte.id).unwrap();
    let refused = clerk.akte_aendern(akte.id, seen.version, high).unwrap_err();
    assert_eq!(refused.fehler[0].code, "stufe_zu_hoch");
}

/// Catches: the remembered answer in `create`.
#[test]
fn a_repeated_request_gets_the_original_answer() {
    let haus = Haus::neu();
    let clerk = haus.als("sach61").clerk().unwrap();
    let idem = idempotenz("k1");
    let first = clerk.akte_anlegen(akte_neu("52.1", "Eins"), Some(&idem)).unwrap();
    let change = AkteAenderung { betreff: Some("anders".into()), ..AkteAenderung::default() };
    clerk.akte_aendern(first.wert.id, first.seq, change).unwrap();
    let head = haus.ledger.head();
    let again = clerk.akte_anlegen(akte_neu("52.1", "Eins"), Some(&idem)).unwrap();
    assert!(again.wiederholt && !first.wiederholt);
    assert_eq!((again.wert, again.seq, again.siegel), (first.wert, first.seq, first.siegel));
    assert_eq!(haus.ledger.head(), head);
    let other = clerk.akte_anlegen(akte_neu("52.1", "Zwei"), Some(&idem)).unwrap_err();
    assert_eq!((other.art, other.code), (Art::Konflikt, "idempotenz_abweichung"));
    // The key is the caller's own: another's is another.
    let foreign = haus.als("reg61").clerk().unwrap();
    assert!(!foreign.akte_anlegen(akte_neu("52.1", "Zwei"), Some(&idem)).unwrap().wiederholt);
}

/// Catches: `Pruefer::pflicht`.
#[test]
fn control_characters_and_lengths_are_named_with_their_place() {
    let haus = Haus::neu();
    let clerk = haus.als("sach61").clerk().unwrap();
    let mut neu = akte_neu("52.1", "a\u{0}b");
    neu.typ = Some("x".repeat(101));
    let refused = clerk.akte_anlegen(neu, None).unwrap_err();
    let found: Vec<_> = refused.fehler.iter().map(|f| (f.zeiger.as_str(), f.code)).collect();
    assert_eq!(found, [("/betreff", "zeichen_unzulaessig"), ("/typ", "zu_lang")]);
}
