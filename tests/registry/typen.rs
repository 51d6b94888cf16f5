//! The types of Akten: each is filed, found by a field and refused by one; types of the city's
//! own, new versions of them, and what happens to files that are there.

use std::{collections::BTreeMap, sync::Arc};

use aktenlauf::{
    domain::{
        access::{Rolle, Schutzklasse},
        aktentyp::{Aktentypen, Felder},
    },
    registry::{
        AkteAenderung, AkteAnsicht, AkteNeu, Art, Blatt, Config, Error, Feld, RechteNeu, Registry,
        Rollenangabe, Suchanfrage, Suchergebnis, Treffer,
    },
};
use serde_json::{Value, json};

use super::haus::{Haus, akte_neu};

impl Haus {
    /// The same house with other types of Akten.
    fn typen(&mut self, typen: Arc<Aktentypen>) {
        let config = Config { typen: typen.clone(), ..Config::default() };
        self.registry = Registry::new(
            self.ledger.clone(),
            self.registry.blobs().clone(),
            self.derived.clone(),
            self.index.clone(),
            self.source.clone(),
            config,
        );
        self.follow = self.follow.take().map(|follow| follow.with_typen(typen));
    }
}

fn objekt(value: Value) -> Felder {
    let Value::Object(felder) = value else { panic!("no object") };
    felder
}

fn neu(unit: &str, typ: &str, felder: Value) -> AkteNeu {
    let (typ, felder) = (Some(typ.into()), Some(objekt(felder)));
    AkteNeu { typ, felder, ..akte_neu(unit, "Vorgelegt") }
}

fn suche(haus: &Haus, wer: &str, text: &str) -> Result<Suchergebnis, Error> {
    let frage = Suchanfrage { text: text.into(), facetten: true, ..Suchanfrage::default() };
    let stale = || Ok(haus.follow().stale().unwrap());
    haus.als(wer).reader().unwrap().suche(&frage, stale)
}

fn gefunden(haus: &Haus, wer: &str, text: &str) -> Vec<uuid::Uuid> {
    let found = suche(haus, wer, text).unwrap();
    assert_eq!(found.anzahl, found.treffer.len() as u64, "{text}");
    let id = |treffer: &Treffer| match treffer {
        Treffer::Akte { akte } => akte.id,
        other => panic!("{text}: {other:?}"),
    };
    found.treffer.iter().map(id).collect()
}

fn aendern(haus: &Haus, akte: &AkteAnsicht, felder: Feld<Felder>) -> Result<AkteAnsicht, Error> {
    let change = AkteAenderung { felder, ..AkteAenderung::default() };
    let clerk = haus.als("sach61").clerk().unwrap();
    clerk.akte_aendern(akte.id, akte.version, change).map(|done| done.wert)
}

/// A clerk of OE 50 who is admitted behind the walls.
fn hinter_mauern(haus: &Haus) {
    let oe = Some("50".to_owned());
    let rollen = vec![Rollenangabe { rolle: Rolle::Sachbearbeitung, oe: oe.clone() }];
    let schutzklassen = vec![Schutzklasse::Sozial, Schutzklasse::Jugend, Schutzklasse::Personal];
    let rechte = RechteNeu { oe, rollen, schutzklassen, stufe: Default::default() };
    haus.registry.system("root").person_rechte(haus.personen["sach50"], rechte).unwrap();
}

/// A type with what it takes, what it refuses (the pointer), what finds it and what does not.
struct Fall {
    typ: &'static str,
    gut: Value,
    schlecht: (&'static str, Value, &'static str),
    findet: &'static [&'static str],
    findet_nicht: &'static [&'static str],
    wall: Option<Schutzklasse>,
}

