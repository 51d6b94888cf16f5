//! Suggestions for one document: numbers of ours in its text, plan units, open Akten, what its
//! head says.
//!
//! What an answer names the caller may see: an Aktenzeichen whose Akte is hidden is answered as if
//! there were no such Akte, and of similar documents and Akten only those are named that he reads.
//! Nothing is decided or changed here, and no table is read from end to end.

use std::collections::HashSet;

use chrono::{Datelike as _, NaiveDate};
use serde::Serialize;
use uuid::Uuid;

use super::{
    actor::Reader,
    akten::grammatik,
    error::{Art, Error},
    plan_bestand::Bestand,
    sicht::Sicht,
    vorschlaege_akten::Auswahl,
    vorschlaege_lernen::betreff,
};
use crate::{
    classify::{self, Antwort, Fund, Fundart, Kopf, Sicher, Text, Typ},
    domain::{
        access::{Urteil, Verb},
        akte::{Akte, Vorgang},
        aktenzeichen::{Felder, Grammatik, normal},
        dokument::{Dokument, Rueckmeldung, TextZustand, Textstand},
        record::{Index, Parts},
        zeit::Zeitpunkt,
    },
    ledger::Stored,
};

/// Bytes of a text that are looked at.
const TEXT_MAX: usize = 256 << 10;

/// What is suggested for a document.
#[derive(Clone, Debug, Serialize)]
pub struct Vorschlaege {
    /// Whether its text was read: `offen` means that there will be more later.
    pub text: Textlage,
    /// Numbers that stand in the text, in its order.
    pub genau: Vec<Genau>,
    /// How far the first plan unit may be relied on.
    pub sicher: Sicherheit,
    /// The likeliest first, at most ten.
    pub planeinheiten: Vec<Planvorschlag>,
    /// The units above them, the likeliest first, at most three.
    pub gruppen: Vec<Gruppenvorschlag>,
    /// Open Akten into which the caller may file, the best first.
    pub akten: Vec<Aktenvorschlag>,
    /// What its head says.
    pub kopf: Kopfangaben,
    /// The model that was asked; none: none has been learned yet.
    pub modell: Option<Modellangaben>,
}

/// Whether there is a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Textlage {
    /// It was read.
    Bereit,
    /// It is still to be read; the suggestions are those from the metadata.
    Offen,
    /// There is none and will be none.
    Fehlt,
}

/// How far the first plan unit may be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sicherheit {
    /// Of answers like this one at least 95 of 100 were right on documents that were held out.
    Blatt,
    /// The same holds of the first group, not of the unit.
    Gruppe,
    /// Not known.
    WeissNicht,
}

/// A number that stands in the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Genau {
    /// `aktenzeichen`, `geschaeftszeichen` (ours), `kassenzeichen`, `rechnungsnummer`, `zeichen`.
    pub art: &'static str,
    pub wert: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planeinheit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub akte: Option<AkteKurz>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vorgang_id: Option<Uuid>,
}

/// An Akte in a few words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of domain::akte::Akte")]
pub struct AkteKurz {
    pub id: Uuid,
    pub aktenzeichen: String,
    pub planeinheit: String,
    pub betreff: String,
}

impl From<&Akte> for AkteKurz {
    fn from(akte: &Akte) -> Self {
        Self {
            id: akte.id,
            aktenzeichen: akte.aktenzeichen.clone(),
            planeinheit: akte.planeinheit.clone(),
            betreff: akte.betreff.clone(),
        }
    }
}

/// A plan unit that is suggested.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Planvorschlag {
    /// Its number.
    pub nummer: String,
    /// Its title.
    pub bezeichnung: String,
    /// From 0 to 1, in thousandths.
    pub wahrscheinlichkeit: f64,
    /// Words of the document that speak for it.
    pub worte: Vec<String>,
    /// Documents like it that were filed there and that the caller reads.
    pub aehnliche: Vec<Uuid>,
}

/// A unit above those that are suggested.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "as in Planvorschlag")]
pub struct Gruppenvorschlag {
    pub nummer: String,
    pub bezeichnung: String,
    pub wahrscheinlichkeit: f64,
}

/// Why an Akte is suggested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Aktengrund {
    /// Its number stands in the text.
    Aktenzeichen,
    /// Similar documents lie in it.
    AehnlicheDokumente,
    /// Words of its Betreff stand in the document.
    Betreff,
    /// It belongs to a unit that is suggested.
    Planeinheit,
}

