//! The collector: the only way to register a route, and so the table of all of them.
//!
//! What it collects is served, documented in openapi.json, and enumerated by the access matrix. A
//! route that is not in the table is not reachable; a route without a row in the matrix fails it.

use std::collections::BTreeMap;

use actix_web::{FromRequest, Handler, Responder, http::Method, web};
use utoipa::{
    IntoParams, ToSchema,
    openapi::{
        Content, Ref, RefOr, Required,
        path::{Operation, OperationBuilder, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        response::ResponseBuilder,
        schema::{AllOfBuilder, ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type},
        security::SecurityRequirement,
    },
};

use super::schemas::answers::Beleg;
use crate::{
    domain::access::Rolle,
    http::{
        problem::{Code, Problem, ProblemAntwort},
        request::Request,
    },
};

/// Who may call a route at all; what he sees there is decided for each object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Without sign-on.
    Anyone,
    /// Whoever is signed on.
    Member,
    /// Whoever has one of these roles.
    Roles(&'static [Rolle]),
}

use Rolle::{Administration, Archiv, Fachverfahren, Registratur, Revision, Sachbearbeitung};

/// Those who may read content.
pub const READERS: Who = Who::Roles(&[Sachbearbeitung, Registratur, Archiv, Fachverfahren]);
/// Those who may read the log of an object.
pub const LOG_READERS: Who =
    Who::Roles(&[Sachbearbeitung, Registratur, Archiv, Revision, Fachverfahren, Administration]);
/// Those who bring documents.
pub const PUSHERS: Who =
    Who::Roles(&[Sachbearbeitung, Registratur, Rolle::Scanstelle, Fachverfahren]);
/// Those who work on files.
pub const CLERKS: Who = Who::Roles(&[Sachbearbeitung, Registratur, Fachverfahren]);
/// Those who keep files in order.
pub const REGISTRARS: Who = Who::Roles(&[Registratur]);
/// Those who look after the daily run.
pub const OVERSEERS: Who = Who::Roles(&[Registratur, Administration, Revision]);
/// Those who run the house.
pub const ADMINISTRATORS: Who = Who::Roles(&[Administration]);
/// Those who may release what another asked for.
pub const APPROVERS: Who = Who::Roles(&[Administration, Revision]);
/// Those who audit.
pub const AUDITORS: Who = Who::Roles(&[Revision]);

/// A route as the table names it.
#[derive(Clone, Debug)]
pub struct Info {
    /// Method.
    pub method: Method,
    /// Path with `{name}` for what varies.
    pub path: String,
    /// Stable name, as in openapi.json.
    pub id: &'static str,
    /// Who may call it.
    pub who: Who,
}

type Named = (String, RefOr<Schema>);

/// The description of a route.
pub struct Spec {
    info: Info,
    operation: OperationBuilder,
    schemas: Vec<Named>,
    codes: Vec<Code>,
}

impl std::fmt::Debug for Spec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.info.fmt(f)
    }
}

