//! Bescheide: what the city decides and sends to citizens.

use chrono::{Datelike, Days, NaiveDate};

use super::{
    Entwurf, Weg,
    dice::Dice,
    euro, lang,
    people::{Adresse, anrede, anschrift, flurstueck, strasse},
};

fn anrede_brief(who: &Adresse) -> String {
    format!("Guten Tag {},", who.name())
}

/// The instruction on remedies that every Bescheid ends with.
fn rechtsbehelf() -> [String; 2] {
    [
        "# Rechtsbehelfsbelehrung".into(),
        "Gegen diesen Bescheid kann innerhalb eines Monats nach Bekanntgabe Widerspruch erhoben \
         werden. Der Widerspruch ist schriftlich, in elektronischer Form oder zur Niederschrift \
         bei der Stadt Lindenau an der Wessel, Markt 1, einzulegen. Ein einfacher Brief per E-Mail \
         wahrt die Form nicht."
            .into(),
    ]
}

fn unterschrift(d: &mut Dice) -> String {
    format!("Im Auftrag\n\n{}", anrede(d))
}

pub fn hundesteuer(d: &mut Dice, datum: NaiveDate) -> Entwurf {
    let who = Adresse::new(d);
    let name = d.pick(&["Bello", "Kira", "Wotan", "Lotte", "Balu", "Emma", "Rocky", "Flocke"]);
    let rasse = d.pick(&[
        "Labrador-Mischling",
        "Dackel",
        "Schäferhund",
        "Zwergpudel",
        "Beagle",
        "Berner Sennenhund",
        "Mischling ungeklärter Herkunft",
    ]);
    let satz = d.between(7, 13) * 1200;
    let jahr = datum.year();
    let mut absaetze =
        vec![
        anrede_brief(&who),
        format!("für den von Ihnen gehaltenen Hund {name} ({rasse}, Chipnummer 2760000{:08}) \
                 setzen wir die Hundesteuer wie folgt fest:", d.between(1, 99_999_999)),
        format!("Steuerjahr:\t{jahr}\nJahresbetrag:\t{}\nfällig am:\t15. Februar, 15. Mai, \
                 15. August und 15. November mit je {}", euro(satz), euro(satz / 4)),
        "Grundlage ist die Hundesteuersatzung der Stadt in der geltenden Fassung. Steuerpflichtig \
         ist, wer einen Hund in seinen Haushalt aufgenommen hat. Die Steuer entsteht mit Beginn \
         des Monats, in dem der Hund drei Monate alt wird."
            .into(),
    ];
    absaetze.push(
        d.pick(&[
            "Ihrem Antrag auf Ermäßigung für einen Hund aus dem Tierheim wird entsprochen; die \
             Ermäßigung gilt für zwölf Monate.",
            "Die Steuermarke liegt bei. Sie ist am Halsband zu befestigen, wenn der Hund die \
             Wohnung verlässt.",
            "Da ein zweiter Hund im Haushalt gehalten wird, gilt für ihn der erhöhte Satz, über \
             den Sie einen eigenen Bescheid erhalten.",
        ])
        .into(),
    );
    absaetze.push(
        "Bitte überweisen Sie unter Angabe des Kassenzeichens auf das Konto DE00 0000 0000 \
                   0009 1700 42 der Stadtkasse, oder erteilen Sie ein Lastschriftmandat."
            .into(),
    );
    absaetze.extend(rechtsbehelf());
    absaetze.push(unterschrift(d));
    Entwurf {
        betreff: format!("Bescheid über Hundesteuer {jahr} – {} ({name})", who.nachname),
        weg: Weg::AnBuerger(who),
        typ: "bescheid",
        oe: "20",
        plan: "611.03",
        absaetze,
    }
}

