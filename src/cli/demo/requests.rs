//! What citizens and associations ask of the city in longer matters: plans, grants, access.

use chrono::{Days, NaiveDate};

use super::{
    Entwurf, Weg,
    citizens::{HERREN, p},
    dice::Dice,
    euro, lang,
    people::{Adresse, Firma, plangebiet, strasse},
};

pub fn einwendung_bebauungsplan(d: &mut Dice, _: NaiveDate) -> Entwurf {
    let who = Adresse::new(d);
    let (nummer, gebiet) = plangebiet(d);
    let mut absaetze = vec![
        p(HERREN),
        format!(
            "zum ausgelegten Entwurf des Bebauungsplans Nr. {nummer} „{gebiet}“ nehme ich als \
                 Anwohnerin und Anwohner der Straße {} innerhalb der Frist Stellung.",
            strasse(d)
        ),
        p("# Im Einzelnen"),
    ];
    let punkte = d.some(&[
        "- Die geplante Zahl von vier Vollgeschossen nimmt den bestehenden Häusern an der \
         Nordseite von November bis Februar die Sonne.",
        "- Das Verkehrsgutachten zählt nur einen Werktag in den Ferien. Der Begegnungsverkehr am \
         Nadelöhr Brückenstraße fehlt ganz.",
        "- Die Wiese ist nach meiner Kenntnis Lebensraum der Zauneidechse. Der Umweltbericht \
         erwähnt sie nicht.",
        "- Der Regenwasserkanal ist schon heute überlastet; beim Starkregen vor zwei Jahren \
         standen elf Keller unter Wasser.",
        "- Ein Anteil geförderter Wohnungen ist nicht festgesetzt, obwohl der Stadtrat ihn \
         beschlossen hatte.",
        "- Für die Kinder des neuen Gebiets fehlt ein Platz in der Kindertagesstätte.",
        "- Die Baugrenze verläuft quer durch das Wurzelwerk der drei Naturdenkmale.",
    ], 55);
    absaetze.extend(punkte.into_iter().map(p));
    absaetze.push(format!(
        "Ich rege an, die Höhe auf {} Geschosse zu begrenzen, den Grünstreifen auf {} Meter zu \
         verbreitern und die Erschließung über den {} zu führen. Sollte die Planung unverändert \
         bleiben, behalte ich mir einen Normenkontrollantrag vor.",
        d.pick(&["zwei", "drei"]),
        d.between(8, 30),
        d.pick(&["Ziegeleiweg", "Gewerbering", "Heidekrugweg"])
    ));
    absaetze
        .push(p("Bitte bestätigen Sie den Eingang und teilen Sie mir das Ergebnis der Abwägung \
                     mit, sobald der Stadtrat entschieden hat."));
    absaetze.push(who.gruss());
    Entwurf {
        betreff: format!("Einwendung zum Bebauungsplan Nr. {nummer} „{gebiet}“ ({})", who.nachname),
        weg: Weg::VonBuerger(who),
        typ: "stellungnahme",
        oe: "61",
        plan: "511.02",
        absaetze,
    }
}

