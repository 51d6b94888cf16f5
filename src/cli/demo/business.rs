//! What firms, suppliers and other authorities send: invoices, offers, contracts, statements.

use chrono::{Datelike, Days, NaiveDate};

use super::{
    Entwurf, Weg,
    dice::Dice,
    euro, lang,
    people::{Firma, flurstueck, person, plangebiet, strasse},
};

/// Rows of an invoice and their sum in cents.
fn posten(d: &mut Dice, waren: &[(&'static str, u64)], percent: u64) -> (Vec<String>, u64) {
    let mut rows = Vec::new();
    let mut sum = 0;
    for (name, preis) in waren {
        if !rows.is_empty() && !d.chance(percent) {
            continue;
        }
        let menge = d.between(1, 24);
        sum += menge * preis;
        let nummer = rows.len() + 1;
        rows.push(format!(
            "{nummer}. {name}: {menge} × {} = {}",
            euro(*preis),
            euro(menge * preis)
        ));
    }
    (rows, sum)
}

fn summe(sum: u64) -> String {
    let steuer = sum * 19 / 100;
    format!(
        "Summe netto:\t{}\nUmsatzsteuer 19 %:\t{}\nRechnungsbetrag:\t{}",
        euro(sum),
        euro(steuer),
        euro(sum + steuer)
    )
}

const KONTO: &str = "Bitte überweisen Sie den Betrag auf unser Konto DE00 0000 0000 0000 0471 11 \
                     und geben Sie die Rechnungsnummer an. Die Ware bleibt bis zur Bezahlung unser \
                     Eigentum.";

pub fn rechnung_bau(d: &mut Dice, datum: NaiveDate) -> Entwurf {
    let gewerbe = d.pick(&["Tiefbau", "Straßenbau", "Landschaftsbau"]);
    let firma = Firma::new(d, gewerbe);
    let nummer = format!("{}-{:04}", datum.year(), d.between(12, 2400));
    let wo = strasse(d);
    let von = lang(datum - Days::new(d.between(20, 44)));
    let bis = lang(datum - Days::new(d.between(3, 15)));
    let waren = [
        ("Asphaltdecke abfräsen, 4 cm, je 10 m²", 8_650),
        ("Frostschutzschicht einbauen, je m³", 4_420),
        ("Bordsteine aus Granit setzen, je lfd. m", 6_790),
        ("Aushub laden und abfahren, je m³", 2_380),
        ("Rinnenplatten in Beton verlegen, je lfd. m", 5_140),
        ("Kanalschacht anpassen, je Stück", 39_800),
        ("Verkehrssicherung vorhalten, je Tag", 18_500),
        ("Facharbeiterstunde", 6_250),
    ];
    let (rows, sum) = posten(d, &waren, 60);
    let mut absaetze = vec![
        format!(
            "Rechnung Nr. {nummer}\nLeistungszeitraum: {von} bis {bis}\nIhre Bestellung vom {}",
            lang(datum - Days::new(d.between(60, 120)))
        ),
        format!(
            "für die in der Straße {wo} ausgeführten Arbeiten berechnen wir nach Aufmaß wie \
                 folgt. Das von Ihrem Bauleiter unterschriebene Aufmaßblatt ist beigefügt."
        ),
    ];
    absaetze.extend(rows);
    absaetze.push(summe(sum));
    absaetze.push(format!(
        "Diese Rechnung ist die {}. {}",
        d.pick(&["erste Abschlagsrechnung", "dritte Abschlagsrechnung", "Schlussrechnung"]),
        d.pick(&[
            "Ein Sicherheitseinbehalt von fünf vom Hundert ist bereits abgezogen.",
            "Für Zahlung innerhalb von vierzehn Tagen gewähren wir zwei vom Hundert Skonto.",
            "Nachträge wegen des angetroffenen Felsens rechnen wir gesondert ab.",
        ])
    ));
    absaetze.push(KONTO.into());
    absaetze.push(firma.gruss(d));
    Entwurf {
        betreff: format!("Rechnung {nummer} – Straßenarbeiten {wo}"),
        weg: Weg::VonFirma(firma),
        typ: "rechnung",
        oe: "66",
        plan: "04.05",
        absaetze,
    }
}

/// Who orders a trade's goods, and the goods with their prices in cents.
fn sortiment(gewerbe: &str) -> (&'static str, &'static [(&'static str, u64)]) {
    match gewerbe {
        "Bürobedarf" => (
            "10",
            &[
                ("Kopierpapier A4, Karton", 2_190),
                ("Toner schwarz", 7_840),
                ("Ordner breit, grau", 245),
                ("Haftnotizen, 12er-Pack", 899),
                ("Stempelkissen", 640),
                ("Aktendeckel, 50 Stück", 1_150),
            ],
        ),
        "Gartencenter" => (
            "67",
            &[
                ("Winterlinde, Stammumfang 18–20 cm", 28_900),
                ("Pflanzerde, m³", 4_860),
                ("Stauden gemischt", 320),
                ("Rindenmulch, m³", 3_940),
                ("Baumpfahl mit Gurt", 1_490),
            ],
        ),
        "Elektrogroßhandel" => (
            "66",
            &[
                ("LED-Leuchtenkopf 38 W", 21_450),
                ("Erdkabel 5 × 16 mm², je m", 1_180),
                ("Sicherungskasten für Mast", 5_620),
                ("Dämmerungsschalter", 4_390),
            ],
        ),
        _ => (
            "40",
            &[
                ("Schülertisch, höhenverstellbar", 11_240),
                ("Schülerstuhl Größe 5", 5_980),
                ("Lehrerpult", 28_600),
                ("Regal mit sechs Fächern", 17_350),
                ("Pinnwand 120 × 90", 6_410),
            ],
        ),
    }
}

pub fn rechnung_material(d: &mut Dice, datum: NaiveDate) -> Entwurf {
    let gewerbe = d.pick(&["Bürobedarf", "Gartencenter", "Elektrogroßhandel", "Schulmöbel"]);
    let firma = Firma::new(d, gewerbe);
    let nummer = format!("R{:06}", d.between(10_000, 999_999));
    let (oe, waren) = sortiment(gewerbe);
    let (rows, sum) = posten(d, waren, 70);
    let plan = if gewerbe == "Bürobedarf" { "05.04" } else { "04.05" };
    let mut absaetze = vec![
        format!(
            "Rechnung Nr. {nummer}, Kundennummer {}\nLieferdatum: {}",
            d.between(1_000, 9_999),
            lang(datum - Days::new(d.between(1, 12)))
        ),
        format!(
            "wir danken für Ihren Auftrag und berechnen die an {} gelieferte Ware. Der \
                 Lieferschein wurde von {} unterschrieben.",
            d.pick(&[
                "den Bauhof am Gewerbering",
                "das Rathaus",
                "die Grundschule an der Schulstraße",
                "den Betriebshof am Friedhof",
            ]),
            person(d)
        ),
    ];
    absaetze.extend(rows);
    absaetze.push(summe(sum));
    absaetze.push(format!(
        "Zahlbar bis zum {} ohne Abzug. {}",
        lang(datum + Days::new(21)),
        d.pick(&[
            "Eine Position wird nachgeliefert, weil der Hersteller nicht liefern konnte.",
            "Die Verpackung nehmen wir bei der nächsten Lieferung zurück.",
            "Reklamationen bitten wir binnen acht Tagen mitzuteilen.",
        ])
    ));
    absaetze.push(KONTO.into());
    absaetze.push(firma.gruss(d));
    Entwurf {
        betreff: format!("Rechnung {nummer} über {gewerbe}"),
        weg: Weg::VonFirma(firma),
        typ: "rechnung",
        oe,
        plan,
        absaetze,
    }
}

pub fn angebot(d: &mut Dice, datum: NaiveDate) -> Entwurf {
    let (gewerbe, was, oe) = match d.between(0, 3) {
        0 => ("Gebäudereinigung", "die Unterhaltsreinigung der Stadtbücherei", "40"),
        1 => ("Malerbetrieb", "die Malerarbeiten im Bürgerhaus Oberwessel", "10"),
        2 => ("Spielplatzbau", "ein Klettergerüst für den Spielplatz am Wasserturm", "67"),
        _ => ("Elektrotechnik", "die Umrüstung der Straßenbeleuchtung im Siedlerweg", "66"),
    };
    let firma = Firma::new(d, gewerbe);
    let preis = d.between(21, 780) * 10_000;
    let bis = lang(datum + Days::new(d.between(30, 60)));
    let absaetze = vec![
        "Sehr geehrte Damen und Herren,".into(),
        format!(
            "vielen Dank für Ihre Aufforderung, ein Angebot für {was} abzugeben. Nach \
                 Besichtigung vor Ort bieten wir die Leistung zu folgenden Bedingungen an."
        ),
        "# Leistung und Preis".into(),
        format!(
            "Grundpreis:\t{}\nAnfahrt:\t{}\nEntsorgung:\t{}",
            euro(preis),
            euro(d.between(3, 30) * 1_000),
            euro(d.between(2, 90) * 1_000)
        ),
        format!(
            "Wir beginnen {} nach Auftragserteilung und rechnen mit {} Arbeitstagen. Unsere \
                 Fachkräfte werden nach Tarif bezahlt; die Eigenerklärung zur Eignung, die \
                 Unbedenklichkeitsbescheinigung der Krankenkasse und drei Referenzen liegen bei.",
            d.pick(&["zwei Wochen", "vier Wochen", "unmittelbar"]),
            d.between(2, 45)
        ),
        d.pick(&[
            "Als Nebenangebot schlagen wir eine langlebigere Ausführung vor, die etwa acht vom \
             Hundert mehr kostet, aber zehn Jahre lang keine Wartung braucht.",
            "Mengenänderungen bis zehn vom Hundert berühren die Einheitspreise nicht.",
            "Die Gewährleistung beträgt vier Jahre; auf Wunsch verlängern wir sie auf fünf.",
        ])
        .into(),
        format!(
            "An dieses Angebot halten wir uns bis zum {bis} gebunden. Wir würden uns freuen, für \
                 die Stadt tätig zu werden."
        ),
        firma.gruss(d),
    ];
    Entwurf {
        betreff: format!("Angebot für {was} – {}", firma.name),
        weg: Weg::VonFirma(firma),
        typ: "angebot",
        oe,
        plan: "05.02",
        absaetze,
    }
}

pub fn stellungnahme_versorger(d: &mut Dice, _: NaiveDate) -> Entwurf {
    let name = d.pick(&[
        "Stadtwerke Wesseltal AöR",
        "Netzgesellschaft Mittelwessel mbH",
        "Wasserverband Untere Wessel",
        "Kreisverwaltung, Untere Naturschutzbehörde",
        "Landesamt für Straßen, Außenstelle Wessel",
    ]);
    let firma = Firma::named(d, name.into());
    let (nummer, gebiet) = plangebiet(d);
    let mut absaetze = vec![
        "Sehr geehrte Damen und Herren,".into(),
        format!(
            "im Rahmen der Beteiligung der Träger öffentlicher Belange haben Sie uns den Entwurf \
                 zum Bebauungsplan Nr. {nummer} „{gebiet}“ übersandt. Betroffen ist unter anderem \
                 {}. Nach Prüfung äußern wir uns wie folgt.",
            flurstueck(d)
        ),
    ];
    let punkte = d.some(&[
        "Im Plangebiet liegt eine Trinkwasserleitung DN 200 mit einem Schutzstreifen von sechs \
         Metern, der nicht überbaut oder mit Bäumen bepflanzt werden darf.",
        "Für die Versorgung mit Strom ist eine neue Ortsnetzstation nötig. Wir bitten, eine Fläche \
         von 5 × 6 m als Versorgungsfläche festzusetzen.",
        "Teile des Gebiets liegen im Überschwemmungsgebiet eines hundertjährlichen Hochwassers. \
         Eine Bebauung ist dort nur ausnahmsweise zulässig.",
        "Gegen die Anbindung an die Landesstraße bestehen keine Bedenken, wenn eine Abbiegespur \
         auf Kosten der Stadt hergestellt wird.",
        "Der Ausgleich für den Eingriff in Natur und Landschaft ist um 4 200 Wertpunkte zu niedrig \
         berechnet.",
        "Die Löschwasserversorgung von 96 m³ je Stunde über zwei Stunden kann aus dem Netz nicht \
         allein gedeckt werden.",
        "Der Mischwasserkanal im Ziegeleiweg ist ausgelastet; eine Rückhaltung mit gedrosselter \
         Einleitung wird verlangt.",
    ], 60);
    absaetze.extend(punkte.into_iter().map(String::from));
    absaetze.push(
        "Im Übrigen bestehen aus unserer Sicht keine Bedenken. Wir bitten, uns im \
                   weiteren Verfahren zu beteiligen und uns den Satzungsbeschluss mitzuteilen. Vor \
                   Beginn von Erdarbeiten sind aktuelle Leitungspläne einzuholen."
            .into(),
    );
    absaetze.push(firma.gruss(d));
    Entwurf {
        betreff: format!("Stellungnahme zum Bebauungsplan Nr. {nummer} „{gebiet}“ – {name}"),
        weg: Weg::VonFirma(firma),
        typ: "stellungnahme",
        oe: "61",
        plan: "511.02",
        absaetze,
    }
}

pub fn wartungsvertrag(d: &mut Dice, datum: NaiveDate) -> Entwurf {
    let (gewerbe, anlage) = match d.between(0, 3) {
        0 => ("Aufzugbau", "der Aufzugsanlage im Rathaus"),
        1 => ("Heizungsbau", "der Heizungsanlage in der Wesselhalle"),
        2 => ("Brandschutztechnik", "der Brandmeldeanlage in der Grundschule"),
        _ => ("Pumpentechnik", "der Hebeanlage im Freibad"),
    };
    let firma = Firma::new(d, gewerbe);
    let beginn = lang(datum + Days::new(d.between(10, 60)));
    let absaetze = vec![
        format!(
            "Zwischen der Stadt Lindenau an der Wessel (Auftraggeberin), vertreten durch {}, und \
                 {} (Auftragnehmerin) wird folgender Vertrag geschlossen.",
            person(d),
            firma.name
        ),
        "# § 1 Gegenstand".into(),
        format!(
            "Die Auftragnehmerin übernimmt die Wartung {anlage} nach dem beigefügten Arbeitsplan. \
                 Die Wartung findet {} statt.",
            d.pick(&["vierteljährlich", "zweimal im Jahr", "einmal im Jahr vor der Heizperiode"])
        ),
        "# § 2 Vergütung".into(),
        format!(
            "Die Vergütung beträgt {} im Jahr zuzüglich Umsatzsteuer. Ersatzteile bis {} im \
                 Einzelfall sind eingeschlossen. Die Preise können frühestens nach zwölf Monaten \
                 nach dem Index der Erzeugerpreise angepasst werden.",
            euro(d.between(6, 95) * 10_000),
            euro(d.between(2, 12) * 1_000)
        ),
        "# § 3 Störungen".into(),
        format!(
            "Bei Störungen beginnt die Auftragnehmerin innerhalb von {} Stunden mit der \
                 Beseitigung. Eine Rufbereitschaft besteht {}.",
            d.between(2, 24),
            d.pick(&["an allen Tagen rund um die Uhr", "montags bis freitags von 7 bis 18 Uhr"])
        ),
        "# § 4 Laufzeit".into(),
        format!(
            "Der Vertrag beginnt am {beginn} und läuft {} Jahre. Er verlängert sich um jeweils \
                 ein Jahr, wenn er nicht drei Monate vor Ablauf schriftlich gekündigt wird. Das \
                 Recht zur Kündigung aus wichtigem Grund bleibt unberührt.",
            d.pick(&["zwei", "drei", "fünf"])
        ),
        "# § 5 Schluss".into(),
        "Änderungen bedürfen der Schriftform. Sollte eine Bestimmung unwirksam sein, bleibt der \
         Vertrag im Übrigen gültig. Gerichtsstand ist Lindenau an der Wessel."
            .into(),
        firma.gruss(d),
    ];
    Entwurf {
        betreff: format!("Wartungsvertrag {anlage} – {}", firma.name),
        weg: Weg::VonFirma(firma),
        typ: "vertrag",
        oe: "10",
        plan: "111.06",
        absaetze,
    }
}