fn fall(
    typ: &'static str,
    gut: Value,
    schlecht: (&'static str, Value, &'static str),
    findet: &'static [&'static str],
    findet_nicht: &'static [&'static str],
) -> Fall {
    let wall = match typ {
        "personalakte" => Some(Schutzklasse::Personal),
        "sozialhilfeakte" => Some(Schutzklasse::Sozial),
        "jugendhilfeakte" => Some(Schutzklasse::Jugend),
        _ => None,
    };
    Fall { typ, gut, schlecht, findet, findet_nicht, wall }
}

fn person(more: Value) -> Value {
    let mut all = json!({ "nachname": "Ünlü-Groß", "vorname": "Ayşe Marie",
        "geburtsdatum": "1990-02-28" });
    for (name, value) in objekt(more) {
        all[name] = value;
    }
    all
}

fn sachen() -> Vec<Fall> {
    vec![
        fall(
            "sachakte",
            json!({ "beteiligte": ["Feuerwehr Nord"], "jahr": 2024, "wahltag": "2025-02-23" }),
            ("jahr", json!("zwanzig"), "/felder/jahr"),
            &["sachakte.jahr:2024", "sachakte.beteiligte:feuerwehr", "SACHAKTE.Jahr:202*"],
            &["sachakte.jahr:2025", "sachakte.jahr:24", "-sachakte.jahr:2024"],
        ),
        fall(
            "bauakte",
            json!({ "flurstueck": ["123/4", "77"], "bauherr": "Wohnbau Müller GmbH",
                "verfahren": "baugenehmigung", "genehmigung_am": "2024-03-15" }),
            ("flurstueck", json!(["123/4", "12-4"]), "/felder/flurstueck/1"),
            &[
                "bauakte.flurstueck:123/4",
                "bauakte.flurstueck:77",
                "bauakte.flurstueck:123*",
                "bauakte.bauherr:mueller",
                "bauakte.bauherr:\"Wohnbau Müller GmbH\"",
                "bauakte.bauherr:wohn*",
                "bauakte.genehmigung_am:15.03.2024",
                "bauakte.genehmigung_am:2024-03*",
                "müller bauakte.flurstueck:*",
            ],
            &[
                "bauakte.flurstueck:4/123",
                "bauakte.flurstueck:123",
                "bauakte.flurstueck:12/34",
                "bauakte.flur:123/4",
                "bauakte.bauherr:maier",
            ],
        ),
        fall(
            "gewerbeakte",
            json!({ "betriebsname": "Café am Markt", "registernummer": "HRB 1234",
                "rechtsform": "gmbh" }),
            ("registernummer", json!("XYZ 1"), "/felder/registernummer"),
            &["gewerbeakte.registernummer:HRB1234", "gewerbeakte.betriebsname:\"cafe markt\""],
            &["gewerbeakte.registernummer:1234"],
        ),
        fall(
            "vergabeakte",
            json!({ "vergabenummer": "V-24 0815", "cpv": ["45000000-7"], "lose": 3,
                "zuschlag_am": "2024-06-01", "angebotsfrist": "2024-05-02T10:00:00+02:00" }),
            ("angebotsfrist", json!("2024-05-02"), "/felder/angebotsfrist"),
            &["vergabeakte.vergabenummer:\"V-24 0815\"", "vergabeakte.cpv:45000000-7"],
            &["vergabeakte.cpv:45000000"],
        ),
        fall(
            "rechnungsakte",
            json!({ "haushaltsjahr": 2024, "kreditor": "Stadtwerke", "betrag_euro": 1190.5 }),
            ("betrag_euro", json!(-1), "/felder/betrag_euro"),
            &["rechnungsakte.haushaltsjahr:2024", "rechnungsakte.betrag_euro:1190.5"],
            &["rechnungsakte.haushaltsjahr:2023"],
        ),
        fall(
            "sitzungsvorlage",
            json!({ "vorlagennummer": "2024/117", "gremium": ["Bauausschuss", "Rat"],
                "oeffentlich": false }),
            ("oeffentlich", json!("nein"), "/felder/oeffentlich"),
            &["sitzungsvorlage.oeffentlich:nein", "sitzungsvorlage.gremium:rat"],
            &["sitzungsvorlage.oeffentlich:ja"],
        ),
    ]
}

