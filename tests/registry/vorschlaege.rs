//! Suggestions: from the plan alone, from what was filed, from numbers in the text; what clerks say
//! of them; when it is learned again, from what never, and what a question costs.

use std::sync::Arc;

use aktenlauf::{
    domain::{
        access::{Rolle, Stufe},
        dokument::{Dokument, Rueckmeldung},
        record::Kind,
    },
    intake::Metadaten,
    registry::{
        Abgelehnt, AkteAenderung, AkteAnsicht, Aktengrund, Anlass, Art, Begruendung, Blatt, Folge,
        Gelernt, Planfassung, RechteNeu, Rollenangabe, RueckmeldungNeu, Sicherheit, Textlage,
        VorgangNeu, Vorschlaege,
    },
};
use uuid::Uuid;

use super::haus::{Haus, akte_neu, idempotenz};

const HEAD: &str = "nummer;uebergeordnet;bezeichnung;stichworte;beispiele;schutzklasse;\
                    stillgelegt\n";
const BASE: &str = "11;;Personal;;;;\n\
    11.4;11;Personalakten;Zeugnis, Arbeitsvertrag;Arbeitszeugnis | Arbeitsvertrag;personal;\n\
    52;;Bauen;;;;\n\
    52.1;52;Baugenehmigung;Bauantrag, Bauherr;Antrag auf Baugenehmigung | Baubescheid;;\n\
    52.9;52;Prüfstatik;Statik, Tragwerk;Prüfbericht des Statikers;;ja\n\
    70;;Stadtreinigung;;;;\n\
    70.1;70;Abfallentsorgung;Mülltonne, Sperrmüll;Bestellung einer Mülltonne | Abfuhrplan;;\n";
pub const FRIEDHOF: &str =
    "70.2;70;Friedhof;Grabstelle, Urne;Verlängerung einer Grabstelle | Urnenbeisetzung;;\n";

pub fn fassung(rows: &str) -> Planfassung {
    Planfassung { csv: Some(format!("{HEAD}{BASE}{rows}")), ..Planfassung::default() }
}

/// A town whose plan has words.
pub fn stadt() -> Haus {
    let haus = Haus::neu();
    let done = haus.registry.system("root").planfassung(&fassung(FRIEDHOF), false).unwrap();
    assert!(done.befunde.is_empty(), "{done:?}");
    haus
}

pub fn lernen(haus: &Haus) -> Arc<Gelernt> {
    let stoff = haus.registry.jobs().lernstoff(&mut || true).unwrap().unwrap();
    let gelernt = Arc::new(stoff.lernen());
    haus.registry.jobs().modell_setzen(gelernt.clone());
    gelernt
}

pub fn nachziehen(haus: &Haus) {
    loop {
        haus.nachziehen();
        if haus.registry.jobs().offene_texte(1).unwrap().is_empty() {
            return;
        }
    }
}

pub fn akte(haus: &Haus, wer: &str, unit: &str, betreff: &str) -> AkteAnsicht {
    haus.als(wer).clerk().unwrap().akte_anlegen(akte_neu(unit, betreff), None).unwrap().wert
}

/// Admits somebody to what is above `offen`.
pub fn vs_nfd(haus: &Haus, wer: &str, rolle: Rolle, oe: Option<&str>) {
    let rechte = RechteNeu {
        oe: oe.map(Into::into),
        rollen: vec![Rollenangabe { rolle, oe: oe.map(Into::into) }],
        schutzklassen: vec![],
        stufe: Stufe::VsNfd,
    };
    haus.registry.system("root").person_rechte(haus.personen[wer], rechte).unwrap();
}

/// A letter that waits with an office.
pub fn wartet(haus: &Haus, wer: &str, oe: &str, text: &str) -> Uuid {
    let meta = Metadaten { oe: Some(oe.into()), ..Metadaten::default() };
    haus.push(&haus.als(wer), meta, text.as_bytes(), None).unwrap().id
}

pub fn frage(haus: &Haus, wer: &str, id: Uuid) -> Vorschlaege {
    haus.als(wer).reader().unwrap().vorschlaege(id, || Ok(haus.follow().stale().unwrap())).unwrap()
}

