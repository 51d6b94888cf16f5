//! Invented citizens, firms and streets.

use super::{ORT, dice::Dice};

const VORNAMEN: [&str; 40] = [
    "Elke",
    "Jürgen",
    "Sabine",
    "Thomas",
    "Renate",
    "Dieter",
    "Monika",
    "Uwe",
    "Petra",
    "Holger",
    "Annegret",
    "Björn",
    "Katharina",
    "Matthias",
    "Leyla",
    "Mehmet",
    "Agnieszka",
    "Piotr",
    "Irina",
    "Viktor",
    "Ana",
    "Luca",
    "Fatma",
    "Yusuf",
    "Birgit",
    "Günther",
    "Ursula",
    "Rolf",
    "Sönke",
    "Wiebke",
    "Emil",
    "Johanna",
    "Frieda",
    "Oskar",
    "Thea",
    "Konrad",
    "Marlene",
    "Ruben",
    "Nele",
    "Friedrich",
];

const NACHNAMEN: [&str; 48] = [
    "Brandt",
    "Kühn",
    "Vogelsang",
    "Großmann",
    "Pfeiffer",
    "Weißgerber",
    "Lüders",
    "Tannert",
    "Öhlschläger",
    "Jäger",
    "Böttcher",
    "Köhler",
    "Hübner",
    "Schönfeld",
    "Strauß",
    "Quandt",
    "Öztürk",
    "Demir",
    "Kowalczyk",
    "Nowak",
    "Petrov",
    "Schäfer",
    "Möller",
    "Ritzmann",
    "Haferkorn",
    "Uhlig",
    "Zschoche",
    "Bräuer",
    "Fröhlich",
    "Heßler",
    "Nürnberger",
    "Sperling",
    "Wittwer",
    "Lohmann",
    "Eichendorf",
    "Rautenberg",
    "Tischbein",
    "Kranz",
    "Drescher",
    "Overbeck",
    "Sauer",
    "Michaelis",
    "Radtke",
    "Wolfram",
    "Isensee",
    "Paulsen",
    "Grünewald",
    "Marquardt",
];

/// Streets of the city.
pub const STRASSEN: [&str; 32] = [
    "Wesselufer",
    "Am Alten Markt",
    "Kirchgasse",
    "Bahnhofstraße",
    "Mühlenweg",
    "Gerbergraben",
    "Lindenallee",
    "Brückenstraße",
    "Schützenplatz",
    "An der Stadtmauer",
    "Färberstraße",
    "Hinter den Gärten",
    "Ziegeleiweg",
    "Obere Weinbergstraße",
    "Untere Weinbergstraße",
    "Rosenstraße",
    "Am Güterbahnhof",
    "Schulstraße",
    "Kastanienring",
    "Feldstraße",
    "Dr.-Klara-Sommer-Straße",
    "Am Wasserturm",
    "Fischerdamm",
    "Töpfergasse",
    "Sankt-Annen-Weg",
    "Gewerbering",
    "Industriestraße Nord",
    "Siedlerweg",
    "Amselgrund",
    "Heidekrugweg",
    "Friedhofsallee",
    "Neue Siedlung",
];

/// Parts of the city, as plots are named after them.
const GEMARKUNGEN: [&str; 6] =
    ["Lindenau", "Oberwessel", "Niederwessel", "Brackwitz", "Sankt Annen", "Heidekrug"];

/// A citizen with an address.
#[derive(Clone, Debug)]
pub struct Adresse {
    /// Given name.
    pub vorname: &'static str,
    /// Family name.
    pub nachname: &'static str,
    /// Street and number.
    pub strasse: String,
}

impl Adresse {
    pub fn new(dice: &mut Dice) -> Self {
        let (vorname, nachname) = (dice.pick(&VORNAMEN), dice.pick(&NACHNAMEN));
        Self { vorname, nachname, strasse: anschrift(dice) }
    }

