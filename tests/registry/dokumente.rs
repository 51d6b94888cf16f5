//! Documents, their bytes, the search for them, and what becomes of bytes nobody refers to.

use std::{io::Read, sync::atomic::Ordering};

use aktenlauf::{
    domain::{
        access::{Empfaenger, Freigabe},
        dokument::TextZustand,
        source::Source,
    },
    intake::Metadaten,
    registry::{
        AkteAenderung, Art, Begruendung, Blatt, DokumentAenderung, Feld, Lesung, PosteingangFilter,
        Suchanfrage, Treffer, Zielangabe,
    },
};

use super::haus::{Haus, loser_blob, veroeffentlicht};

const DAY_MS: i64 = 86_400_000;

fn weil(text: &str) -> Begruendung {
    Begruendung { grund: Some(text.into()) }
}

/// Catches: the verbs' checks of state, and the reason for another Posteingangsdatum.
#[test]
fn metadata_change_fassung_and_storno_follow_the_rules() {
    let haus = Haus::neu();
    let clerk = haus.als("sach61").clerk().unwrap();
    let akte = haus.akte("sach61", "Bauantrag");
    let doc = haus.brief("sach61", akte.id, "Brief", "text");
    let day = haus.source.now().datum().pred_opt().unwrap();
    let earlier =
        DokumentAenderung { posteingangsdatum: Some(day), ..DokumentAenderung::default() };
    let refused = clerk.dokument_aendern(doc.id, doc.seq, earlier.clone()).unwrap_err();
    assert_eq!(refused.fehler[0].zeiger, "/grund");
    let earlier = DokumentAenderung { grund: Some("Poststempel".into()), ..earlier };
    let new = clerk.dokument_aendern(doc.id, doc.seq, earlier).unwrap().wert;
    assert_eq!(new.posteingangsdatum, day);
    let sender =
        DokumentAenderung { absender: Feld::Wert("Meier".into()), ..DokumentAenderung::default() };
    let stale = clerk.dokument_aendern(doc.id, doc.seq, sender.clone()).unwrap_err();
    assert_eq!(stale.art, Art::Veraltet);
    let new = clerk.dokument_aendern(doc.id, new.version, sender.clone()).unwrap().wert;
    let struck = clerk.storno(doc.id, new.version, weil("doppelt")).unwrap().wert;
    assert_eq!(struck.storno.unwrap().grund, "doppelt");
    let refused = clerk.dokument_aendern(doc.id, struck.version, sender.clone()).unwrap_err();
    assert_eq!(refused.code, "dokument_storniert");
    assert!(haus.als("sach61").reader().unwrap().dokument(doc.id).is_ok(), "it stays visible");
    let other = haus.brief("sach61", akte.id, "Brief 2", "text 2");
    let akte = haus.als("sach61").reader().unwrap().akte(akte.id).unwrap();
    clerk.akte_schliessen(akte.id, akte.version, Begruendung::default()).unwrap();
    let refused = clerk.dokument_aendern(other.id, other.seq, sender).unwrap_err();
    assert_eq!((refused.art, refused.code), (Art::Zustand, "akte_geschlossen"));
    let refused = clerk.storno(other.id, other.seq, weil("doppelt")).unwrap_err();
    assert_eq!(refused.code, "akte_geschlossen");
}

/// Catches: a push that writes the Akte's record.
#[test]
fn a_push_never_changes_its_akte() {
    let haus = Haus::neu();
    let akte = haus.akte("sach61", "Bauantrag");
    haus.brief("sach61", akte.id, "Brief", "text");
    let reader = haus.als("sach61").reader().unwrap();
    assert_eq!(reader.akte(akte.id).unwrap(), akte);
}