fn erste(found: &Vorschlaege) -> &str {
    found.planeinheiten.first().map_or("", |e| e.nummer.as_str())
}

const AMPEL: &str = "Sehr geehrte Damen und Herren,\n\nam Zebrastreifen vor der Uferschule ist \
    die Ampel dunkel. Die Kinder warten am Zebrastreifen vergeblich.";

/// Files `count` letters of one matter in an Akte.
fn briefe(haus: &Haus, wer: &str, akte: Uuid, count: usize, words: &str) {
    for n in 0..count {
        let text = format!("Schreiben Nummer {n}: {words} Wir bitten um Antwort bis Ende {n}.");
        haus.brief(wer, akte, &format!("Eingabe {n}"), &text);
    }
    nachziehen(haus);
}

/// Catches: the plan's words in `lernstoff`, the documents in it, their order, `aehnlich`.
#[test]
fn the_plan_suggests_at_once_and_filed_letters_teach_more() {
    let haus = stadt();
    let grab = "Wir möchten die Grabstelle unserer Eltern verlängern, eine Urne soll dazu.";
    let grab = wartet(&haus, "sach61", "61", grab);
    let ampel = wartet(&haus, "sach61", "61", AMPEL);
    let open = frage(&haus, "sach61", grab);
    assert_eq!((open.text, open.sicher), (Textlage::Offen, Sicherheit::WeissNicht));
    assert!(open.modell.is_none() && open.planeinheiten.is_empty());
    nachziehen(&haus);
    assert_eq!(lernen(&haus).gelernt_aus(), 0);
    let found = frage(&haus, "sach61", grab);
    assert_eq!((found.text, erste(&found)), (Textlage::Bereit, "70.2"), "{found:?}");
    assert!(found.planeinheiten[0].worte.iter().any(|w| w.contains("Grabstelle")), "{found:?}");
    assert_ne!(erste(&frage(&haus, "sach61", ampel)), "70.1", "the plan has no word of it");

    let abfall = akte(&haus, "sach61", "70.1", "Uferschule");
    briefe(&haus, "sach61", abfall.id, 30, "Am Zebrastreifen ist die Ampel ausgefallen.");
    let friedhof = akte(&haus, "sach61", "70.2", "Südfriedhof");
    briefe(&haus, "sach61", friedhof.id, 10, "Die Grabstelle ist abgelaufen.");
    assert_eq!(lernen(&haus).gelernt_aus(), 40);
    let found = frage(&haus, "sach61", ampel);
    assert_eq!(erste(&found), "70.1", "{found:?}");
    assert!(!found.planeinheiten[0].aehnliche.is_empty());
    let proposed = &found.akten[0];
    assert_eq!(proposed.akte.id, abfall.id, "{found:?}");
    assert_eq!(proposed.gruende, [Aktengrund::AehnlicheDokumente, Aktengrund::Betreff]);
    assert_eq!(found.modell.unwrap().gelernt_aus, 0, "told in fifties");
    // The words work for all offices; whose letters they were is told to nobody else.
    let fremd = wartet(&haus, "sach50", "50", AMPEL);
    nachziehen(&haus);
    let found = frage(&haus, "sach50", fremd);
    assert_eq!(erste(&found), "70.1");
    assert!(found.akten.is_empty(), "{found:?}");
    assert!(found.planeinheiten.iter().all(|e| e.aehnliche.is_empty()), "{found:?}");
}

/// Catches: `lehrt` in `Orte::einheit`.
#[test]
fn what_lies_behind_a_wall_or_above_open_teaches_nobody() {
    let haus = stadt();
    let words = "Der Quokka wurde im Innendienst mit dem Quokka verwechselt.";
    let walled = akte(&haus, "sach11", "11.4", "Personalakte");
    briefe(&haus, "sach11", walled.id, 12, words);
    let frei = akte(&haus, "sach61", "52.1", "Anbau");
    briefe(&haus, "sach61", frei.id, 3, "Der Bauherr beantragt einen Anbau.");
    let without = lernen(&haus);
    assert_eq!(without.gelernt_aus(), 3);
    let asked = wartet(&haus, "sach61", "61", words);
    nachziehen(&haus);
    let found = frage(&haus, "sach61", asked);
    let of_wall = found.planeinheiten.iter().find(|e| e.nummer == "11.4");
    assert!(of_wall.is_none_or(|e| !e.worte.iter().any(|w| w.contains("Quokka"))), "{found:?}");
}

