//! What citizens and associations write to the city.

use chrono::{Days, NaiveDate};

use super::{
    Entwurf, Weg,
    dice::Dice,
    euro, lang,
    people::{Adresse, Firma, anrede, anschrift, person, strasse},
};

/// Salutation.
pub const HERREN: &str = "Sehr geehrte Damen und Herren,";

/// A paragraph of its own.
pub fn p(text: impl Into<String>) -> String {
    text.into()
}

pub fn laerm(d: &mut Dice, datum: NaiveDate) -> Entwurf {
    let who = Adresse::new(d);
    let quelle = d.pick(&[
        "der Gaststätte „Zum Anker“",
        "der Baustelle am Güterbahnhof",
        "der Diskothek „Kesselhaus“",
        "der Spedition im Gewerbering",
        "dem Bolzplatz an der Schulstraße",
        "der Wärmepumpe des Nachbarn",
        "dem Wochenmarkt",
        "der Laubbläser der Hausverwaltung",
    ]);
    let wo = strasse(d);
    let seit = lang(datum - Days::new(d.between(12, 90)));
    let absaetze = vec![
        p(HERREN),
        format!("seit dem {seit} ist die Nachtruhe in der Straße {wo} durch Lärm von {quelle} \
                 erheblich gestört. {}", d.pick(&[
            "An mindestens vier Abenden in der Woche dauert der Lärm bis weit nach Mitternacht.",
            "Besonders schlimm ist es am Wochenende zwischen 22 und 3 Uhr.",
            "Schon vor sechs Uhr morgens werden Container bewegt und Motoren laufen gelassen.",
        ])),
        format!(
            "Ich habe an {} Tagen Protokoll geführt und mit dem Telefon Spitzenwerte bis {} \
                 Dezibel gemessen. Mir ist bewusst, dass das keine amtliche Messung ersetzt. \
                 Gerade deshalb bitte ich das Ordnungsamt, selbst zu messen.",
            d.between(5, 23),
            d.between(62, 94)
        ),
        p(d.pick(&[
            "Gespräche mit dem Betreiber haben nichts gebracht; er verweist auf seine Konzession.",
            "Meine Nachbarin, die Schichtdienst im Krankenhaus leistet, kann das bestätigen.",
            "Zwei Familien mit kleinen Kindern sind deswegen schon ausgezogen.",
            "Die Polizei war dreimal da; danach war jeweils für eine Stunde Ruhe.",
        ])),
        p("Ich fordere Sie auf, die Einhaltung der Richtwerte der TA Lärm durchzusetzen und mir \
           mitzuteilen, was Sie veranlasst haben."),
        who.gruss(),
    ];
    Entwurf {
        betreff: format!("Beschwerde über Lärm von {quelle}, {wo}"),
        weg: Weg::VonBuerger(who),
        typ: "beschwerde",
        oe: "32",
        plan: "561.02",
        absaetze,
    }
}

pub fn widerspruch_gewerbesteuer(d: &mut Dice, datum: NaiveDate) -> Entwurf {
    let gewerbe = d.pick(&["Metallbau", "Bäckerei", "Elektrotechnik", "Autohaus", "Druckerei"]);
    let firma = Firma::new(d, gewerbe);
    let bescheid = lang(datum - Days::new(d.between(5, 27)));
    let jahr = d.between(2019, 2024);
    let betrag = d.between(8_000, 900_000) * 10;
    let absaetze =
        vec![
        p(HERREN),
        format!("gegen Ihren Gewerbesteuerbescheid vom {bescheid} für das Jahr {jahr}, uns \
                 zugegangen drei Tage später, legen wir fristgerecht Widerspruch ein. Festgesetzt \
                 wurde eine Nachzahlung von {}.", euro(betrag)),
        p("# Begründung"),
        p(d.pick(&[
            "Der Messbescheid des Finanzamts, auf dem Ihr Bescheid beruht, ist mit Einspruch \
             angefochten. Die Hinzurechnung der Mieten für bewegliche Wirtschaftsgüter ist \
             doppelt erfolgt.",
            "Die Zerlegung des Steuermessbetrags zwischen Lindenau und unserem Zweigbetrieb in \
             der Nachbargemeinde wurde nicht berücksichtigt. Dort arbeiten elf von vierundzwanzig \
             Beschäftigten.",
            "Vorauszahlungen aus dem dritten und vierten Quartal sind nicht angerechnet worden. \
             Die Kontoauszüge liegen bei.",
        ])),
        format!("Zugleich beantragen wir die Aussetzung der Vollziehung in Höhe von {}. Ernstliche \
                 Zweifel an der Rechtmäßigkeit ergeben sich aus dem Schreiben unseres \
                 Steuerberaters, {}, das wir in Kopie beifügen. Eine sofortige Zahlung würde uns \
                 zwingen, die Kreditlinie zu überziehen.", euro(betrag * 7 / 10), person(d)),
        p("Wir bitten um Bestätigung des Eingangs und um Mitteilung, wer den Vorgang bearbeitet."),
        firma.gruss(d),
    ];
    Entwurf {
        betreff: format!("Widerspruch gegen den Gewerbesteuerbescheid {jahr} – {}", firma.name),
        weg: Weg::VonFirma(firma),
        typ: "widerspruch",
        oe: "20",
        plan: "611.02",
        absaetze,
    }
}