pub fn sondernutzung(d: &mut Dice, datum: NaiveDate) -> Entwurf {
    let who = Adresse::new(d);
    let was = d.pick(&[
        "Aufstellen eines Baugerüsts",
        "Außenbewirtschaftung mit sechs Tischen",
        "Aufstellen eines Containers",
        "Informationsstand",
        "Straßenfest der Nachbarschaft",
        "Aufstellen eines Krans",
        "Verkauf von Weihnachtsbäumen",
    ]);
    let wo = strasse(d);
    let von = datum + Days::new(d.between(6, 30));
    let bis = von + Days::new(d.between(1, 60));
    let (breite, tiefe) = (d.between(2, 14), d.between(1, 5));
    let mut absaetze = vec![
        anrede_brief(&who),
        format!(
            "wir erlauben Ihnen nach dem Straßengesetz und der Sondernutzungssatzung die \
                 folgende Nutzung öffentlichen Straßenraums: {was}, {wo}, Fläche {} m² ({breite} m \
                 × {tiefe} m), vom {} bis zum {}.",
            breite * tiefe,
            lang(von),
            lang(bis)
        ),
        "# Bedingungen".into(),
    ];
    let auflagen = d.some(
        &[
            "- Für den Fußverkehr bleibt eine Breite von mindestens 1,60 m frei.",
            "- Die Durchfahrt der Feuerwehr von 3,50 m ist jederzeit freizuhalten.",
            "- Hydranten und Schachtdeckel dürfen nicht überstellt werden.",
            "- Die verkehrsrechtliche Anordnung ist gesondert zu beantragen.",
            "- Nach 22 Uhr ist die Nutzung im Freien einzustellen.",
            "- Die Fläche ist nach dem Ende besenrein zu übergeben.",
            "- Schäden am Pflaster trägt die Erlaubnisnehmerin oder der Erlaubnisnehmer.",
        ],
        65,
    );
    absaetze.extend(auflagen.into_iter().map(String::from));
    absaetze.push(format!(
        "Die Erlaubnis ist widerruflich und nicht übertragbar. Die Gebühr beträgt \
                           {}; sie ist zwei Wochen nach Bekanntgabe fällig. Mit der Nutzung darf \
                           erst nach Zahlung begonnen werden.",
        euro(d.between(25, 900) * 100)
    ));
    absaetze.extend(rechtsbehelf());
    absaetze.push(unterschrift(d));
    Entwurf {
        betreff: format!("Sondernutzungserlaubnis: {was}, {wo} ({})", who.nachname),
        weg: Weg::AnBuerger(who),
        typ: "bescheid",
        oe: "32",
        plan: "122.35",
        absaetze,
    }
}

pub fn grundsteuer(d: &mut Dice, datum: NaiveDate) -> Entwurf {
    let who = Adresse::new(d);
    let messbetrag = d.between(3_000, 31_000);
    let hebesatz = d.pick(&["390", "420", "465"]);
    let faktor: u64 = hebesatz.parse().unwrap_or(400);
    let steuer = messbetrag * faktor / 100;
    let jahr = datum.year();
    let mut absaetze = vec![
        anrede_brief(&who),
        format!(
            "für Ihr Grundstück {}, {}, wird die Grundsteuer B ab dem 1. Januar {jahr} neu \
                 festgesetzt. Anlass ist {}.",
            who.strasse,
            flurstueck(d),
            d.pick(&[
                "der geänderte Messbescheid des Finanzamts",
                "der Übergang des Eigentums auf Sie",
                "die Neubewertung nach der Grundsteuerreform",
                "die Teilung des Grundstücks",
            ])
        ),
        "# Berechnung".into(),
        format!(
            "Steuermessbetrag:\t{}\nHebesatz:\t{hebesatz} v. H.\nJahressteuer:\t{}",
            euro(messbetrag),
            euro(steuer)
        ),
        format!(
            "Fällig sind je {} am 15. Februar, 15. Mai, 15. August und 15. November. Bereits \
                 geleistete Zahlungen von {} werden angerechnet.",
            euro(steuer / 4),
            euro(d.between(0, 300) * 100)
        ),
        "Einwendungen gegen den Messbetrag sind beim Finanzamt zu erheben; wir sind an dessen \
         Bescheid gebunden. Der Hebesatz wurde vom Stadtrat mit der Haushaltssatzung beschlossen. \
         Wenn Sie das Grundstück verkaufen, bleiben Sie bis zum Ende des Kalenderjahres \
         steuerpflichtig."
            .into(),
    ];
    absaetze.extend(rechtsbehelf());
    absaetze.push(unterschrift(d));
    Entwurf {
        betreff: format!("Grundsteuerbescheid {jahr}, {}", who.strasse),
        weg: Weg::AnBuerger(who),
        typ: "bescheid",
        oe: "20",
        plan: "611.01",
        absaetze,
    }
}