/// An open Akte that is suggested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Aktenvorschlag {
    /// Which.
    #[serde(flatten)]
    pub akte: AkteKurz,
    /// Why, the strongest reason first.
    pub gruende: Vec<Aktengrund>,
}

/// What the head of a letter says; nothing is taken over by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of classify::Kopf")]
pub struct Kopfangaben {
    pub betreff: Option<String>,
    pub datum: Option<NaiveDate>,
    pub absender: Option<String>,
    pub fremdzeichen: Option<String>,
    pub dokumenttyp: Option<&'static str>,
}

/// The model that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Modellangaben {
    /// Names it; to be sent back with what became of the suggestion.
    pub kennung: String,
    /// When it was learned.
    pub stand: Zeitpunkt,
    /// Documents that it was learned from, rounded down to full fifties.
    pub gelernt_aus: u64,
}

impl Reader {
    /// Suggestions for a document that the caller reads. `ausgeschlossen` as in [`Reader::suche`].
    ///
    /// # Errors
    /// `nicht_gefunden`, `nicht_erlaubt`, `aktenplan_fehlt`, or as ledger and index say.
    pub fn vorschlaege(
        &self,
        id: Uuid,
        ausgeschlossen: impl FnOnce() -> Result<Vec<Uuid>, Error>,
    ) -> Result<Vorschlaege, Error> {
        let registry = &self.0.registry;
        self.0.read(|s| {
            let dokument = s.dokument(id, Verb::Lesen)?.value;
            let (lage, text) = self.text(s, &dokument)?;
            let plan = registry.0.plan.of(s.view)?;
            let frage = Text {
                text: &text,
                betreff: betreff(&dokument),
                absender: dokument.absender.as_deref(),
            };
            let gelernt = registry.0.vorschlaege.modell();
            let antwort = gelernt.as_ref().map(|g| g.modell.ask(&frage)).unwrap_or_default();
            let mut auswahl = Auswahl::default();
            let genau = genau(s, &plan, &text, &mut auswahl)?;
            let abgelehnt = s.get::<Rueckmeldung>(&id.to_string())?;
            let abgelehnt = abgelehnt.map(|r| r.value.abgelehnt).unwrap_or_default();
            let sicht = Gefiltert::new(&plan, &antwort, &abgelehnt);
            let planeinheiten = planvorschlaege(s, &plan, &sicht, id, &mut auswahl)?;
            let akten =
                self.aktenvorschlaege(s, auswahl, &planeinheiten, &frage, ausgeschlossen)?;
            let stand = registry.vorschlagsstand();
            let modell = gelernt.map(|g| Modellangaben {
                kennung: g.kennung.clone(),
                stand: g.herkunft.am,
                gelernt_aus: stand.gelernt_aus,
            });
            Ok(Vorschlaege {
                text: lage,
                genau,
                sicher: sicht.sicher,
                gruppen: sicht.gruppen,
                planeinheiten,
                akten,
                kopf: kopfangaben(&text),
                modell,
            })
        })
    }

    /// The text as far as it is looked at.
    fn text(&self, s: &Sicht<'_, '_>, dokument: &Dokument) -> Result<(Textlage, String), Error> {
        if let Some(mut bytes) = self.0.registry.text_von(dokument)? {
            bytes.truncate(TEXT_MAX);
            return Ok((Textlage::Bereit, String::from_utf8_lossy(&bytes).into_owned()));
        }
        let mut open = false;
        for digest in dokument.textquellen() {
            // One that was read and is not there any more is read again.
            let stand = s.get::<Textstand>(&digest.to_string())?.map(|t| t.value.zustand);
            open |= !matches!(stand, Some(TextZustand::Fehlt { .. }) | None);
        }
        let lage = if open { Textlage::Offen } else { Textlage::Fehlt };
        Ok((lage, String::new()))
    }
}

/// What is left of an answer without units that are shut down or were declined.
struct Gefiltert<'a> {
    vorschlaege: Vec<&'a classify::Vorschlag>,
    gruppen: Vec<Gruppenvorschlag>,
    sicher: Sicherheit,
}