pub fn baumfaellung(d: &mut Dice, _: NaiveDate) -> Entwurf {
    let who = Adresse::new(d);
    let baum = d.pick(&[
        "Rosskastanie",
        "Blaufichte",
        "Winterlinde",
        "Hängebirke",
        "Silberweide",
        "Walnuss",
        "Rotbuche",
        "Robinie",
        "Stieleiche",
    ]);
    let umfang = d.between(82, 310);
    let absaetze = vec![
        p(HERREN),
        format!(
            "auf meinem Grundstück {} steht eine {baum} mit einem Stammumfang von {umfang} cm, \
                 gemessen in einem Meter Höhe, und einer Höhe von etwa {} Metern. Ich beantrage \
                 die Genehmigung, den Baum nach der Baumschutzsatzung zu fällen.",
            who.strasse,
            d.between(7, 26)
        ),
        p(d.pick(&[
            "Nach dem Sturm im Frühjahr ist ein Hauptast ausgebrochen. Im Stamm ist eine Höhlung, \
             in die man den Arm bis zur Schulter stecken kann.",
            "Die Wurzeln haben die Abwasserleitung angehoben; die Kamerabefahrung zeigt zwei \
             Einbrüche. Eine Umlegung ist wegen der Garage nicht möglich.",
            "Der Baum steht zwei Meter vor dem Schlafzimmerfenster meiner Mutter und lässt auch im \
             Sommer kein Tageslicht herein.",
            "Ein Pilz, nach Auskunft des Baumpflegers der Brandkrustenpilz, hat den Stammfuß \
             befallen. Die Standsicherheit ist nicht mehr gegeben.",
        ])),
        format!(
            "Als Ersatz bin ich bereit, {} zu pflanzen. Brutvögel habe ich in diesem Jahr {} \
                 beobachtet.",
            d.pick(&[
                "zwei Apfelbäume alter Sorte",
                "eine Felsenbirne und eine Hainbuchenhecke",
                "einen Feldahorn mit 18–20 cm Stammumfang",
                "drei heimische Laubbäume",
            ]),
            d.pick(&["nicht", "nur ein Amselpaar, das inzwischen ausgeflogen ist,", "keine"])
        ),
        p("Fotos und eine Handskizze mit dem Standort sind beigefügt. Bei einem Ortstermin öffne \
           ich Ihnen gern das Tor."),
        who.gruss(),
    ];
    Entwurf {
        betreff: format!("Antrag auf Fällung einer {baum}, {}", who.strasse),
        weg: Weg::VonBuerger(who),
        typ: "antrag",
        oe: "67",
        plan: "551.02",
        absaetze,
    }
}

