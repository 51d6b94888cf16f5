//! What a configuration says when it can't work.

use super::*;

fn parse(text: &str) -> Result<File, String> {
    let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
    file.check().map_err(|e| e.to_string())?;
    Ok(file)
}

#[test]
fn a_data_directory_is_enough_and_a_misspelt_word_is_refused() {
    assert!(parse("data = '/d'").unwrap().listen.ip().is_loopback());
    assert!(parse("data = '/d'\n[limits]\nupload_byte = 1").is_err());
}

#[test]
fn off_loopback_it_takes_a_certificate_or_a_proxy() {
    let open = "data = '/d'\nlisten = '0.0.0.0:80'";
    assert!(parse(open).unwrap_err().contains("listen"));
    assert!(parse(&format!("{open}\ntrusted_proxies = ['10.0.0.0/8']")).is_ok());
}

#[test]
fn everything_that_is_wrong_is_named_at_once() {
    let text = "data = '/d'\nworkers = 0\nhosts = ['https://a.de']\n[limits]\nbulk = 95";
    let wrong = parse(text).unwrap_err();
    assert!(["workers", "limits.bulk", "hosts"].iter().all(|name| wrong.contains(name)));
}

#[test]
fn a_land_is_one_of_sixteen_and_periods_are_bounded() {
    let with = |text: &str| parse(&format!("data = '/d'\n[aussonderung]\n{text}"));
    let file = with("land = 'NW'\ntransferfrist_monate = 0").unwrap();
    let vorgaben = file.registry(Aktentypen::eigene()).fristen;
    assert_eq!((vorgaben.land.as_deref(), vorgaben.transferfrist_monate), (Some("NW"), 0));
    assert_eq!((vorgaben.melden_nach_jahren, vorgaben.melden_nach_jahren_dauernd), (30, 50));
    for (wrong, name) in [
        ("land = 'NRW'", "land"),
        ("transferfrist_monate = 121", "transferfrist_monate"),
        ("melden_nach_jahren = 0", "melden_nach_jahren"),
        ("frist = 1", "frist"),
    ] {
        assert!(with(wrong).unwrap_err().contains(name), "{wrong}");
    }
}