/// Catches: the looking up in `genau`, `sichtbar`, the state and the right in `Auswahl::dazu`.
#[test]
fn our_own_numbers_count_with_an_akte_that_is_seen() {
    let haus = stadt();
    lernen(&haus);
    let own = akte(&haus, "sach61", "52.1", "Radweg");
    let vorgang = VorgangNeu { betreff: "Prüfung".into(), typ: None, bemerkung: None };
    let clerk = haus.als("sach61").clerk().unwrap();
    let vorgang = clerk.vorgang_anlegen(own.id, vorgang, None).unwrap().wert;
    let hidden = akte(&haus, "sach50", "52.1", "Geheim");
    let none = hidden.aktenzeichen.replace("-2", "-7777");
    assert_ne!(none, hidden.aktenzeichen);
    let numbers = |zeichen: &str| {
        let text = format!("Guten Tag,\nwir schreiben zu {zeichen}.\nKassenzeichen 5.0123.004567");
        let id = wartet(&haus, "sach61", "61", &text);
        nachziehen(&haus);
        frage(&haus, "sach61", id)
    };
    let found = numbers(&own.aktenzeichen);
    let first = &found.genau[0];
    assert_eq!((first.art, first.wert.as_str()), ("aktenzeichen", own.aktenzeichen.as_str()));
    assert_eq!(first.akte.as_ref().map(|a| a.id), Some(own.id));
    assert_eq!(first.planeinheit.as_deref(), Some("52.1"));
    assert_eq!(found.genau[1].art, "kassenzeichen");
    assert_eq!(found.akten[0].akte.id, own.id);
    assert!(found.akten[0].gruende.contains(&Aktengrund::Aktenzeichen));
    let found = numbers(&vorgang.geschaeftszeichen);
    let first = &found.genau[0];
    assert_eq!((first.art, first.vorgang_id), ("geschaeftszeichen", Some(vorgang.id)));
    let shown = |found: &Vorschlaege| {
        assert!(found.akten.iter().all(|a| a.akte.id == own.id), "{found:?}");
        found.genau.iter().map(|g| (g.art, g.wert.clone())).collect::<Vec<_>>()
    };
    let only = vec![("kassenzeichen", "5.0123.004567".to_owned())];
    assert_eq!(shown(&numbers(&hidden.aktenzeichen)), only, "hidden");
    assert_eq!(shown(&numbers(&none)), only, "unknown");
    // A closed Akte is told of, and takes nothing.
    let version = haus.als("sach61").reader().unwrap().vorgang(vorgang.id).unwrap().version;
    clerk.vorgang_schliessen(vorgang.id, version, Begruendung::default()).unwrap();
    clerk.akte_schliessen(own.id, own.version, Begruendung::default()).unwrap();
    let found = numbers(&own.aktenzeichen);
    assert_eq!((found.genau.len(), found.akten.len()), (2, 0), "{found:?}");
}

pub fn neu(planeinheit: &str, angenommen: bool) -> RueckmeldungNeu {
    RueckmeldungNeu { planeinheit: planeinheit.into(), angenommen, modell: Some("m1".into()) }
}

