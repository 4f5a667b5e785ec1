//! JSON about the service itself.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Service;
use super::answer::Refusal;
use super::viewers::TOPIC;
use crate::params::Params;

/// `GET /api/scans`: what the source takes its frames from.
pub(super) async fn scans(State(service): State<Service>) -> Json<Value> {
    Json(json!({ "scans": service.inputs.status() }))
}

/// `GET /api/nodes`: the graph.
pub(super) async fn nodes(State(service): State<Service>) -> Json<Value> {
    Json(json!({ "nodes": service.graph.view() }))
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
    let body = body.map_err(|error| Refusal::new(error.status(), error.body_text()))?;
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