pub fn denkmal(d: &mut Dice, datum: NaiveDate) -> Entwurf {
    let who = Adresse::new(d);
    let haus = d.pick(&[
        "Fachwerkhaus",
        "Gründerzeitvilla",
        "ehemalige Färberei",
        "Pfarrhaus",
        "Torhaus",
        "Speicher am Hafen",
    ]);
    let was = d.pick(&[
        "Erneuerung der Fenster",
        "Neueindeckung des Daches",
        "Sanierung der Fassade",
        "Einbau einer Photovoltaikanlage",
        "Instandsetzung des Kellergewölbes",
    ]);
    let ort = anschrift(d);
    let mut absaetze =
        vec![
        anrede_brief(&who),
        format!("für das Kulturdenkmal {haus}, {ort}, erteilen wir Ihnen nach dem \
                 Denkmalschutzgesetz die Genehmigung zur folgenden Maßnahme: {was}. Der Ortstermin \
                 am {} mit {} vom Landesamt ist berücksichtigt.",
                 lang(datum - Days::new(d.between(8, 40))), anrede(d)),
        d.pick(&[
            "Das Gebäude stammt im Kern aus dem 16. Jahrhundert und prägt zusammen mit den \
             Nachbarhäusern den Straßenzug. Bauzeitliche Teile sind zu erhalten, wo immer das \
             möglich ist.",
            "Das Gebäude ist als Zeugnis der Industriegeschichte an der Wessel in die Liste der \
             Kulturdenkmale eingetragen. Seine Fernwirkung vom Fluss her ist zu wahren.",
            "Die Bauforschung hat unter dem Putz eine Farbfassung der Zeit um 1780 nachgewiesen, \
             die als Leitbild der Sanierung dient.",
        ])
        .into(),
        "# Auflagen".into(),
    ];
    let auflagen = d.some(
        &[
            "- Vor der Ausführung sind Muster am Bau anzulegen und von uns freizugeben.",
            "- Die Profile sind nach der Zeichnung Blatt 4 in Lärche auszuführen.",
            "- Kalkputz ist ohne Eckschienen von Hand aufzutragen.",
            "- Die Arbeiten sind in Wort und Bild zu dokumentieren.",
            "- Alte Ziegel sind zu bergen und auf der Straßenseite wieder zu verwenden.",
            "- Module dürfen nur auf der vom Markt abgewandten Seite liegen.",
            "- Ein Restaurator im Handwerk ist hinzuzuziehen.",
        ],
        60,
    );
    absaetze.extend(auflagen.into_iter().map(String::from));
    absaetze.push(format!(
        "Aus Mitteln der Denkmalpflege stellen wir einen Zuschuss von bis zu {} in \
                           Aussicht. Die Bescheinigung für das Finanzamt kann nach Abschluss \
                           beantragt werden.",
        euro(d.between(8, 150) * 10_000)
    ));
    absaetze.extend(rechtsbehelf());
    absaetze.push(unterschrift(d));
    Entwurf {
        betreff: format!("Denkmalrechtliche Genehmigung: {was}, {haus}, {ort}"),
        weg: Weg::AnBuerger(who),
        typ: "bescheid",
        oe: "63",
        plan: "523.02",
        absaetze,
    }
}

pub fn ordnungswidrigkeit(d: &mut Dice, datum: NaiveDate) -> Entwurf {
    let who = Adresse::new(d);
    let tat = d.pick(&[
        "Ablagern von Sperrmüll außerhalb der Abholung",
        "Verbrennen von Gartenabfällen",
        "Nichtanleinen eines Hundes in der Grünanlage",
        "Nichträumen des Gehwegs bei Schneeglätte",
        "Plakatieren ohne Erlaubnis",
        "Rasenmähen am Sonntag",
        "Grillen außerhalb der Grillplätze",
    ]);
    let wo = strasse(d);
    let wann = lang(datum - Days::new(d.between(9, 50)));
    let (geldbusse, gebuehr) = (d.between(3, 60) * 500, 2_850);
    let absaetze =
        vec![
        anrede_brief(&who),
        format!("Ihnen wird vorgeworfen, am {wann} gegen {} Uhr im Bereich {wo} eine \
                 Ordnungswidrigkeit begangen zu haben: {tat}.", d.between(7, 21)),
        format!("Beweismittel: {}. Bei der Anhörung haben Sie {}.", d.pick(&[
            "Zeugnis einer Anwohnerin und zwei Lichtbilder",
            "Feststellung durch den kommunalen Ordnungsdienst",
            "Unterlagen mit Ihrer Anschrift, die am Ort gefunden wurden",
        ]), d.pick(&[
            "sich nicht geäußert",
            "den Sachverhalt eingeräumt, aber auf Unkenntnis der Satzung verwiesen",
            "bestritten, zur fraglichen Zeit in Lindenau gewesen zu sein",
        ])),
        "Deshalb wird gegen Sie nach dem Gesetz über Ordnungswidrigkeiten eine Geldbuße \
         festgesetzt. Bei der Bemessung wurde berücksichtigt, dass es sich um einen ersten Verstoß \
         handelt und der Zustand inzwischen beseitigt ist."
            .into(),
        format!("Geldbuße:\t{}\nGebühr:\t{}\nAuslagen:\t4,11 €\nSumme:\t{}",
                euro(geldbusse), euro(gebuehr), euro(geldbusse + gebuehr + 411)),
        "# Rechtsbehelfsbelehrung".into(),
        "Der Bußgeldbescheid wird rechtskräftig und vollstreckbar, wenn nicht innerhalb von zwei \
         Wochen nach Zustellung Einspruch eingelegt wird. Bei einem Einspruch kann auch eine für \
         Sie nachteiligere Entscheidung getroffen werden."
            .into(),
        unterschrift(d),
    ];
    Entwurf {
        betreff: format!("Bußgeldbescheid: {tat}, {wo} ({})", who.nachname),
        weg: Weg::AnBuerger(who),
        typ: "bescheid",
        oe: "32",
        plan: "122.20",
        absaetze,
    }
}
