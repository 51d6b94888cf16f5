//! The JSON of requests. A test compares the field names with those that are really accepted.
#![expect(missing_docs, reason = "fields have the names of the domain, and are explained there")]

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::{
    answers::{Freigabe, Grenzen},
    words::{Datum, Id, Medium, Rolle, Schutzklasse, Sha256, Stufe, Verb, Zeit},
};

#[derive(ToSchema)]
pub struct Anmeldung {
    pub name: String,
    pub passwort: String,
}

#[derive(ToSchema)]
pub struct Passwortwechsel {
    pub alt: String,
    /// At least 12 characters.
    pub neu: String,
}

/// `oe` is a Kürzel or an id; without it the caller's only OE.
#[derive(ToSchema)]
pub struct AkteNeu {
    pub planeinheit: String,
    pub betreff: String,
    pub oe: Option<String>,
    /// None: that of the plan unit, else `sachakte`.
    pub typ: Option<String>,
    /// The fields of its type.
    #[schema(value_type = Option<Object>)]
    pub felder: Option<BTreeMap<String, String>>,
    pub bemerkung: Option<String>,
    #[schema(required = false)]
    pub stufe: Stufe,
    #[schema(required = false)]
    pub freigaben: Vec<Freigabe>,
    #[schema(required = false)]
    pub medium: Medium,
    pub fremd_id: Option<String>,
}

/// What is not named stays; `null` takes away. `freigaben`, `stufe` and `oe` need the right to
/// share.
#[derive(ToSchema)]
pub struct AkteAenderung {
    pub betreff: Option<String>,
    /// `null`: that of the plan unit, else `sachakte`. Naming it takes its newest version.
    pub typ: Option<String>,
    /// Fields not named stay, `null` takes one away.
    #[schema(value_type = Option<Object>)]
    pub felder: Option<BTreeMap<String, String>>,
    pub bemerkung: Option<String>,
    pub freigaben: Option<Vec<Freigabe>>,
    pub stufe: Option<Stufe>,
    pub oe: Option<String>,
    pub grund: Option<String>,
}

#[derive(ToSchema)]
pub struct VorgangNeu {
    pub betreff: String,
    pub typ: Option<String>,
    pub bemerkung: Option<String>,
}

/// What is not named stays; `null` takes away.
#[derive(ToSchema)]
pub struct VorgangAenderung {
    pub betreff: Option<String>,
    pub typ: Option<String>,
    pub bemerkung: Option<String>,
    pub grund: Option<String>,
}

/// What is not named stays; `null` takes away. Another Posteingangsdatum needs a `grund`.
#[derive(ToSchema)]
pub struct DokumentAenderung {
    pub betreff: Option<String>,
    pub typ: Option<String>,
    pub posteingangsdatum: Option<Datum>,
    pub postausgangsdatum: Option<Datum>,
    pub datum: Option<Datum>,
    pub fremdes_geschaeftszeichen: Option<String>,
    pub absender: Option<String>,
    pub empfaenger: Option<String>,
    pub bemerkung: Option<String>,
    pub grund: Option<String>,
}

/// Exactly one of the three.
#[derive(ToSchema)]
pub struct Ziel {
    pub vorgang_id: Option<Id>,
    pub akte_id: Option<Id>,
    pub aktenzeichen: Option<String>,
}

#[derive(ToSchema)]
pub struct Begruendung {
    pub grund: Option<String>,
}

/// `grund` has to be there. `irrtuemlich`: it was closed rightly and is opened by mistake; if it is
/// closed again and nothing was added or changed meanwhile, its former closing holds.
#[derive(ToSchema)]
pub struct Wiederoeffnung {
    pub grund: Option<String>,
    #[schema(required = false)]
    pub irrtuemlich: bool,
}

#[derive(ToSchema)]
pub struct OeNeu {
    pub kuerzel: String,
    pub name: String,
    pub uebergeordnet: Option<String>,
}

