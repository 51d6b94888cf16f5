//! What is indexed of an object, and the fields that this becomes.

use chrono::NaiveDate;
use tantivy::{
    TantivyDocument, Term,
    schema::{
        FAST, Field, INDEXED, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing,
        TextOptions,
    },
};
use uuid::Uuid;

use super::{analysis, days::day, fachfeld, language::Feld};
use crate::domain::aktentyp::Fachwert;

/// Version of fields and analysis together; raising it makes every index be built anew.
pub const VERSION: u32 = 5;

/// Columns of text that are counted by value.
pub(super) const PLANEINHEIT: &str = "planeinheit";
pub(super) const TYP: &str = "typ";
pub(super) const FACHFACETTE: &str = "fachfacette";

/// What kind of object a hit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Art {
    /// A Dokument.
    Dokument,
    /// An Akte.
    Akte,
    /// A Vorgang.
    Vorgang,
}

impl Art {
    /// The number it has in the index.
    pub(super) const fn code(self) -> u64 {
        match self {
            Self::Dokument => 1,
            Self::Akte => 2,
            Self::Vorgang => 3,
        }
    }

    pub(super) const fn of(code: u64) -> Self {
        match code {
            2 => Self::Akte,
            3 => Self::Vorgang,
            _ => Self::Dokument,
        }
    }
}

/// An object as the index takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doc {
    /// Its id; putting the same id again replaces it.
    pub id: Uuid,
    /// Its kind.
    pub art: Art,
    /// The Akte it lies in; an Akte names itself, so that excluding an Akte hides it too.
    pub akte: Option<Uuid>,
    /// The Rechteklasse it is seen under.
    pub klasse: u64,
    /// Subject.
    pub betreff: String,
    /// Its numbers as written, its own first: Aktenzeichen, Geschäftszeichen, the sender's own.
    pub zeichen: Vec<String>,
    /// Number of the plan unit.
    pub planeinheit: Option<String>,
    /// Type, e.g. `bescheid`.
    pub typ: Option<String>,
    /// Date that filters and order go by.
    pub datum: Option<NaiveDate>,
    /// Sender.
    pub absender: Option<String>,
    /// Recipient.
    pub empfaenger: Option<String>,
    /// Names of its files.
    pub dateien: Vec<String>,
    /// Fields of its type.
    pub felder: Vec<Fachwert>,
    /// Full text.
    pub text: Option<String>,
    /// Seq of the entry that last changed the object, so that `verify` can compare.
    pub seq: u64,
    /// Struck out.
    pub storno: bool,
}

impl Doc {
    /// Bytes of text in it: what it costs while it waits for the writer.
    pub(super) fn weight(&self) -> usize {
        let fields: usize = self.felder.iter().map(|f| f.feld.len() + f.wert.len()).sum();
        self.text.as_ref().map_or(0, String::len) + self.betreff.len() + fields + 256
    }
}

/// The fields. Nothing is stored: hits are ids, and their texts lie in `derived/`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    /// All that is searched by a plain word: one list of postings a word keeps queries short.
    pub inhalt: Field,
    pub betreff: Field,
    pub zeichen: Field,
    pub absender: Field,
    pub empfaenger: Field,
    pub datei: Field,
    /// File numbers whole, in the form of `analysis::zeichen`.
    pub zeichen_roh: Field,
    /// The same, of Akten and Vorgänge only: who types a number wants the Akte before its letters.
    pub zeichen_eigen: Field,
    pub planeinheit: Field,
    pub typ: Field,
    /// Fields of types, as `fachfeld` writes them.
    pub fachfeld: Field,
    fachfacette: Field,
    pub id: Field,
    pub akte: Field,
    id_hi: Field,
    id_lo: Field,
    akte_hi: Field,
    akte_lo: Field,
    art: Field,
    klasse: Field,
    datum: Field,
    seq: Field,
    storno: Field,
}

