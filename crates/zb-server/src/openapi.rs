//! The OpenAPI 3.1 document of the table of routes (`api.md` §1).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{
    Kind,
    api::routes,
    route::{Asks, Content, Route, Who, names_in},
    schema::{Shape, array, integer, nullable, object, request, text, words},
};

const JSON: &str = "application/json";

const PROBLEM: Shape = Shape::new("Problem", || {
    let field = request(&["field", "reason"], [("field", text()), ("reason", text()), ("line", integer())]);
    let kinds = Kind::ALL.iter().map(|kind| format!("urn:zb:problem:{}", kind.as_str())).collect::<Vec<_>>();
    request(
        &["type", "title", "status", "detail"],
        [
            ("type", words(kinds.iter().map(String::as_str))),
            ("title", text()),
            ("status", integer()),
            ("detail", text()),
            ("errors", array(field)),
            ("reference", text()),
            ("jobId", nullable(text())),
            ("jobs", array(text())),
        ],
    )
});

/// The document: every route of the HTTP API, with the shapes of what it asks and answers.
#[must_use]
pub fn openapi(base_path: &str) -> Value {
    let (mut paths, mut shapes) = (Map::new(), BTreeMap::new());
    note(&mut shapes, &PROBLEM);
    for route in routes() {
        let operation = operation(&route, &mut shapes);
        let item = paths.entry(route.path).or_insert_with(|| json!({}));
        item[route.method.as_str().to_ascii_lowercase()] = operation;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "zb",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Backups with hooks before and after. Times are RFC 3339 UTC; an answer has every member, null \
                            where there is nothing; readers ignore members and words that they do not know.",
        },
        "servers": [{"url": if base_path.is_empty() { "/" } else { base_path }}],
        "paths": paths,
        "components": {
            "schemas": shapes,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "zb_session"},
            },
        },
    })
}

fn operation(route: &Route, shapes: &mut BTreeMap<&'static str, Value>) -> Value {
    let mut operation = json!({
        "operationId": route.name,
        "x-zb-who": who(route.who),
        "security": security(route.who),
        "parameters": parameters(route),
    });
    if let Asks::Json(shape) | Asks::JsonOrToml(shape) = route.asks {
        note(shapes, shape);
        let mut content = json!({JSON: {"schema": shape.reference()}});
        if matches!(route.asks, Asks::JsonOrToml(_)) {
            content["application/toml"] = json!({"schema": text()});
        }
        operation["requestBody"] = json!({"content": content});
    }
    let problem = json!({"description": "A problem", "content": {"application/problem+json": {"schema": PROBLEM.reference()}}});
    let mut responses = Map::new();
    for (status, content) in &route.answers {
        let answer =
            responses.entry(status.to_string()).or_insert_with(|| json!({"description": reason(*status)}));
        let (media_type, schema) = match content {
            Content::Nothing => continue,
            Content::Json(shape) => (JSON, note(shapes, shape)),
            Content::List(shape) => {
                let items = array(note(shapes, shape));
                (JSON, object([("items", items), ("nextCursor", nullable(text()))]))
            }
            Content::Other(media_type) => (*media_type, text()),
        };
        answer["content"][media_type] = json!({"schema": schema});
    }
    responses.insert("default".to_owned(), problem);
    operation["responses"] = Value::Object(responses);
    operation
}

/// Notes a shape, and gives the reference to it.
fn note(shapes: &mut BTreeMap<&'static str, Value>, shape: &Shape) -> Value {
    shapes.entry(shape.name).or_insert_with(shape.schema);
    shape.reference()
}

fn parameters(route: &Route) -> Vec<Value> {
    let parameter = |name: &str, place: &str, is_required: bool, schema: Value| json!({"name": name, "in": place, "required": is_required, "schema": schema});
    let pages: &[&str] = if route.is_list { &["cursor"] } else { &[] };
    let mut parameters: Vec<Value> =
        names_in(route.path).map(|name| parameter(name, "path", true, text())).collect();
    parameters.extend(route.query.iter().chain(pages).map(|name| parameter(name, "query", false, text())));
    if route.is_list {
        let limit = json!({"type": "integer", "minimum": 1, "maximum": 200, "default": 50});
        parameters.push(parameter("limit", "query", false, limit));
    }
    parameters
}

fn who(who: Who) -> &'static str {
    match who {
        Who::Anyone => "anyone",
        Who::Scope(scope) => scope.as_str(),
        Who::Session => "session",
        Who::Owner => "owner",
        Who::Operator => "operator",
    }
}

fn security(who: Who) -> Value {
    match who {
        Who::Anyone => json!([]),
        Who::Scope(_) => json!([{"token": []}, {"session": []}]),
        Who::Session | Who::Owner | Who::Operator => json!([{"session": []}]),
    }
}

fn reason(status: u16) -> &'static str {
    let status = http::StatusCode::from_u16(status).ok();
    status.and_then(|status| status.canonical_reason()).unwrap_or("An answer")
}
