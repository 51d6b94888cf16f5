//! A plan out and in again: as text files, as xdomea 0301.

use chrono::NaiveDate;
use uuid::Uuid;

use super::{tests::HEAD, *};
use crate::domain::zeit::Zeitpunkt;

fn kopf() -> xdomea::Kopf {
    let erstellt = Zeitpunkt::parse("2026-11-22T10:00:00Z").unwrap();
    xdomea::Kopf { prozess: Uuid::nil(), erstellt, absender: "Stadt & Land <1>".into() }
}

/// Everything a row can say.
const ALL: &str = "\
nummer;uebergeordnet;bezeichnung;dauer;einheit;anker;rechtsgrundlage;land;stand;art;rundung;folge;\
vorschlag;schutzklasse;aktentyp;stichworte;beispiele;eigen;stillgelegt;vermerk
1;;\"Rat; \"\"Ausschüsse\"\"\";;;;;;;;;;;;;;;;;oben
11;1;Ebene zwei;;;;;;;;;;;;;;;;;
11.1;11;Frist & Dauer;6;monate;geburt;§ 1 <X>;BW;2025-01-02;hoechst;tag;einschraenken;A;jugend;\
akte_x;a, b;c | d;;;erste
11.1;;;dauernd;;schliessung;Empfehlung: immer;;2025-01-03;;;;;;;;;;;zweite
11.2;11;Ohne Regel;;;;;;;;;;V;;;;;;;
11.3;11;Eigene;;;;;;;;;;;;;;;ja;;
11.4;11;Alt;8;jahre;schliessung;§ 2 X;;2025-01-02;;;;;;;;;;ja;
11.5;11;Zwölf Jahre;12;jahre;schliessung;§ 3 X;;2025-01-02;;;;;;;;;;;
";

#[test]
fn text_files_carry_everything() {
    for read in [read(HEAD, ALL).unwrap(), muster().unwrap()] {
        let (toml, csv) = (schreiben::toml(&read.plan), schreiben::csv(&read));
        let again = super::read(&toml, &csv).unwrap();
        assert_eq!(again.plan, read.plan);
        assert_eq!(again.einheiten, read.einheiten);
        let notes = |read: &Gelesen| -> Vec<Vec<String>> {
            read.stellen.iter().map(|place| place.vermerke.clone()).collect()
        };
        assert_eq!(notes(&again), notes(&read));
        assert_eq!(schreiben::csv(&again), csv);
    }
    let read = read(HEAD, ALL).unwrap();
    assert_eq!(read.stellen[2].vermerke, ["erste", "zweite"]);
    assert!(read.einheiten[4].eigen && read.einheiten[5].stillgelegt);
}

#[test]
fn the_own_fields_of_0301_come_back() {
    for plan in [read(HEAD, ALL).unwrap(), muster().unwrap()] {
        let message = xdomea::write(&plan, &kopf());
        let again = read_0301(message.as_bytes(), &plan.plan).unwrap();
        let fields = |read: &Gelesen| -> Vec<_> {
            let units = read.einheiten.iter();
            units
                .map(|u| {
                    let place = (u.nummer.clone(), u.uebergeordnet.clone(), u.bezeichnung.clone());
                    (place, u.beispiele.clone(), u.stillgelegt, u.blatt, u.aussonderungsart)
                })
                .collect()
        };
        assert_eq!(fields(&again), fields(&plan));
        assert_eq!((again.plan.name.clone(), again.plan.stand), (plan.plan.name, plan.plan.stand));
        // Written once more it is the same, years included.
        assert_eq!(xdomea::write(&again, &kopf()), message);
    }
}

/// A period in months, from a birth, for one Land only, or at most: none of it is a rule of 0301.
#[test]
fn years_are_no_law() {
    let plan = read(HEAD, ALL).unwrap();
    let again = read_0301(xdomea::write(&plan, &kopf()).as_bytes(), &plan.plan).unwrap();
    let rule =
        |number: &str| again.einheiten.iter().find(|u| u.nummer == number).unwrap().regel.clone();
    let permanent = rule("11.1").unwrap();
    assert_eq!((permanent.dauer, permanent.anker.as_str()), (None, "schliessung"));
    assert_eq!(rule("11.2"), None, "the fallback's years are no rule");
    let twelve = rule("11.5").unwrap();
    assert_eq!(twelve.dauer, Some(12));
    assert!(twelve.rechtsgrundlage.starts_with("Empfehlung: aus xdomea"));
}

