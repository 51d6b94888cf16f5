//! What people type, and what is understood.

use super::*;

fn shape(text: &str) -> Vec<usize> {
    Terms::parse(text).unwrap().clauses.iter().map(|c| c.terms.len()).collect()
}

fn groups(text: &str) -> Vec<Vec<Part>> {
    Terms::parse(text).unwrap().groups
}

fn why(text: &str) -> Invalid {
    Terms::parse(text).unwrap_err()
}

#[test]
fn words_and_phrases() {
    assert_eq!(shape("Bauantrag  \"Müller und Söhne\" 2024"), [1, 3, 1]);
    assert_eq!(shape("„Müller und Söhne“ «zwei Wörter»"), [3, 2]);
    assert_eq!(shape("61.26-12/2024"), [4]);
    assert_eq!(shape("antrag Antrag ANTRÄGE"), [1, 1]);
    assert_eq!(shape("x^9 (a *) ~ [b TO c] {!frange}"), [2, 1, 1, 1, 1, 1]);
    assert_eq!(shape("- -- § Betr: 12:30 http://a.de :x a:"), [1, 2, 3, 1, 1]);
    assert!(shape("   ").is_empty());
}

#[test]
fn exclusion_and_choice() {
    let not = |text: &str| groups(text).iter().map(|g| g[0].not).collect::<Vec<_>>();
    assert_eq!(not("a -b NICHT c -\"d e\" f-g"), [false, true, true, true, false]);
    assert_eq!(not("NICHT -a"), [false], "twice is not at all");
    let sizes = |text: &str| groups(text).iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(sizes("a b ODER c OR d UND e und f"), [1, 3, 1, 1, 1]);
    assert!(groups("a ODER -b")[0][1].not);
    assert_eq!(shape("a -b ODER c"), [1, 1], "what is excluded marks nothing");
    assert_eq!(sizes("\"ODER\""), [1]);
}

#[test]
fn fields_and_beginnings() {
    let only = |text: &str| groups(text).remove(0).remove(0).what;
    let words = |what: What| match what {
        What::Words(field, clause) => (field, clause.terms.len(), clause.prefixes.join(" ")),
        other => panic!("{other:?}"),
    };
    assert_eq!(words(only("betreff:\"zwei Wörter\"")), (Feld::Betreff, 2, String::new()));
    assert_eq!(words(only("EMPFÄNGER:Müller")), (Feld::Empfaenger, 1, String::new()));
    assert_eq!(words(only("Gebühr*")), (Feld::Text, 1, "gebuhr".into()));
    assert_eq!(words(only("Mueller*")).2, "mueller muller");
    assert_eq!(words(only("az:61.26-*")), (Feld::Zeichen, 2, String::new()));
    assert_eq!(only("plan:52.1*"), What::Plan("52.1".into()));
    assert_eq!(only("typ:bescheid"), What::Typ("bescheid".into()));
    assert_eq!(only("art:Akte"), What::Art(2));
    assert_eq!(only("storno:nein"), What::Storno(false));
    assert_eq!(only("datum:2024"), only("jahr:2024-01..2024-12"));
    let terms = Terms::parse("oe:61.2 -stufe:offen").unwrap();
    let named: Vec<_> = terms.merkmale().cloned().collect();
    assert_eq!(named, [Merkmal::Oe("61.2".into()), Merkmal::Stufe("offen")]);
    assert!(terms.is_empty() && Terms::parse("x").unwrap().only() == Some("x"));
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    let at = |position, why| Invalid { position, why };
    assert_eq!(why("ab \"cd"), at(3, Why::Unclosed));
    assert_eq!(why("§ - *"), at(4, Why::ShortPrefix));
    assert_eq!(why("§ - ~"), at(0, Why::NoWord));
    assert_eq!(why("ab ge*"), at(3, Why::ShortPrefix));
    assert_eq!(why("ab betreff:§"), at(11, Why::NoWord));
    assert_eq!(why("ab -nix:b"), at(4, Why::UnknownField("nix".into())));
    assert_eq!(why("datum:0000-00-00"), at(6, Why::NoDate));
    assert_eq!(why("datum:2024..2023"), at(6, Why::NoDate));
    assert_eq!(why("x art:brief"), at(6, Why::NoValue("dokument, akte, vorgang")));
    for alone in ["ODER a", "a ODER", "a ODER ODER b", "NICHT", "a NICHT"] {
        assert_eq!(why(alone).why, Why::Alone, "{alone}");
    }
    assert_eq!(why(&"x ".repeat(500_000)).why, Why::TooLong);
    let many: String = (0..100).map(|n| format!("w{n} ")).collect();
    assert_eq!(why(&many), at(246, Why::TooMany));
    let fields = "typ:a ".repeat(100);
    assert_eq!(why(&fields).why, Why::TooMany);
    assert!(why("\"").to_string().ends_with("(Zeichen 1)"));
    assert!(why("nix:b").to_string().contains("es gibt text, betreff, zeichen"));
}
