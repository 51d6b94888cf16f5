//! Lists: complete over pages, and never reading more than a page needs.

use std::collections::BTreeSet;

use aktenlauf::{
    domain::{
        access::{Empfaenger, Freigabe},
        akte::Zustand,
        zeit::Zeitpunkt,
    },
    intake::Metadaten,
    registry::{
        AkteAenderung, AktenFilter, Begruendung, Blatt, DokumenteFilter, OeNeu, PosteingangFilter,
    },
};

use uuid::Uuid;

use super::haus::{Haus, akte_neu};

fn blatt(limit: usize, nach: Option<Vec<u8>>) -> Blatt {
    Blatt { limit, nach }
}

/// All pages of a list of Akten, and the most rows that one page read.
fn alle(haus: &Haus, wer: &str, filter: &AktenFilter, limit: usize) -> (Vec<String>, u64) {
    let reader = haus.als(wer).reader().unwrap();
    let (mut found, mut most, mut nach) = (vec![], 0, None);
    loop {
        let (page, read) = haus.gelesen(|| reader.akten(filter, &blatt(limit, nach)).unwrap());
        most = most.max(read);
        assert!(page.eintraege.len() <= limit);
        found.extend(page.eintraege.into_iter().map(|a| a.aktenzeichen));
        match page.weiter {
            Some(place) => nach = Some(place),
            None => return (found, most),
        }
    }
}

/// Catches: the chunk and `offen` in `Merge` and `Sammler`; an index not chosen by the filter.
#[test]
fn a_page_of_akten_reads_no_more_than_it_needs() {
    let haus = Haus::neu();
    let clerk = haus.als("sach61").clerk().unwrap();
    // 300 Akten in 30 classes: shared with different people.
    for i in 0..300_u32 {
        let mut neu = akte_neu("52.1", &format!("Akte {i}"));
        let fuer = Empfaenger::Person(haus.personen["sach50"]);
        if i % 10 == 0 {
            neu.freigaben.push(Freigabe { fuer, bearbeiten: i % 20 == 0 });
        }
        clerk.akte_anlegen(neu, None).unwrap();
    }
    alle(&haus, "sach61", &AktenFilter::default(), 10); // the classes are remembered from here on
    let (found, most) = alle(&haus, "sach61", &AktenFilter::default(), 10);
    assert_eq!(found.len(), 300);
    assert_eq!(found[0], "52.1-300", "last changed first");
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 300, "none twice");
    assert!(most <= 60, "a page of 10 read {most} rows");
    let (shared, most) = alle(&haus, "sach50", &AktenFilter::default(), 10);
    assert_eq!(shared.len(), 30);
    assert!(most <= 60, "a page of 10 read {most} rows");
    let oe = AktenFilter { oe: Some("50".into()), ..AktenFilter::default() };
    assert_eq!(alle(&haus, "sach61", &oe, 10).0.len(), 0);
    let plan = AktenFilter { planeinheit: Some("52.1".into()), ..AktenFilter::default() };
    let (by_plan, most) = alle(&haus, "zentral", &plan, 10);
    assert_eq!((by_plan.len(), by_plan[0].as_str()), (300, "52.1-1"));
    assert!(most <= 60, "a page of 10 read {most} rows");
    let one = AktenFilter { aktenzeichen: Some("52.1 - 17".into()), ..AktenFilter::default() };
    let (by_number, most) = alle(&haus, "sach61", &one, 10);
    assert_eq!(by_number, ["52.1-17"]);
    assert!(most <= 12, "one Akte read {most} rows");
    assert_eq!(alle(&haus, "sach11", &AktenFilter::default(), 10).0.len(), 0);
}