fn menschen() -> Vec<Fall> {
    vec![
        fall(
            "personalakte",
            person(json!({ "personalnummer": "4711", "entgeltgruppe": "EG 9b" })),
            ("entgeltgruppe", json!("viel"), "/felder/entgeltgruppe"),
            &["personalakte.personalnummer:4711", "personalakte.nachname:Ünlü-Groß"],
            &["personalakte.personalnummer:471"],
        ),
        fall(
            "sozialhilfeakte",
            person(json!({ "fallnummer": "S-2024/17", "leistungsart": "wohngeld" })),
            ("leistungsart", json!("geld"), "/felder/leistungsart"),
            &["sozialhilfeakte.fallnummer:s-2024/17", "sozialhilfeakte.leistungsart:wohngeld"],
            &["sozialhilfeakte.fallnummer:2024"],
        ),
        fall(
            "jugendhilfeakte",
            person(json!({ "sorgeberechtigte": ["Amtsvormund Lindenau"], "aufgabe": "adoption" })),
            ("geburtsdatum", json!("2010-02-30"), "/felder/geburtsdatum"),
            &["jugendhilfeakte.sorgeberechtigte:amtsvormund"],
            &["jugendhilfeakte.sorgeberechtigte:mutter"],
        ),
        fall(
            "auslaenderakte",
            person(json!({ "azr_nummer": "012345678901", "staatsangehoerigkeit": ["TUR"] })),
            ("azr_nummer", json!("12"), "/felder/azr_nummer"),
            &["auslaenderakte.azr_nummer:012345678901", "auslaenderakte.staatsangehoerigkeit:tur"],
            &["auslaenderakte.staatsangehoerigkeit:SYR"],
        ),
        fall(
            "fahrerlaubnisakte",
            person(json!({ "klassen": ["B", "C1E"], "gueltig_bis": "2033-01-19" })),
            ("klassen", json!(["B", "B"]), "/felder/klassen"),
            &["fahrerlaubnisakte.klassen:c1e", "fahrerlaubnisakte.gueltig_bis:19.01.2033"],
            &["fahrerlaubnisakte.klassen:C1"],
        ),
    ]
}

/// Catches: `suchwerte`, `fachfeld::terms`, `felder` in `anlegen`, the wall of the type.
#[test]
fn each_type_is_filed_found_by_its_fields_and_refused_by_pointer() {
    let haus = Haus::neu();
    hinter_mauern(&haus);
    let faelle: Vec<Fall> = sachen().into_iter().chain(menschen()).collect();
    assert_eq!(faelle.len(), Aktentypen::eigene().alle().count(), "a type has no test");
    let clerk = haus.als("sach50").clerk().unwrap();
    for fall in &faelle {
        let typ = Aktentypen::eigene().neueste(fall.typ).unwrap().clone();
        let akte = clerk.akte_anlegen(neu("52.1", fall.typ, fall.gut.clone()), None).unwrap().wert;
        assert_eq!(Value::Object(akte.felder.clone()), fall.gut, "{}", fall.typ);
        assert_eq!(akte.typ.as_deref(), Some(fall.typ));
        assert_eq!((akte.typ_version, akte.schutzklasse), (Some(1), fall.wall));
        let (name, value, pointer) = &fall.schlecht;
        let mut bad = fall.gut.clone();
        bad[*name] = value.clone();
        let refused = clerk.akte_anlegen(neu("52.1", fall.typ, bad), None).unwrap_err();
        let places: Vec<_> = refused.fehler.iter().map(|f| f.zeiger.as_str()).collect();
        assert_eq!(places, [*pointer], "{}", fall.typ);
        let required = typ.felder.iter().find(|feld| feld.pflicht);
        let empty = clerk.akte_anlegen(neu("52.1", fall.typ, json!({})), None);
        match required {
            None => drop(empty.unwrap()),
            Some(feld) => {
                let refused = empty.unwrap_err().fehler.remove(0);
                assert_eq!(refused.zeiger, format!("/felder/{}", feld.name));
            }
        }
        haus.nachziehen();
        for text in fall.findet {
            assert_eq!(gefunden(&haus, "sach50", text), [akte.id], "{text}");
        }
        for text in fall.findet_nicht {
            assert!(!gefunden(&haus, "sach50", text).contains(&akte.id), "{text}");
        }
        // Somebody of another office finds nothing, and is told nothing else than of a value
        // that nobody has.
        for text in fall.findet {
            let other = suche(&haus, "sach61", text).unwrap();
            assert_eq!((other.anzahl, other.meinten_sie), (0, None), "{text}");
            assert!(other.facetten.unwrap().felder.is_empty(), "{text}");
        }
    }
}

