//! The JSON of suggestions and of what became of them.
#![expect(missing_docs, reason = "fields have the names of the registry, and are explained there")]

use utoipa::ToSchema;

use super::words::{Datum, Id, Zeit};

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Textlage {
    Bereit,
    Offen,
    Fehlt,
}

/// Wie weit dem ersten Vorschlag zu trauen ist: `blatt` und `gruppe` heißen, dass beim Lernen an
/// zurückgehaltenen Dokumenten von solchen Antworten mindestens 95 von 100 stimmten, für die
/// Planeinheit oder nur für die darüber.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Sicherheit {
    Blatt,
    Gruppe,
    WeissNicht,
}

#[derive(ToSchema)]
pub struct AkteKurz {
    pub id: Id,
    pub aktenzeichen: String,
    pub planeinheit: String,
    pub betreff: String,
}

/// Eine Zahl aus dem Text. Eigene Zeichen stehen hier nur mit einer Akte, die der Aufrufer sieht.
#[derive(ToSchema)]
pub struct Genau {
    /// `aktenzeichen`, `geschaeftszeichen`, `kassenzeichen`, `rechnungsnummer`, `zeichen`
    pub art: String,
    pub wert: String,
    pub planeinheit: Option<String>,
    pub akte: Option<AkteKurz>,
    pub vorgang_id: Option<Id>,
}

#[derive(ToSchema)]
pub struct Planvorschlag {
    pub nummer: String,
    pub bezeichnung: String,
    /// 0 bis 1.
    pub wahrscheinlichkeit: f64,
    /// Worte des Dokuments, die dafür sprechen.
    pub worte: Vec<String>,
    /// Ähnliche abgelegte Dokumente, soweit der Aufrufer sie liest.
    pub aehnliche: Vec<Id>,
}

#[derive(ToSchema)]
pub struct Gruppenvorschlag {
    pub nummer: String,
    pub bezeichnung: String,
    pub wahrscheinlichkeit: f64,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Aktengrund {
    Aktenzeichen,
    AehnlicheDokumente,
    Betreff,
    Planeinheit,
}

/// Eine offene Akte, in die der Aufrufer ablegen darf.
#[derive(ToSchema)]
pub struct Aktenvorschlag {
    pub id: Id,
    pub aktenzeichen: String,
    pub planeinheit: String,
    pub betreff: String,
    pub gruende: Vec<Aktengrund>,
}

/// Was der Kopf des Schreibens sagt.
#[derive(ToSchema)]
pub struct Kopfangaben {
    pub betreff: Option<String>,
    pub datum: Option<Datum>,
    pub absender: Option<String>,
    pub fremdzeichen: Option<String>,
    pub dokumenttyp: Option<String>,
}

#[derive(ToSchema)]
pub struct Modellangaben {
    pub kennung: String,
    pub stand: Zeit,
    /// Abgerundet auf volle fünfzig.
    pub gelernt_aus: u64,
}

/// `text: offen`: der Text wird noch gelesen, die Vorschläge stammen aus den Metadaten.
#[derive(ToSchema)]
pub struct Vorschlaege {
    pub text: Textlage,
    pub genau: Vec<Genau>,
    pub sicher: Sicherheit,
    pub planeinheiten: Vec<Planvorschlag>,
    pub gruppen: Vec<Gruppenvorschlag>,
    pub akten: Vec<Aktenvorschlag>,
    pub kopf: Kopfangaben,
    /// Fehlt, solange noch keines gelernt ist.
    pub modell: Option<Modellangaben>,
}

/// Was aus einem Vorschlag wurde.
#[derive(ToSchema)]
pub struct RueckmeldungNeu {
    pub planeinheit: String,
    pub angenommen: bool,
    /// `modell.kennung`
    pub modell: Option<String>,
}

/// Abgelehntes wird für dieses Dokument nicht wieder vorgeschlagen.
#[derive(ToSchema)]
pub struct Rueckgemeldet {
    pub id: Id,
    pub abgelehnt: Vec<String>,
    pub angenommen: Option<String>,
}

/// Das Modell der Vorschläge.
#[derive(ToSchema)]
pub struct Vorschlagsstand {
    pub kennung: Option<String>,
    pub stand: Option<Zeit>,
    /// Abgerundet auf volle fünfzig.
    pub gelernt_aus: u64,
    /// Ein neues wird gerade gelernt.
    pub laeuft: bool,
}
