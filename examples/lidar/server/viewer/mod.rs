//! `/viewer`: the page that draws the clouds; static files.

use axum::Router;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::IntoResponse;
use axum::routing::get;

use super::Service;

/// Its own files and sockets, the icon and the collectors of the dashboard; nothing of anybody else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

struct File {
    path: &'static str,
    content_type: &'static str,
    text: &'static str,
}

/// A file below the page's own path.
macro_rules! file {
    ($name:literal, $content_type:expr) => {
        File {
            path: concat!("/viewer/", $name),
            content_type: $content_type,
            text: include_str!(concat!("assets/", $name)),
        }
    };
}

static FILES: [File; 10] = [
    File { path: "/viewer", content_type: HTML, text: include_str!("assets/index.html") },
    file!("style.css", CSS),
    file!("viewer.js", JAVASCRIPT),
    file!("camera.js", JAVASCRIPT),
    file!("controls.js", JAVASCRIPT),
    file!("detail.js", JAVASCRIPT),
    file!("message.js", JAVASCRIPT),
    file!("scene.js", JAVASCRIPT),
    file!("figures.js", JAVASCRIPT),
    file!("stream.js", JAVASCRIPT),
];

/// The page and what it loads.
pub(super) fn router() -> Router<Service> {
    FILES.iter().fold(Router::new(), |router, file| router.route(file.path, get(|| async { send(file) })))
}

fn send(file: &'static File) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, file.content_type),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, file.text)
}
