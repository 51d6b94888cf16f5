//! A plain browser without a screen: it keeps cookies, follows nothing, and sends forms as a
//! browser does.

use std::{collections::BTreeMap, time::Duration};

use crate::stadt::{Antwort, Stadt, passwort};

/// One browser of one person.
pub struct Browser<'a> {
    pub stadt: &'a Stadt,
    pub cookies: BTreeMap<String, String>,
    agent: ureq::Agent,
}

impl<'a> Browser<'a> {
    pub fn new(stadt: &'a Stadt) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .new_agent();
        Self { stadt, cookies: BTreeMap::new(), agent }
    }

    /// Signed on as a person of the city.
    pub fn of(stadt: &'a Stadt, name: &str) -> Self {
        let mut browser = Self::new(stadt);
        let fields = [("name", name), ("passwort", &passwort(name))];
        browser.form("/anmelden", "/anmelden", &fields).expect(303);
        browser
    }

    /// With a session that was opened elsewhere.
    pub fn with(stadt: &'a Stadt, token: &str) -> Self {
        let mut browser = Self::new(stadt);
        if !token.is_empty() {
            browser.cookies.insert("aktenlauf".into(), token.into());
        }
        browser
    }

    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Antwort {
        let uri = format!("{}{path}", self.stadt.url());
        let mut request = ureq::http::Request::builder().method(method).uri(uri);
        if !self.cookies.is_empty() {
            let all: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
            request = request.header("Cookie", all.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = match body {
            Some(body) => self.agent.run(request.body(body.to_owned()).unwrap()),
            None => self.agent.run(request.body(()).unwrap()),
        };
        let answer = Antwort::read(answer.unwrap_or_else(|e| panic!("{method} {path}: {e}")));
        for line in answer.all("set-cookie") {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            match value {
                "" => drop(self.cookies.remove(name)),
                _ => drop(self.cookies.insert(name.into(), value.into())),
            }
        }
        answer
    }

    pub fn get(&mut self, path: &str) -> Antwort {
        self.send("GET", path, &[("X-Request-Id", "walk")], None)
    }

    /// Opens the page of a form, fills it in, sends it; hidden fields come from the page.
    pub fn form(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Antwort {
        let shown = self.get(page).expect(200);
        let mut all: BTreeMap<String, String> = hidden(shown.text(), action);
        all.extend(fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        let pairs: Vec<(&str, &str)> = all.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        self.post(action, &pairs)
    }

    /// Sends a form from a page of ours.
    pub fn post(&mut self, action: &str, fields: &[(&str, &str)]) -> Antwort {
        let origin = self.stadt.url();
        self.post_from(&[("Origin", &origin), ("Sec-Fetch-Site", "same-origin")], action, fields)
    }

    pub fn post_from(
        &mut self,
        headers: &[(&str, &str)],
        action: &str,
        fields: &[(&str, &str)],
    ) -> Antwort {
        let body: Vec<String> = fields.iter().map(|(n, v)| format!("{n}={}", percent(v))).collect();
        let kind =
            [("Content-Type", "application/x-www-form-urlencoded"), ("X-Request-Id", "walk")];
        self.send("POST", action, &[headers, &kind].concat(), Some(&body.join("&")))
    }

    /// The token of this session's forms.
    pub fn token(&mut self) -> String {
        let page = self.get("/anmelden/passwort").expect(200);
        hidden(page.text(), "/abmelden")["formular"].clone()
    }
}

/// The hidden fields of the form with that action.
pub fn hidden(html: &str, action: &str) -> BTreeMap<String, String> {
    let to = format!("action=\"{action}\"");
    let posts = |form: &&str| form.contains(&to) && form.contains("method=\"post\"");
    let form = html.split("<form").find(posts);
    let form = form.unwrap_or_else(|| panic!("no form to {action}: {html}"));
    let form = form.split("</form>").next().unwrap();
    let inputs = form.split("<input").skip(1).filter(|i| i.contains("type=\"hidden\""));
    inputs.map(|i| (attribute(i, "name"), attribute(i, "value"))).collect()
}

fn attribute(tag: &str, name: &str) -> String {
    let (_, rest) = tag.split_once(&format!("{name}=\"")).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

pub fn percent(text: &str) -> String {
    text.bytes()
        .map(|b| match b.is_ascii_alphanumeric() {
            true => char::from(b).to_string(),
            false => format!("%{b:02X}"),
        })
        .collect()
}