impl<'a> Gefiltert<'a> {
    fn new(plan: &Bestand, antwort: &'a Antwort, abgelehnt: &[String]) -> Self {
        let stays = |vorschlag: &&classify::Vorschlag| {
            let unit = plan.roh(&vorschlag.schluessel);
            unit.is_some_and(|unit| unit.blatt && !unit.stillgelegt)
                && !abgelehnt.contains(&vorschlag.schluessel)
        };
        let vorschlaege: Vec<&classify::Vorschlag> =
            antwort.vorschlaege.iter().filter(stays).collect();
        let named = |gruppe: &classify::Gruppe| {
            let unit = plan.roh(&gruppe.schluessel).filter(|unit| !unit.stillgelegt)?;
            Some(Gruppenvorschlag {
                nummer: gruppe.schluessel.clone(),
                bezeichnung: unit.bezeichnung.clone(),
                wahrscheinlichkeit: tausendstel(gruppe.wahrscheinlichkeit),
            })
        };
        let gruppen: Vec<Gruppenvorschlag> = antwort.gruppen.iter().filter_map(named).collect();
        // It was said of the first one alone: if that is gone, nothing was said.
        let first = vorschlaege.first().map(|v| &v.schluessel);
        let unit_stays = first == antwort.vorschlaege.first().map(|v| &v.schluessel);
        let first = gruppen.first().map(|g| &g.nummer);
        let group_stays = first == antwort.gruppen.first().map(|g| &g.schluessel);
        let sicher = match antwort.sicher {
            Sicher::Blatt if unit_stays => Sicherheit::Blatt,
            Sicher::Gruppe if unit_stays && group_stays => Sicherheit::Gruppe,
            _ => Sicherheit::WeissNicht,
        };
        Self { vorschlaege, gruppen, sicher }
    }
}

/// A probability in thousandths: more digits would only look exact.
fn tausendstel(p: f32) -> f64 {
    (f64::from(p).clamp(0.0, 1.0) * 1000.0).round() / 1000.0
}

/// The units with the similar documents that the caller reads; what lies in open Akten is noted.
fn planvorschlaege(
    s: &Sicht<'_, '_>,
    plan: &Bestand,
    sicht: &Gefiltert<'_>,
    asked: Uuid,
    auswahl: &mut Auswahl,
) -> Result<Vec<Planvorschlag>, Error> {
    let ids = |v: &classify::Vorschlag| {
        v.aehnliche.iter().map(|(id, p)| (Uuid::from_u128(*id), *p)).collect::<Vec<_>>()
    };
    let all: HashSet<Uuid> =
        sicht.vorschlaege.iter().flat_map(|v| ids(v)).map(|(id, _)| id).collect();
    s.vorholen(&all.into_iter().collect::<Vec<_>>())?;
    let mut planeinheiten = Vec::with_capacity(sicht.vorschlaege.len());
    for vorschlag in &sicht.vorschlaege {
        let mut aehnliche = Vec::new();
        for (id, likeness) in ids(vorschlag) {
            let Some(akte) = lesbar(s, id)?.filter(|_| id != asked) else { continue };
            aehnliche.push(id);
            // Likeness to what lies in an unlikely unit says little.
            let weight = likeness * (0.1 + vorschlag.wahrscheinlichkeit);
            auswahl.aehnlich(s, akte, weight)?;
        }
        let unit = plan.roh(&vorschlag.schluessel);
        planeinheiten.push(Planvorschlag {
            nummer: vorschlag.schluessel.clone(),
            bezeichnung: unit.map(|u| u.bezeichnung.clone()).unwrap_or_default(),
            wahrscheinlichkeit: tausendstel(vorschlag.wahrscheinlichkeit),
            worte: vorschlag.worte.clone(),
            aehnliche,
        });
    }
    Ok(planeinheiten)
}

/// The Akte of a document, if the caller reads the document now and it still counts.
fn lesbar(s: &Sicht<'_, '_>, id: Uuid) -> Result<Option<Uuid>, Error> {
    let Some(found) = s.dokument_roh(id)?.filter(|d| d.value.storno.is_none()) else {
        return Ok(None);
    };
    let readable = s.dokument_urteil(&found.value, Verb::Lesen)? == Urteil::Ja;
    Ok(found.value.ort.akte().filter(|_| readable))
}

