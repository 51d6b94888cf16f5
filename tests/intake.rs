//! Pushes: what is refused before the bytes, what after them, and what happens twice.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::{Barrier, atomic::Ordering};

use aktenlauf::{
    domain::{
        access::{Rolle, Verb},
        digest::Digest,
        organisation::Grenzen,
    },
    intake::{FassungMetadaten, Grund, Metadaten},
    registry::{Acting, Art, Begruendung, SchluesselNeu, VorgangNeu},
};

use crate::registry::haus::{Haus, idempotenz, loser_blob, schluessel_neu};

fn in_akte(aktenzeichen: &str) -> Metadaten {
    Metadaten { aktenzeichen: Some(aktenzeichen.into()), ..Metadaten::default() }
}

fn machine(haus: &Haus, neu: SchluesselNeu) -> Acting {
    let admin = haus.als("admin1").administrator().unwrap();
    haus.maschine(&admin.schluessel_anlegen(neu, None).unwrap().wert.geheimnis).unwrap()
}

fn staged(haus: &Haus, bytes: &[u8]) -> aktenlauf::blob::Staged {
    let mut staging = haus.registry.blobs().stage().unwrap();
    staging.write(bytes).unwrap();
    staging.finish().unwrap()
}

/// Catches: the checks in `begin`.
#[test]
fn right_and_target_are_asked_before_the_bytes() {
    let haus = Haus::neu();
    let akte = haus.akte("sach61", "Bauantrag");
    let clerk = haus.als("sach61").clerk().unwrap();
    let begin = |wer: &str, meta| haus.intake.begin(&haus.als(wer), meta, None).map(drop);
    assert!(begin("sach61", in_akte("52.1–1")).is_ok(), "any dash will do");
    let unknown = begin("sach61", in_akte("52.1-99")).unwrap_err();
    let hidden = begin("sach50", in_akte("52.1-1")).unwrap_err();
    assert_eq!(hidden, unknown);
    assert_eq!(hidden.grund, Grund::Registry(Art::NichtGefunden));
    assert_eq!(begin("admin1", in_akte("52.1-1")).unwrap_err().code, "nicht_erlaubt");
    assert_eq!(begin("revision", Metadaten::default()).unwrap_err().code, "nicht_erlaubt");
    let both = Metadaten { akte_id: Some(akte.id), ..in_akte("52.1-1") };
    assert_eq!(begin("sach61", both).unwrap_err().fehler[0].code, "ziel_mehrfach");
    let foreign = Metadaten { oe: Some("50".into()), ..Metadaten::default() };
    assert_eq!(begin("sach61", foreign).unwrap_err().code, "nicht_erlaubt");
    let whole_house = begin("zentral", Metadaten::default()).unwrap_err();
    assert_eq!(whole_house.fehler[0].zeiger, "/oe");
    let neu = VorgangNeu { betreff: "Antrag".into(), typ: None, bemerkung: None };
    let matter = clerk.vorgang_anlegen(akte.id, neu, None).unwrap().wert;
    let done = clerk.vorgang_schliessen(matter.id, matter.version, Begruendung::default());
    done.unwrap();
    let into = Metadaten { vorgang_id: Some(matter.id), ..Metadaten::default() };
    assert_eq!(begin("sach61", into).unwrap_err().code, "vorgang_geschlossen");
    clerk.akte_schliessen(akte.id, akte.version, Begruendung::default()).unwrap();
    assert_eq!(begin("sach61", in_akte("52.1-1")).unwrap_err().code, "akte_geschlossen");
}

/// Catches: the second asking in `einliefern`; `withdraw`.
#[test]
fn a_target_closed_during_the_upload_refuses_and_leaves_nothing() {
    let haus = Haus::neu();
    let akte = haus.akte("sach61", "Bauantrag");
    let acting = haus.als("sach61");
    let permit = haus.intake.begin(&acting, in_akte("52.1-1"), None).unwrap();
    let clerk = acting.clerk().unwrap();
    clerk.akte_schliessen(akte.id, akte.version, Begruendung::default()).unwrap();
    let staged = staged(&haus, b"zu spaet");
    let digest = staged.digest;
    assert_eq!(permit.finish(staged, None).unwrap_err().code, "akte_geschlossen");
    assert!(!haus.registry.blobs().exists(digest));
}

