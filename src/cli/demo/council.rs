//! Minutes of the council and its committees, and notes for the file.

use chrono::{Days, NaiveDate};

use super::{
    Entwurf, Weg,
    dice::Dice,
    euro, lang,
    people::{anrede, flurstueck, person, strasse},
};

/// One item of an agenda: its title and what was said.
type Punkt = (&'static str, &'static str);

const STADTRAT: [Punkt; 10] = [
    (
        "Haushaltssatzung mit Haushaltsplan",
        "Der Kämmerer erläutert den Entwurf. Das Defizit im Ergebnishaushalt wird aus der Rücklage \
      gedeckt. Die Fraktionen danken der Verwaltung für die frühe Vorlage; strittig bleibt die \
      Höhe der Kreisumlage.",
    ),
    (
        "Neufassung der Hauptsatzung",
        "Die Zahl der Ausschüsse wird von sieben auf fünf verringert. Sitzungen können künftig \
      übertragen werden, wenn kein Mitglied widerspricht.",
    ),
    (
        "Sanierung der Wesselbrücke",
        "Das Gutachten stuft das Bauwerk mit der Note 3,2 ein. Die Verwaltung schlägt vor, das \
      zulässige Gewicht sofort auf 12 Tonnen zu begrenzen und die Planung des Ersatzbaus zu \
      beauftragen.",
    ),
    (
        "Erhöhung der Eintrittspreise im Freibad",
        "Nach lebhafter Aussprache wird der Preis der Familienkarte nicht erhöht. Für Kinder bis \
      sechs Jahre bleibt der Eintritt frei.",
    ),
    (
        "Beitritt zum Netzwerk der Fahrradstädte",
        "Der Beitritt kostet jährlich einen Mitgliedsbeitrag nach Einwohnerzahl. Ein Mitglied \
      bezweifelt den Nutzen; die Mehrheit sieht Vorteile bei Fördermitteln.",
    ),
    (
        "Wahl der Schiedsperson",
        "Für den Bezirk Oberwessel liegt eine Bewerbung vor. Die Bewerberin stellt sich vor und \
      beantwortet Fragen.",
    ),
    (
        "Annahme von Spenden",
        "Der Rat nimmt die in der Vorlage aufgeführten Spenden für die Jugendfeuerwehr, die \
      Bücherei und den Seniorennachmittag an.",
    ),
    (
        "Ausbau des Glasfasernetzes in Heidekrug",
        "Der Anbieter sagt den Baubeginn im Frühjahr zu, wenn vierzig vom Hundert der Haushalte \
      einen Vertrag schließen. Eine Bürgerversammlung ist geplant.",
    ),
    (
        "Umbenennung eines Teils der Feldstraße",
        "Die Anwohner wurden angehört; von neunzehn Rückmeldungen waren elf ablehnend. Der Punkt \
      wird in den Kulturausschuss zurückverwiesen.",
    ),
    (
        "Bericht über die Ausführung der Beschlüsse",
        "Von achtundzwanzig Beschlüssen des Halbjahres sind einundzwanzig umgesetzt. Zum Radweg an \
      der Lindenallee fehlt noch die Zustimmung des Landes.",
    ),
];

