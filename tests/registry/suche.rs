//! What a search tells, and what it must not: hits, counts, facets and proposals under rights that
//! change all the time, and the same answers after a rebuild.

use std::collections::BTreeSet;

use aktenlauf::{
    domain::access::{Empfaenger, Freigabe, Rolle, Schutzklasse, Stufe},
    intake::Metadaten,
    registry::{
        AkteAenderung, AkteNeu, Facette, Reader, RechteNeu, Rollenangabe, Suchanfrage,
        Suchergebnis, Treffer,
    },
};
use uuid::Uuid;

use super::haus::{Haus, akte_neu};
use crate::{search::Dice, served::env_count};

fn frage(text: &str) -> Suchanfrage {
    let text = text.to_owned();
    Suchanfrage { text, limit: 500, facetten: true, ..Suchanfrage::default() }
}

fn suche(haus: &Haus, wer: &str, text: &str) -> Suchergebnis {
    let reader = haus.als(wer).reader().unwrap();
    reader.suche(&frage(text), || Ok(haus.follow().stale().unwrap())).unwrap()
}

fn werte(facette: &[Facette]) -> Vec<(&str, u64)> {
    facette.iter().map(|f| (f.wert.as_str(), f.anzahl)).collect()
}

#[test]
fn facets_are_named_and_proposals_are_words_that_the_caller_reads() {
    let haus = Haus::neu();
    let akte = haus.akte("sach61", "Radweg Uferstraße");
    let text = "Der Radweg ist zu schmal geplant, eine Baugenehmigung fehlt.";
    haus.brief("sach61", akte.id, "Stellungnahme", text);
    haus.brief("sach61", akte.id, "Antwort", "Der Radweg wird verbreitert.");
    haus.nachziehen();
    let found = suche(&haus, "sach61", "radweg");
    assert_eq!(found.anzahl, 3);
    let facetten = found.facetten.unwrap();
    assert_eq!(werte(&facetten.art), [("dokument", 2), ("akte", 1)]);
    assert_eq!(werte(&facetten.oe), [("61", 3)]);
    assert_eq!(facetten.oe[0].bezeichnung.as_deref(), Some("Amt 61"));
    assert_eq!(werte(&facetten.jahr), [("2027", 3)]);
    // One level below what is filtered by.
    assert_eq!(werte(&facetten.planeinheit), [("52", 3)]);
    let reader = haus.als("sach61").reader().unwrap();
    let below = Suchanfrage { planeinheit: Some("52".into()), ..frage("radweg") };
    let below = reader.suche(&below, || Ok(vec![])).unwrap().facetten.unwrap();
    assert_eq!(werte(&below.planeinheit), [("52.1", 3)]);
    for (oe, anzahl) in [("61", 3), ("50", 0)] {
        assert_eq!(suche(&haus, "sach61", &format!("radweg oe:{oe}")).anzahl, anzahl, "{oe}");
        let filter = Suchanfrage { oe: Some(oe.into()), ..frage("radweg") };
        assert_eq!(reader.suche(&filter, || Ok(vec![])).unwrap().anzahl, anzahl, "{oe}");
    }
    assert_eq!(suche(&haus, "sach61", "radweg stufe:vs_nfd").anzahl, 0);
    assert_eq!(suche(&haus, "sach61", "radweg -stufe:vs_nfd").anzahl, 3);
    for (typed, meant) in [
        ("radwge", Some("Radweg")),
        ("schmahl radweg", Some("schmal radweg")),
        ("verbreitrt", Some("verbreitert")),
        ("Baugenehmigng", Some("Baugenehmigung")),
        ("Genehmigng", None),
        ("radweg sch*", None),
        ("xyzxyz", None),
        ("-radweg schmahl", None),
    ] {
        let found = suche(&haus, "sach61", typed);
        assert_eq!(found.meinten_sie.as_deref(), meant, "{typed}");
        assert_eq!(suche(&haus, "sach50", typed).meinten_sie, None, "{typed}, of another office");
    }
    assert_eq!(suche(&haus, "sach61", "radweg").meinten_sie, None, "something was found");
    let wrong = reader.suche(&frage("radweg nix:x"), || Ok(vec![])).unwrap_err();
    assert!(wrong.fehler[0].text.contains("(Zeichen 8)"), "{wrong:?}");
}

/// A word of its own for each document, far from all others.
fn word(n: u64) -> String {
    let mut dice = Dice(n * 7_919 + 13);
    (0..5)
        .flat_map(|_| [dice.pick(&['b', 'd', 'k', 'l', 'm', 'p']), dice.pick(&['a', 'i', 'o'])])
        .collect()
}