/// Catches: `Voll` in `withdraw`, without which refused pushes keep the disk full.
#[test]
fn a_push_that_finds_the_disk_full_leaves_nothing() {
    let haus = Haus::neu();
    let akte = haus.akte("sach61", "Bauantrag");
    let known = haus.brief("sach61", akte.id, "Brief", "schon da");
    haus.source.voll.store(true, Ordering::SeqCst);
    for bytes in ["neu", "schon da"] {
        let refused = haus.push(&haus.als("sach61"), in_akte("52.1-1"), bytes.as_bytes(), None);
        assert_eq!(refused.unwrap_err().grund, Grund::Registry(Art::Voll));
    }
    let left: Vec<_> = haus.registry.blobs().list().map(|f| f.unwrap().digest).collect();
    assert_eq!(left, [known.sha256]);
    haus.source.voll.store(false, Ordering::SeqCst);
    assert!(haus.push(&haus.als("sach61"), in_akte("52.1-1"), b"neu", None).is_ok());
}

/// Catches: `check` of the metadata, and the checks at the head of `finish`.
#[test]
fn bad_metadata_and_bytes_are_named() {
    let haus = Haus::neu();
    let acting = haus.als("sach61");
    let codes = |meta| {
        let refused = haus.intake.begin(&acting, meta, None).map(drop).unwrap_err();
        let one = refused.fehler.into_iter().next().unwrap();
        (one.zeiger, one.code)
    };
    let nul = Metadaten { betreff: Some("a\u{0}b".into()), ..Metadaten::default() };
    assert_eq!(codes(nul), ("/betreff".into(), "zeichen_unzulaessig"));
    let long = Metadaten { absender: Some("x".repeat(301)), ..Metadaten::default() };
    assert_eq!(codes(long), ("/absender".into(), "zu_lang"));
    let day = chrono::NaiveDate::from_ymd_opt(2100, 1, 1);
    let future = Metadaten { posteingangsdatum: day, ..Metadaten::default() };
    assert_eq!(codes(future), ("/posteingangsdatum".into(), "datum_zukunft"));
    assert!(serde_json::from_str::<Metadaten>(r#"{"betref": "x"}"#).is_err());
    let wrong = Metadaten { sha256: Some(Digest([7; 32])), ..Metadaten::default() };
    let refused = haus.push(&acting, wrong, b"x", None).unwrap_err();
    assert_eq!(refused.fehler[0].code, "digest_falsch");
    let empty = haus.push(&acting, Metadaten::default(), b"", None).unwrap_err();
    assert_eq!(empty.fehler[0].code, "datei_leer");
    let mut permit = haus.intake.begin(&acting, Metadaten::default(), None).unwrap();
    permit.take(1 << 20).unwrap();
    assert_eq!(permit.take(1).unwrap_err().grund, Grund::ZuGross);
}

/// Catches: the defaults, and the type taken from the bytes.
#[test]
fn what_is_not_said_is_taken_from_the_upload() {
    let haus = Haus::neu();
    let acting = haus.als("sach61");
    let permit = haus.intake.begin(&acting, Metadaten::default(), None).unwrap();
    let receipt = permit.finish(staged(&haus, b"%PDF-1.7\n"), Some("../../Bescheid.txt")).unwrap();
    let doc = acting.reader().unwrap().dokument(receipt.id).unwrap();
    assert_eq!(doc.betreff, "Bescheid.txt");
    let file = &doc.fassungen[0].formate[0];
    assert_eq!(
        (file.dateiname.as_str(), file.medientyp.as_str()),
        ("Bescheid.txt", "application/pdf")
    );
    assert_eq!((file.sha256, file.groesse), (receipt.sha256, 9));
    assert_eq!((doc.oe.kuerzel.as_str(), doc.akte_id), ("61", None));
    assert_eq!(doc.posteingangsdatum, doc.angelegt.datum());
    let entry = haus.ledger.entries(receipt.seq, 1).unwrap().pop().unwrap();
    assert_eq!(receipt.siegel, entry.position.seal.to_string());
    let records = entry.body.unwrap().records;
    let kinds: Vec<_> = records.iter().map(|r| r.kind.as_str()).collect();
    assert_eq!(kinds, ["dokument", "rechteklasse", "zaehler", "blob", "textstand"], "one entry");
}

/// Catches: the remembered answer in `finish` and in the decision.
#[test]
fn a_repeated_push_gets_its_first_receipt() {
    let haus = Haus::neu();
    let akte = haus.akte("sach61", "Bauantrag");
    let machine = machine(&haus, schluessel_neu("bau"));
    let none = haus.push(&machine, in_akte("52.1-1"), b"Brief", None).unwrap_err();
    assert_eq!(none.fehler[0].code, "idempotenz_fehlt");
    let first = haus.push(&machine, in_akte("52.1-1"), b"Brief", Some("k1")).unwrap();
    let clerk = haus.als("sach61").clerk().unwrap();
    clerk.akte_schliessen(akte.id, akte.version, Begruendung::default()).unwrap();
    let head = haus.ledger.head();
    let again = haus.push(&machine, in_akte("52.1-1"), b"Brief", Some("k1")).unwrap();
    assert!(again.wiederholt && !first.wiederholt);
    assert_eq!((again.id, again.sha256, again.seq), (first.id, first.sha256, first.seq));
    assert_eq!((again.siegel, haus.ledger.head()), (first.siegel, head));
    let bytes = haus.push(&machine, in_akte("52.1-1"), b"Brief!", Some("k1")).unwrap_err();
    assert_eq!(bytes.code, "idempotenz_abweichung");
    let other = Metadaten { typ: Some("bescheid".into()), ..in_akte("52.1-1") };
    let meta = haus.push(&machine, other, b"Brief", Some("k1")).unwrap_err();
    assert_eq!(meta.code, "idempotenz_abweichung");
    let odd = haus.push(&machine, in_akte("52.1-1"), b"Brief", Some("ä")).unwrap_err();
    assert_eq!(odd.fehler[0].code, "idempotenz_schluessel");
}

/// Catches: `Only` (kept until the permit is dropped).
#[test]
fn a_running_twin_is_kept_out() {
    let haus = Haus::neu();
    let acting = haus.als("sach61");
    let begin = || haus.intake.begin(&acting, Metadaten::default(), Some(idempotenz("k1")));
    let running = begin().unwrap();
    let twin = begin().unwrap_err();
    assert_eq!(
        (twin.code, &twin.grund),
        ("in_bearbeitung", &Grund::InBearbeitung { retry_after_s: 1 },)
    );
    let other = haus.als("reg61");
    assert!(haus.intake.begin(&other, Metadaten::default(), Some(idempotenz("k1"))).is_ok());
    drop(running);
    assert!(begin().is_ok());
}

/// Catches: `Slot` (bytes counted, uploads given back, the day).
#[test]
fn a_key_keeps_within_its_bounds() {
    let haus = Haus::neu();
    let mut neu = schluessel_neu("bau");
    neu.grenzen = Grenzen { anfragen_je_sekunde: 1, gleichzeitige_uploads: 2, bytes_je_tag: 10 };
    let machine = machine(&haus, neu);
    let begin = |key| haus.intake.begin(&machine, Metadaten::default(), Some(idempotenz(key)));
    let (one, two) = (begin("a").unwrap(), begin("b").unwrap());
    assert_eq!(begin("c").unwrap_err().code, "zu_viele_uploads");
    drop((one, two));
    haus.push(&machine, Metadaten::default(), b"123456", Some("d")).unwrap();
    let over = haus.push(&machine, Metadaten::default(), b"78901", Some("e")).unwrap_err();
    assert_eq!(over.code, "tagesmenge_erreicht");
    assert!(matches!(over.grund, Grund::Begrenzt { .. }));
    let day_ms = 86_400_000;
    haus.source.millis.fetch_add(day_ms, Ordering::SeqCst);
    assert!(haus.push(&machine, Metadaten::default(), b"78901", Some("e")).is_ok());
}

/// Catches: plan units and OE of a key in the target's check.
#[test]
fn a_key_pushes_where_its_scope_reaches_and_reads_nothing() {
    let haus = Haus::neu();
    let akte = haus.akte("sach61", "Bauantrag");
    let narrow = SchluesselNeu { planeinheiten: vec!["11".into()], ..schluessel_neu("eng") };
    let narrow = machine(&haus, narrow);
    let refused = haus.push(&narrow, in_akte("52.1-1"), b"x", Some("a")).unwrap_err();
    assert_eq!(refused.code, "nicht_gefunden");
    let foreign = SchluesselNeu { oe: vec!["50".into()], ..schluessel_neu("fremd") };
    let foreign = machine(&haus, foreign);
    let refused = haus.push(&foreign, in_akte("52.1-1"), b"x", Some("a")).unwrap_err();
    assert_eq!(refused.code, "nicht_gefunden");
    let scanner = SchluesselNeu {
        rolle: Rolle::Scanstelle,
        verben: vec![Verb::Einliefern],
        ..schluessel_neu("scan")
    };
    let scanner = machine(&haus, scanner);
    let done = haus.push(&scanner, in_akte("52.1-1"), b"x", Some("a")).unwrap();
    assert!(scanner.reader().is_err() && scanner.clerk().is_err());
    let version = haus.als("sach61").reader().unwrap().dokument(done.id).unwrap().version;
    let fassung = FassungMetadaten::default();
    let idem = Some(idempotenz("b"));
    let refused = haus.intake.begin_fassung(&scanner, done.id, version, fassung, idem);
    assert_eq!(refused.map(drop).unwrap_err().code, "nicht_erlaubt");
    assert_eq!(haus.als("sach61").reader().unwrap().akte(akte.id).unwrap(), akte);
}

/// Catches: `stimmt` and the number in `fassung`.
#[test]
fn a_new_fassung_is_added_and_the_old_one_stays() {
    let haus = Haus::neu();
    let acting = haus.als("sach61");
    let doc = haus.push(&acting, Metadaten::default(), b"eins", None).unwrap();
    let push = |version, bytes: &[u8]| {
        let fassung = FassungMetadaten::default();
        let permit = haus.intake.begin_fassung(&acting, doc.id, version, fassung, None)?;
        permit.finish(staged(&haus, bytes), Some("zwei.txt"))
    };
    let new = push(doc.seq, b"zwei").unwrap();
    assert_eq!(new.id, doc.id);
    assert_eq!(push(doc.seq, b"drei").unwrap_err().code, "version_veraltet");
    let reader = acting.reader().unwrap();
    let found = reader.dokument(doc.id).unwrap();
    let numbers: Vec<_> = found.fassungen.iter().map(|f| f.nummer).collect();
    assert_eq!((numbers, found.version), (vec![1, 2], new.seq));
    assert_eq!(reader.inhalt(doc.id, Some(1), 0).unwrap().range(0, 9).unwrap(), b"eins");
    assert_eq!(reader.inhalt(doc.id, None, 0).unwrap().range(0, 9).unwrap(), b"zwei");
}

/// Catches: the same bytes stored or counted twice; a lost push among parallel ones.
#[test]
fn parallel_pushes_into_one_akte_all_land() {
    let haus = Haus::neu();
    let akte = haus.akte("sach61", "Bauantrag");
    let start = Barrier::new(16);
    std::thread::scope(|scope| {
        for i in 0..16 {
            let (haus, start) = (&haus, &start);
            scope.spawn(move || {
                start.wait();
                for n in 0..5 {
                    // Half of them push the same bytes.
                    let text = if i % 2 == 0 { format!("gleich {n}") } else { format!("{i} {n}") };
                    haus.brief("sach61", akte.id, "Brief", &text);
                }
            });
        }
    });
    let reader = haus.als("sach61").reader().unwrap();
    let filter =
        aktenlauf::registry::DokumenteFilter { akte_id: Some(akte.id), ..Default::default() };
    let blatt = aktenlauf::registry::Blatt { limit: 500, nach: None };
    assert_eq!(reader.dokumente(&filter, &blatt).unwrap().eintraege.len(), 80);
    assert_eq!(reader.akte(akte.id).unwrap(), akte);
}

/// Catches: the lock held from `publish` to the commit; `Kollision`; the revival in the decision.
#[test]
fn equal_bytes_pushed_while_they_are_deleted_are_never_lost() {
    let haus = Haus::neu();
    let akte = haus.akte("sach61", "Bauantrag");
    let rounds = std::env::var("TEST_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(30);
    let mut deleted = 0;
    for round in 0..rounds {
        let bytes = format!("Inhalt {round}");
        let digest = loser_blob(&haus, bytes.as_bytes());
        let start = Barrier::new(2);
        std::thread::scope(|scope| {
            let push = scope.spawn(|| {
                start.wait();
                for _ in 0..round % 7 {
                    std::thread::yield_now();
                }
                haus.brief("sach61", akte.id, "Brief", &bytes)
            });
            start.wait();
            let jobs = haus.registry.jobs();
            if jobs.verurteilen(digest, "Test").is_ok() {
                deleted += jobs.verurteilte_loeschen(0, 10).unwrap();
            }
            let receipt = push.join().unwrap();
            assert_eq!(receipt.sha256, digest);
            assert_eq!(haus.registry.blobs().read(digest).unwrap(), bytes.as_bytes());
        });
    }
    println!("push against deletion: {rounds} rounds, {deleted} deleted");
}