const BAUAUSSCHUSS: [Punkt; 8] = [
    (
        "Aufstellungsbeschluss für den Bebauungsplan „Alte Ziegelei“",
        "Vorgesehen sind hundertvierzig Wohnungen, eine Kindertagesstätte und ein Quartiersplatz. \
      Die Altlast im Bereich der früheren Brennöfen wird vorab untersucht.",
    ),
    (
        "Vergabe der Kanalbauarbeiten im Gerbergraben",
        "Vier Angebote sind eingegangen. Die Prüfung ergab einen Rechenfehler beim günstigsten \
      Bieter, der an der Reihenfolge nichts ändert.",
    ),
    (
        "Antrag auf eine Spielstraße in der Neuen Siedlung",
        "Die Straßenverkehrsbehörde hält die Voraussetzungen für erfüllt, wenn die Einmündung \
      baulich verengt wird.",
    ),
    (
        "Neugestaltung des Schützenplatzes",
        "Das Planungsbüro zeigt drei Varianten. Die Mehrheit bevorzugt die Variante mit \
      Wasserspiel und sechzehn Bäumen; auf die Tiefgarage wird verzichtet.",
    ),
    (
        "Dachsanierung der Wesselhalle",
        "Bei der Öffnung des Daches wurde mehr Feuchtigkeit gefunden als angenommen. Die \
      Mehrkosten sind aus dem laufenden Ansatz zu decken.",
    ),
    (
        "Gestaltungssatzung für die Altstadt",
        "Strittig sind Solaranlagen auf straßenseitigen Dächern. Der Denkmalpfleger berichtet von \
      guten Erfahrungen mit farblich angepassten Modulen.",
    ),
    (
        "Winterdienst: Erfahrungen und neue Routen",
        "Der Bauhof räumt künftig die Schulwege vor den Nebenstraßen. Das Salz wird auf Steigungen \
      und Brücken beschränkt.",
    ),
    (
        "Einvernehmen zu Bauvorhaben im Außenbereich",
        "Zu zwei Vorhaben wird das Einvernehmen erteilt, zu einem wegen fehlender Erschließung \
        versagt.",
    ),
];

/// What is said and decided on an item by so many members.
fn beratung(d: &mut Dice, anwesend: u64) -> [String; 2] {
    let aussprache = format!(
        "{} {} weist darauf hin, dass Kosten von {} im Haushalt {}.",
        d.pick(&[
            "Die Vorlage liegt den Mitgliedern seit zwei Wochen vor.",
            "Es wird eine kurze Sitzungspause gewünscht und gewährt.",
            "Ein Änderungsantrag wird gestellt und nach Aussprache zurückgezogen.",
            "Ein Mitglied nimmt wegen Befangenheit an der Beratung nicht teil.",
        ]),
        anrede(d),
        euro(d.between(4, 900) * 100_000),
        d.pick(&[
            "eingeplant sind",
            "nur zur Hälfte eingeplant sind",
            "des kommenden Jahres einzustellen \
             wären"
        ])
    );
    let (ja, nein) = (d.between(anwesend / 2 + 1, anwesend), d.between(0, anwesend / 3));
    let nein = nein.min(anwesend - ja);
    let rest = anwesend - ja - nein;
    let beschluss = if d.chance(80) {
        format!(
            "Beschluss: Der Vorlage wird zugestimmt. Ja {ja}, Nein {nein}, Enthaltungen \
                     {rest}."
        )
    } else {
        format!("Der Punkt wird mit {ja} Stimmen vertagt.")
    };
    [aussprache, beschluss]
}

fn sitzung(d: &mut Dice, gremium: &str, punkte: &[Punkt], datum: NaiveDate) -> Vec<String> {
    let tag = lang(datum - Days::new(d.between(2, 9)));
    let vorsitz = person(d);
    let anwesend = d.between(11, 31);
    let mut absaetze = vec![
        format!(
            "Sitzung: {gremium} am {tag}, {} Uhr\nOrt: {}\nVorsitz: {vorsitz}\nSchriftführung: \
                 {}\nAnwesend: {anwesend} Mitglieder, entschuldigt: {}",
            d.pick(&["17.00", "18.00", "18.30", "19.00"]),
            d.pick(&["Ratssaal", "Wesselhalle", "Bürgerhaus Oberwessel"]),
            person(d),
            d.between(0, 5)
        ),
        format!(
            "{vorsitz} eröffnet die Sitzung, stellt die form- und fristgerechte Ladung und die \
                 Beschlussfähigkeit fest. Gegen die Niederschrift der letzten Sitzung werden {} \
                 erhoben.",
            d.pick(&["keine Einwendungen", "keine schriftlichen Einwendungen"])
        ),
    ];
    if d.chance(70) {
        absaetze.push("# Einwohnerfragestunde".into());
        absaetze.push(format!(
            "{} aus der Straße {} fragt nach {}. Die Verwaltung sagt eine \
                               schriftliche Antwort zu.",
            anrede(d),
            strasse(d),
            d.pick(&[
                "der Beleuchtung des Uferwegs",
                "dem Termin der Sperrmüllabfuhr",
                "dem Stand der Planungen für den Bahnhofsvorplatz",
                "der Zukunft der Stadtbücherei",
                "den Rattenködern am Fischerdamm",
            ])
        ));
    }
    let mut nummer = 1;
    for (titel, text) in punkte {
        if !d.chance(55) && nummer > 2 {
            continue;
        }
        absaetze.push(format!("# TOP {nummer}: {titel}"));
        absaetze.push((*text).into());
        absaetze.extend(beratung(d, anwesend));
        nummer += 1;
    }
    absaetze.push(format!(
        "{vorsitz} schließt den öffentlichen Teil um {} Uhr.\n\nVorsitz\t\t\
                           Schriftführung",
        d.pick(&["19.45", "20.10", "21.35", "22.05"])
    ));
    absaetze
}

