//! Suggestions from outside: what is learned, what is forgotten, what a damaged file does, and the
//! command that prints the quality card.

use std::{
    fs,
    io::{self, Write},
    path::Path,
    process::Command,
};

use aktenlauf::{
    classify::{
        self, Error, Filed, Klasse, Lernen, Modell, SUM, Sicher, Summend, Text, exact, kopf,
    },
    domain::{aktenplan, aktenzeichen::Grammatik},
};

use sha2::{Digest as _, Sha256};

use super::served::Binary;

fn text(text: &str) -> Text<'_> {
    Text { text, ..Text::default() }
}

const MATTERS: [(&str, &str); 3] = [
    ("Bauamt", "Bauantrag Carport Statik Grundriss Abstandsfläche Baugenehmigung Garage"),
    ("Ordnungsamt", "Ruhestörung Bußgeld Falschparker Hundehaltung Leinenzwang Lärm"),
    ("Standesamt", "Geburtsurkunde Eheschließung Trauung Sterbefall Personenstand Familienname"),
];

/// Documents of three offices, each with a few words of its matter.
fn learned(count: usize, skip: Option<usize>) -> Modell {
    let mut learning = Lernen::new(Klasse::of_labels(MATTERS.iter().map(|m| m.0)), count);
    for number in (0..count).filter(|number| Some(*number) != skip) {
        let (office, words) = MATTERS[number % MATTERS.len()];
        let words: Vec<&str> = words.split(' ').collect();
        let body = format!(
            "Anfrage {number}\n\n{} und {} betreffend, wir bitten um Antwort zu {}.",
            words[number % words.len()],
            words[(number / 3 + 1) % words.len()],
            words[(number / 7 + 2) % words.len()],
        );
        assert!(learning.add(Filed::alone(number as u128), office, &text(&body)));
    }
    assert!(!learning.add(Filed::alone(0), "Rechnungsamt", &text("gibt es nicht")));
    learning.finish()
}

#[test]
fn it_learns_and_names_words_and_similar_documents() {
    let model = learned(90, None);
    let answer =
        model.ask(&text("Betreff: Carport\n\nIch will eine Garage bauen, Statik liegt bei."));
    let first = &answer.vorschlaege[0];
    assert_eq!(first.schluessel, "Bauamt");
    assert_eq!(answer.sicher, Sicher::Blatt, "{answer:?}");
    assert!(answer.gruppen.is_empty(), "labels lie in no branch");
    assert!(first.worte.iter().any(|word| word == "Carport"), "{:?}", first.worte);
    assert!(first.aehnliche.iter().all(|(id, _)| id % 3 == 0) && !first.aehnliche.is_empty());
    let sum: f32 = answer.vorschlaege.iter().map(|s| s.wahrscheinlichkeit).sum();
    assert!(sum < 1.01, "{sum}");
}

/// Fails if what only one Akte says (a name) counts, or what few say is named as a reason: somebody
/// who may not see those files would learn of it.
#[test]
fn a_name_that_one_akte_says_changes_no_answer() {
    let mut learning = Lernen::new(Klasse::of_labels(MATTERS.iter().map(|m| m.0)), 40);
    for number in 0..40_u128 {
        let (office, words) = MATTERS[number as usize % MATTERS.len()];
        // Four Akten speak of a Kranwagen, one of them, in three letters, of Przybylski.
        let named = if number < 9 && number % 3 == 0 { "Przybylski" } else { "" };
        let whole = if named.is_empty() { number } else { 0 };
        let few = if (9..18).contains(&number) && number % 3 == 0 { "Kranwagen" } else { "" };
        let filed = Filed { id: number, whole, date: None };
        learning.add(filed, office, &text(&format!("{words} {named} {few} {number}")));
    }
    let model = learning.finish();
    let ask = |name: &str| model.ask(&text(&format!("Garage und Statik, {name}")));
    let (known, unknown) = (ask("Przybylski"), ask("Vqxjwkzpfh"));
    assert_eq!(known, unknown);
    let shown = |answer: &[classify::Vorschlag], word: &str| {
        answer.iter().any(|v| v.worte.iter().any(|said| said == word))
    };
    assert!(shown(&known.vorschlaege, "Garage"), "{known:?}");
    assert!(!shown(&ask("Kranwagen").vorschlaege, "Kranwagen"), "in three Akten");
}

#[test]
fn it_does_not_claim_to_know_what_it_can_not() {
    let model = learned(90, None);
    for strange in ["", "   \n", "zzz qqq", "\u{0}\u{202e}"] {
        assert_eq!(model.ask(&text(strange)).sicher, Sicher::Nein, "{strange:?}");
    }
    let empty = Lernen::new(Vec::new(), 0).finish();
    assert!(empty.ask(&text("Bauantrag")).vorschlaege.is_empty());
}

