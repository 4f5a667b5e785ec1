//! JSON about the service itself.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Service;
use super::answer::Refusal;
use super::viewers::TOPIC;
use crate::graph::NodeView;
use crate::input::InputStatus;
use crate::params::Params;

/// Largest body of a request; all parameters together have about half a KiB.
pub(super) const MAX_BODY_BYTES: usize = 64 * 1024;

#[derive(Serialize)]
struct Scans<'a> {
    scans: Vec<InputStatus<'a>>,
}

#[derive(Serialize)]
struct Nodes {
    nodes: Vec<NodeView>,
}

/// `GET /api/scans`: what the source takes its frames from.
pub(super) async fn scans(State(service): State<Service>) -> Response {
    let scans = service.inputs.status();
    Json(Scans { scans }).into_response()
}

/// `GET /api/nodes`: the graph.
pub(super) async fn nodes(State(service): State<Service>) -> Response {
    let nodes = service.graph.view();
    Json(Nodes { nodes }).into_response()
}

/// `GET /api/pipeline`: all parameters.
pub(super) async fn pipeline(State(service): State<Service>) -> Json<Params> {
    Json(Params::clone(&service.params.current()))
}

/// `PUT /api/pipeline`: changes the parameters that the body names; the next frame sees them.
pub(super) async fn change_pipeline(
    State(service): State<Service>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Params>, Refusal> {
    let body = body.map_err(|error| unread_body(&error))?;
    let changed = service
        .params
        .patch(&body)
        .map_err(|error| Refusal::new(StatusCode::BAD_REQUEST, error.to_string()))?;
    tracing::info!("parameters changed");
    Ok(Json(Params::clone(&changed)))
}

/// `GET /ws/topics`: the topics that viewers may open.
pub(super) async fn topics(State(service): State<Service>) -> Json<Vec<String>> {
    let mut topics = service.registry.topics();
    // With metrics off the registry knows none.
    if !topics.iter().any(|topic| topic == TOPIC) {
        topics.push(TOPIC.to_owned());
    }
    Json(topics)
}

fn unread_body(error: &BytesRejection) -> Refusal {
    let detail = match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => format!("the body is larger than {MAX_BODY_BYTES} bytes"),
        _ => error.body_text(),
    };
    Refusal::new(error.status(), detail)
}