impl Fields {
    pub fn schema() -> (Schema, Self) {
        let mut schema = Schema::builder();
        let text = TextFieldIndexing::default()
            .set_tokenizer(analysis::CHAIN)
            .set_index_option(IndexRecordOption::WithFreqsAndPositions);
        let text = TextOptions::default().set_indexing_options(text);
        let raw = TextFieldIndexing::default()
            .set_tokenizer("raw")
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::Basic);
        let raw = TextOptions::default().set_indexing_options(raw);
        let counted = raw.clone().set_fast("raw");
        let number: NumericOptions = FAST.into();
        let fields = Self {
            inhalt: schema.add_text_field("inhalt", text.clone()),
            betreff: schema.add_text_field("betreff", text.clone()),
            zeichen: schema.add_text_field("zeichen", text.clone()),
            absender: schema.add_text_field("absender", text.clone()),
            empfaenger: schema.add_text_field("empfaenger", text.clone()),
            datei: schema.add_text_field("datei", text),
            zeichen_roh: schema.add_text_field("zeichen_roh", raw.clone()),
            zeichen_eigen: schema.add_text_field("zeichen_eigen", raw.clone()),
            fachfeld: schema.add_text_field("fachfeld", raw),
            // Only counted: nothing is looked up there.
            fachfacette: schema.add_text_field(FACHFACETTE, TextOptions::default().set_fast("raw")),
            planeinheit: schema.add_text_field(PLANEINHEIT, counted.clone()),
            typ: schema.add_text_field(TYP, counted),
            id: schema.add_bytes_field("id", INDEXED),
            akte: schema.add_bytes_field("akte", INDEXED),
            id_hi: schema.add_u64_field("id_hi", number.clone()),
            id_lo: schema.add_u64_field("id_lo", number.clone()),
            akte_hi: schema.add_u64_field("akte_hi", number.clone()),
            akte_lo: schema.add_u64_field("akte_lo", number.clone()),
            art: schema.add_u64_field("art", number.clone()),
            klasse: schema.add_u64_field("klasse", number.clone()),
            datum: schema.add_u64_field("datum", number.clone()),
            seq: schema.add_u64_field("seq", number.clone()),
            storno: schema.add_u64_field("storno", number),
        };
        (schema.build(), fields)
    }

    pub fn document(&self, doc: &Doc) -> TantivyDocument {
        let mut out = TantivyDocument::new();
        out.add_bytes(self.id, doc.id.as_bytes());
        let (hi, lo) = doc.id.as_u64_pair();
        out.add_u64(self.id_hi, hi);
        out.add_u64(self.id_lo, lo);
        // An object without an Akte has the nil id there, which is nobody's.
        let akte = doc.akte.unwrap_or_default();
        out.add_bytes(self.akte, akte.as_bytes());
        let (hi, lo) = akte.as_u64_pair();
        out.add_u64(self.akte_hi, hi);
        out.add_u64(self.akte_lo, lo);
        out.add_u64(self.art, doc.art.code());
        out.add_u64(self.klasse, doc.klasse);
        out.add_u64(self.datum, day(doc.datum));
        out.add_u64(self.seq, doc.seq);
        out.add_u64(self.storno, u64::from(doc.storno));
        out.add_text(self.inhalt, &doc.betreff);
        out.add_text(self.betreff, &doc.betreff);
        for (n, zeichen) in doc.zeichen.iter().enumerate() {
            out.add_text(self.inhalt, zeichen);
            out.add_text(self.zeichen, zeichen);
            let whole = analysis::zeichen(zeichen);
            if n == 0 && doc.art != Art::Dokument {
                out.add_text(self.zeichen_eigen, &whole);
            }
            out.add_text(self.zeichen_roh, whole);
        }
        let named = [
            (self.absender, doc.absender.as_slice()),
            (self.empfaenger, doc.empfaenger.as_slice()),
            (self.datei, &doc.dateien),
        ];
        for (field, texts) in named {
            for text in texts {
                out.add_text(self.inhalt, text);
                out.add_text(field, text);
            }
        }
        if let Some(text) = &doc.text {
            out.add_text(self.inhalt, text);
        }
        for value in &doc.felder {
            out.add_text(self.inhalt, &value.wert);
            for term in fachfeld::terms(value) {
                out.add_text(self.fachfeld, term);
            }
            if value.facette {
                out.add_text(self.fachfacette, fachfeld::counted(value));
            }
        }
        if let Some(unit) = &doc.planeinheit {
            out.add_text(self.planeinheit, unit);
        }
        if let Some(typ) = &doc.typ {
            out.add_text(self.typ, typ);
        }
        out
    }

    /// Where words of a named field are looked for.
    pub const fn of(&self, field: Feld) -> Field {
        match field {
            Feld::Betreff => self.betreff,
            Feld::Zeichen => self.zeichen,
            Feld::Absender => self.absender,
            Feld::Empfaenger => self.empfaenger,
            Feld::Datei => self.datei,
            _ => self.inhalt,
        }
    }

    /// The term by which an object is deleted.
    pub fn key(&self, id: Uuid) -> Term {
        Term::from_field_bytes(self.id, id.as_bytes())
    }
}
