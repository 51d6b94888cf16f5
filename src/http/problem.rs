//! Problems (RFC 9457): the one table of codes, and how a problem is written.
//!
//! A code, once released, keeps its name, its status and its meaning. The detail is for a clerk, in
//! German, and never tells more than the caller may know: what is hidden is answered in the same
//! bytes as what does not exist.

use actix_web::{
    HttpResponse, HttpResponseBuilder, ResponseError,
    http::{StatusCode, header},
};
use serde::Serialize;
use utoipa::ToSchema;

macro_rules! codes {
    ($($variant:ident = $status:literal $retry:literal $name:literal $title:literal,)*) => {
        /// Every problem that the API can answer with.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(
            #[doc = $title]
            $variant,
        )* }
        impl Code {
            /// Every one, in the order of their status.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// The stable name, as in `code` and at the end of `type`.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $(Self::$variant => $name),* } }
            /// The title, German, the same for every problem of this code.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),* }
            }
            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> u16 { match self { $(Self::$variant => $status),* } }
            /// True if the same request may succeed later without being changed.
            #[must_use]
            pub const fn retryable(self) -> bool { match self { $(Self::$variant => $retry),* } }
        }
    };
}

codes! {
    AnfrageUngueltig = 400 false "anfrage_ungueltig" "Die Anfrage ist ungültig",
    JsonUngueltig = 400 false "json_ungueltig" "Der Rumpf ist kein gültiges JSON",
    EingabeUngueltig = 400 false "eingabe_ungueltig" "Die Eingabe ist ungültig",
    MultipartUngueltig = 400 false "multipart_ungueltig" "Der mehrteilige Rumpf ist ungültig",
    TeileReihenfolge = 400 false "teile_reihenfolge" "Die Teile fehlen oder sind vertauscht",
    UploadAbgebrochen = 400 true "upload_abgebrochen" "Die Übertragung brach ab",
    PruefsummeFalsch = 400 false "pruefsumme_falsch" "Die Prüfsumme stimmt nicht",
    DateiLeer = 400 false "datei_leer" "Die Datei ist leer",
    CursorUngueltig = 400 false "cursor_ungueltig" "Die Fortsetzungsmarke ist ungültig",
    IdempotencyKeyFehlt = 400 false "idempotency_key_fehlt" "Idempotency-Key fehlt",
    NichtAngemeldet = 401 false "nicht_angemeldet" "Nicht angemeldet",
    AnmeldungFalsch = 401 false "anmeldung_falsch" "Name oder Passwort ist falsch",
    NichtErlaubt = 403 false "nicht_erlaubt" "Nicht erlaubt",
    PasswortAendern = 403 false "passwort_aendern" "Das Passwort muss geändert werden",
    NichtGefunden = 404 false "nicht_gefunden" "Nicht gefunden",
    KeinText = 404 false "kein_text" "Das Dokument hat keinen Text",
    MethodeNichtErlaubt = 405 false "methode_nicht_erlaubt" "Methode nicht erlaubt",
    ZuLangsam = 408 true "zu_langsam" "Die Übertragung war zu langsam",
    Konflikt = 409 false "konflikt" "Widerspruch zum Bestand",
    ZustandVerbietet = 409 false "zustand_verbietet" "Der Zustand lässt das nicht zu",
    Gesperrt = 409 false "gesperrt" "Eine Sperre verbietet es",
    ZweitePerson = 409 false "zweite_person" "Es braucht eine zweite Person",
    TextOffen = 409 true "text_offen" "Der Text ist noch nicht gelesen",
    InBearbeitung = 409 true "in_bearbeitung" "Dieselbe Anfrage wird gerade bearbeitet",
    IdempotencyKeyVergeben = 409 false "idempotency_key_vergeben"
        "Idempotency-Key gehört zu einer anderen Anfrage",
    Veraltet = 412 false "veraltet" "Inzwischen geändert",
    ZuGross = 413 false "zu_gross" "Zu groß",
    MedientypNichtErlaubt = 415 false "medientyp_nicht_erlaubt" "Medientyp nicht erlaubt",
    BereichUngueltig = 416 false "bereich_ungueltig" "Der Bereich liegt außerhalb der Datei",
    IfMatchFehlt = 428 false "if_match_fehlt" "If-Match fehlt",
    ZuVieleAnfragen = 429 true "zu_viele_anfragen" "Zu viele Anfragen",
    ZuVieleUploads = 429 true "zu_viele_uploads" "Zu viele gleichzeitige Übertragungen",
    TagesmengeErschoepft = 429 true "tagesmenge_erschoepft" "Die Tagesmenge ist erschöpft",
    AnmeldungGebremst = 429 true "anmeldung_gebremst" "Zu viele Fehlversuche",
    Intern = 500 true "intern" "Interner Fehler",
    BlobBeschaedigt = 500 false "blob_beschaedigt" "Die gespeicherte Datei ist beschädigt",
    Ausgelastet = 503 true "ausgelastet" "Ausgelastet",
    SpeicherVoll = 503 true "speicher_voll" "Kein Speicherplatz",
    NurLesend = 503 true "nur_lesend" "Nur lesender Betrieb",
    AusgangUnbekannt = 503 true "ausgang_unbekannt" "Der Ausgang ist unbekannt",
    NichtBereit = 503 true "nicht_bereit" "Noch nicht bereit",
}

