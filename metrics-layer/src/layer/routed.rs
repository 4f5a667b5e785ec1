//! What axum's router leaves in a request; other routers leave nothing.

use http::Request;

/// The template of the route that it matched, in full also for nested routers.
#[cfg(feature = "axum")]
#[inline]
pub(super) fn template<B>(request: &Request<B>) -> Option<&str> {
    request.extensions().get::<axum::extract::MatchedPath>().map(axum::extract::MatchedPath::as_str)
}

/// The prefix that nested routers took off the path, as a template.
#[cfg(feature = "axum")]
pub(super) fn prefix<B>(request: &Request<B>) -> Option<&str> {
    request.extensions().get::<axum::extract::NestedPath>().map(axum::extract::NestedPath::as_str)
}

#[cfg(not(feature = "axum"))]
pub(super) fn template<B>(_request: &Request<B>) -> Option<&str> {
    None
}

#[cfg(not(feature = "axum"))]
pub(super) fn prefix<B>(_request: &Request<B>) -> Option<&str> {
    None
}

/// What is left of a path behind a prefix; axum makes a slash of nothing.
pub(super) fn left(path: &str) -> &str {
    if path == "/" { "" } else { path }
}
