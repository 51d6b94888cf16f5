//! A suggestion never tells of what is hidden: files are filed, hidden, shared and given to other
//! offices while suggestions are asked for, by a model that knows them all.

use std::collections::BTreeSet;

use aktenlauf::{
    domain::access::{Empfaenger, Freigabe, Rolle, Stufe},
    intake::Metadaten,
    registry::{AkteAenderung, AkteAnsicht, Error, Reader, Vorschlaege, Zielangabe},
};
use uuid::Uuid;

use super::{
    haus::{Haus, akte_neu},
    vorschlaege::{lernen, nachziehen, stadt, vs_nfd},
};
use crate::{search::Dice, served::env_count};

const LEUTE: [&str; 5] = ["sach61", "reg61", "sach50", "sach11", "zentral"];
const SACHEN: [&str; 4] = [
    "Am Zebrastreifen ist die Ampel ausgefallen.",
    "Die Grabstelle der Familie ist abgelaufen.",
    "Der Bauherr beantragt einen Anbau mit Garage.",
    "Die Mülltonne wurde nicht geleert.",
];

struct Ort {
    haus: Haus,
    akten: Vec<AkteAnsicht>,
    docs: Vec<Uuid>,
    waiting: Vec<(&'static str, Uuid)>,
}

impl Ort {
    fn neu() -> Self {
        let (akten, docs, waiting) = (vec![], vec![], vec![]);
        let mut ort = Self { haus: stadt(), akten, docs, waiting };
        for n in 0..12 {
            let (wer, unit) = [("sach61", "52.1"), ("sach50", "70.1"), ("sach61", "70.2")][n % 3];
            let neu = akte_neu(unit, &format!("Familie Muster{n} Ampel Grabstelle"));
            let clerk = ort.haus.als(wer).clerk().unwrap();
            ort.akten.push(clerk.akte_anlegen(neu, None).unwrap().wert);
            for _ in 0..3 {
                let (akte, text) = (ort.akten[n].id, SACHEN[n % 4]);
                ort.docs.push(ort.haus.brief(wer, akte, "Eingabe", text).id);
            }
        }
        nachziehen(&ort.haus);
        lernen(&ort.haus);
        ort
    }

    /// A letter arrives that names an Akte, whoever may see that.
    fn letter(&mut self, dice: &mut Dice) {
        let (wer, oe) = dice.pick(&[("sach61", "61"), ("sach50", "50")]);
        let named = &self.akten[dice.below(self.akten.len() as u64) as usize].aktenzeichen;
        let text = format!("Hallo,\n{}\nEs geht um {named}, danke.", dice.pick(&SACHEN));
        let meta = Metadaten { oe: Some(oe.into()), ..Metadaten::default() };
        let id = self.haus.push(&self.haus.als(wer), meta, text.as_bytes(), None).unwrap().id;
        self.waiting.push((wer, id));
    }

    /// A change of rights, or a letter that is filed. What is refused changes nothing.
    fn change(&mut self, dice: &mut Dice) -> bool {
        let akte = self.akten[dice.below(self.akten.len() as u64) as usize].id;
        if dice.below(3) == 0 && self.waiting.len() > 4 {
            let at = dice.below(self.waiting.len() as u64) as usize;
            let (wer, id) = self.waiting[at];
            let ziel = Zielangabe { akte_id: Some(akte), ..Zielangabe::default() };
            let version = self.haus.als(wer).reader().unwrap().dokument(id).unwrap().version;
            let done = self.haus.als(wer).clerk().unwrap().ablegen(id, version, ziel).is_ok();
            if done {
                self.docs.push(self.waiting.remove(at).1);
            }
            return done;
        }
        let mut change = AkteAenderung::default();
        match dice.below(3) {
            0 => change.oe = Some(dice.pick(&["61", "50", "11"]).into()),
            1 => change.stufe = Some(dice.pick(&[Stufe::Offen, Stufe::VsNfd])),
            _ => {
                let person = Empfaenger::Person(self.haus.personen[dice.pick(&LEUTE)]);
                let bearbeiten = dice.below(2) == 0;
                change.freigaben = Some(vec![Freigabe { fuer: person, bearbeiten }]);
            }
        }
        ["zentral", "sach61", "sach50", "sach11"].iter().any(|wer| {
            let acting = self.haus.als(wer);
            let Ok(seen) = acting.reader().unwrap().akte(akte) else { return false };
            acting.clerk().unwrap().akte_aendern(akte, seen.version, change.clone()).is_ok()
        })
    }