/// Catches: `position` in `fach`, `verstanden`.
#[test]
fn a_field_that_there_is_not_is_told_with_its_place() {
    let haus = Haus::neu();
    for (text, place) in [
        ("nix.feld:x", 1),
        ("radweg bauakte.nix:x", 8),
        ("radweg -bauakte.bemerkung:x", 9),
        ("ä bauakte.antragseingang:2024-01-01", 3),
        ("a ODER x_1.y_2:\"b c\"", 8),
    ] {
        let refused = suche(&haus, "sach61", text).unwrap_err();
        let told = &refused.fehler[0];
        assert_eq!((told.zeiger.as_str(), told.code), ("/q", "suchtext_ungueltig"));
        assert!(told.text.contains("gibt es nicht"), "{}", told.text);
        assert!(told.text.ends_with(&format!("(Zeichen {place})")), "{text}: {}", told.text);
    }
    for text in ["www.example.org", "http://a.de/b:c", "12.30:15", "z.B.", "a.b: c", "§.x:y"] {
        suche(&haus, "sach61", text).unwrap();
    }
    let many = "bauakte.flur:1 ".repeat(65);
    assert!(suche(&haus, "sach61", &many).unwrap_err().fehler[0].text.contains("64"));
}

/// Catches: the diff of `felder`, `extend`, `retain` and `FELDER_BYTES_MAX`.
#[test]
fn fields_change_one_by_one_and_the_log_has_each() {
    let haus = Haus::neu();
    let clerk = haus.als("sach61").clerk().unwrap();
    let felder = json!({ "flurstueck": ["1/2"], "gemarkung": "Lindenau", "flur": "3" });
    let akte = clerk.akte_anlegen(neu("52.1", "bauakte", felder), None).unwrap().wert;
    haus.nachziehen();
    assert_eq!(gefunden(&haus, "sach61", "bauakte.flurstueck:1/2"), [akte.id]);
    let change = json!({ "flurstueck": ["5/6"], "gemarkung": null, "ortsteil": " Nord " });
    let changed = aendern(&haus, &akte, Feld::Wert(objekt(change))).unwrap();
    let now = json!({ "flurstueck": ["5/6"], "flur": "3", "ortsteil": "Nord" });
    assert_eq!(Value::Object(changed.felder.clone()), now);
    haus.nachziehen();
    assert!(gefunden(&haus, "sach61", "bauakte.flurstueck:1/2").is_empty());
    assert_eq!(gefunden(&haus, "sach61", "bauakte.flurstueck:5/6"), [akte.id]);
    let reader = haus.als("sach61").reader().unwrap();
    let log = reader.protokoll(akte.id, &Blatt::default()).unwrap().eintraege;
    let told: BTreeMap<_, _> =
        log[0].aenderungen.iter().map(|c| (c.feld.as_str(), (&c.alt, &c.neu))).collect();
    assert_eq!(told["felder.flurstueck"], (&Some(json!(["1/2"])), &Some(json!(["5/6"]))));
    assert_eq!(told["felder.gemarkung"], (&Some(json!("Lindenau")), &None));
    assert_eq!(told["felder.ortsteil"], (&None, &Some(json!("Nord"))));
    assert_eq!(told.len(), 4, "and when it was changed: {told:?}");
    let audit = haus.als("revision").auditor().unwrap();
    let log = audit.protokoll(akte.id, &Blatt::default()).unwrap().eintraege;
    for change in &log[0].aenderungen {
        assert!(change.verdeckt && change.alt.is_none() && change.neu.is_none(), "{change:?}");
    }
    let stale = aendern(&haus, &akte, Feld::Leer).unwrap_err();
    assert_eq!(stale.code, "version_veraltet");
    let big = json!({ "bauvorhaben": "x".repeat(40 << 10) });
    let refused = aendern(&haus, &changed, Feld::Wert(objekt(big))).unwrap_err();
    assert_eq!(
        (refused.fehler[0].zeiger.as_str(), refused.fehler[0].code),
        ("/felder", "zu_gross")
    );
    let refused = aendern(&haus, &changed, Feld::Wert(objekt(json!({ "a\u{7}": 1 })))).unwrap_err();
    assert_eq!(refused.fehler[0].code, "zeichen_unzulaessig");
    assert!(aendern(&haus, &changed, Feld::Leer).unwrap().felder.is_empty());
    let unknown = AkteNeu { typ: Some("hundeakte".into()), ..akte_neu("52.1", "Rex") };
    let refused = clerk.akte_anlegen(unknown, None).unwrap_err();
    assert_eq!(refused.fehler[0].zeiger, "/typ");
    let none = clerk.akte_anlegen(akte_neu("52.1", "Ohne"), None).unwrap().wert;
    assert_eq!((none.typ.as_deref(), none.typ_version), (Some("sachakte"), Some(1)));
}

