//! What keeps other sites out of a clerk's session: cookies, form tokens, origin, host.
//!
//! The session cookie is `HttpOnly`, `SameSite=Lax` and, off plain loopback, `Secure` and bound to
//! this host by its name (`__Host-`). Lax and not Strict, because a link in a mail has to open the
//! document for a clerk who is signed on; it sends the cookie with plain navigation only, and no
//! GET here changes anything. Every POST must come from a page of ours (`Origin`,
//! `Sec-Fetch-Site`) and carry the token of its form, which is made from the session's secret and
//! gives nothing away of it.

use std::net::IpAddr;

use actix_web::{
    HttpResponse,
    http::header::{self, HeaderMap, HeaderValue},
};

use crate::identity::secret;

/// The name of the form field with the token.
pub const FIELD: &str = "formular";

/// The cookie of a session, and the one that binds the form of the sign-on before there is one.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Of a session.
    Session,
    /// Before the sign-on.
    Before,
}

/// The cookie's name. A `__Host-` cookie can't be set by a neighbouring host or over plain HTTP.
#[must_use]
pub const fn name(kind: Kind, secure: bool) -> &'static str {
    match (kind, secure) {
        (Kind::Session, true) => "__Host-aktenlauf",
        (Kind::Session, false) => "aktenlauf",
        (Kind::Before, true) => "__Host-aktenlauf-vorher",
        (Kind::Before, false) => "aktenlauf-vorher",
    }
}

/// Sets a cookie that ends with the browser; none for `value`: takes it away.
pub fn set(answer: &mut HttpResponse, kind: Kind, secure: bool, value: Option<&str>) {
    let (name, end) = (name(kind, secure), if value.is_none() { "; Max-Age=0" } else { "" });
    let only = if secure { "; Secure" } else { "" };
    let value = value.unwrap_or_default();
    let line = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{only}{end}");
    if let Ok(line) = HeaderValue::from_str(&line) {
        answer.headers_mut().append(header::SET_COOKIE, line);
    }
}

/// The token for the forms of whoever holds `cookie`'s value.
#[must_use]
pub fn token(value: &str) -> String {
    secret::digest(&bound(value))
}

/// Whether a form's token is the one of this cookie; takes the same time wherever they differ.
#[must_use]
pub fn fits(value: &str, given: &str) -> bool {
    secret::fits(&bound(value), given)
}

/// The label keeps the token apart from the digest under which a session lies on its shelf.
fn bound(value: &str) -> String {
    format!("aktenlauf-formular:{value}")
}

/// Whether a form was sent from a page of ours. Every browser says at least one of the two; a
/// sender that says neither is none.
#[must_use]
pub fn own_origin(headers: &HeaderMap, host: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|v| v.to_str().unwrap_or("?"));
    let site = text("sec-fetch-site");
    let origin = text("origin");
    // The scheme is not compared: behind a proxy it is the proxy's.
    let same = |origin: &str| {
        origin.split_once("://").is_some_and(|(_, from)| from.eq_ignore_ascii_case(host))
    };
    (site.is_some() || origin.is_some())
        && site.is_none_or(|s| s == "same-origin")
        && origin.is_none_or(same)
}

/// The host as the browser names it.
#[must_use]
pub fn host(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(header::HOST);
    let first = all.next()?.to_str().ok()?;
    all.next().is_none().then_some(first)
}

/// Whether pages are served under this host: `localhost`, any address, or a configured name.
///
/// A page of a foreign site that has its own name point to this server (DNS rebinding) would be of
/// one origin with ours. It needs a name for that, so addresses are let in. REST is not asked:
/// such a page has no token to send.
#[must_use]
pub fn known(host: &str, hosts: &[String]) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or("", |(address, _)| address),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    name.parse::<IpAddr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || hosts.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// A path of ours to go to after the sign-on; anything else becomes the start page.
#[must_use]
pub fn own_path(target: &str) -> &str {
    let plain = target.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    let ours = target.starts_with('/') && !target.starts_with("//");
    if plain && ours && target.len() <= 2000 { target } else { "/" }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderName;

    use super::*;

    fn from(pairs: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let value = HeaderValue::from_str(value).unwrap();
            headers.append(HeaderName::from_static(name), value);
        }
        own_origin(&headers, "akten.example:8420")
    }

    #[test]
    fn a_form_comes_from_a_page_of_ours_or_not_at_all() {
        assert!(from(&[("origin", "https://akten.example:8420")]));
        assert!(from(&[("sec-fetch-site", "same-origin")]));
        assert!(!from(&[]), "who says nothing is no browser");
        assert!(!from(&[("origin", "null")]));
        assert!(!from(&[("origin", "https://akten.example")]));
        assert!(!from(&[("origin", "https://evil.example:8420")]));
        for site in ["cross-site", "same-site", "none"] {
            assert!(!from(&[("sec-fetch-site", site)]), "{site}");
        }
        let both = [("origin", "https://akten.example:8420"), ("sec-fetch-site", "cross-site")];
        assert!(!from(&both));
    }

    #[test]
    fn a_foreign_name_that_points_here_is_not_served() {
        let hosts = ["akten.lindenau.example".to_owned()];
        for fine in ["localhost", "LocalHost:8420", "127.0.0.1:1", "[::1]:80", "192.0.2.7"] {
            assert!(known(fine, &hosts), "{fine}");
        }
        assert!(known("Akten.Lindenau.example.", &hosts));
        for bad in ["evil.example", "localhost.evil.example", "", "127.0.0.1.evil.example:80"] {
            assert!(!known(bad, &hosts), "{bad}");
        }
    }

    #[test]
    fn the_sign_on_leads_to_a_path_of_ours_only() {
        assert_eq!(own_path("/akten/1?seite=2"), "/akten/1?seite=2");
        for bad in
            ["//evil.example", "/\\evil.example", "https://evil.example", "", "/\t/evil", "x"]
        {
            assert_eq!(own_path(bad), "/", "{bad}");
        }
    }

    #[test]
    fn a_token_serves_one_session_and_does_not_open_it() {
        let mine = token("aks_1");
        assert!(fits("aks_1", &mine));
        assert!(!fits("aks_2", &mine) && !fits("aks_1", ""));
        assert_ne!(mine, secret::digest("aks_1"), "it must not lead to the shelf");
    }
}
