//! The page that leads to the others.

use std::fmt::Write as _;

use axum::response::Html;

/// Something to open.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) title: &'static str,
    pub(crate) scheme: &'static str,
    pub(crate) path: &'static str,
}

/// What there is to open, the most interesting first.
pub(crate) const PAGES: [Page; 13] = [
    page("dashboard", "/dashboard/performance"),
    page("viewer", "/viewer"),
    page("start page", "/"),
    page("metrics", "/api/metrics"),
    page("metrics: nodes", "/api/metrics/dag"),
    page("metrics: topics", "/api/metrics/websocket"),
    page("health", "/api/health/performance"),
    page("scans", "/api/scans"),
    page("graph", "/api/nodes"),
    page("parameters", "/api/pipeline"),
    page("topics", "/ws/topics"),
    socket("live metrics", "/ws/system_metrics"),
    socket("live points", "/ws/points"),
];

const fn page(title: &'static str, path: &'static str) -> Page {
    Page { title, scheme: "http", path }
}

const fn socket(title: &'static str, path: &'static str) -> Page {
    Page { title, scheme: "ws", path }
}

/// `GET /`.
pub(super) async fn page_of_links() -> Html<String> {
    let mut items = String::new();
    for page in &PAGES {
        let Page { title, scheme, path } = page;
        // Writing to a string cannot fail.
        let _ = match *scheme {
            "ws" => writeln!(items, "<li>{title}: WebSocket at <code>{path}</code></li>"),
            _ => writeln!(items, "<li><a href=\"{path}\">{title}</a></li>"),
        };
    }
    Html(format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>lidar</title>\n\
         <link rel=\"icon\" type=\"image/svg+xml\" href=\"dashboard/performance/icon.svg\">\n\
         <h1>lidar</h1>\n<ul>\n{items}</ul>\n</html>\n"
    ))
}