    fn fragen(&self, reader: &Reader, id: Uuid) -> Result<Vorschlaege, Error> {
        reader.vorschlaege(id, || Ok(self.haus.follow().stale().unwrap()))
    }

    /// True if something that is hidden from the caller could have been named.
    fn ask(&self, reader: &Reader, id: Uuid, about: &str) -> bool {
        let found = self.fragen(reader, id).unwrap();
        let hidden_akten: Vec<&AkteAnsicht> =
            self.akten.iter().filter(|akte| reader.akte(akte.id).is_err()).collect();
        let hidden: BTreeSet<Uuid> = self
            .docs
            .iter()
            .copied()
            .filter(|doc| reader.dokument(*doc).is_err())
            .chain(hidden_akten.iter().map(|akte| akte.id))
            .collect();
        for named in named(&found) {
            assert!(!hidden.contains(&named), "{about}: {named} is hidden: {found:?}");
        }
        // The head is the letter's own, which the caller reads.
        let mut json = serde_json::to_value(&found).unwrap();
        json["kopf"].take();
        let text = json.to_string();
        for akte in hidden_akten {
            for word in [format!("\"{}\"", akte.aktenzeichen), akte.betreff.clone()] {
                assert!(!text.contains(&word), "{about}: {word} is hidden: {text}");
            }
            assert!(!text.contains(&akte.id.to_string()), "{about}");
        }
        !hidden.is_empty()
    }
}

/// Every id in an answer.
fn named(found: &Vorschlaege) -> BTreeSet<Uuid> {
    let similar = found.planeinheiten.iter().flat_map(|e| e.aehnliche.iter().copied());
    let exact = found.genau.iter().flat_map(|g| g.akte.iter().map(|a| a.id));
    similar.chain(exact).chain(found.akten.iter().map(|a| a.akte.id)).collect()
}

/// Catches: each `urteil` in vorschlaege.rs and vorschlaege_akten.rs.
#[test]
fn two_hundred_rounds_of_filing_and_hiding_reveal_nothing() {
    let rounds = env_count("TEST_ROUNDS", 200);
    let mut dice = Dice(env_count("TEST_SEED", 42));
    let mut ort = Ort::neu();
    vs_nfd(&ort.haus, "zentral", Rolle::Registratur, None);
    let (mut asked, mut guarded, mut shown, mut changed) = (0, 0, 0, 0);
    for round in 0..rounds {
        ort.letter(&mut dice);
        changed += u64::from(ort.change(&mut dice));
        if dice.below(3) == 0 {
            nachziehen(&ort.haus);
        }
        if round % 40 == 39 {
            lernen(&ort.haus);
        }
        for _ in 0..3 {
            let wer = dice.pick(&LEUTE);
            let all = ort.waiting.iter().map(|(_, id)| *id).chain(ort.docs.iter().copied());
            let all: Vec<Uuid> = all.collect();
            let id = dice.pick(&all);
            let reader = ort.haus.als(wer).reader().unwrap();
            if reader.dokument(id).is_err() {
                let unknown = ort.fragen(&reader, Uuid::nil()).unwrap_err();
                assert_eq!(ort.fragen(&reader, id).unwrap_err(), unknown, "hidden as unknown");
                continue;
            }
            let about = format!("{wer}, {id}, round {round}");
            guarded += u64::from(ort.ask(&reader, id, &about));
            shown += u64::from(!named(&ort.fragen(&reader, id).unwrap()).is_empty());
            asked += 1;
        }
    }
    println!(
        "suggestions: {asked} asked for, {guarded} while something was hidden, {shown} naming \
         something, {changed} changes"
    );
    assert!(asked > rounds && guarded > rounds / 2 && shown > rounds / 4);
    assert!(changed > rounds / 4, "{changed} changes");
}