/// Catches: the start place of `geaendert_seit`, and its order.
#[test]
fn whoever_follows_changes_misses_none() {
    let haus = Haus::neu();
    let clerk = haus.als("sach61").clerk().unwrap();
    let akten: Vec<_> = (0..10).map(|i| haus.akte("sach61", &format!("Akte {i}"))).collect();
    let since = akten[4].geaendert;
    let filter = AktenFilter { geaendert_seit: Some(since), ..AktenFilter::default() };
    let reader = haus.als("sach61").reader().unwrap();
    let first = reader.akten(&filter, &blatt(3, None)).unwrap();
    let numbers: Vec<_> = first.eintraege.iter().map(|a| a.aktenzeichen.as_str()).collect();
    assert_eq!(numbers, ["52.1-5", "52.1-6", "52.1-7"]);
    // One already shown, and one not yet shown, are changed: both come at the end.
    for i in [5, 8] {
        let change = AkteAenderung { betreff: Some("neu".into()), ..AkteAenderung::default() };
        clerk.akte_aendern(akten[i].id, akten[i].version, change).unwrap();
    }
    let rest = reader.akten(&filter, &blatt(50, first.weiter)).unwrap();
    let numbers: Vec<_> = rest.eintraege.iter().map(|a| a.aktenzeichen.as_str()).collect();
    assert_eq!(numbers, ["52.1-8", "52.1-10", "52.1-6", "52.1-9"]);
    let closed = AktenFilter { zustand: Some(Zustand::Geschlossen), ..AktenFilter::default() };
    assert_eq!(alle(&haus, "sach61", &closed, 10).0.len(), 0);
    clerk.akte_schliessen(akten[0].id, akten[0].version, Begruendung::default()).unwrap();
    assert_eq!(alle(&haus, "sach61", &closed, 10).0, ["52.1-1"]);
    let future = AktenFilter { geaendert_seit: Some(Zeitpunkt(i64::MAX)), ..closed };
    assert_eq!(alle(&haus, "sach61", &future, 10).0.len(), 0);
}

/// Catches: `LISTS_MAX` in `by_class`, and the class check on the way without a merge.
#[test]
fn a_caller_with_very_many_classes_still_pages_through_all() {
    let haus = Haus::neu();
    let clerk = haus.als("sach61").clerk().unwrap();
    let names: Vec<_> = haus.personen.values().copied().collect();
    for i in 0_u32..300 {
        let mut neu = akte_neu("52.1", &format!("Akte {i}"));
        // Every subset of nine people is a class of its own.
        for (bit, person) in names.iter().enumerate() {
            if i & (1 << bit) != 0 {
                let fuer = Empfaenger::Person(*person);
                neu.freigaben.push(Freigabe { fuer, bearbeiten: false });
            }
        }
        clerk.akte_anlegen(neu, None).unwrap();
    }
    let (found, _) = alle(&haus, "zentral", &AktenFilter::default(), 50);
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 300);
    let (_, again) = alle(&haus, "zentral", &AktenFilter::default(), 50);
    assert!(again <= 400, "a page of 50 read {again} rows");
    let bit = names.iter().position(|id| *id == haus.personen["sach50"]).unwrap();
    let (shared, _) = alle(&haus, "sach50", &AktenFilter::default(), 50);
    let want = (0_u32..300).filter(|i| i & (1 << bit) != 0).count();
    assert_eq!(shared.len(), want);
}