pub fn stadtrat(d: &mut Dice, datum: NaiveDate) -> Entwurf {
    let nummer = d.between(1, 38);
    let gremium = format!("{nummer}. öffentliche Sitzung des Stadtrates");
    let absaetze = sitzung(d, &gremium, &STADTRAT, datum);
    Entwurf {
        betreff: format!("Niederschrift über die {gremium} ({})", datum.format("%m/%Y")),
        weg: Weg::Intern,
        typ: "niederschrift",
        oe: "10",
        plan: "01.01",
        absaetze,
    }
}

pub fn ausschuss_bau(d: &mut Dice, datum: NaiveDate) -> Entwurf {
    let nummer = d.between(1, 44);
    let gremium = format!("{nummer}. Sitzung des Ausschusses für Bauen und Verkehr");
    let absaetze = sitzung(d, &gremium, &BAUAUSSCHUSS, datum);
    Entwurf {
        betreff: format!("Niederschrift über die {gremium} ({})", datum.format("%m/%Y")),
        weg: Weg::Intern,
        typ: "niederschrift",
        oe: "61",
        plan: "01.02",
        absaetze,
    }
}

fn feststellung(d: &mut Dice) -> String {
    format!(
        "{} Die Stelle liegt auf {}. {}",
        d.pick(&[
            "Auf einer Länge von etwa zwanzig Metern ist die Oberfläche gerissen; die Risse sind \
             zwischen 3 und 12 mm breit.",
            "Der Zustand entspricht den Fotos, die der Anlieger im Januar vorgelegt hat.",
            "Bei trockenem Wetter war kein Wasseraustritt zu sehen, die Vernässung reicht aber bis \
             zum Zaun.",
            "Zur Zeit der Besichtigung querten in zehn Minuten siebenunddreißig Kinder die \
            Fahrbahn.",
        ]),
        flurstueck(d),
        d.pick(&[
            "Nach den Unterlagen verläuft dort ein alter Graben, der in den sechziger Jahren \
             verrohrt wurde.",
            "Eine Baulast ist nicht eingetragen.",
            "Eigentümerin ist die Stadt; der Grünstreifen ist verpachtet.",
        ])
    )
}

pub fn vermerk_ortstermin(d: &mut Dice, datum: NaiveDate) -> Entwurf {
    let wo = strasse(d);
    let anlass = d.pick(&[
        "Hangrutschung",
        "Wasser im Keller der Anlieger",
        "Standort einer Bushaltestelle",
        "Zufahrt der Feuerwehr",
        "Wurzelschäden am Radweg",
        "ungenehmigte Aufschüttung",
        "Schulwegsicherheit",
        "Setzung der Stützmauer",
    ]);
    let tag = lang(datum - Days::new(d.between(0, 3)));
    let absaetze = vec![
        format!(
            "Ortstermin am {tag}, {} Uhr, {wo}\nAnlass: {anlass}\nTeilnehmende: {}, {}, {} \
                 (Anlieger), {} (Verfasserin oder Verfasser)",
            d.between(8, 15),
            anrede(d),
            anrede(d),
            person(d),
            person(d)
        ),
        "# Feststellungen".into(),
        feststellung(d),
        "# Ergebnis".into(),
        format!(
            "- {}",
            d.pick(&[
                "Der Bauhof sichert die Stelle noch heute mit Baken.",
                "Bis zur Klärung wird ein Halteverbot angeordnet.",
                "Ein Bodengutachten wird eingeholt; Kosten etwa 4.800 €.",
            ])
        ),
        format!(
            "- {}",
            d.pick(&[
                "Die Stadtwerke prüfen die Leitung mit der Kamera.",
                "Der Anlieger legt die Statik seiner Mauer vor.",
                "Die Polizei wird um eine Auswertung der Unfälle gebeten.",
            ])
        ),
        format!("- Wiedervorlage am {}.", lang(datum + Days::new(d.between(14, 60)))),
        format!(
            "Der Anlieger wurde darauf hingewiesen, dass Ansprüche erst nach Klärung der \
                 Ursache beurteilt werden können. Er erklärte sich damit einverstanden. \
                 {}",
            d.pick(&[
                "Ein weiterer Termin ist nicht nötig.",
                "Beim nächsten Termin soll die Unfallkasse dabei sein.",
                "Eine Kopie erhält der Ortsbeirat.",
            ])
        ),
    ];
    let plan = if anlass.contains("ungenehmigt") { "521.05" } else { "541.03" };
    let oe = if plan == "521.05" { "63" } else { "66" };
    Entwurf {
        betreff: format!("Vermerk über den Ortstermin {wo}: {anlass}"),
        weg: Weg::Intern,
        typ: "vermerk",
        oe,
        plan,
        absaetze,
    }
}

