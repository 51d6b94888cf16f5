//! The style sheet and the icon, from the binary. Their names carry their digest, so that browsers
//! may keep them for good, and a new release is asked for by a new name.

use std::sync::LazyLock;

use actix_web::{
    HttpResponse,
    http::{Method, header},
};
use sha2::{Digest as _, Sha256};

use super::{door::Guest, routes::Collector};
use crate::http::problem::{Code, Problem};

/// A file of the binary.
#[derive(Debug)]
pub struct Asset {
    path: LazyLock<String>,
    media_type: &'static str,
    bytes: &'static str,
}

impl Asset {
    /// Where it is served.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

const STYLE: &str = include_str!("static/aktenlauf.css");
const PICTURE: &str = include_str!("static/aktenlauf.svg");

/// The style sheet.
pub static CSS: Asset = Asset {
    path: LazyLock::new(|| named("aktenlauf", STYLE, "css")),
    media_type: "text/css; charset=utf-8",
    bytes: STYLE,
};

/// The icon.
pub static ICON: Asset = Asset {
    path: LazyLock::new(|| named("aktenlauf", PICTURE, "svg")),
    media_type: "image/svg+xml",
    bytes: PICTURE,
};

fn named(name: &str, bytes: &str, ending: &str) -> String {
    let digest = hex::encode(Sha256::digest(bytes.as_bytes()));
    format!("/static/{name}-{}.{ending}", digest.get(..12).unwrap_or_default())
}

pub(super) fn collect(routes: &mut Collector) {
    routes.anyone(Method::GET, "/static/{name}", "datei", file);
}

async fn file(guest: Guest) -> Result<HttpResponse, Problem> {
    let path = guest.open.http().path();
    let found = [&CSS, &ICON].into_iter().find(|asset| asset.path() == path);
    let asset = found.ok_or(Code::NichtGefunden)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, asset.media_type))
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(asset.bytes))
}