/// Catches: `Verb::Ablegen` at both ends, and filing twice.
#[test]
fn the_posteingang_is_filed_into_an_akte() {
    let haus = Haus::neu();
    let akte = haus.akte("sach61", "Bauantrag");
    let into = || Zielangabe { akte_id: Some(akte.id), ..Zielangabe::default() };
    let mail = haus.push(&haus.als("sach61"), Metadaten::default(), b"Brief", None).unwrap();
    let foreign = haus.als("sach50").clerk().unwrap();
    assert_eq!(foreign.ablegen(mail.id, mail.seq, into()).unwrap_err().art, Art::NichtGefunden);
    let own = haus.push(&haus.als("sach50"), Metadaten::default(), b"Brief 2", None).unwrap();
    let refused = foreign.ablegen(own.id, own.seq, into()).unwrap_err();
    assert_eq!(refused.art, Art::NichtGefunden, "the target is hidden from office 50");
    let clerk = haus.als("sach61").clerk().unwrap();
    let none = clerk.ablegen(mail.id, mail.seq, Zielangabe::default()).unwrap_err();
    assert_eq!(none.fehler[0].code, "ziel_fehlt");
    let filed = clerk.ablegen(mail.id, mail.seq, into()).unwrap().wert;
    assert_eq!(filed.aktenzeichen.as_deref(), Some("52.1-1"));
    let again = clerk.ablegen(mail.id, filed.version, into()).unwrap_err();
    assert_eq!(again.code, "nicht_im_posteingang");
    let reader = haus.als("sach61").reader().unwrap();
    let rest = reader.posteingang(&PosteingangFilter::default(), &Blatt::default()).unwrap();
    assert_eq!(rest.eintraege.len(), 0);
}

/// Catches: `Verb::Lesen` in `inhalt`.
#[test]
fn bytes_come_back_as_they_were_sent() {
    let haus = Haus::neu();
    let akte = haus.akte("sach61", "Bauantrag");
    let doc = haus.brief("sach61", akte.id, "Brief", "Sehr geehrte Damen");
    let reader = haus.als("sach61").reader().unwrap();
    let content = reader.inhalt(doc.id, None, 0).unwrap();
    let mut text = String::new();
    content.reader().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "Sehr geehrte Damen");
    assert_eq!(content.range(5, 7).unwrap(), b"geehrte");
    assert_eq!(reader.inhalt(doc.id, Some(2), 0).unwrap_err().art, Art::NichtGefunden);
    let revision = haus.als("revision").reader().unwrap();
    assert_eq!(revision.inhalt(doc.id, None, 0).unwrap_err().art, Art::NichtErlaubt);
}

/// Catches: the re-check of each hit, the excluded Akten, the classes.
#[test]
fn search_finds_what_may_be_read_now_and_nothing_else() {
    let haus = Haus::neu();
    let akte = haus.akte("sach61", "Neubau einer Garage");
    haus.brief("sach61", akte.id, "Anschreiben", "die Dachneigung beträgt 38 Grad");
    haus.nachziehen();
    let frage = Suchanfrage { text: "\"beträgt 38 Grad\"".into(), ..Suchanfrage::default() };
    let find =
        |wer: &str, gone| haus.als(wer).reader().unwrap().suche(&frage, || Ok(gone)).unwrap();
    let found = find("sach61", vec![]);
    assert_eq!((found.anzahl, found.treffer.len()), (1, 1));
    let Treffer::Dokument { dokument, auszug } = &found.treffer[0] else { panic!("{found:?}") };
    assert_eq!(dokument.betreff, "Anschreiben");
    assert!(auszug.iter().any(|s| s.treffer && s.text.contains("38")), "{auszug:?}");
    for wer in ["sach50", "revision", "archiv"] {
        assert_eq!(find(wer, vec![]).anzahl, 0, "{wer}");
    }
    assert_eq!(find("sach61", vec![akte.id]).anzahl, 0);
    // The Akte goes to another office; the index does not know it yet.
    let move_to = AkteAenderung { oe: Some("50".into()), ..AkteAenderung::default() };
    haus.als("sach61").clerk().unwrap().akte_aendern(akte.id, akte.version, move_to).unwrap();
    assert_eq!(find("sach61", vec![]).treffer.len(), 0);
    assert_eq!(find("sach61", haus.follow().stale().unwrap()).anzahl, 0);
    haus.nachziehen();
    assert_eq!((find("sach61", vec![]).anzahl, find("sach50", vec![]).anzahl), (0, 1));
    let wrong = Suchanfrage { nach: Some(vec![1, 2, 3]), ..frage.clone() };
    let refused = haus.als("sach61").reader().unwrap().suche(&wrong, || Ok(vec![])).unwrap_err();
    assert_eq!(refused.fehler[0].code, "cursor");
}