/// The word with one sign more, which no document has.
fn typo(word: &str) -> String {
    let (a, b) = word.split_at(5);
    format!("{a}x{b}")
}

struct Ort {
    haus: Haus,
    akten: Vec<Uuid>,
    /// Documents and the word that each has alone.
    docs: Vec<(Uuid, String)>,
}

const LEUTE: [&str; 5] = ["sach61", "reg61", "sach50", "sach11", "zentral"];

impl Ort {
    fn neu() -> Self {
        let mut ort = Self { haus: Haus::neu(), akten: vec![], docs: vec![] };
        // One of each office, some shared, and some behind the wall.
        for n in 0..9 {
            let (wer, unit) = [("sach61", "52.1"), ("sach50", "52.1"), ("sach11", "11.4")][n % 3];
            let felder = serde_json::json!({ "jahr": 2000 + n, "ort": format!("Gemeinsam {n}") });
            let felder = felder.as_object().cloned();
            let neu = AkteNeu { felder, ..akte_neu(unit, &format!("Gemeinsam {n}")) };
            let akte = ort.haus.als(wer).clerk().unwrap().akte_anlegen(neu, None).unwrap().wert;
            ort.akten.push(akte.id);
            for _ in 0..3 {
                ort.brief(wer, Metadaten { akte_id: Some(akte.id), ..Metadaten::default() });
            }
        }
        for (wer, oe) in [("sach61", "61"), ("sach50", "50")] {
            for _ in 0..3 {
                ort.brief(wer, Metadaten { oe: Some(oe.into()), ..Metadaten::default() });
            }
        }
        ort.haus.nachziehen();
        ort
    }

    /// A document whose word stands in its Betreff, or in its text alone.
    fn brief(&mut self, wer: &str, meta: Metadaten) {
        let word = word(self.docs.len() as u64);
        let inside = self.docs.len().is_multiple_of(2);
        let betreff = if inside { "Gemeinsam".into() } else { format!("Gemeinsam {word}") };
        let text = format!("Gemeinsam {}", if inside { &word } else { "nichts" });
        let meta = Metadaten { betreff: Some(betreff), ..meta };
        let receipt = self.haus.push(&self.haus.als(wer), meta, text.as_bytes(), None).unwrap();
        self.docs.push((receipt.id, word));
    }

    /// One random change of rights. What the rules refuse changes nothing.
    fn change(&self, dice: &mut Dice) -> bool {
        let oe = dice.pick(&["61", "50", "11"]);
        if dice.below(3) == 0 {
            let wer = dice.pick(&LEUTE);
            let rolle = dice.pick(&[Rolle::Sachbearbeitung, Rolle::Registratur, Rolle::Archiv]);
            let whole = dice.below(6) == 0;
            let rechte = RechteNeu {
                oe: Some(oe.into()),
                rollen: vec![Rollenangabe { rolle, oe: (!whole).then(|| oe.into()) }],
                schutzklassen: if dice.below(2) == 0 {
                    vec![Schutzklasse::Personal]
                } else {
                    vec![]
                },
                stufe: if dice.below(3) == 0 { Stufe::VsNfd } else { Stufe::Offen },
            };
            let system = self.haus.registry.system("root");
            return system.person_rechte(self.haus.personen[wer], rechte).is_ok();
        }
        let akte = dice.pick(&self.akten);
        let mut change = AkteAenderung::default();
        match dice.below(3) {
            0 => change.oe = Some(oe.into()),
            1 => change.stufe = Some(dice.pick(&[Stufe::Offen, Stufe::VsNfd])),
            _ => {
                let person = Empfaenger::Person(self.haus.personen[dice.pick(&LEUTE)]);
                let office = Empfaenger::Oe(self.haus.oe[oe]);
                let all = [person, office].map(|fuer| Freigabe { fuer, bearbeiten: false });
                change.freigaben = Some(all[..dice.below(3) as usize].to_vec());
            }
        }
        LEUTE.iter().any(|wer| {
            let acting = self.haus.als(wer);
            let (Ok(clerk), Ok(reader)) = (acting.clerk(), acting.reader()) else { return false };
            let Ok(seen) = reader.akte(akte) else { return false };
            clerk.akte_aendern(akte, seen.version, change.clone()).is_ok()
        })
    }

    /// All that somebody reads now, asked object by object.
    fn readable(&self, reader: &Reader) -> (BTreeSet<Uuid>, BTreeSet<&str>) {
        let docs = self.docs.iter().filter(|(id, _)| reader.dokument(*id).is_ok());
        let (ids, words): (BTreeSet<_>, BTreeSet<_>) =
            docs.map(|(id, w)| (*id, w.as_str())).unzip();
        let akten = self.akten.iter().copied().filter(|id| reader.akte(*id).is_ok());
        (ids.into_iter().chain(akten).collect(), words)
    }
}

