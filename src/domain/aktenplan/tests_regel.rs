//! Rules with days, conditions and choices of anchors: read, written, refused, compared, sent.

use uuid::Uuid;

use super::{
    tests::HEAD,
    vergleich::{Wandel, vergleichen},
    *,
};
use crate::domain::zeit::Zeitpunkt;

const COLUMNS: &str = "nummer;uebergeordnet;bezeichnung;dauer;einheit;anker;rechtsgrundlage;land;\
                       stand;art;von;bis;wenn;offen_solange";

fn plan(rows: &[&str]) -> Result<Gelesen, Vec<Befund>> {
    read(HEAD, &format!("{COLUMNS}\n{}\n", rows.join("\n")))
}

/// A law that changes, one that gives way, and a choice of days.
const ROWS: &[&str] = &[
    "1;;A;8;jahre;entstehung;§ 147 AO;;2025-01-02;;2025-01-01;;;veranlagung_offen",
    "1;;;10;jahre;entstehung;§ 147 AO;;2025-01-02;;;2024-12-31;;veranlagung_offen",
    "1;;;10;jahre;bestandskraft;§ 2 StVG;;2025-01-02;hoechst;;;nicht_bekannt(tilgung);",
    "1;;;0;tage;tilgung;§ 2 StVG;;2025-01-02;hoechst;;;bekannt( tilgung );",
    "2;;B;2;jahre;spaeteres( zuschlag , vertragsende );§ 1 X;;2025-01-02;;;;;",
    "3;;C;2;jahre;frueheres(wahltag,ausscheiden);§ 1 X;;2025-01-02;;;;bekannt(wahltag);",
];

fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

fn all(unit: &Planeinheit) -> Vec<&Regel> {
    unit.regel.iter().chain(&unit.weitere_regeln).collect()
}

/// Fails if one of the four columns is not read, or not written as it is read.
#[test]
fn days_and_conditions_go_out_and_come_in() {
    let plan = plan(ROWS).unwrap();
    let unit = &plan.einheiten[0];
    let rules = all(unit);
    let days: Vec<_> = rules.iter().map(|rule| (rule.von, rule.bis)).collect();
    let none = (None, None);
    assert_eq!(days, [(day("2025-01-01"), None), (None, day("2024-12-31")), none, none]);
    let open: Vec<bool> = rules.iter().map(|rule| rule.offen_solange.is_some()).collect();
    assert_eq!(open, [true, true, false, false]);
    let fact = || "tilgung".to_owned();
    assert_eq!(rules[2].wenn, Some(Bedingung::NichtBekannt(fact())));
    assert_eq!(rules[3].wenn, Some(Bedingung::Bekannt(fact())));
    // One spelling, so that blanks are no change of the rule.
    assert_eq!(all(&plan.einheiten[1])[0].anker, "spaeteres(zuschlag,vertragsende)");
    let csv = schreiben::csv(&plan);
    let again = read(&schreiben::toml(&plan.plan), &csv).unwrap();
    assert_eq!(again.einheiten, plan.einheiten);
    assert_eq!(schreiben::csv(&again), csv);
}

/// Fails if a plan of before, in a file or in a journal, reads otherwise than it did, or is written
/// into the journal with other bytes.
#[test]
fn what_knows_nothing_of_days_stays_as_it_is() {
    let columns = "nummer;uebergeordnet;bezeichnung;dauer;einheit;anker;rechtsgrundlage;stand";
    let old = format!("{columns}\n1;;A;8;jahre;entstehung;§ 147 AO;2025-01-02\n");
    let rule = read(HEAD, &old).unwrap().einheiten[0].regel.clone().unwrap();
    assert!(!rule.hat_grenzen());
    let stored = "{\"dauer\":8,\"einheit\":\"jahre\",\"anker\":\"entstehung\",\
                  \"rechtsgrundlage\":\"§ 147 AO\",\"land\":null,\"stand\":\"2025-01-02\",\
                  \"art\":\"mindest\",\"rundung\":\"jahresende\",\"folge\":\"anbieten\"}";
    assert_eq!(serde_json::to_string(&rule).unwrap(), stored);
    assert_eq!(serde_json::from_str::<Regel>(stored).unwrap(), rule);
    let new = &plan(ROWS).unwrap().einheiten[0];
    let stored = serde_json::to_string(new).unwrap();
    assert_eq!(&serde_json::from_str::<Planeinheit>(&stored).unwrap(), new);
}

