//! openapi.json, made from the collector's table; checked in, and diffed by a test.
//!
//! Within v1 it only grows: nothing that a client relies on is renamed or taken away.

use serde_json::{Value, json};
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, License, OpenApiBuilder, PathItem, PathsBuilder,
    path::HttpMethod,
    security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
};

use super::routes::Collector;
use crate::http::problem::Code;

/// The document.
#[must_use]
pub fn document(collector: Collector) -> Value {
    let mut components = ComponentsBuilder::new();
    let mut paths = std::collections::BTreeMap::<String, PathItem>::new();
    for entry in collector.entries {
        let method = match entry.info.method.as_str() {
            "POST" => HttpMethod::Post,
            "PATCH" => HttpMethod::Patch,
            "PUT" => HttpMethod::Put,
            "DELETE" => HttpMethod::Delete,
            "HEAD" => HttpMethod::Head,
            _ => HttpMethod::Get,
        };
        let item = PathItem::new(method, entry.operation);
        match paths.get_mut(&entry.info.path) {
            Some(known) => known.merge_operations(item),
            None => drop(paths.insert(entry.info.path, item)),
        }
        components = components.schemas_from_iter(entry.schemas);
    }
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("Sitzungstoken aus /anmeldung oder API-Schlüssel (akl_...)"));
    components = components.security_scheme("bearer", SecurityScheme::Http(bearer.build()));
    let paths =
        paths.into_iter().fold(PathsBuilder::new(), |all, (path, item)| all.path(path, item));
    let document = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Aktenlauf")
                .version("1")
                .description(Some(
                    "E-Akte: von der Poststelle bis zum Archiv. Innerhalb von v1 \
                                   kommt nur hinzu.",
                ))
                .license(Some(License::new("EUPL-1.2"))),
        )
        .paths(paths)
        .components(Some(components.build()))
        .security(Some([SecurityRequirement::new("bearer", Vec::<String>::new())]))
        .build();
    let mut document = serde_json::to_value(document).unwrap_or_default();
    if let Value::Object(fields) = &mut document {
        // The table of codes is part of the contract.
        let codes = Code::ALL.iter().map(|code| {
            json!({
                "code": code.name(),
                "status": code.status(),
                "title": code.title(),
                "wiederholbar": code.retryable(),
            })
        });
        fields.insert("x-probleme".into(), codes.collect());
    }
    document
}