/// Catches: the record in `rueckmelden`, its bound, the filter in `Gefiltert`, the pointer.
#[test]
fn what_a_clerk_says_is_logged_and_obeyed() {
    let haus = stadt();
    lernen(&haus);
    let id = wartet(&haus, "sach61", "61", "Die Grabstelle soll verlängert werden, mit Urne.");
    nachziehen(&haus);
    let before = frage(&haus, "sach61", id);
    assert_eq!(erste(&before), "70.2");
    let version = |haus: &Haus| haus.als("sach61").reader().unwrap().dokument(id).unwrap().version;
    let seen = version(&haus);
    let clerk = haus.als("sach61").clerk().unwrap();
    let once = idempotenz("eins");
    let done = clerk.rueckmelden(id, neu("70.2", false), Some(&once)).unwrap();
    let again = clerk.rueckmelden(id, neu("70.2", false), Some(&once)).unwrap();
    assert!(again.wiederholt && again.seq == done.seq && done.wert.abgelehnt == ["70.2"]);
    assert_eq!(version(&haus), seen, "the document is as it was");
    let after = frage(&haus, "sach61", id);
    assert!(after.planeinheiten.iter().all(|e| e.nummer != "70.2"), "{after:?}");
    assert_eq!(after.sicher, Sicherheit::WeissNicht, "what was said was said of the other");
    let log = haus.als("sach61").reader().unwrap().protokoll(id, &Blatt::default()).unwrap();
    let entry = &log.eintraege[0];
    assert_eq!(entry.aktion.as_deref(), Some("vorschlag_abgelehnt"));
    assert_eq!(entry.grund.as_deref(), Some("70.2 (Modell m1)"));
    let unknown = clerk.rueckmelden(id, neu("99.9", false), None).unwrap_err();
    assert_eq!((unknown.art, unknown.fehler[0].zeiger.as_str()), (Art::Ungueltig, "/planeinheit"));
    let foreign = haus.als("sach50").clerk().unwrap();
    let hidden = foreign.rueckmelden(id, neu("70.2", true), None).unwrap_err();
    assert_eq!(hidden.art, Art::NichtGefunden);
    assert_eq!(foreign.rueckmelden(Uuid::nil(), neu("70.2", true), None).unwrap_err(), hidden);
    let accepted = clerk.rueckmelden(id, neu("70.2", true), None).unwrap().wert;
    assert!(accepted.abgelehnt.is_empty() && accepted.angenommen.as_deref() == Some("70.2"));
    assert!(frage(&haus, "sach61", id).planeinheiten.iter().any(|e| e.nummer == "70.2"));
    let waits = haus.ledger.view().get::<Dokument>(&id.to_string()).unwrap().unwrap().value;
    assert!(waits.ort.akte().is_none(), "nothing was filed");
    // More than twenty are nobody's search for the right one.
    let mut rows = FRIEDHOF.to_owned();
    for n in 1..=21 {
        rows.push_str(&format!("70.1{n:02};70;Sonstiges Nummer {n};;;;\n"));
    }
    haus.registry.system("root").planfassung(&fassung(&rows), false).unwrap();
    let say = |n: usize| clerk.rueckmelden(id, neu(&format!("70.1{n:02}"), false), None);
    for n in 1..=20 {
        say(n).unwrap();
    }
    assert_eq!(say(21).unwrap_err().code, "vorschlaege_erschoepft");
    let kept = haus.ledger.view().get::<Rueckmeldung>(&id.to_string()).unwrap().unwrap().value;
    assert_eq!(kept.abgelehnt.len(), 20);
}

/// Catches: `schon_gesagt`, and in it each of: the record, the person, the answer, the model, the
/// key of a request.
#[test]
fn what_was_said_already_stands_in_the_log_once() {
    let haus = stadt();
    let id = wartet(&haus, "sach61", "61", "Die Grabstelle soll verlängert werden.");
    let say = |wer: &str, unit: &str, yes: bool, key: Option<&str>| {
        let key = key.map(idempotenz);
        let before = haus.ledger.head();
        let clerk = haus.als(wer).clerk().unwrap();
        let done = clerk.rueckmelden(id, neu(unit, yes), key.as_ref()).unwrap();
        assert_eq!(done.wiederholt, haus.ledger.head() == before, "{unit} {yes}");
        done
    };
    let first = say("sach61", "70.2", false, None);
    assert!(!first.wiederholt);
    let other = say("sach61", "70.1", false, Some("a"));
    for key in [None, Some("b"), Some("b")] {
        let again = say("sach61", "70.2", false, key);
        let receipt = (again.seq, &again.siegel, again.wiederholt);
        assert_eq!(receipt, (first.seq, &first.siegel, true), "{key:?}");
        assert_eq!(again.wert, other.wert, "as it is now");
    }
    // The key still names the one request that it was used for.
    let clerk = haus.als("sach61").clerk().unwrap();
    let wrong = clerk.rueckmelden(id, neu("70.2", false), Some(&idempotenz("a"))).unwrap_err();
    assert_eq!(wrong.code, "idempotenz_abweichung");
    assert!(say("sach61", "70.1", false, Some("a")).wiederholt);
    // Somebody else, another model, another answer: each is a word of its own.
    assert!(!say("reg61", "70.2", false, None).wiederholt);
    let later = RueckmeldungNeu { modell: Some("m2".into()), ..neu("70.2", false) };
    assert!(!clerk.rueckmelden(id, later, None).unwrap().wiederholt);
    assert!(!say("sach61", "70.2", true, None).wiederholt);
    assert!(say("sach61", "70.2", true, None).wiederholt);
    assert!(!say("sach61", "70.2", false, None).wiederholt, "taken back, so it is said anew");
}

