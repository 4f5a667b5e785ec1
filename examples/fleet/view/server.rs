//! The page and the document of the fleet.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use super::Fleet;

/// Nothing but the page's own files, and no way from text to markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
                      trusted-types 'none'";

pub(crate) fn router(fleet: Fleet) -> Router {
    let file =
        |content_type: &'static str, text: &'static str| get(async move || of_page(content_type, text));
    Router::new()
        .route("/", file("text/html; charset=utf-8", include_str!("index.html")))
        .route("/fleet.css", file("text/css; charset=utf-8", include_str!("fleet.css")))
        .route("/fleet.js", file("text/javascript; charset=utf-8", include_str!("fleet.js")))
        .route("/api/fleet", get(view))
        .with_state(fleet)
}

fn of_page(content_type: &'static str, text: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, content_type),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, text).into_response()
}

async fn view(State(fleet): State<Fleet>) -> Response {
    match fleet.view().await {
        Ok(view) => ([(CACHE_CONTROL, "no-store")], Json(view)).into_response(),
        Err(error) => {
            tracing::warn!(%error, "the fleet cannot be read");
            let refusal = Json(json!({ "detail": "the store cannot be read now" }));
            (StatusCode::SERVICE_UNAVAILABLE, refusal).into_response()
        }
    }
}
