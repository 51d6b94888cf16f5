//! Refusals as pages: the status stays, the sentence is the registry's, and there is a way on.

use actix_web::{HttpResponse, http::StatusCode, http::header};
use askama::Template;

use super::chrome::Chrome;
use crate::http::problem::{Code, Fehler, Problem};

/// A refusal of a page.
#[derive(Debug)]
pub enum Fault {
    /// As REST refuses.
    Problem(Problem),
    /// What only pages refuse.
    Own(StatusCode, &'static str, &'static str),
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// 421: not one of our names.
#[must_use]
pub const fn foreign_host() -> Fault {
    let text = "Unter diesem Rechnernamen wird Aktenlauf hier nicht angeboten. Nehmen Sie die \
                Adresse, die Ihr Betrieb genannt hat. Für den Betrieb: Der Name gehört in der \
                Konfiguration unter hosts.";
    Fault::Own(StatusCode::MISDIRECTED_REQUEST, "Diese Adresse gehört nicht hierher", text)
}

/// 403: sent from another site.
#[must_use]
pub const fn foreign_form() -> Fault {
    let text = "Die Eingabe kam nicht von einer Seite von Aktenlauf. Es wurde nichts geändert. \
                Öffnen Sie die Seite in Aktenlauf selbst und wiederholen Sie dort die Eingabe.";
    Fault::Own(StatusCode::FORBIDDEN, "Eingabe von fremder Stelle", text)
}

/// 403: of a session that is over, or of none.
#[must_use]
pub const fn stale_form() -> Fault {
    let text = "Das Formular gehört nicht zu Ihrer jetzigen Anmeldung. Es wurde nichts geändert. \
                Gehen Sie zurück, laden Sie die Seite neu und wiederholen Sie die Eingabe.";
    Fault::Own(StatusCode::FORBIDDEN, "Das Formular ist abgelaufen", text)
}

#[derive(Template)]
#[template(path = "problem.html")]
struct View<'a> {
    chrome: &'a Chrome,
    title: &'a str,
    text: &'a str,
    places: &'a [Fehler],
    status: u16,
    request_id: &'a str,
}

impl Fault {
    /// The page.
    #[must_use]
    pub fn page(&self, chrome: &Chrome, request_id: &str) -> HttpResponse {
        let (mut answer, title, text, places) = match self {
            Self::Problem(p) => (p.head(), p.code().title(), p.detail(), p.errors()),
            Self::Own(status, title, text) => {
                (HttpResponse::build(*status), *title, *text, &[][..])
            }
        };
        let status = match self {
            Self::Problem(p) => p.code().status(),
            Self::Own(status, ..) => status.as_u16(),
        };
        if let Self::Problem(problem) = self
            && problem.code() == Code::Intern
        {
            tracing::error!(request_id, "internal error");
        }
        let view = View { chrome, title, text, places, status, request_id };
        let html = view.render().unwrap_or_else(|_| title.to_owned());
        answer.insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8")).body(html)
    }
}