/// What `read` found, if the caller may see it.
fn sichtbar<T>(read: Result<T, Error>) -> Result<Option<T>, Error> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.art, Art::NichtGefunden | Art::NichtErlaubt) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Numbers in the text. One of ours counts only if the caller sees the Akte it names: else it is
/// left out, whether or not there is one.
fn genau(
    s: &Sicht<'_, '_>,
    plan: &Bestand,
    text: &str,
    auswahl: &mut Auswahl,
) -> Result<Vec<Genau>, Error> {
    let mut found = Vec::new();
    let grammatik = grammatik(&plan.plan).map_err(Error::intern)?;
    for fund in classify::exact(text, &grammatik, |unit| plan.roh(unit).is_some()) {
        let art = match fund.art {
            Fundart::Aktenzeichen => "aktenzeichen",
            Fundart::Geschaeftszeichen => "geschaeftszeichen",
            Fundart::Kassenzeichen => "kassenzeichen",
            Fundart::Rechnungsnummer => "rechnungsnummer",
            Fundart::Zeichen => "zeichen",
        };
        let (akte, vorgang_id) = match fund.art {
            Fundart::Aktenzeichen => (akte(s, &fund.wert)?, None),
            Fundart::Geschaeftszeichen => match vorgang(s, &grammatik, &fund)? {
                Some((akte, vorgang)) => (Some(akte), vorgang),
                None => (None, None),
            },
            _ => {
                let (planeinheit, akte, vorgang_id) = (None, None, None);
                found.push(Genau { art, wert: fund.wert, planeinheit, akte, vorgang_id });
                continue;
            }
        };
        if let Some(akte) = akte {
            auswahl.genannt(s, &akte)?;
            let unit = &akte.value.planeinheit;
            // What stands before the number is another office's, or a word of the sentence.
            let number = fund.wert.rfind(unit.as_str()).and_then(|at| fund.wert.get(at..));
            let foreign = fund.art == Fundart::Geschaeftszeichen && vorgang_id.is_none();
            let wert = number.filter(|_| foreign).unwrap_or(&fund.wert).to_owned();
            let (planeinheit, akte) = (Some(unit.clone()), Some(AkteKurz::from(&akte.value)));
            found.push(Genau { art, wert, planeinheit, akte, vorgang_id });
        }
    }
    Ok(found)
}

fn akte(s: &Sicht<'_, '_>, zeichen: &str) -> Result<Option<Stored<Akte>>, Error> {
    let key = Parts::new().text(&normal(zeichen));
    let Some(akte) = s.view.first::<Akte>(Index::AkteZeichen, &key)? else { return Ok(None) };
    Ok(sichtbar(s.akte_darf(&akte.value, Verb::Lesen))?.map(|_| akte))
}

/// An Akte, and which of its Vorgänge.
type Benannt = (Stored<Akte>, Option<Uuid>);

/// The Akte that a Geschäftszeichen names, whatever office's sign stands before it, and the Vorgang
/// that has that very Geschäftszeichen.
fn vorgang(
    s: &Sicht<'_, '_>,
    grammatik: &Grammatik,
    fund: &Fund,
) -> Result<Option<Benannt>, Error> {
    let zeichen = &fund.wert;
    let forms = [grammatik.lies_geschaeftszeichen(zeichen), grammatik.lies_ohne_oe(zeichen)];
    let found = |felder: &Felder| fund.plan.as_ref() == Some(&felder.plan);
    let Some(felder) = forms.into_iter().flatten().find(found) else { return Ok(None) };
    let Some(nummer) = felder.vorgang else { return Ok(None) };
    let key = Parts::new().text(&felder.plan).number(felder.lfd);
    let akte = s.view.first::<Akte>(Index::AktePlan, &key)?;
    let of_year = |akte: &Akte| {
        let opened = akte.angelegt.datum().year();
        felder.jahr.is_none_or(|jahr| i32::from(jahr) == opened)
    };
    let Some(akte) = akte.filter(|akte| of_year(&akte.value)) else { return Ok(None) };
    if sichtbar(s.akte_darf(&akte.value, Verb::Lesen))?.is_none() {
        return Ok(None);
    }
    let key = Parts::new().id(akte.value.id).number(nummer);
    let vorgang = s.view.first::<Vorgang>(Index::VorgangAkte, &key)?;
    let same = |v: &Vorgang| normal(&v.geschaeftszeichen) == normal(zeichen);
    let vorgang = vorgang.filter(|v| same(&v.value)).map(|v| v.value.id);
    Ok(Some((akte, vorgang)))
}

fn kopfangaben(text: &str) -> Kopfangaben {
    if text.trim().is_empty() {
        return Kopfangaben::default();
    }
    let Kopf { betreff, datum, absender, fremdzeichen, typ } = classify::kopf(text);
    let typ = match typ {
        Typ::Rechnung => "rechnung",
        Typ::Widerspruch => "widerspruch",
        Typ::Bescheid => "bescheid",
        Typ::Anhoerung => "anhoerung",
        Typ::Antrag => "antrag",
        Typ::Protokoll => "protokoll",
        Typ::Vermerk => "vermerk",
        Typ::Einladung => "einladung",
        Typ::Vertrag => "vertrag",
        Typ::Mail => "mail",
        Typ::Brief => "brief",
    };
    Kopfangaben { betreff, datum, absender, fremdzeichen, dokumenttyp: Some(typ) }
}