    pub fn name(&self) -> String {
        format!("{} {}", self.vorname, self.nachname)
    }

    pub fn lines(&self) -> Vec<String> {
        vec![self.name(), self.strasse.clone(), ORT.into()]
    }

    /// The end of a letter.
    pub fn gruss(&self) -> String {
        format!("Mit freundlichen Grüßen\n\n{}", self.name())
    }
}

/// A firm, an association or an authority.
#[derive(Clone, Debug)]
pub struct Firma {
    /// Name with legal form.
    pub name: String,
    /// What it writes before its own numbers.
    pub kuerzel: String,
    /// Street and number.
    pub strasse: String,
}

impl Firma {
    /// A firm of a trade, e.g. `Tiefbau`.
    pub fn new(dice: &mut Dice, gewerbe: &str) -> Self {
        let inhaber = dice.pick(&NACHNAMEN);
        let form = dice.pick(&["GmbH", "GmbH & Co. KG", "e. K.", "AG", "oHG"]);
        let name = match dice.between(0, 2) {
            0 => format!("{inhaber} {gewerbe} {form}"),
            1 => format!("{gewerbe} {inhaber} {form}"),
            _ => format!("{gewerbe} Wesseltal {form}"),
        };
        Self::named(dice, name)
    }

    /// One with a given name.
    pub fn named(dice: &mut Dice, name: String) -> Self {
        let kuerzel = name.chars().filter(|char| char.is_uppercase()).take(3).collect();
        Self { name, kuerzel, strasse: anschrift(dice) }
    }

    pub fn lines(&self) -> Vec<String> {
        vec![self.name.clone(), self.strasse.clone(), ORT.into()]
    }

    /// The end of a letter, signed by somebody.
    pub fn gruss(&self, dice: &mut Dice) -> String {
        let wer = person(dice);
        format!("Mit freundlichen Grüßen\n\n{}\ni. A. {wer}", self.name)
    }
}

/// Given and family name.
pub fn person(dice: &mut Dice) -> String {
    format!("{} {}", vorname(dice), nachname(dice))
}

/// Given name.
pub fn vorname(dice: &mut Dice) -> &'static str {
    dice.pick(&VORNAMEN)
}

/// Family name.
pub fn nachname(dice: &mut Dice) -> &'static str {
    dice.pick(&NACHNAMEN)
}

/// With a form of address, for minutes.
pub fn anrede(dice: &mut Dice) -> String {
    format!("{} {}", dice.pick(&["Frau", "Herr"]), dice.pick(&NACHNAMEN))
}

/// Street and number.
pub fn anschrift(dice: &mut Dice) -> String {
    let zusatz = if dice.chance(15) { "a" } else { "" };
    format!("{} {}{zusatz}", dice.pick(&STRASSEN), dice.between(1, 118))
}

/// A street alone.
pub fn strasse(dice: &mut Dice) -> &'static str {
    dice.pick(&STRASSEN)
}

/// A plot of land.
pub fn flurstueck(dice: &mut Dice) -> String {
    let (flur, zaehler) = (dice.between(1, 14), dice.between(3, 640));
    let nenner = if dice.chance(50) { format!("/{}", dice.between(1, 19)) } else { String::new() };
    format!("Gemarkung {}, Flur {flur}, Flurstück {zaehler}{nenner}", dice.pick(&GEMARKUNGEN))
}

/// A plan in preparation: its number and the name of its area.
pub fn plangebiet(dice: &mut Dice) -> (u64, &'static str) {
    let names = [
        "Alte Ziegelei",
        "Wesselwiesen",
        "Heidekrug Süd",
        "Am Wasserturm",
        "Güterbahnhof West",
        "Sankt Annen II",
    ];
    let place = dice.between(0, 5);
    let name = usize::try_from(place).ok().and_then(|place| names.get(place));
    (41 + place * 3, name.copied().unwrap_or_default())
}
