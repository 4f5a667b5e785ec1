//! Responses: each has its exact type and length, is never stored by anyone and never guessed at.

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde::Serialize;

use super::Body;
use super::refusal::Refusal;
use super::render::{self, Fault};
use super::routes::JSON;
use crate::dashboard;

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

/// A small value as JSON, with status 200.
pub(super) fn json(value: &impl Serialize) -> Response<Body> {
    rendered(render::json(value))
}

/// JSON that was made, or why it was not.
pub(super) fn rendered(json: Result<Bytes, Fault>) -> Response<Body> {
    match json {
        Ok(bytes) => content(StatusCode::OK, JSON, bytes),
        Err(fault) => Refusal::Fault(fault).response(),
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

/// The response with what a page may do.
pub(super) fn guarded(response: Response<Body>) -> Response<Body> {
    let response = with(response, CONTENT_SECURITY_POLICY, dashboard::POLICY);
    with(response, REFERRER_POLICY, "no-referrer")
}

/// The response with one more header.
pub(super) fn with(mut response: Response<Body>, name: HeaderName, value: &'static str) -> Response<Body> {
    let value = HeaderValue::from_static(value);
    response.headers_mut().insert(name, value);
    response
}