/// Catches: `wall`, and the check of the wall in `aendern`.
#[test]
fn a_type_with_a_wall_is_opened_behind_it_and_never_brought_there_later() {
    let haus = Haus::neu();
    let fields = || json!({ "nachname": "Meier" });
    let outside = haus.als("sach61").clerk().unwrap();
    let refused = outside.akte_anlegen(neu("52.1", "personalakte", fields()), None).unwrap_err();
    assert_eq!(refused.art, Art::NichtErlaubt);
    let inside = haus.als("sach11").clerk().unwrap();
    let akte = inside.akte_anlegen(neu("52.1", "personalakte", fields()), None).unwrap().wert;
    assert_eq!(akte.schutzklasse, Some(Schutzklasse::Personal));
    let hidden = haus.als("zentral").reader().unwrap().akte(akte.id).unwrap_err();
    assert_eq!(hidden.art, Art::NichtGefunden);
    let refused = inside.akte_anlegen(neu("11.4", "jugendhilfeakte", fields()), None).unwrap_err();
    assert_eq!(refused.fehler[0].code, "schutzklasse_passt_nicht");
    let open = haus.akte("sach61", "Offen");
    let typ = Feld::Wert("personalakte".into());
    let change = AkteAenderung { typ, felder: Feld::Wert(objekt(fields())), ..Default::default() };
    let refused = outside.akte_aendern(open.id, open.version, change).unwrap_err();
    assert_eq!(refused.fehler[0].zeiger, "/typ");
}

fn hunde(version: u32, required: &[&str]) -> String {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "x-aktentyp": { "kennung": "hundeakte", "version": version, "bezeichnung": "Hundeakte" },
        "type": "object", "additionalProperties": false, "required": required,
        "properties": {
            "rufname": { "type": "string", "title": "Rufname", "maxLength": 40 },
            "chip": { "type": "string", "title": "Chip", "pattern": "^[0-9]+$" }
        },
        "x-suche": { "felder": ["rufname"], "facetten": ["rufname"] }
    })
    .to_string()
}

