//! Signing on and off, and the own password. Judged and slowed down where REST is: in
//! `http::sign_on`.

use actix_web::{HttpResponse, http::Method};
use askama::Template;

use super::{
    chrome::Chrome,
    door::{Guest, Page, render, see_other},
    guard::{self, Kind},
    routes::{Collector, Who},
    show,
};
use crate::http::{
    problem::{Code, Fehler, Problem},
    sign_on,
};

pub(super) fn collect(routes: &mut Collector) {
    routes.anyone(Method::GET, "/anmelden", "anmelden_seite", form);
    routes.anyone(Method::POST, "/anmelden", "anmelden", sign_on);
    routes.get("/anmelden/passwort", "passwort_seite", Who::Member, password_form);
    routes.post("/anmelden/passwort", "passwort", Who::Member, change_password);
    routes.post("/abmelden", "abmelden", Who::Member, sign_off);
}

#[derive(Template)]
#[template(path = "anmelden.html")]
struct SignOn {
    chrome: Chrome,
    ziel: String,
    name: String,
    fehler: Option<String>,
    abgemeldet: bool,
}

async fn form(guest: Guest) -> Result<HttpResponse, Problem> {
    let ziel = guard::own_path(guest.query.text("ziel")).to_owned();
    let abgemeldet = guest.query.text("abgemeldet") == "1";
    let (name, fehler) = (String::new(), None);
    render(&SignOn { chrome: guest.chrome, ziel, name, fehler, abgemeldet })
}

async fn sign_on(guest: Guest) -> Result<HttpResponse, Problem> {
    let Guest { open, form, chrome, setup, .. } = guest;
    let (name, ziel) = (form.text("name").to_owned(), guard::own_path(form.text("ziel")));
    let opened = sign_on::open(&open, name.clone(), form.roh("passwort").to_owned()).await;
    let (token, start_password) = match opened {
        Ok(opened) => opened,
        Err(problem) => {
            let fehler = Some(match problem.code() {
                Code::AnmeldungFalsch => "Anmeldename oder Passwort ist falsch.".to_owned(),
                _ => problem.detail().to_owned(),
            });
            let view = SignOn { chrome, ziel: ziel.into(), name, fehler, abgemeldet: false };
            return again(&problem, &view);
        }
    };
    // Whoever was signed on in this browser is so no more.
    if let Some(old) = open.cookie(guard::name(Kind::Session, setup.secure)) {
        sign_on::close(&open, old).await?;
    }
    let to = match start_password {
        true => format!("/anmelden/passwort{}", show::query(&[("ziel", ziel)])),
        false => ziel.to_owned(),
    };
    let mut answer = see_other(&to);
    guard::set(&mut answer, Kind::Session, setup.secure, Some(&token));
    guard::set(&mut answer, Kind::Before, setup.secure, None);
    Ok(answer)
}

/// The form once more, under the status of what was wrong.
pub(super) fn again(problem: &Problem, view: &impl Template) -> Result<HttpResponse, Problem> {
    let html = view.render().map_err(|_| Problem::from(Code::Intern))?;
    Ok(problem.head().content_type("text/html; charset=utf-8").body(html))
}

#[derive(Template)]
#[template(path = "passwort.html")]
struct Password {
    chrome: Chrome,
    ziel: String,
    start: bool,
    alt: Option<String>,
    neu: Option<String>,
}

async fn password_form(page: Page) -> Result<HttpResponse, Problem> {
    let ziel = guard::own_path(page.query.text("ziel")).to_owned();
    let start = page.signed.caller.start_password;
    render(&Password { chrome: page.chrome, ziel, start, alt: None, neu: None })
}

async fn change_password(page: Page) -> Result<HttpResponse, Problem> {
    let (alt, neu) = (page.form.roh("alt").to_owned(), page.form.roh("neu").to_owned());
    let ziel = guard::own_path(page.form.text("ziel")).to_owned();
    let changed = match neu == page.form.roh("nochmal") {
        true => sign_on::change_password(&page.signed, alt, neu).await,
        false => {
            let text = "Die beiden neuen Passwörter sind nicht gleich.";
            Err(Problem::at("/neu", "passwort_ungleich", text))
        }
    };
    let token = match changed {
        Ok(token) => token,
        Err(problem) if problem.errors().is_empty() => return Err(problem),
        Err(problem) => {
            let at = |pointer: &str| {
                let place = |f: &&Fehler| f.zeiger == pointer;
                problem.errors().iter().find(place).map(|f| f.text.clone())
            };
            let start = page.signed.caller.start_password;
            let (alt, neu) = (at("/alt"), at("/neu"));
            return again(&problem, &Password { chrome: page.chrome, ziel, start, alt, neu });
        }
    };
    let ziel = if ziel == "/" { "/?meldung=passwort".to_owned() } else { ziel };
    let mut answer = see_other(&ziel);
    guard::set(&mut answer, Kind::Session, page.setup.secure, Some(&token));
    Ok(answer)
}

async fn sign_off(page: Page) -> Result<HttpResponse, Problem> {
    sign_on::close(&page.signed.open, page.session).await?;
    let mut answer = see_other("/anmelden?abgemeldet=1");
    guard::set(&mut answer, Kind::Session, page.setup.secure, None);
    Ok(answer)
}