fn file(model: &Modell) -> Vec<u8> {
    let mut bytes = vec![];
    model.write(&mut bytes).unwrap();
    bytes
}

/// A disk with so much room, which takes as little at once as it may.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(self.0).min(1000);
        self.0 -= count;
        Ok(count)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn equal_documents_give_an_equal_file_and_a_forgotten_one_leaves_nothing() {
    let (one, two) = (file(&learned(60, None)), file(&learned(60, None)));
    assert!(one == two, "two runs differ");
    let without = learned(60, Some(17));
    let near = without.ask(&text("Ruhestörung und Bußgeld betreffend"));
    assert!(near.vorschlaege.iter().all(|s| s.aehnliche.iter().all(|(id, _)| *id != 17)));
    assert_eq!(without.documents(), 59);
}

#[test]
fn a_model_is_read_back_and_a_damaged_one_is_refused() {
    let model = learned(30, None);
    let bytes = file(&model);
    let read = Modell::from_bytes(&bytes).unwrap();
    assert!(file(&read) == bytes && read == model);
    // A sum that runs along is that of the whole.
    let (body, sum) = bytes.split_at(bytes.len() - SUM);
    assert_eq!(Sha256::digest(body).as_slice(), sum);
    let mut summing = Summend::new(vec![]);
    model.write(&mut summing).unwrap();
    assert_eq!(summing.summe(), <[u8; SUM]>::from(Sha256::digest(&bytes)));
    assert!(model.write(&mut Full(bytes.len() - 1)).is_err(), "what finds no room is told");
    assert_eq!(Modell::from_bytes(b"PK\x03\x04"), Err(Error::Foreign));
    assert_eq!(Modell::from_bytes(&bytes[..16]), Err(Error::Damaged));
    let mut flips = 0;
    for at in (16..bytes.len()).step_by(bytes.len() / 60) {
        let mut wrong = bytes.clone();
        wrong[at] ^= 4;
        assert_eq!(Modell::from_bytes(&wrong), Err(Error::Damaged), "byte {at}");
        assert_eq!(Modell::from_bytes(&bytes[..at]), Err(Error::Damaged), "cut at {at}");
        flips += 1;
    }
    assert!(flips >= 60);
}

#[test]
fn the_plan_alone_suggests_on_the_first_day() {
    let plan = aktenplan::muster().unwrap();
    let classes = Klasse::of_plan(&plan.einheiten);
    for (leaf, group, above) in [("122.15.01", "122", "122.15"), ("01.01", "01", "01")] {
        let class = classes.iter().find(|class| class.schluessel == leaf).unwrap();
        assert_eq!((class.gruppe.as_str(), class.ueber.as_str()), (group, above));
    }
    let model = Lernen::new(classes, 0).finish();
    let letter = "Sehr geehrte Damen und Herren,\n\nmein Führerschein muss umgetauscht werden, ich \
                  habe noch den grauen Papierführerschein. Was kostet der Umtausch?\n";
    let answer = model.ask(&text(letter));
    let numbers: Vec<&str> = answer.vorschlaege.iter().map(|s| s.schluessel.as_str()).collect();
    assert!(numbers.iter().take(3).any(|n| n.starts_with("122.15")), "{numbers:?}");
    assert_eq!(answer.gruppen[0].schluessel, "122");
    assert!(answer.gruppen[0].wahrscheinlichkeit >= answer.vorschlaege[0].wahrscheinlichkeit);
    assert_ne!(answer.sicher, Sicher::Nein, "{answer:?}");
}

#[test]
fn heads_of_the_letters_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/briefe");
    let table = fs::read_to_string(folder.join("briefe.csv")).unwrap();
    let (mut all, mut dated, mut wrong) = (0, 0, Vec::new());
    for line in table.lines().skip(1) {
        let cells: Vec<&str> = line.split(';').collect();
        let letter = fs::read_to_string(folder.join(cells[0])).unwrap();
        let head = kopf(&letter);
        all += 1;
        match head.datum {
            Some(date) if date.to_string() == cells[1] => dated += 1,
            Some(date) => wrong.push(format!("{}: {date} for {}", cells[0], cells[1])),
            None => {}
        }
    }
    println!("heads: {dated} of {all} dates right, {} wrong: {wrong:?}", wrong.len());
    assert!(all == 150 && dated >= 125, "{dated} of {all}");
    assert!(wrong.len() <= 3, "{wrong:?}");
}