fn mit(schemas: &[String]) -> Arc<Aktentypen> {
    let mut typen = Aktentypen::clone(&Aktentypen::eigene());
    for (n, schema) in schemas.iter().enumerate() {
        typen.dazu(&format!("{n}.json"), schema).unwrap();
    }
    Arc::new(typen)
}

/// Catches: `version` instead of `neueste` in `aendern`, each answer of `aktentypen_pruefen`.
#[test]
fn a_new_version_leaves_old_files_alone_and_a_changed_one_is_refused_with_them() {
    let mut haus = Haus::neu();
    haus.typen(mit(&[hunde(1, &[])]));
    let clerk = |haus: &Haus| haus.als("sach61").clerk().unwrap();
    let mut old = Vec::new();
    for n in 0..25 {
        let felder = json!({ "rufname": format!("Rex {n}") });
        let made = clerk(&haus).akte_anlegen(neu("52.1", "hundeakte", felder), None).unwrap();
        old.push(made.wert);
    }
    haus.nachziehen();
    assert_eq!(gefunden(&haus, "sach61", "hundeakte.rufname:\"rex 7\""), [old[7].id]);
    let facetten = suche(&haus, "sach61", "hundeakte.rufname:rex").unwrap().facetten.unwrap();
    assert_eq!(facetten.felder[0].feld, "hundeakte.rufname");
    assert_eq!((facetten.felder[0].werte.len(), facetten.felder[0].werte[0].anzahl), (25, 1));
    haus.registry.aktentypen_pruefen().unwrap();
    // A second version beside the first: old files keep theirs until somebody names the type.
    haus.typen(mit(&[hunde(1, &[]), hunde(2, &["chip"])]));
    haus.registry.aktentypen_pruefen().unwrap();
    let kept = aendern(&haus, &old[0], Feld::Wert(objekt(json!({ "rufname": "Hasso" })))).unwrap();
    assert_eq!(kept.typ_version, Some(1));
    let typ = || Feld::Wert("hundeakte".to_owned());
    let moved = AkteAenderung { typ: typ(), ..AkteAenderung::default() };
    let refused = clerk(&haus).akte_aendern(kept.id, kept.version, moved.clone()).unwrap_err();
    assert_eq!(refused.fehler[0].zeiger, "/felder/chip");
    let felder = Feld::Wert(objekt(json!({ "chip": "1" })));
    let moved = AkteAenderung { felder, ..moved };
    let moved = clerk(&haus).akte_aendern(kept.id, kept.version, moved).unwrap().wert;
    assert_eq!(moved.typ_version, Some(2));
    let refused = clerk(&haus).akte_anlegen(neu("52.1", "hundeakte", json!({})), None).unwrap_err();
    assert_eq!(refused.fehler[0].zeiger, "/felder/chip", "new files have the newest version");
    // The first version changed in place: 24 files would not be valid any more; 20 are named.
    haus.typen(mit(&[hunde(1, &["chip"]), hunde(2, &["chip"])]));
    let refused = haus.registry.aktentypen_pruefen().unwrap_err();
    assert!(refused.contains("hundeakte version 1") && refused.contains(": 24: "), "{refused}");
    assert_eq!(refused.matches("52.1-").count(), 20, "{refused}");
    assert!(refused.contains("(/chip)") && refused.ends_with(", ..."), "{refused}");
    // The schema gone: the same; what is there stays readable.
    haus.typen(mit(&[hunde(2, &["chip"])]));
    let refused = haus.registry.aktentypen_pruefen().unwrap_err();
    assert!(refused.contains("put its schema back"), "{refused}");
    let reader = haus.als("sach61").reader().unwrap();
    let seen = reader.akte(old[3].id).unwrap();
    assert_eq!(reader.felder(&seen)[0].werte, ["Rex 3"]);
    let refused = aendern(&haus, &old[3], Feld::Leer).unwrap_err();
    assert_eq!(refused.fehler[0].code, "aktentyp_unbekannt");
}