/// Each row fails if the check that it names goes.
#[test]
fn what_can_not_be_is_named_with_row_and_column() {
    let found = |rows: &[&str]| -> Vec<String> {
        let wrong = plan(rows).err().unwrap_or_default();
        wrong.iter().map(|b| format!("{} {}", b.zeile, b.spalte)).collect()
    };
    let rule = |end: &str| format!("1;;A;8;jahre;entstehung;§ 1 X;;2025-01-02;{end}");
    for (end, expected) in [
        (";2025-01-01;2024-12-31;;", "2 bis"),
        (";1.1.2025;;;", "2 von"),
        (";;2025-02-30;;", "2 bis"),
        (";;;immer;", "2 wenn"),
        (";;;bekannt(mondphase);", "2 wenn"),
        (";;;bekannt(geburt_187_2);", "2 wenn"),
        (";;;bekannt(zuschlag_oder_vertragsende);", "2 wenn"),
        (";;;unbekannt(tilgung);", "2 wenn"),
        (";;;bekannt(tilgung;", "2 wenn"),
        (";;;;regen", "2 offen_solange"),
        ("hoechst;;;;veranlagung_offen", "2 offen_solange"),
    ] {
        assert_eq!(found(&[&rule(end)]), [expected], "{end}");
    }
    for column in ["2025-01-01;;;", ";2025-01-01;;", ";;bekannt(tilgung);", ";;;veranlagung_offen"]
    {
        assert_eq!(found(&[&format!("1;;A;;;;;;;;{column}")]).len(), 1, "{column}: no rule");
    }
    for anchor in [
        "spaeteres(zuschlag)",
        "spaeteres(zuschlag,zuschlag)",
        "spaeteres(zuschlag,mondphase)",
        "frueheres(wahltag,zuschlag_oder_vertragsende)",
        "mittleres(zuschlag,wahltag)",
        "spaeteres(zuschlag,",
        "spaeteres(zuschlag,wahltag)x",
        "zuschlag,wahltag",
    ] {
        let row = rule(";;;;").replace("entstehung", anchor);
        assert_eq!(found(&[&row]), ["2 anker"], "{anchor}");
    }
    // The day on which two versions meet belongs to one of them.
    let until = rule(";;2024-12-31;;");
    let more = |end: &str| rule(end).replace(";;A;", ";;;");
    assert!(found(&[&until, &more(";2025-01-01;;;")]).is_empty());
    assert_eq!(found(&[&until, &more(";2024-12-31;;;")]), ["3 land"]);
    assert_eq!(found(&[&until, &more(";;;;")]), ["3 land"]);
    assert!(found(&[&until, &more(";;;bekannt(tilgung);")]).is_empty());
    let fallback = HEAD.to_owned() + "von = \"2025-01-01\"\n";
    let wrong = read(&fallback, "nummer;uebergeordnet;bezeichnung\n").unwrap_err();
    assert_eq!(wrong[0].spalte, "ausweichregel");
}

/// Fails if another day, condition or circumstance of a rule is taken for no change.
#[test]
fn another_validity_is_a_change_of_the_period() {
    let old = plan(ROWS).unwrap().einheiten;
    for (from, to) in [
        ("2025-01-01", "2026-01-01"),
        ("2024-12-31", "2023-12-31"),
        ("nicht_bekannt(tilgung)", "nicht_bekannt(erloeschen)"),
        (";veranlagung_offen", ";"),
    ] {
        let rows: Vec<String> = ROWS.iter().map(|row| row.replace(from, to)).collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let found = vergleichen(&old, &plan(&rows).unwrap().einheiten, &[]).unwrap();
        let kinds: Vec<_> = found.aenderungen.iter().map(|change| &change.wandel).collect();
        assert_eq!(kinds, [&[Wandel::Regel].into()], "{from}");
    }
}

/// Fails if the years of an old law, or of a rule that does not always apply, are sent to others.
#[test]
fn a_message_0301_has_the_years_of_the_plans_day() {
    let mut plan = plan(ROWS).unwrap();
    let erstellt = Zeitpunkt::parse("2026-11-22T10:00:00Z").unwrap();
    let head = xdomea::Kopf { prozess: Uuid::nil(), erstellt, absender: "Stadt".into() };
    let years = |plan: &Gelesen| -> Vec<String> {
        let message = xdomea::write(plan, &head);
        let years = message.split("<xdomea:AnzahlJahre>").skip(1);
        years.map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
    };
    assert_eq!(years(&plan), ["8", "2", "10"], "the third has the fallback's");
    plan.plan.stand = day("2024-07-01").unwrap();
    assert_eq!(years(&plan), ["10", "2", "10"]);
}
