//! The one table of paths: dispatch, [`Handler::owns`](super::Handler::owns), axum's routes and the `Allow`
//! header are made from it.

use http::Method;

use crate::dashboard::{self, Asset};

/// What a path answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Snapshot,
    Dag,
    WebSocket,
    Functions,
    Own,
    Health,
    #[cfg(feature = "live")]
    Live,
    File(&'static Asset),
    /// A permanent redirect to a relative place.
    Moved(&'static str),
    NotFound,
}

/// The methods a path answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Methods {
    GetHead,
    /// An upgrade has no HEAD.
    #[cfg(feature = "live")]
    Get,
}

impl Methods {
    pub(crate) fn contain(self, method: &Method) -> bool {
        match self {
            Self::GetHead => method == Method::GET || method == Method::HEAD,
            #[cfg(feature = "live")]
            Self::Get => method == Method::GET,
        }
    }

    pub(crate) fn allow(self) -> &'static str {
        match self {
            Self::GetHead => "GET, HEAD",
            #[cfg(feature = "live")]
            Self::Get => "GET",
        }
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route {
    pub(crate) path: &'static str,
    pub(crate) methods: Methods,
    pub(crate) answer: Answer,
}

const fn get(path: &'static str, answer: Answer) -> Route {
    Route { path, methods: Methods::GetHead, answer }
}

const ROUTES: &[Route] = &[
    get("/api/metrics", Answer::Snapshot),
    get("/api/metrics/dag", Answer::Dag),
    get("/api/metrics/websocket", Answer::WebSocket),
    get("/api/metrics/functions", Answer::Functions),
    get("/api/metrics/self", Answer::Own),
    get("/api/health/performance", Answer::Health),
    #[cfg(feature = "live")]
    Route { path: "/ws/system_metrics", methods: Methods::Get, answer: Answer::Live },
    get("/dashboard/performance/", Answer::Moved("../performance")),
];

/// Everything below these is the handler's, so that a typing error answers 404 JSON and not the page of a
/// single-page application (E-19, E-21).
const SCOPES: &[&str] = &["/api/metrics/", "/dashboard/performance/"];

/// All rows but those of the scopes.
fn rows() -> impl Iterator<Item = Route> {
    let files = dashboard::ASSETS.iter();
    ROUTES.iter().copied().chain(files.map(|file| get(file.path, Answer::File(file))))
}

/// The row that answers a path; `None` when it is not the handler's.
pub(crate) fn find(path: &str) -> Option<Route> {
    rows().find(|route| route.path == path).or_else(|| {
        let scope = SCOPES.iter().find(|scope| path.starts_with(**scope))?;
        Some(get(scope, Answer::NotFound))
    })
}

/// Every row in axum's notation, those of the scopes too.
#[cfg(feature = "axum")]
pub(crate) fn axum_paths() -> impl Iterator<Item = String> {
    let exact = rows().map(|route| route.path.to_owned());
    let bare = SCOPES
        .iter()
        .filter(|scope| !rows().any(|route| route.path == **scope))
        .map(|scope| (*scope).to_owned());
    let below = SCOPES.iter().map(|scope| format!("{scope}{{*rest}}"));
    exact.chain(bare).chain(below)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_path_is_listed_twice() {
        let mut seen = HashSet::new();
        assert!(rows().all(|route| seen.insert(route.path)));
    }

    #[test]
    fn paths_are_compared_exactly() {
        for path in ["/api/metrics", "/api/health/performance", "/dashboard/performance"] {
            assert!(find(path).is_some(), "{path}");
        }
        for path in
            ["", "*", "/", "/api", "/api/metricsx", "/API/metrics", "/dashboard", "/ws/system_metrics/"]
        {
            assert!(find(path).is_none(), "{path}");
        }
        for path in ["/api/metrics/", "/api/metrics/x", "/dashboard/performance/..%2fx"] {
            assert!(matches!(find(path), Some(Route { answer: Answer::NotFound, .. })), "{path}");
        }
    }
}