/// Catches: the Textstand in the push's entry, and `text_bereit`.
#[test]
fn a_text_waits_until_it_is_read() {
    let haus = Haus::neu();
    let akte = haus.akte("sach61", "Bauantrag");
    let doc = haus.brief("sach61", akte.id, "Brief", "text");
    let image = b"\x89PNG\r\n\x1a\n0000";
    let picture = haus.push(&haus.als("sach61"), Metadaten::default(), image, None).unwrap();
    let reader = haus.als("sach61").reader().unwrap();
    let state = |id| reader.dokument(id).unwrap().text.unwrap();
    assert!(matches!(state(doc.id), TextZustand::Offen { vorrang: 0, .. }));
    assert_eq!(state(picture.id), TextZustand::Fehlt { grund: "format".into() });
    let jobs = haus.registry.jobs();
    let open = jobs.offene_texte(10).unwrap();
    assert_eq!((open.len(), open[0].sha256, open[0].groesse), (1, doc.sha256, 4));
    jobs.text_fehlt(doc.sha256, "unlesbar").unwrap();
    assert_eq!(state(doc.id), TextZustand::Fehlt { grund: "unlesbar".into() });
    assert_eq!(jobs.offene_texte(10).unwrap(), []);
    jobs.text_wieder_offen(doc.sha256).unwrap();
    assert_eq!(jobs.offene_texte(10).unwrap().len(), 1);
}

/// Catches: the state looked at before another one is written.
#[test]
fn what_is_known_of_a_text_is_not_written_again() {
    let haus = Haus::neu();
    let akte = haus.akte("sach61", "Bauantrag");
    let doc = haus.brief("sach61", akte.id, "Brief", "text");
    let (jobs, digest) = (haus.registry.jobs(), doc.sha256);
    let reader = haus.als("sach61").reader().unwrap();
    let state = || reader.dokument(doc.id).unwrap().text.unwrap();
    let written = |act: &dyn Fn() -> bool| {
        let before = haus.ledger.head().seq;
        assert!(act());
        haus.ledger.head().seq - before
    };
    let other = aktenlauf::domain::digest::Digest([7; 32]);
    let lesung = Lesung { zeichen: 4, guete: Some(90), ..Lesung::default() };
    let bereit = || jobs.text_bereit(digest, lesung).unwrap();
    let fehlt = || jobs.text_fehlt(digest, "unlesbar").unwrap();
    let offen = || jobs.text_wieder_offen(digest).unwrap();
    assert_eq!(written(&offen), 0);
    assert_eq!((written(&fehlt), written(&fehlt)), (1, 0));
    // One node failed, another did not: that there is a text is the better news.
    assert_eq!((written(&bereit), written(&bereit), written(&fehlt)), (1, 0, 0));
    assert_eq!(
        state(),
        TextZustand::Bereit { zeichen: 4, seiten: None, seiten_ohne_text: None, guete: Some(90) }
    );
    assert_eq!((written(&offen), written(&offen), written(&bereit)), (1, 0, 1));
    assert!(!jobs.text_bereit(other, lesung).unwrap());
}

/// Catches: the checks in `verurteilen` and `loeschung`, and the revival in `datei`.
#[test]
fn condemned_bytes_go_after_the_grace_period_unless_they_come_again() {
    let haus = Haus::neu();
    let akte = haus.akte("sach61", "Bauantrag");
    let doc = haus.brief("sach61", akte.id, "Brief", "wird gebraucht");
    let jobs = haus.registry.jobs();
    let refused = jobs.verurteilen(doc.sha256, "Test").unwrap_err();
    assert_eq!(refused.code, "blob_verwendet");
    // Nothing but a document refers to bytes, and none can be destroyed yet: a blob without one is
    // made by hand, as a later destruction will leave it.
    let loose = loser_blob(&haus, b"wird nicht gebraucht");
    jobs.verurteilen(loose, "Test").unwrap();
    assert_eq!(jobs.verurteilte_loeschen(DAY_MS, 10).unwrap(), 0, "the grace period runs");
    let meta = || Metadaten { akte_id: Some(akte.id), ..Metadaten::default() };
    let clerk = haus.als("sach61");
    haus.push(&clerk, meta(), b"wird nicht gebraucht", None).unwrap();
    haus.source.millis.fetch_add(2 * DAY_MS, Ordering::SeqCst);
    assert_eq!(jobs.verurteilte_loeschen(DAY_MS, 10).unwrap(), 0, "the push revived it");
    assert!(haus.registry.blobs().check(loose).is_ok());
    let loose = loser_blob(&haus, b"geht");
    jobs.verurteilen(loose, "Test").unwrap();
    haus.source.millis.fetch_add(2 * DAY_MS, Ordering::SeqCst);
    assert_eq!(jobs.verurteilte_loeschen(DAY_MS, 10).unwrap(), 1);
    assert!(!haus.registry.blobs().exists(loose));
    assert!(haus.push(&clerk, meta(), b"geht", None).is_ok());
    assert!(haus.registry.blobs().check(loose).is_ok());
}