#[derive(ToSchema)]
pub struct OeAenderung {
    pub kuerzel: Option<String>,
    pub name: Option<String>,
    pub uebergeordnet: Option<String>,
}

/// All of them: what is not named is taken away.
#[derive(ToSchema)]
pub struct FachsichtNeu {
    pub planeinheiten: Vec<String>,
}

#[derive(ToSchema)]
pub struct PersonNeu {
    pub anmeldename: String,
    pub name: String,
}

#[derive(ToSchema)]
pub struct Rollenangabe {
    pub rolle: Rolle,
    pub oe: Option<String>,
}

/// Whole: what is not named is taken away.
#[derive(ToSchema)]
pub struct RechteNeu {
    pub oe: Option<String>,
    pub rollen: Vec<Rollenangabe>,
    #[schema(required = false)]
    pub schutzklassen: Vec<Schutzklasse>,
    #[schema(required = false)]
    pub stufe: Stufe,
}

#[derive(ToSchema)]
pub struct SchluesselNeu {
    pub name: String,
    pub rolle: Rolle,
    pub verben: Vec<Verb>,
    pub oe: Vec<String>,
    #[schema(required = false)]
    pub planeinheiten: Vec<String>,
    /// Source networks, CIDR; none: all.
    #[schema(required = false)]
    pub netze: Vec<String>,
    #[schema(required = false)]
    pub schutzklassen: Vec<Schutzklasse>,
    #[schema(required = false)]
    pub stufe: Stufe,
    pub ablauf: Option<Zeit>,
    #[schema(required = false)]
    pub grenzen: Grenzen,
}

/// A change that a second person has to release: `art` is `rechte` (with `person`, `rechte`),
/// `zugang` (with `person`) or `schluessel` (with `schluessel`, and `id` for an existing one).
#[derive(ToSchema)]
pub struct AntragNeu {
    pub art: String,
    pub person: Option<Id>,
    pub rechte: Option<RechteNeu>,
    pub id: Option<Id>,
    pub schluessel: Option<SchluesselNeu>,
}

/// A new version of the plan: the texts of its files, as `aktenplan/README.md` explains them.
/// `csv` or `xdomea` (a message 0301) is needed; without `toml` the present head holds.
#[derive(ToSchema)]
pub struct Planfassung {
    pub toml: Option<String>,
    pub csv: Option<String>,
    pub xdomea: Option<String>,
    pub konkordanz: Option<String>,
}

/// The first part of a push. At most one of `vorgang_id`, `akte_id`, `aktenzeichen`; none: the
/// Posteingang.
#[derive(ToSchema)]
pub struct Einlieferung {
    pub vorgang_id: Option<Id>,
    pub akte_id: Option<Id>,
    pub aktenzeichen: Option<String>,
    /// Whose Posteingang: Kürzel or id.
    pub oe: Option<String>,
    pub betreff: Option<String>,
    pub typ: Option<String>,
    pub posteingangsdatum: Option<Datum>,
    pub postausgangsdatum: Option<Datum>,
    pub datum: Option<Datum>,
    pub fremdes_geschaeftszeichen: Option<String>,
    pub absender: Option<String>,
    pub empfaenger: Option<String>,
    pub bemerkung: Option<String>,
    pub dateiname: Option<String>,
    /// Of the file; compared with what arrived.
    pub sha256: Option<Sha256>,
    pub fremd_id: Option<String>,
}

/// The body of a push: two parts, in this order.
#[derive(ToSchema)]
pub struct EinlieferungMultipart {
    pub metadaten: Einlieferung,
    #[schema(value_type = String, format = Binary)]
    pub inhalt: String,
}

/// The first part of a new Fassung.
#[derive(ToSchema)]
pub struct Fassungsangaben {
    pub sha256: Option<Sha256>,
    pub dateiname: Option<String>,
}

/// The body of a new Fassung: two parts, in this order.
#[derive(ToSchema)]
pub struct FassungMultipart {
    pub metadaten: Fassungsangaben,
    #[schema(value_type = String, format = Binary)]
    pub inhalt: String,
}
