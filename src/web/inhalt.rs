//! `/dokumente/{id}/inhalt`: a document's bytes in the browser, saved or, where nothing in them can
//! run, shown.

use actix_web::HttpResponse;

use super::{
    door::Page,
    routes::{Collector, READERS},
};
use crate::http::{
    delivery::{self, Use},
    file,
    problem::Problem,
};

/// Shown in the browser where the clerk asks for it. HTML, SVG and XML are never: a page of one
/// origin with ours could act in the clerk's name.
const SHOWN: [&str; 5] = ["application/pdf", "image/jpeg", "image/png", "image/gif", "image/webp"];

/// PDF viewers don't start in a sandbox; they are one themselves, and no part of our origin.
const PDF_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; \
     frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

pub(super) fn collect(routes: &mut Collector) {
    routes.get("/dokumente/{id}/inhalt", "inhalt", READERS, content);
}

/// Whether a browser may show it.
#[must_use]
pub fn shown(media_type: &str) -> bool {
    SHOWN.contains(&media_type)
}

async fn content(page: Page) -> Result<HttpResponse, Problem> {
    let id = page.id()?;
    let fassung = page.query.zahl::<u32>("fassung")?;
    let format = page.query.zahl::<usize>("format")?.unwrap_or_default();
    let find = page.signed.acting(move |acting| acting.reader()?.inhalt(id, fassung, format));
    let found = find.await?;
    let media_type = found.datei.medientyp.as_str();
    let show = page.query.text("ansehen") == "1" && shown(media_type);
    let name = &found.datei.dateiname;
    let disposition = match show {
        true => file::disposition(media_type, name),
        false => file::attachment(name),
    };
    let policy = match media_type {
        "application/pdf" if show => PDF_POLICY,
        _ => file::CONTENT_SECURITY_POLICY,
    };
    delivery::send(&page.signed, found, Use { disposition, policy }).await
}