/// Catches: the classes read before `ausgeschlossen` is asked.
#[test]
fn what_moved_is_asked_for_after_the_classes_were_read() {
    let haus = Haus::neu();
    let akte = haus.akte("sach61", "Neubau einer Garage");
    haus.nachziehen();
    let frage = Suchanfrage { text: "Garage".into(), ..Suchanfrage::default() };
    let reader = haus.als("sach50").reader().unwrap();
    let found = reader.suche(&frage, || {
        let fuer = Empfaenger::Person(haus.personen["sach50"]);
        let freigaben = Some(vec![Freigabe { fuer, bearbeiten: false }]);
        let change = AkteAenderung { freigaben, ..AkteAenderung::default() };
        haus.als("sach61").clerk().unwrap().akte_aendern(akte.id, akte.version, change).unwrap();
        haus.nachziehen();
        Ok(vec![])
    });
    assert_eq!(found.unwrap().anzahl, 0, "the class is newer than the question");
    assert_eq!(reader.suche(&frage, || Ok(vec![])).unwrap().anzahl, 1);
}

/// Catches: the age and the record asked for in `sweep`; the age in `anfragen_vergessen`.
#[test]
fn leftovers_go_and_nothing_else() {
    let haus = Haus::neu();
    let akte = haus.akte("sach61", "Bauantrag");
    let doc = haus.brief("sach61", akte.id, "Brief", "bleibt");
    let left = veroeffentlicht(&haus, b"ohne Eintrag");
    let jobs = haus.registry.jobs();
    let written = haus.registry.blobs().list().map(|f| f.unwrap().modified.0).max().unwrap();
    haus.source.millis.store(written, Ordering::SeqCst);
    assert_eq!(jobs.sweep().unwrap().entfernt, 0, "it might still be committed");
    haus.source.millis.fetch_add(2 * DAY_MS, Ordering::SeqCst);
    let report = jobs.sweep().unwrap();
    assert_eq!((report.gesehen, report.entfernt), (2, 1));
    let blobs = haus.registry.blobs();
    assert!(!blobs.exists(left) && blobs.exists(doc.sha256));
    let meta = || Metadaten { akte_id: Some(akte.id), ..Metadaten::default() };
    haus.push(&haus.als("sach61"), meta(), b"x", Some("k1")).unwrap();
    assert_eq!(jobs.anfragen_vergessen(10).unwrap(), 0);
    haus.source.millis.fetch_add(91 * DAY_MS, Ordering::SeqCst);
    haus.push(&haus.als("sach61"), meta(), b"y", Some("k2")).unwrap();
    assert_eq!(jobs.anfragen_vergessen(10).unwrap(), 1);
    assert_eq!(jobs.anfragen_vergessen(10).unwrap(), 0);
    assert!(!haus.push(&haus.als("sach61"), meta(), b"x", Some("k1")).unwrap().wiederholt);
}

/// Catches: the rounds of `anfragen_vergessen`, and its limit over all of them.
#[test]
fn many_remembered_answers_are_forgotten_up_to_the_limit() {
    let haus = Haus::neu();
    let akte = haus.akte("sach61", "Bauantrag");
    for i in 0..250 {
        let meta = Metadaten { akte_id: Some(akte.id), ..Metadaten::default() };
        haus.push(&haus.als("sach61"), meta, b"x", Some(&format!("k{i}"))).unwrap();
    }
    haus.source.millis.fetch_add(91 * DAY_MS, Ordering::SeqCst);
    let (jobs, before) = (haus.registry.jobs(), haus.ledger.head().seq);
    assert_eq!(jobs.anfragen_vergessen(220).unwrap(), 220);
    assert_eq!(haus.ledger.head().seq - before, 3, "a hundred a commit");
    assert_eq!(jobs.anfragen_vergessen(1000).unwrap(), 30);
}
