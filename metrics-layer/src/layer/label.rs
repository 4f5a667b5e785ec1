//! A label of the application's own, which requests are counted by as well.

use std::fmt;
use std::sync::Arc;

use http::{Extensions, HeaderMap, Method, Request, Uri};
use metrics_core::__private::contained;
use metrics_core::RequestTimer;

/// What a hook of [`MetricsLayer::label`](super::MetricsLayer::label) may look at: the head of a request, and the route it
/// takes.
#[derive(Debug)]
pub struct RequestView<'a> {
    method: &'a Method,
    uri: &'a Uri,
    headers: &'a HeaderMap,
    extensions: &'a Extensions,
    route: &'a str,
}

/// The name of a label, and the code that tells its value.
#[derive(Clone)]
pub(super) struct Label {
    name: Arc<str>,
    value: Arc<Hook>,
}

type Hook = dyn for<'a> Fn(&RequestView<'a>) -> Option<&'a str> + Send + Sync;

impl<'a> RequestView<'a> {
    fn new<B>(request: &'a Request<B>, route: &'a str) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            extensions: request.extensions(),
            route,
        }
    }

    /// The method, as it was sent.
    #[must_use]
    pub fn method(&self) -> &'a Method {
        self.method
    }

    /// The target, as it was sent.
    #[must_use]
    pub fn uri(&self) -> &'a Uri {
        self.uri
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &'a HeaderMap {
        self.headers
    }

    /// What layers further out left, such as who the client is.
    #[must_use]
    pub fn extensions(&self) -> &'a Extensions {
        self.extensions
    }

    /// The template of the route, or [`UNMATCHED`](crate::UNMATCHED).
    #[must_use]
    pub fn route(&self) -> &'a str {
        self.route
    }

    /// The value of a header, if it is there and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Label {
    pub(super) fn new<F>(name: &str, value: F) -> Self
    where
        F: for<'a> Fn(&RequestView<'a>) -> Option<&'a str> + Send + Sync + 'static,
    {
        Self { name: name.into(), value: Arc::new(value) }
    }

    /// Asks for the value, and counts the request under it. A hook that panics counts as one that has none.
    #[cold]
    pub(super) fn apply<B>(&self, timer: &mut RequestTimer, request: &Request<B>, route: &str) {
        let view = RequestView::new(request, route);
        if let Some(value) = contained(|| (self.value)(&view)).flatten() {
            timer.label(&self.name, value);
        }
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Label").field("name", &self.name).finish_non_exhaustive()
    }
}