/// What is wrong with one place of the input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fehler {
    /// JSON Pointer into the body (RFC 6901), or `?name` for a query parameter.
    pub zeiger: String,
    /// Stable word, e.g. `unbekanntes_feld`.
    pub code: String,
    /// For a person, German.
    pub text: String,
}

/// An answer that says why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    code: Code,
    detail: String,
    errors: Vec<Fehler>,
    retry_after_s: Option<u64>,
    allow: Option<String>,
    size: Option<u64>,
}

/// A problem as it is written (`application/problem+json`).
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemAntwort<'a> {
    /// Stable reference, relative to the server: `/probleme/<code>`.
    pub r#type: String,
    /// The same for every problem of a code.
    pub title: &'a str,
    /// HTTP status.
    pub status: u16,
    /// What went wrong here, German.
    pub detail: &'a str,
    /// Stable name.
    pub code: &'a str,
    /// To be named when asking the operator; also in log and journal.
    pub request_id: &'a str,
    /// True if the same request may succeed later.
    pub wiederholbar: bool,
    /// Places of the input.
    pub fehler: &'a [Fehler],
}

impl Problem {
    /// A problem whose detail is more than its title.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { code, detail, errors: Vec::new(), retry_after_s: None, allow: None, size: None }
    }

    /// The input is wrong at one place.
    #[must_use]
    pub fn at(pointer: impl Into<String>, code: &str, text: impl Into<String>) -> Self {
        let text = text.into();
        let pointer = pointer.into();
        let mut problem = Self::new(Code::EingabeUngueltig, format!("{pointer}: {text}"));
        problem.errors.push(Fehler { zeiger: pointer, code: code.into(), text });
        problem
    }

    /// Adds places of the input.
    #[must_use]
    pub fn with_errors(mut self, errors: impl IntoIterator<Item = Fehler>) -> Self {
        self.errors.extend(errors);
        self
    }

    /// Says when to come back.
    #[must_use]
    pub fn retry_after_s(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds.max(1));
        self
    }

    /// Names the methods a path knows (405).
    #[must_use]
    pub fn allow(mut self, methods: String) -> Self {
        self.allow = Some(methods);
        self
    }

    /// Names the size of what a range was asked of (416).
    #[must_use]
    pub fn size(mut self, bytes: u64) -> Self {
        self.size = Some(bytes);
        self
    }

    /// What kind of problem it is.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// What went wrong here, German.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The places of the input.
    #[must_use]
    pub fn errors(&self) -> &[Fehler] {
        &self.errors
    }

    /// Status and headers of the answer, whatever form its body has.
    #[must_use]
    pub fn head(&self) -> HttpResponseBuilder {
        let mut answer = HttpResponse::build(self.status_code());
        answer.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(seconds) = self.retry_after_s {
            answer.insert_header((header::RETRY_AFTER, seconds));
        }
        if let Some(methods) = &self.allow {
            answer.insert_header((header::ALLOW, methods.as_str()));
        }
        if let Some(size) = self.size {
            answer.insert_header((header::CONTENT_RANGE, format!("bytes */{size}")));
        }
        if self.status_code() == StatusCode::UNAUTHORIZED {
            answer.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"Aktenlauf\""));
        }
        answer
    }

    /// The answer for one request.
    #[must_use]
    pub fn response(&self, request_id: &str) -> HttpResponse {
        let body = ProblemAntwort {
            r#type: format!("/probleme/{}", self.code.name()),
            title: self.code.title(),
            status: self.code.status(),
            detail: &self.detail,
            code: self.code.name(),
            request_id,
            wiederholbar: self.code.retryable(),
            fehler: &self.errors,
        };
        let bytes = serde_json::to_vec(&body).unwrap_or_default();
        self.head().insert_header((header::CONTENT_TYPE, "application/problem+json")).body(bytes)
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::new(code, super::advice::of(code))
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.detail)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The request id is filled in by `request::trace`, which every route stands behind.
    fn error_response(&self) -> HttpResponse {
        self.response("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_sorted_by_status() {
        let mut names: Vec<&str> = Code::ALL.iter().map(|c| c.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len(), "a code's name stands for one code");
        assert!(Code::ALL.is_sorted_by_key(|c| c.status()), "the table reads by status");
    }

    #[test]
    fn a_throttled_answer_never_says_zero_seconds() {
        let answer = Problem::from(Code::ZuVieleAnfragen).retry_after_s(0).response("r");
        assert_eq!(answer.headers().get("retry-after").unwrap(), "1");
    }
}
