//! The OpenAPI document, made from the table of routes.

use serde_json::{Map, Value, json};

use super::query::{Kind, Param};
use super::routes::{Answer, Data, JSON};
use super::table::Place;
use crate::dashboard::HTML;

/// What the documents look like; a test holds it against the models.
const SCHEMAS: &str = include_str!("schemas.json");

/// The document for the paths of one handler, in the form of OpenAPI 3.1.
pub(super) fn document(places: &[Place]) -> Value {
    let listed = places.iter().filter(|place| !place.route.about.is_empty());
    let paths: Map<String, Value> = listed
        .filter(|place| !is_web_socket(place))
        .map(|place| (place.path.clone(), path_item(place)))
        .collect();
    let mut schemas: Value = serde_json::from_str(SCHEMAS).unwrap_or_default();
    require_all(&mut schemas);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Performance metrics",
            "version": env!("CARGO_PKG_VERSION"),
            "description": description(places),
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
        "security": [{}, { "token": [] }],
    })
}

/// Models have all of their properties always; a schema whose model leaves some out says itself what is required.
fn require_all(schema: &mut Value) {
    if let Value::Object(fields) = schema {
        if let (Some(Value::Object(properties)), None) = (fields.get("properties"), fields.get("required")) {
            let names = properties.keys().cloned().map(Value::String).collect();
            fields.insert("required".to_owned(), Value::Array(names));
        }
        fields.values_mut().for_each(require_all);
    }
}

/// OpenAPI has no operation that would describe a WebSocket, so that it is told in words.
fn description(places: &[Place]) -> String {
    let mut text = "What a service knows of its own performance. Everything is read only.".to_owned();
    for place in places.iter().filter(|place| is_web_socket(place)) {
        text += &format!(" `{}`: {}; each text frame is a MetricsSnapshot.", place.path, place.route.about);
    }
    text
}

#[cfg(feature = "live")]
fn is_web_socket(place: &Place) -> bool {
    matches!(place.route.answer, Answer::Live)
}

#[cfg(not(feature = "live"))]
fn is_web_socket(_place: &Place) -> bool {
    false
}

fn path_item(place: &Place) -> Value {
    let route = &place.route;
    let params = route.answer.data().map_or(&[][..], |data| data.params);
    let params: Vec<_> = params.iter().map(parameter).collect();
    let mut item = Map::new();
    for method in route.methods().allow().split(", ") {
        let operation = json!({
            "summary": route.about,
            "parameters": params,
            "responses": responses(route.answer),
        });
        item.insert(method.to_ascii_lowercase(), operation);
    }
    item.into()
}

fn parameter(param: &Param) -> Value {
    let schema = match param.kind {
        Kind::Integer { max, default } => {
            json!({ "type": "integer", "minimum": 0, "maximum": max, "default": default })
        }
        Kind::Count { max, default } => {
            json!({ "type": "integer", "minimum": 1, "maximum": max, "default": default })
        }
        Kind::OneOf(words) => json!({ "type": "string", "enum": words, "default": words.first() }),
        Kind::Text { max_chars } => json!({ "type": "string", "maxLength": max_chars, "default": "" }),
    };
    json!({ "name": param.name, "in": "query", "description": param.about, "schema": schema })
}

/// The answers of a path, by status.
fn responses(answer: Answer) -> Value {
    let mut responses = Map::new();
    let mut say = |status: &str, response: Value| drop(responses.insert(status.to_owned(), response));
    for (status, when) in
        [("401", "a token is needed, or wrong"), ("403", "not allowed"), ("413", "a large body")]
    {
        say(status, refusal(when));
    }
    match answer {
        Answer::Data(data) | Answer::Trends(data) => {
            say("200", body("the document", &content(data)));
            say("406", refusal("no acceptable content type"));
            say("500", refusal("the document would be too large, or cannot be made"));
            say(
                "503",
                refusal(
                    "metrics are disabled, too many documents are being made, or the store cannot be read",
                ),
            );
            if !data.params.is_empty() {
                say("400", refusal("a parameter has a value that is not taken"));
            }
        }
        Answer::Health => say("200", body("how the metrics are", &media(JSON, &schema("PerformanceHealth")))),
        Answer::OpenApi => say("200", body("this document", &media(JSON, &json!({ "type": "object" })))),
        #[cfg(feature = "live")]
        Answer::Live => {}
        Answer::Page => say("200", body("the page", &media(HTML, &json!({ "type": "string" })))),
        Answer::File(file) => {
            say("200", body("a file of the page", &media(file.content_type, &json!({ "type": "string" }))));
        }
        Answer::Moved(_) => say("308", refusal("somewhere else")),
    }
    responses.into()
}

fn content(data: Data) -> Value {
    let of = |media: &str| match data.schema {
        Some(name) if media == JSON => schema(name),
        _ => json!({ "type": "string" }),
    };
    data.media
        .iter()
        .map(|media| ((*media).to_owned(), json!({ "schema": of(media) })))
        .collect::<Map<_, _>>()
        .into()
}

fn refusal(when: &str) -> Value {
    body(when, &media(JSON, &schema("Refusal")))
}

fn body(description: &str, content: &Value) -> Value {
    json!({ "description": description, "content": content })
}

fn media(media: &str, schema: &Value) -> Value {
    json!({ media: { "schema": schema } })
}

fn schema(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

#[cfg(test)]
mod tests;