pub fn vereinsfoerderung(d: &mut Dice, datum: NaiveDate) -> Entwurf {
    let verein = d.pick(&[
        "Musikverein Harmonie Oberwessel e. V.",
        "Ruderclub Wessel 1921 e. V.",
        "Heimatverein Lindenau e. V.",
        "SV Grün-Weiß Brackwitz e. V.",
        "Theatergruppe Rampe e. V.",
        "Förderverein Freibad e. V.",
        "Chor der Sankt-Annen-Kirche",
        "Repair-Café Lindenau e. V.",
    ]);
    let firma = Firma::named(d, verein.into());
    let zweck = d.pick(&[
        "das Sommerfest am Wesselufer",
        "die Anschaffung von zwölf Notenpulten",
        "ein Jugendlager in der Partnerstadt",
        "die Festschrift zum Jubiläum",
        "neue Bänke am Vereinsheim",
        "eine Ausstellung zur Geschichte der Ziegelei",
        "die Reparatur der beiden Vierer",
    ]);
    let kosten = d.between(12, 190) * 10_000;
    let absaetze = vec![
        p(d.pick(&["Sehr geehrte Damen und Herren,", "sehr geehrte Frau Bürgermeisterin,"])),
        format!(
            "unser Verein bittet um einen Zuschuss der Stadt für {zweck}. Vorgesehen ist die \
                 Maßnahme ab dem {}.",
            lang(datum + Days::new(d.between(40, 190)))
        ),
        p("# Kosten und Finanzierung"),
        format!("Gesamtkosten:\t{}", euro(kosten)),
        format!("Eigenmittel:\t{}", euro(kosten * 35 / 100)),
        format!("Spenden:\t{}", euro(kosten * 25 / 100)),
        format!("Zuschuss:\t{}", euro(kosten * 40 / 100)),
        format!(
            "Der Verein hat {} Mitglieder, davon {} unter achtzehn Jahren, und ist als \
                 gemeinnützig anerkannt. Im vergangenen Jahr haben wir keine städtischen Mittel \
                 erhalten. {}",
            d.between(24, 410),
            d.between(4, 23),
            d.pick(&[
                "Die Nutzung durch Schulen ist kostenlos möglich.",
                "Viele Stunden leisten unsere Mitglieder selbst.",
                "Der Ortsbeirat unterstützt das Vorhaben einstimmig.",
            ])
        ),
        p("Ohne die Hilfe der Stadt müssten wir das Vorhaben verschieben. Den \
           Freistellungsbescheid des Finanzamts, den Beschluss des Vorstands und drei Angebote \
           haben wir beigefügt."),
        firma.gruss(d),
    ];
    let jahr = datum.format("%Y");
    Entwurf {
        betreff: format!("Antrag auf Zuschuss {jahr} für {zweck} – {verein}"),
        weg: Weg::VonFirma(firma),
        typ: "antrag",
        oe: "40",
        plan: "281.01",
        absaetze,
    }
}

pub fn informationszugang(d: &mut Dice, _: NaiveDate) -> Entwurf {
    let who = Adresse::new(d);
    let was = d.pick(&[
        "zu den Kosten der Rathaussanierung",
        "zum Vertrag mit dem Betreiber der Parkhäuser",
        "zu den Messungen der Luftqualität in der Bahnhofstraße",
        "zu allen Baumfällungen im Stadtpark",
        "zu den Verträgen über die Weihnachtsbeleuchtung",
        "zur Auslastung des Freibads",
        "zu den Unfallzahlen an der Kreuzung Lindenallee",
        "zum Gutachten über die Wesselbrücke",
    ]);
    let absaetze = vec![
        p(HERREN),
        format!(
            "ich bitte auf Grundlage des Informationsfreiheitsrechts um Zugang zu den amtlichen \
                 Unterlagen {was} aus den Jahren {} bis heute.",
            d.between(2017, 2022)
        ),
        format!(
            "Mir genügen Kopien in elektronischer Form. Soweit personenbezogene Daten oder \
                 Geschäftsgeheimnisse enthalten sind, bin ich mit einer Schwärzung einverstanden. \
                 {}",
            d.pick(&[
                "Sollten Gebühren von mehr als 50 € entstehen, bitte ich vorher um Nachricht.",
                "Ich verfolge damit kein wirtschaftliches Interesse; es geht um einen Beitrag im \
             Stadtteilblatt.",
                "Ein Grund muss nicht genannt werden; es geht mir um die Vorbereitung der \
             Einwohnerversammlung.",
            ])
        ),
        p("Bitte antworten Sie innerhalb der gesetzlichen Frist von einem Monat. Sollten Sie \
           nicht zuständig sein, leiten Sie mein Schreiben bitte weiter und nennen mir die Stelle. \
           Falls Sie den Antrag ganz oder teilweise ablehnen, bitte ich um einen begründeten \
           Bescheid mit Rechtsbehelfsbelehrung."),
        who.gruss(),
    ];
    Entwurf {
        betreff: format!("Antrag auf Zugang zu Informationen {was}"),
        weg: Weg::VonBuerger(who),
        typ: "antrag",
        oe: "10",
        plan: "08.05",
        absaetze,
    }
}
