//! Heads of letters, mails and forms.

use super::*;

fn day(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
}

#[test]
fn a_letter() {
    let head = kopf(
        "WesselNetz GmbH\nLeitungsauskunft\nPostfach 1140, 00930 Hagenbrück\n\nStadt Lindenau\n\
         Stadtplanungsamt\n\n02.08.2023\n\nVorhabenbezogener Bebauungsplan \"Nord\"\n\
         Ihre Mail vom 03.07.2023\nUnser Vorgang: BLP-2023-1187\n\nSehr geehrte Frau I.,\n\nText",
    );
    assert_eq!(head.absender.as_deref(), Some("WesselNetz GmbH"));
    assert_eq!(head.datum, Some(day("2023-08-02")));
    assert_eq!(head.betreff.as_deref(), Some("Vorhabenbezogener Bebauungsplan \"Nord\""));
    assert_eq!(head.fremdzeichen.as_deref(), Some("BLP-2023-1187"));
    assert_eq!(head.typ, Typ::Brief);
}

#[test]
fn a_mail() {
    let head = kopf(
        "Von: Bernd Ostrowski <b@o.example>\nAn: archiv@stadt.example\nBetreff: Großvater\n\
         Datum: 4.4.2023\n\nSehr geehrte Frau Dr. Lohmeyer,\n\nich suche",
    );
    assert_eq!(head.absender.as_deref(), Some("Bernd Ostrowski"));
    assert_eq!(head.betreff.as_deref(), Some("Großvater"));
    assert_eq!(head.datum, Some(day("2023-04-04")));
    assert_eq!(head.typ, Typ::Mail);
}

#[test]
fn a_letter_without_subject_or_sender_on_top() {
    let head = kopf(
        "An\nStadtverwaltung Lindenau\n\nLindenau, 31. Januar 2023\n\nSehr geehrte Damen,\n\
         ein Reifen ist kaputt.\n\nHochachtungsvoll\n\nAdelheid Przybylski\nPoststr. 80",
    );
    assert_eq!(head.absender.as_deref(), Some("Adelheid Przybylski"));
    assert_eq!(head.datum, Some(day("2023-01-31")));
    assert_eq!(head.typ, Typ::Brief);
}

#[test]
fn kinds() {
    for (title, typ) in [
        ("Rechnung Nr. 17", Typ::Rechnung),
        ("Bauantrag im vereinfachten Verfahren", Typ::Antrag),
        ("Niederschrift über die Sitzung", Typ::Protokoll),
        ("Anhörung gem. § 28 VwVfG", Typ::Anhoerung),
        ("Widerspruch gegen den Bescheid vom 3.4.2023", Typ::Widerspruch),
        ("Urlaub", Typ::Brief),
    ] {
        assert_eq!(
            kopf(&format!("Firma X\n\n{title}\n\nSehr geehrte Damen,\n")).typ,
            typ,
            "{title}"
        );
    }
}

#[test]
fn dates() {
    for (text, date) in [
        ("Lindenau, den 28.11.2022", "2022-11-28"),
        ("Kirchwessel, 7. März 2024", "2024-03-07"),
        ("2024-05-06", "2024-05-06"),
        ("9.1.24", "2024-01-09"),
    ] {
        assert_eq!(date_of_letter(text), Some(day(date)), "{text}");
    }
    for text in
        ["geb. 19.06.1938", "Ihr Schreiben vom 3.4.2023", "31.02.2023", "Tel. 09999 44", "İ 1.1.2"]
    {
        assert_eq!(date_of_letter(text), None, "{text}");
    }
}