/// Catches: the filters of `dokumente`; the rights of each row.
#[test]
fn documents_are_listed_by_place_digest_and_foreign_number() {
    let haus = Haus::neu();
    let akte = haus.akte("sach61", "Bauantrag");
    for i in 0..30 {
        haus.brief("sach61", akte.id, &format!("Brief {i}"), &format!("text {i}"));
    }
    let same = haus.brief("sach61", akte.id, "Doppel", "text 7");
    let fremd = Some("F-1".to_owned());
    let meta =
        Metadaten { akte_id: Some(akte.id), fremd_id: fremd.clone(), ..Metadaten::default() };
    haus.push(&haus.als("sach61"), meta.clone(), b"eins", None).unwrap();
    haus.push(&haus.als("sach61"), meta, b"zwei", None).unwrap();
    let reader = haus.als("sach61").reader().unwrap();
    let of_akte = DokumenteFilter { akte_id: Some(akte.id), ..DokumenteFilter::default() };
    let (page, read) = haus.gelesen(|| reader.dokumente(&of_akte, &blatt(10, None)).unwrap());
    assert_eq!((page.eintraege.len(), page.eintraege[0].betreff.as_str()), (10, "Brief 0"));
    assert!(read <= 40, "a page of 10 read {read} rows");
    let rest = reader.dokumente(&of_akte, &blatt(500, page.weiter)).unwrap();
    assert_eq!((rest.eintraege.len(), rest.weiter), (23, None));
    let digest = DokumenteFilter { sha256: Some(same.sha256), ..DokumenteFilter::default() };
    let found = reader.dokumente(&digest, &Blatt::default()).unwrap().eintraege;
    assert_eq!(found.len(), 2);
    let foreign = DokumenteFilter { fremd_id: fremd, ..DokumenteFilter::default() };
    assert_eq!(reader.dokumente(&foreign, &Blatt::default()).unwrap().eintraege.len(), 2);
    let other = haus.als("sach50").reader().unwrap();
    assert_eq!(other.dokumente(&digest, &Blatt::default()).unwrap().eintraege.len(), 0);
    assert_eq!(other.dokumente(&foreign, &Blatt::default()).unwrap().eintraege.len(), 0);
    let none = reader.dokumente(&DokumenteFilter::default(), &Blatt::default()).unwrap_err();
    assert_eq!(none.fehler[0].code, "filter_fehlt");
}

/// Catches: the looking on behind a full page, and its place; `vorgang_id` and `oe` in `fits`.
#[test]
fn a_cursor_does_not_tell_of_hidden_objects() {
    let haus = Haus::neu();
    let own = haus.akte("sach61", "Bauantrag");
    let neu = akte_neu("52.1", "fremd");
    let foreign = haus.als("sach50").clerk().unwrap().akte_anlegen(neu, None).unwrap().wert;
    let push = |wer: &str, akte: Uuid| haus.brief(wer, akte, "Brief", "gleich").sha256;
    let sha256 = Some(push("sach61", own.id));
    let filter = DokumenteFilter { sha256, ..DokumenteFilter::default() };
    let reader = haus.als("sach61").reader().unwrap();
    let page = |nach| {
        let page = reader.dokumente(&filter, &blatt(1, nach)).unwrap();
        (page.eintraege.len(), page.weiter)
    };
    let alone = page(None);
    push("sach50", foreign.id);
    assert_eq!((alone.clone(), page(None)), ((1, None), alone));
    for _ in 0..3 {
        push("sach50", foreign.id);
    }
    push("sach61", own.id);
    let (count, place) = page(None);
    assert_eq!((count, place.is_some()), (1, true));
    // Whatever lies between, the place is that of the entry shown.
    push("sach50", foreign.id);
    assert_eq!(page(None), (1, place.clone()));
    assert_eq!(page(place), (1, None));
    let vorgang_id = Some(own.id);
    let narrowed = DokumenteFilter { vorgang_id, ..filter.clone() };
    assert_eq!(reader.dokumente(&narrowed, &blatt(1, None)).unwrap().eintraege.len(), 0);
    for (oe, count) in [("61", 2), ("50", 0)] {
        let of_oe = DokumenteFilter { oe: Some(oe.into()), ..filter.clone() };
        assert_eq!(reader.dokumente(&of_oe, &blatt(9, None)).unwrap().eintraege.len(), count);
    }
}

