//! Refusals, in the shape of the metrics' own, with the field that is at fault.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::store::StoreError;

/// A refusal: status and `{"detail": …, "field": …}`. Nothing of the request is echoed.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    body: Body,
}

#[derive(Debug, Serialize)]
struct Body {
    detail: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, detail: &'static str) -> Self {
        Self { status, body: Body { detail, field: None } }
    }

    /// A part of the request that cannot be taken.
    pub(super) fn field(field: &'static str, detail: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, body: Body { detail, field: Some(field) } }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "no answer from the database");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the database does not answer")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}