/// Catches: the plan in memory going by its version, the filter, `Anlass::Plan`.
#[test]
fn a_unit_that_is_shut_down_is_not_proposed_even_by_an_older_model() {
    let haus = stadt();
    let jobs = haus.registry.jobs();
    let mut folge = Folge::default();
    let mut due = || jobs.lernanlass(&mut folge, &mut || true).unwrap();
    assert_eq!(due(), Some(Anlass::Erstes));
    lernen(&haus);
    assert_eq!(due(), None);
    let statik = wartet(&haus, "sach61", "61", "Anbei die Statik mit Tragwerk, Prüfbericht.");
    let grab = wartet(&haus, "sach61", "61", "Die Grabstelle mit Urne soll verlängert werden.");
    nachziehen(&haus);
    let units = |id| {
        let found = frage(&haus, "sach61", id).planeinheiten;
        found.into_iter().map(|e| e.nummer).collect::<Vec<_>>()
    };
    assert!(!units(statik).contains(&"52.9".into()) && units(grab)[0] == "70.2");
    // It is not in the new version.
    haus.registry.system("root").planfassung(&fassung(""), false).unwrap();
    assert!(!units(grab).contains(&"70.2".into()));
    assert_eq!(due(), Some(Anlass::Plan));
    lernen(&haus);
    assert_eq!(due(), None);
}

/// Catches: `ZUWACHS_MIN`, what `Folge::sehen` looks at, that it goes on where it ended.
#[test]
fn it_is_learned_again_when_there_is_more_or_less_to_learn_from() {
    let haus = stadt();
    let (jobs, mut folge) = (haus.registry.jobs(), Folge::default());
    let own = akte(&haus, "sach61", "52.1", "Anbau");
    let geheim = akte(&haus, "sach61", "52.1", "Umbau");
    briefe(&haus, "sach61", own.id, 4, "Der Bauherr beantragt einen Anbau.");
    briefe(&haus, "sach61", geheim.id, 4, "Der Bauherr beantragt einen Umbau.");
    let due = |folge: &mut Folge| jobs.lernanlass(folge, &mut || true).unwrap();
    assert_eq!(lernen(&haus).gelernt_aus(), 8);
    briefe(&haus, "sach61", own.id, 49, "Der Bauherr beantragt einen Anbau am Haus.");
    assert_eq!(due(&mut folge), None);
    let last = haus.brief("sach61", own.id, "Anbau", "Noch ein Anbau.");
    assert_eq!(due(&mut folge), None, "its text waits");
    nachziehen(&haus);
    assert_eq!(due(&mut folge), Some(Anlass::Zuwachs));
    assert_eq!(lernen(&haus).gelernt_aus(), 58);
    folge = Folge::default();
    assert_eq!(due(&mut folge), None);
    let clerk = haus.als("sach61").clerk().unwrap();
    clerk.rueckmelden(last.id, neu("52.1", true), None).unwrap();
    assert_eq!(due(&mut folge), None, "what is said of suggestions teaches nothing");
    let warum = Begruendung { grund: Some("doppelt".into()) };
    clerk.storno(last.id, last.seq, warum).unwrap();
    assert_eq!(due(&mut folge), Some(Anlass::Entfallen));
    assert_eq!(lernen(&haus).gelernt_aus(), 57);
    folge = Folge::default();
    assert_eq!(due(&mut folge), None);
    vs_nfd(&haus, "sach61", Rolle::Sachbearbeitung, Some("61"));
    let change = AkteAenderung { stufe: Some(Stufe::VsNfd), ..AkteAenderung::default() };
    haus.als("sach61").clerk().unwrap().akte_aendern(geheim.id, geheim.version, change).unwrap();
    assert_eq!(due(&mut folge), Some(Anlass::Vergessen), "out of most people's sight");
    assert_eq!(lernen(&haus).gelernt_aus(), 53);
    let ended = jobs.lernstoff(&mut || false).unwrap();
    assert!(ended.is_none(), "a stop waits for nothing");
    assert!(!haus.registry.vorschlagsstand().laeuft);
}

