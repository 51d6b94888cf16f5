//! The words and small values that requests and answers are made of.
#![expect(missing_docs, reason = "values have the names of the domain, and are explained there")]

use utoipa::ToSchema;

/// UUID.
#[derive(ToSchema)]
#[schema(value_type = String, format = "uuid")]
pub struct Id(pub String);

/// Calendar date.
#[derive(ToSchema)]
#[schema(value_type = String, format = "date")]
pub struct Datum(pub String);

/// Instant, UTC, milliseconds.
#[derive(ToSchema)]
#[schema(value_type = String, format = "date-time")]
pub struct Zeit(pub String);

/// SHA-256, 64 hex digits.
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
pub struct Sha256(pub String);

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Rolle {
    Sachbearbeitung,
    Registratur,
    Scanstelle,
    Fachverfahren,
    Archiv,
    Revision,
    Administration,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Verb {
    Lesen,
    Einliefern,
    Anlegen,
    Aendern,
    Ablegen,
    Schliessen,
    Oeffnen,
    Stornieren,
    Freigeben,
    Protokoll,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Schutzklasse {
    Personal,
    Sozial,
    Jugend,
    Steuer,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Stufe {
    Offen,
    VsNfd,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Zustand {
    Offen,
    InSchliessung,
    Geschlossen,
    Aufbewahrung,
    Aussonderungsreif,
    Angeboten,
    Bewertet,
    Abgegeben,
    Uebernommen,
    Geloescht,
    Vernichtet,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Medium {
    Elektronisch,
    Hybrid,
    Papier,
}

#[derive(ToSchema)]
pub enum Aussonderungsart {
    A,
    B,
    V,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Einheit {
    Tage,
    Monate,
    Jahre,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Fristart {
    Mindest,
    Hoechst,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Rundung {
    Jahresende,
    Tag,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Folge {
    Anbieten,
    Einschraenken,
    LoeschenOhneAnbietung,
}
