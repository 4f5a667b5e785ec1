//! Responses: each has its exact type and length, is never stored by anyone and never guessed at.

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde::Serialize;

use super::Body;
use super::routes::Methods;

const JSON: &str = "application/json";

/// Content with a status and a type.
pub(super) fn content(status: StatusCode, content_type: &'static str, bytes: Bytes) -> Response<Body> {
    let length = bytes.len();
    let mut response = Response::new(Body::new(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// A value as JSON, with status 200.
pub(super) fn json(value: &impl Serialize) -> Response<Body> {
    match serde_json::to_vec(value) {
        Ok(bytes) => content(StatusCode::OK, JSON, bytes.into()),
        Err(error) => {
            tracing::error!(%error, "metrics cannot be serialised");
            detail(StatusCode::INTERNAL_SERVER_ERROR, "metrics cannot be serialised")
        }
    }
}

/// An error, in the shape of GAP-06. The text is ours: input is never echoed.
pub(crate) fn detail(status: StatusCode, text: &'static str) -> Response<Body> {
    #[derive(Serialize)]
    struct Detail {
        detail: &'static str,
    }
    let bytes = serde_json::to_vec(&Detail { detail: text }).unwrap_or_default();
    content(status, JSON, bytes.into())
}

/// Metrics are off (E-01).
pub(super) fn disabled() -> Response<Body> {
    detail(StatusCode::SERVICE_UNAVAILABLE, "metrics disabled")
}

/// There is no such path here.
pub(super) fn not_found() -> Response<Body> {
    detail(StatusCode::NOT_FOUND, "not found")
}

/// The path answers these methods only (E-21).
pub(super) fn method_not_allowed(methods: Methods) -> Response<Body> {
    let response = detail(StatusCode::METHOD_NOT_ALLOWED, "method not allowed");
    with(response, ALLOW, methods.allow())
}

/// Somewhere else, for good; a relative place, so that it holds behind any prefix.
pub(super) fn moved(place: &'static str) -> Response<Body> {
    let response = detail(StatusCode::PERMANENT_REDIRECT, "moved");
    with(response, LOCATION, place)
}

/// A status alone.
#[cfg(feature = "live")]
pub(crate) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = status;
    response
}

/// The response with one more header.
pub(super) fn with(mut response: Response<Body>, name: HeaderName, value: &'static str) -> Response<Body> {
    let value = HeaderValue::from_static(value);
    response.headers_mut().insert(name, value);
    response
}