fn message(units: &str) -> String {
    let head = "<?xml version=\"1.0\"?>\n<x:Aktenplan.Aktenplan.0301 xmlns:x=\"u\"><x:Kopf>\
                <x:Erstellungszeitpunkt>2025-02-03T10:00:00Z</x:Erstellungszeitpunkt></x:Kopf>\n\
                <x:Aktenplan><x:Bezeichnung>Plan der Stadt</x:Bezeichnung><x:Version>7</x:Version>";
    format!("{head}{units}</x:Aktenplan></x:Aktenplan.Aktenplan.0301>")
}

fn unit(number: &str, rest: &str) -> String {
    format!(
        "\n<x:Einheit><x:Kennzeichen>{number}</x:Kennzeichen><x:BetreffKurz>Nr. {number}\
         </x:BetreffKurz>{rest}</x:Einheit>"
    )
}

fn code(code: &str) -> String {
    format!(
        "<x:Aussonderungsart><x:Aussonderungsart><code>{code}</code></x:Aussonderungsart>\
         </x:Aussonderungsart>"
    )
}

fn template() -> Aktenplan {
    muster().unwrap().plan
}

#[test]
fn a_message_of_another_system_is_read() {
    let inner = unit("1.1", &code("V")) + &unit("1.2", &code("A"));
    let text = message(&unit("1", &inner));
    let read = read_0301(text.as_bytes(), &template()).unwrap();
    assert_eq!(read.plan.kennung, "plan-der-stadt");
    assert_eq!(read.plan.stand, NaiveDate::from_ymd_opt(2025, 2, 3).unwrap());
    assert_eq!(read.plan.grammatik, template().grammatik);
    assert_eq!(read.einheiten[1].uebergeordnet.as_deref(), Some("1"));
    assert!(read.einheiten.iter().all(|u| u.aussonderungsart == Aussonderungsart::B));
    let notes: Vec<u64> = read.hinweise.iter().map(|note| note.zeile).collect();
    assert_eq!(notes, [5, 6], "A and V became B, and it is said");
    assert_eq!(read.einheiten[1].vorschlag, Some(Aussonderungsart::V));
}

#[test]
fn a_hostile_message_is_refused_with_its_line() {
    let deep = (0..40).fold(String::new(), |inner, n| unit(&format!("{n}"), &inner));
    let bomb = "<!DOCTYPE a [<!ENTITY x \"xx\">]><x:Aktenplan.Aktenplan.0301/>".to_owned();
    let cases = [
        (bomb, 1, "XML"),
        ("<Aktenplan.Aktenplan.0302/>".into(), 1, "XML"),
        (message(&unit("1", "<x:a>&x;</x:a>")), 4, "XML"),
        (message(&unit("1", "")).replace("</x:Aktenplan>", ""), 4, "XML"),
        (message(&deep), 21, "XML"),
        (message(&unit("=1+1", "")), 4, "nummer"),
        (message(&(unit("1", "") + &unit("1", ""))), 5, "nummer"),
        (message("\n<x:Einheit><x:Kennzeichen>1</x:Kennzeichen></x:Einheit>"), 4, "BetreffKurz"),
        (message(&unit("1", "<x:Stillgelegt>vielleicht</x:Stillgelegt>")), 4, "Stillgelegt"),
        (
            message(&unit(
                "1",
                "<x:Aufbewahrungsdauer><x:AnzahlJahre>-1</x:AnzahlJahre></x:Aufbewahrungsdauer>",
            )),
            4,
            "dauer",
        ),
    ];
    for (text, line, column) in cases {
        let wrong = read_0301(text.as_bytes(), &template()).unwrap_err();
        let places: Vec<_> = wrong.iter().map(|b| (b.zeile, b.spalte.as_str())).collect();
        assert_eq!(places, [(line, column)], "{wrong:?}\n{text}");
    }
}