fn id(treffer: &Treffer) -> Uuid {
    match treffer {
        Treffer::Dokument { dokument, .. } => dokument.id,
        Treffer::Akte { akte } => akte.id,
        Treffer::Vorgang { vorgang } => vorgang.id,
    }
}

/// Nothing that an answer says may come from an object that the caller can't read.
fn tells_nothing_hidden(found: &Suchergebnis, readable: &BTreeSet<Uuid>, about: &str) {
    let hits: BTreeSet<Uuid> = found.treffer.iter().map(id).collect();
    assert!(hits.is_subset(readable), "{about}: a hit");
    assert!(found.anzahl <= readable.len() as u64, "{about}: {} counted", found.anzahl);
    assert_eq!(found.anzahl, hits.len() as u64, "{about}: the count is that of the hits");
    let facetten = found.facetten.as_ref().unwrap();
    let sum = |facette: &[Facette]| facette.iter().map(|f| f.anzahl).sum::<u64>();
    for facette in [&facetten.art, &facetten.oe, &facetten.jahr] {
        assert_eq!(sum(facette), found.anzahl, "{about}: {facetten:?}");
    }
    assert!(sum(&facetten.planeinheit) <= found.anzahl, "{about}: {facetten:?}");
    for facette in &facetten.felder {
        assert!(sum(&facette.werte) <= found.anzahl, "{about}: {facette:?}");
    }
}

/// Rights, walls, shares and offices change; between a change and its indexing, and after it,
/// neither hits nor counts, facets, proposals or errors tell of what is hidden.
#[test]
fn two_thousand_changes_of_rights_reveal_nothing() {
    let changes = env_count("TEST_CHANGES", 2_000);
    let mut dice = Dice(env_count("TEST_SEED", 42));
    let ort = Ort::neu();
    let (mut done, mut hidden, mut proposed, mut lagging, mut complete) = (0, 0, 0, 0, 0);
    let mut fields = 0;
    let mut tried = 0;
    while done < changes {
        tried += 1;
        assert!(tried < 20 * changes, "most changes are refused: {done} of {tried}");
        done += u64::from(ort.change(&mut dice));
        if dice.below(8) == 0 {
            ort.haus.nachziehen();
        }
        let wer = dice.pick(&LEUTE);
        let Ok(reader) = ort.haus.als(wer).reader() else { continue };
        let (readable, words) = ort.readable(&reader);
        let stale = ort.haus.follow().indexed() < ort.haus.ledger.applied().seq;
        let about = |text: &str| format!("{wer}, {text}, after {done} changes");
        let text = dice.pick(&["gemeinsam", "", "gemein*", "-oe:61", "oe:50 ODER art:akte"]);
        let found = suche(&ort.haus, wer, text);
        tells_nothing_hidden(&found, &readable, &about(text));
        if !stale && text == "gemeinsam" {
            assert_eq!(found.anzahl, readable.len() as u64, "{}: all and only these", about(text));
            complete += 1;
        }
        lagging += u64::from(stale);
        let (doc, word) = &ort.docs[dice.below(ort.docs.len() as u64) as usize];
        let exact = suche(&ort.haus, wer, word);
        tells_nothing_hidden(&exact, &readable, &about(word));
        let n = dice.below(ort.akten.len() as u64) as usize;
        let text = format!("sachakte.jahr:{} sachakte.ort:gemeinsam", 2000 + n);
        let field = suche(&ort.haus, wer, &text);
        tells_nothing_hidden(&field, &readable, &about(&text));
        if !readable.contains(&ort.akten[n]) {
            let facetten = field.facetten.unwrap();
            assert!(field.anzahl == 0 && facetten.felder.is_empty(), "{}", about(&text));
            fields += 1;
        }
        let near = suche(&ort.haus, wer, &typo(word));
        assert_eq!(near.anzahl, 0);
        if let Some(meant) = &near.meinten_sie {
            assert!(words.contains(meant.as_str()), "{}: {meant} proposed", about(word));
            proposed += 1;
        }
        if !readable.contains(doc) {
            assert_eq!((exact.anzahl, &exact.meinten_sie), (0, &None), "{}", about(word));
            hidden += 1;
        }
    }
    println!(
        "search: {done} changes of rights, {lagging} searches before they were indexed, {hidden} \
         for hidden words, {fields} for hidden fields, {proposed} proposals, {complete} complete \
         answers"
    );
    assert!(lagging > changes / 4 && hidden > changes / 8 && complete > changes / 100);
    assert!(fields > changes / 8, "{fields} hidden fields");
    assert!(proposed > changes / 20, "{proposed} proposals");
}