/// Sixty heads (two of five letters) were read by hand: `koepfe.csv`. What is not there is empty.
#[test]
fn heads_say_what_a_reader_found() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/briefe");
    let table = fs::read(folder.join("koepfe.csv")).unwrap();
    let mut reader =
        csv::ReaderBuilder::new().delimiter(b';').quoting(false).from_reader(table.as_slice());
    let (mut right, mut wrong, mut missing) = ([0; 4], Vec::new(), Vec::new());
    for row in reader.records() {
        let row = row.unwrap();
        let head = kopf(&fs::read_to_string(folder.join(&row[0])).unwrap());
        let found = [
            head.betreff.unwrap_or_default(),
            head.absender.unwrap_or_default(),
            head.fremdzeichen.unwrap_or_default(),
            format!("{:?}", head.typ),
        ];
        for (field, found) in found.into_iter().enumerate() {
            if found == row[field + 1] {
                right[field] += 1;
            } else if found.is_empty() {
                missing.push(format!("{}: {}", &row[0], &row[field + 1]));
            } else {
                wrong.push(format!("{}: {found:?} for {:?}", &row[0], &row[field + 1]));
            }
        }
    }
    println!("of 60 heads right: subject, sender, reference, kind: {right:?}");
    println!("missing: {missing:#?}\nwrong: {wrong:#?}");
    assert_eq!(right.iter().sum::<i32>() as usize + wrong.len() + missing.len(), 240);
    // A wrong proposal is worse than none.
    assert!(wrong.len() <= 4, "{wrong:#?}");
    assert!(right.iter().all(|count| *count >= 48), "{right:?}, missing {missing:#?}");
}

/// The second half of the dated stock is about other things under the same labels.
#[test]
fn what_no_longer_holds_is_not_called_sure() {
    let mut learning = Lernen::new(Klasse::of_labels(["A", "B"].into_iter()), 1_000);
    let matters =
        [["Laterne Lampe Mast", "Hund Leine Futter"], ["Kanal Rohr Pumpe", "Sarg Grab Urne"]];
    let word = |number: usize, label: usize| {
        let words: Vec<&str> = matters[label][usize::from(number >= 500)].split(' ').collect();
        // The newer are told apart by nothing: each label uses the words of both.
        let other: Vec<&str> = matters[number / 2 % 2][1].split(' ').collect();
        let words = if number >= 500 { other } else { words };
        format!("Betrifft {} und {}, Nr. {number}", words[number % 3], words[(number / 3) % 3])
    };
    let start = chrono::NaiveDate::from_ymd_opt(2020, 1, 1);
    for number in 0..1_000 {
        let date = start.and_then(|day| day.checked_add_days(chrono::Days::new(number as u64)));
        let label = number % 2;
        let id = number as u128;
        let filed = Filed { id, whole: id, date };
        learning.add(filed, ["A", "B"][label], &text(&word(number, label)));
    }
    let model = learning.finish();
    let sure = (0..400).filter(|n| model.ask(&text(&word(600 + n, n % 2))).sicher != Sicher::Nein);
    assert_eq!(sure.count(), 0, "a coin was called sure");
}

#[test]
fn exact_findings_are_bounded() {
    let form = Grammatik::parse("{plan}-{lfd}", "{oe} {plan}-{lfd}-{vorgang}").unwrap();
    let long = "521.01-7 Az. 1/22 ".repeat(20_000);
    assert!(exact(&long, &form, |_| true).len() <= 50);
}

fn report(folder: &Path) -> (bool, String) {
    let output =
        Command::new(Binary::real().path()).args(["classify", "report"]).arg(folder).output();
    let output = output.unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[test]
fn the_report_bears_any_text_and_names_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    let mut table = "datei;label;datum\n".to_owned();
    for number in 0..40 {
        let (office, words) = MATTERS[number % 3];
        write(&format!("{number}.txt"), words.as_bytes());
        table += &format!("{number}.txt;{office};2024-01-{:02}\n", number % 28 + 1);
    }
    write("1.txt", b"");
    write("2.txt", b"Geb\xfchren\xff\x00 f\xfcr Trauung");
    write("3.txt", &b"Carport ".repeat(700_000));
    write("labels.csv", table.as_bytes());
    let (done, card) = report(folder.path());
    assert!(done && card.contains("| all | 8 |") && card.contains("newer 20 %"), "{card}");
    for (table, complaint) in [
        ("datei;label;farbe\n1.txt;A;rot\n", "farbe"),
        ("datei;datum\n1.txt;2024-01-01\n", "label is missing"),
        ("datei;label\nfehlt.txt;A\n", "fehlt.txt"),
        ("datei;label\n../1.txt;A\n", "leads out"),
        ("datei;label;datum\n1.txt;A;gestern\n", "gestern"),
        ("datei;label\n1.txt;A\n2.txt;A\n", "all labels"),
        ("datei;label\n", "no row"),
    ] {
        write("labels.csv", table.as_bytes());
        let (done, text) = report(folder.path());
        assert!(!done && text.contains(complaint), "{complaint}: {text}");
    }
}