/// Catches: `ROWS_MAX`, and a next page that would begin where this one did.
#[test]
fn whoever_may_see_only_the_last_of_very_many_gets_there() {
    let haus = Haus::neu();
    let own = haus.akte("sach61", "Bauantrag");
    let neu = akte_neu("52.1", "fremd");
    let foreign = haus.als("sach50").clerk().unwrap().akte_anlegen(neu, None).unwrap().wert;
    for _ in 0..1001 {
        haus.brief("sach50", foreign.id, "Brief", "gleich");
    }
    let sha256 = Some(haus.brief("sach61", own.id, "Brief", "gleich").sha256);
    let filter = DokumenteFilter { sha256, ..DokumenteFilter::default() };
    let reader = haus.als("sach61").reader().unwrap();
    let first = reader.dokumente(&filter, &blatt(50, None)).unwrap();
    assert_eq!((first.eintraege.len(), first.weiter.is_some()), (0, true));
    let second = reader.dokumente(&filter, &blatt(50, first.weiter)).unwrap();
    assert_eq!((second.eintraege.len(), second.weiter), (1, None));
}

/// Catches: the refusal in `eigene`, in place of leaving OE out.
#[test]
fn more_posteingaenge_than_are_merged_are_refused() {
    let haus = Haus::neu();
    let system = haus.registry.system("root");
    let (reader, blatt) = (haus.als("zentral").reader().unwrap(), Blatt::default());
    for i in 0..254 {
        assert!(i % 50 > 0 || reader.posteingang(&PosteingangFilter::default(), &blatt).is_ok());
        let (kuerzel, name) = (format!("X{i}"), format!("Amt X{i}"));
        system.oe_anlegen(OeNeu { kuerzel, name, uebergeordnet: None }).unwrap();
    }
    let refused = reader.posteingang(&PosteingangFilter::default(), &blatt).unwrap_err();
    assert_eq!(refused.fehler[0].code, "filter_fehlt");
    let one = PosteingangFilter { oe: Some("50".into()), ..PosteingangFilter::default() };
    assert!(reader.posteingang(&one, &blatt).is_ok());
}

/// Catches: the class of the OE in `posteingang`, and its filters.
#[test]
fn each_office_sees_its_own_posteingang() {
    let haus = Haus::neu();
    for i in 0..25 {
        let oe = if i % 5 == 0 { "50" } else { "61" };
        let meta = Metadaten { oe: Some(oe.into()), ..Metadaten::default() };
        haus.push(&haus.als("zentral"), meta, format!("Brief {i}").as_bytes(), None).unwrap();
    }
    let count = |wer: &str, oe: Option<&str>| {
        let reader = haus.als(wer).reader().unwrap();
        let filter = PosteingangFilter { oe: oe.map(Into::into), ..Default::default() };
        let (mut found, mut nach) = (0, None);
        loop {
            let (page, read) =
                haus.gelesen(|| reader.posteingang(&filter, &blatt(7, nach)).unwrap());
            assert!(read <= 60, "a page of 7 read {read} rows");
            found += page.eintraege.len();
            match page.weiter {
                Some(place) => nach = Some(place),
                None => return found,
            }
        }
    };
    assert_eq!((count("sach61", None), count("sach50", None)), (20, 5));
    assert_eq!((count("zentral", None), count("zentral", Some("50"))), (25, 5));
    assert_eq!((count("sach61", Some("50")), count("revision", None)), (0, 0));
    let fremd_id = Some("F-1".to_owned());
    let oe = Some("61".to_owned());
    let meta = Metadaten { oe, fremd_id: fremd_id.clone(), ..Metadaten::default() };
    let sha256 = Some(haus.push(&haus.als("zentral"), meta, b"Brief 1", None).unwrap().sha256);
    let number = PosteingangFilter { fremd_id, ..PosteingangFilter::default() };
    let bytes = PosteingangFilter { sha256, ..PosteingangFilter::default() };
    let both = PosteingangFilter { sha256, ..number.clone() };
    for (filter, count) in [(number, 1), (bytes, 2), (both, 1)] {
        let page = haus.als("sach61").reader().unwrap().posteingang(&filter, &Blatt::default());
        assert_eq!(page.unwrap().eintraege.len(), count);
    }
}