impl Spec {
    /// A route below `/api/v1`; `tag` groups it in the documentation.
    #[must_use]
    pub fn new(
        who: Who,
        method: Method,
        path: &str,
        id: &'static str,
        summary: &'static str,
    ) -> Self {
        let path = format!("/api/v1{path}");
        let tag = path.split('/').nth(3).unwrap_or_default().to_owned();
        let mut operation =
            OperationBuilder::new().operation_id(Some(id)).summary(Some(summary)).tag(tag);
        for name in path.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
            let text = ObjectBuilder::new().schema_type(Type::String);
            operation = operation.parameter(
                ParameterBuilder::new()
                    .name(name)
                    .parameter_in(ParameterIn::Path)
                    .required(Required::True)
                    .schema(Some(text)),
            );
        }
        operation = match who {
            Who::Anyone => operation.securities(Some(Vec::<SecurityRequirement>::new())),
            Who::Member => operation.description(Some("Wer angemeldet ist.")),
            Who::Roles(roles) => {
                let names: Vec<String> = roles.iter().map(|r| format!("{r:?}")).collect();
                operation.description(Some(format!("Rollen: {}.", names.join(", "))))
            }
        };
        let codes = match who {
            Who::Anyone => vec![],
            Who::Member => vec![Code::NichtAngemeldet, Code::ZuVieleAnfragen],
            Who::Roles(_) => {
                vec![Code::NichtAngemeldet, Code::NichtErlaubt, Code::ZuVieleAnfragen]
            }
        };
        let info = Info { method, path, id, who };
        Self { info, operation, schemas: Vec::new(), codes }
    }

    /// Names what may be in the query.
    #[must_use]
    pub fn query<P: IntoParams>(mut self) -> Self {
        for parameter in P::into_params(|| Some(ParameterIn::Query)) {
            self.operation = self.operation.parameter(parameter);
        }
        self.codes.push(Code::AnfrageUngueltig);
        self
    }

    /// Names the JSON body.
    #[must_use]
    pub fn body<T: ToSchema>(self) -> Self {
        self.codes([Code::JsonUngueltig, Code::EingabeUngueltig, Code::MedientypNichtErlaubt])
            .body_of::<T>("application/json")
    }

    /// Names a body of another media type.
    #[must_use]
    pub fn body_of<T: ToSchema>(mut self, media_type: &str) -> Self {
        let content = Content::new(Some(self.reference::<T>()));
        let body =
            RequestBodyBuilder::new().content(media_type, content).required(Some(Required::True));
        self.operation = self.operation.request_body(Some(body.build()));
        self
    }

    /// Names the answer.
    #[must_use]
    pub fn answer<T: ToSchema>(mut self, status: u16) -> Self {
        let content = Content::new(Some(self.reference::<T>()));
        let answer =
            ResponseBuilder::new().description("OK").content("application/json", content).build();
        self.operation = self.operation.response(status.to_string(), answer);
        self
    }

    /// Names an answer that is an object and the receipt of its change.
    #[must_use]
    pub fn receipt<T: ToSchema>(mut self, status: u16) -> Self {
        let both = AllOfBuilder::new().item(self.reference::<T>()).item(self.reference::<Beleg>());
        self.answer_schema(status, both.build().into())
    }

    /// Names an answer that is a page of a list.
    #[must_use]
    pub fn page<T: ToSchema>(self) -> Self {
        self.page_with::<T>(|_, page| page)
    }

    /// A page that carries one more object.
    #[must_use]
    pub fn page_and<T: ToSchema, U: ToSchema>(self, name: &str) -> Self {
        self.page_with::<T>(|spec, page| page.property(name, spec.reference::<U>()).required(name))
    }

    fn page_with<T: ToSchema>(
        mut self,
        more: impl FnOnce(&mut Self, ObjectBuilder) -> ObjectBuilder,
    ) -> Self {
        let entries = ArrayBuilder::new().items(self.reference::<T>());
        let cursor = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some(
                "Nur eine Seite ohne cursor ist die letzte. Er gilt für denselben Aufrufer und \
                 dieselbe Anfrage.",
            ));
        let page = ObjectBuilder::new()
            .property("eintraege", entries)
            .property("cursor", cursor)
            .required("eintraege");
        let page = more(&mut self, page);
        self.codes([Code::CursorUngueltig]).answer_schema(200, page.build().into())
    }

    fn answer_schema(mut self, status: u16, schema: Schema) -> Self {
        let content = Content::new(Some(schema));
        let answer = ResponseBuilder::new().description("OK").content("application/json", content);
        self.operation = self.operation.response(status.to_string(), answer.build());
        self
    }

    /// Names an answer that is a file, or nothing.
    #[must_use]
    pub fn answer_bytes(mut self, status: u16, media_type: Option<&str>) -> Self {
        let mut answer = ResponseBuilder::new().description("OK");
        if let Some(media_type) = media_type {
            answer = answer.content(media_type, Content::new(None::<RefOr<Schema>>));
        }
        self.operation = self.operation.response(status.to_string(), answer.build());
        self
    }

    /// Wants `If-Match`.
    #[must_use]
    pub fn if_match(self) -> Self {
        self.header("If-Match", "ETag der zuletzt gelesenen Fassung", Required::True).codes([
            Code::IfMatchFehlt,
            Code::Veraltet,
            Code::ZustandVerbietet,
        ])
    }

    /// Creates something; a key must send an Idempotency-Key.
    #[must_use]
    pub fn creates(self) -> Self {
        let about = "Pflicht für API-Schlüssel; 90 Tage lang dieselbe Antwort";
        self.header("Idempotency-Key", about, Required::False).codes([
            Code::IdempotencyKeyFehlt,
            Code::IdempotencyKeyVergeben,
            Code::InBearbeitung,
            Code::Konflikt,
        ])
    }

    /// Names a request header.
    #[must_use]
    pub fn header(mut self, name: &str, about: &str, required: Required) -> Self {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let header = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(required)
            .description(Some(about))
            .schema(Some(text));
        self.operation = self.operation.parameter(header);
        self
    }

    /// Names problems that this route answers with.
    #[must_use]
    pub fn codes(mut self, codes: impl IntoIterator<Item = Code>) -> Self {
        self.codes.extend(codes);
        self
    }

    fn reference<T: ToSchema>(&mut self) -> RefOr<Schema> {
        self.schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(&mut self.schemas);
        Ref::from_schema_name(T::name()).into()
    }

    /// The operation with its problems, by status.
    fn operation(mut self) -> (Info, Operation, Vec<Named>) {
        let problem = self.reference::<ProblemAntwort<'static>>();
        let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
        for code in &self.codes {
            by_status.entry(code.status()).or_default().push(code.name());
        }
        let mut operation = self.operation;
        for (status, mut codes) in by_status {
            codes.sort_unstable();
            codes.dedup();
            let content = Content::new(Some(problem.clone()));
            let answer = ResponseBuilder::new()
                .description(codes.join(", "))
                .content("application/problem+json", content);
            operation = operation.response(status.to_string(), answer.build());
        }
        (self.info, operation.build(), self.schemas)
    }
}