pub fn vermerk_kalkulation(d: &mut Dice, datum: NaiveDate) -> Entwurf {
    let (was, plan, oe) = match d.between(0, 3) {
        0 => ("Standgelder des Wochenmarkts", "573.01", "80"),
        1 => ("Friedhofsgebühren", "553.01", "67"),
        2 => ("Entgelte der Wesselhalle", "573.02", "80"),
        _ => ("Gebühren der Straßenreinigung", "545.01", "66"),
    };
    let jahr = datum.format("%Y");
    let (kosten, faelle) = (d.between(40, 900) * 100_000, d.between(90, 4000));
    let deckung = d.between(58, 97);
    let absaetze = vec![
        format!(
            "Für den Zeitraum bis Ende {jahr} wurden die Kosten nachgerechnet, auf denen der \
                 Tarif „{was}“ beruht. Die letzte Kalkulation ist {} Jahre alt.",
            d.between(3, 9)
        ),
        "# Kosten".into(),
        format!(
            "Personal:\t{}\nSachkosten:\t{}\nAbschreibung:\t{}\nSumme:\t{}",
            euro(kosten * 55 / 100),
            euro(kosten * 30 / 100),
            euro(kosten * 15 / 100),
            euro(kosten)
        ),
        format!(
            "Bei {faelle} Fällen im Jahr entspricht das {} je Fall. Mit dem geltenden Tarif werden \
                 {deckung} vom Hundert gedeckt. {}",
            euro(kosten / faelle),
            d.pick(&[
                "Die Unterdeckung geht vor allem auf die Tarifsteigerung zurück.",
                "Die Energiekosten sind seit der letzten Kalkulation um die Hälfte gestiegen.",
                "Ein öffentliches Interesse rechtfertigt einen Abzug von zehn vom Hundert.",
            ])
        ),
        "# Vorschlag".into(),
        format!(
            "Es wird vorgeschlagen, den Tarif in zwei Stufen um zusammen {} vom Hundert anzuheben \
                 und dem Stadtrat bis zum {} eine Vorlage zuzuleiten. {} hat aus Sicht der \
                 Kämmerei keine Einwände.",
            d.between(4, 35),
            lang(datum + Days::new(d.between(30, 120))),
            anrede(d)
        ),
        format!(
            "Vergleich mit Nachbarstädten: {}",
            d.pick(&[
                "Lindenau liegt im Mittelfeld; nur zwei von neun Städten verlangen weniger.",
                "Der Satz ist der niedrigste im Kreis und seit langem unverändert.",
                "Ein Vergleich ist wegen des anderen Zuschnitts der Leistungen kaum möglich.",
            ])
        ),
    ];
    Entwurf {
        betreff: format!("Vermerk zur Kalkulation {jahr}: {was} ({})", datum.format("%d.%m.")),
        weg: Weg::Intern,
        typ: "vermerk",
        oe,
        plan,
        absaetze,
    }
}