pub fn strassenschaden(d: &mut Dice, datum: NaiveDate) -> Entwurf {
    let who = Adresse::new(d);
    let wo = anschrift(d);
    let schaden = d.pick(&[
        "Schlagloch",
        "abgesenkter Kanaldeckel",
        "lose Gehwegplatte",
        "defekte Straßenlaterne",
        "verstopfter Gully",
        "umgefahrener Poller",
        "fehlende Fahrbahnmarkierung",
    ]);
    let wann = lang(datum - Days::new(d.between(1, 9)));
    let mut absaetze =
        vec![
        p(HERREN),
        format!("vor dem Haus {wo} ist seit dem {wann} folgender Schaden: {schaden}. {}", d.pick(&[
            "Radfahrer weichen auf den Gehweg aus, auf dem die Kinder zur Grundschule laufen.",
            "Bei Regen steht dort das Wasser bis zur Bordsteinkante.",
            "Im Dunkeln ist die Stelle nicht zu erkennen.",
            "Ich habe die Stelle selbst mit einem Eimer und Flatterband gesichert.",
        ])),
    ];
    let teuer = d.chance(45);
    if teuer {
        absaetze.push(format!(
            "Bei der Durchfahrt ist mir am {wann} an meinem Fahrzeug ein Schaden entstanden: {}. \
             Die Werkstatt berechnet {}. Ich mache diesen Betrag als Schadenersatz wegen \
             Verletzung der Verkehrssicherungspflicht geltend und bitte um Überweisung binnen \
             vier Wochen. Rechnung und Fotos liegen bei; Zeuge ist {}.",
            d.pick(&[
                "Reifen und Felge vorn rechts",
                "ein gebrochener Stoßdämpfer",
                "eine verbogene Achse am Lastenrad"
            ]),
            euro(d.between(90, 1900) * 100 + d.between(0, 99)),
            anrede(d),
        ));
    } else {
        absaetze
            .push(p("Ich bitte darum, die Stelle bald zu sichern und auszubessern, bevor jemand \
                         zu Schaden kommt. Über eine kurze Rückmeldung würde ich mich freuen."));
    }
    absaetze.push(p(d.pick(&[
        "Schon im vergangenen Jahr hatte ich das gemeldet; damals wurde nur mit Kaltasphalt \
        geflickt.",
        "Ansonsten bin ich mit dem Zustand der Straßen in unserem Ortsteil übrigens zufrieden.",
        "Mehrere Anwohnerinnen und Anwohner haben sich bei mir als Ortsbeirat beklagt.",
    ])));
    absaetze.push(who.gruss());
    let (plan, typ) = if teuer { ("06.05", "forderung") } else { ("541.03", "hinweis") };
    let was = if teuer { "Schadenersatz wegen" } else { "Meldung:" };
    Entwurf {
        betreff: format!("{was} {schaden} vor {wo}"),
        weg: Weg::VonBuerger(who),
        typ,
        oe: "66",
        plan,
        absaetze,
    }
}

pub fn gewerbeanmeldung(d: &mut Dice, datum: NaiveDate) -> Entwurf {
    let who = Adresse::new(d);
    let gewerbe = d.pick(&[
        "Fahrradwerkstatt mit Verkauf von Zubehör",
        "mobiler Friseurdienst",
        "Imkerei mit Hofladen",
        "Handel mit gebrauchten Büchern über das Internet",
        "Hausmeisterdienst",
        "Änderungsschneiderei",
        "Nachhilfe und Sprachunterricht",
        "Reparatur von Mobiltelefonen",
        "Herstellung von Keramik",
        "Vermietung von Stehpaddelbrettern am Wesselufer",
    ]);
    let beginn = lang(datum + Days::new(d.between(3, 40)));
    let art = d.pick(&["Hauptgewerbe", "Nebengewerbe"]);
    let absaetze =
        vec![
        p(HERREN),
        p("ich zeige hiermit den Beginn eines Gewerbes nach § 14 der Gewerbeordnung an."),
        p("# Angaben zum Betrieb"),
        format!("Tätigkeit:\t{gewerbe}"),
        format!("Anschrift:\t{}", who.strasse),
        format!("Beginn:\t{beginn}"),
        format!("Umfang:\t{art}, {} Beschäftigte", d.between(0, 4)),
        format!("Rechtsform:\t{}", d.pick(&["Einzelunternehmen", "Gesellschaft bürgerlichen Rechts",
                                           "Unternehmergesellschaft (haftungsbeschränkt)"])),
        p(d.pick(&[
            "Eine Eintragung in die Handwerksrolle ist nach Auskunft der Kammer nicht nötig; deren \
             Schreiben füge ich bei.",
            "Der Vermieter hat der gewerblichen Nutzung zugestimmt. Publikumsverkehr gibt es nur \
             nach Vereinbarung.",
            "Für die Räume habe ich bei der Bauaufsicht gefragt, ob eine Nutzungsänderung nötig \
             ist. Eine Antwort steht noch aus.",
        ])),
        p("Die Gebühr überweise ich nach Erhalt der Bestätigung. Bitte senden Sie mir den \
           Gewerbeschein auch elektronisch zu, weil ich ihn für das Geschäftskonto brauche. Das \
           Finanzamt und die Berufsgenossenschaft benachrichtigen Sie nach meinem Kenntnisstand \
           selbst."),
        who.gruss(),
    ];
    Entwurf {
        betreff: format!("Gewerbeanmeldung: {gewerbe}, {}", who.name()),
        weg: Weg::VonBuerger(who),
        typ: "anzeige",
        oe: "32",
        plan: "122.21",
        absaetze,
    }
}