/// One route, ready to be served.
pub(super) struct Entry {
    pub(super) info: Info,
    pub(super) operation: Operation,
    pub(super) schemas: Vec<Named>,
    route: actix_web::Route,
}

/// Collects routes.
#[derive(Default)]
pub struct Collector {
    pub(super) entries: Vec<Entry>,
}

impl std::fmt::Debug for Collector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.entries.iter().map(|e| &e.info)).finish()
    }
}

impl Collector {
    /// Adds a route. Whether its handler gets a signed-on caller must fit what the table says.
    ///
    /// # Panics
    /// If it does not: the table would lie.
    pub fn add<F, C>(&mut self, spec: Spec, handler: F)
    where
        F: Handler<(C,)>,
        C: Request + FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        assert_eq!(
            C::SIGNED_ON,
            spec.info.who != Who::Anyone,
            "{} lies about sign-on",
            spec.info.id
        );
        let route = web::method(spec.info.method.clone()).to(handler);
        let (info, operation, schemas) = spec.operation();
        self.entries.push(Entry { info, operation, schemas, route });
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> Vec<Info> {
        self.entries.iter().map(|e| e.info.clone()).collect()
    }

    /// Serves what was collected: one resource a path, so that a wrong method is told from a
    /// wrong path.
    pub fn configure(self, app: &mut web::ServiceConfig) {
        let mut paths: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        for entry in self.entries {
            paths.entry(entry.info.path.clone()).or_default().push(entry);
        }
        for (path, entries) in paths {
            let methods: Vec<String> =
                entries.iter().map(|e| e.info.method.as_str().to_owned()).collect();
            let allow = methods.join(", ");
            let mut resource = web::resource(path);
            for entry in entries {
                resource = resource.route(entry.route);
            }
            app.service(resource.default_service(web::to(move || {
                let problem = Problem::from(Code::MethodeNichtErlaubt).allow(allow.clone());
                std::future::ready(Err::<&str, _>(problem))
            })));
        }
    }
}