/// Catches: the checksum, the magic, the house in the file; the order in which it is learned.
#[test]
fn a_file_is_refused_or_answers_alike_and_so_does_a_rebuilt_model() {
    let haus = stadt();
    let own = akte(&haus, "sach61", "70.1", "Uferschule");
    briefe(&haus, "sach61", own.id, 12, "Am Zebrastreifen ist die Ampel ausgefallen.");
    let asked = wartet(&haus, "sach61", "61", AMPEL);
    nachziehen(&haus);
    let jobs = haus.registry.jobs();
    let house = jobs.haus().unwrap().unwrap();
    let mut bytes = vec![];
    lernen(&haus).write(&mut bytes).unwrap();
    let first = frage(&haus, "sach61", asked);
    let read = Gelernt::from_bytes(&bytes, &house).unwrap();
    jobs.modell_setzen(Arc::new(read));
    let plain = |found: &Vorschlaege| {
        let mut json = serde_json::to_value(found).unwrap();
        json["modell"]["stand"].take();
        json
    };
    assert_eq!(plain(&frage(&haus, "sach61", asked)), plain(&first), "from the file");
    lernen(&haus);
    assert_eq!(plain(&frage(&haus, "sach61", asked)), plain(&first), "learned again");
    let refused = |bytes: &[u8]| Gelernt::from_bytes(bytes, &house).unwrap_err();
    for at in (16..bytes.len()).step_by(bytes.len() / 50 + 1) {
        let mut wrong = bytes.clone();
        wrong[at] ^= 1;
        assert_eq!(refused(&wrong), Abgelehnt::Beschaedigt, "byte {at}");
    }
    assert_eq!(refused(&bytes[..bytes.len() / 2]), Abgelehnt::Beschaedigt);
    let mut older = bytes.clone();
    older[15] = b'0';
    assert_eq!(refused(&older), Abgelehnt::Fassung);
    assert_eq!(refused(b""), Abgelehnt::Fassung);
    let other = Gelernt::from_bytes(&bytes, "0000").unwrap_err();
    assert_eq!(other, Abgelehnt::Fremd);
}

/// Catches: a scan of documents, Akten or units in a question.
#[test]
fn a_question_reads_no_more_rows_of_a_large_stock() {
    let haus = stadt();
    let own = akte(&haus, "sach61", "70.1", "Uferschule");
    let asked = wartet(&haus, "sach61", "61", AMPEL);
    let cost = |count: usize| {
        briefe(&haus, "sach61", own.id, count, "Am Zebrastreifen ist die Ampel ausgefallen.");
        for n in 0..count {
            akte(&haus, "sach61", "70.1", &format!("Tonne {n}"));
        }
        nachziehen(&haus);
        lernen(&haus);
        frage(&haus, "sach61", asked);
        haus.gelesen(|| frage(&haus, "sach61", asked)).1
    };
    let (few, many) = (cost(20), cost(150));
    println!("suggestions: {few} rows with 20 documents and Akten, {many} with 170");
    assert!(many < 60, "{many} rows");
    assert!(many <= few + 10, "{few}, then {many}");
    assert!(haus.ledger.view().count(Kind::Dokument).unwrap() > 150);
}
