//! Connections that outlive the request that upgraded them.

use std::sync::{Arc, Mutex, PoisonError};

use http::{Method, Request, header};
use metrics_core::SessionTimer;

/// A WebSocket or another upgraded connection, for the code that serves it to hold on to.
///
/// A request that asks for an upgrade carries one in its extensions. The session lasts from the response's head until
/// the last clone is dropped, and is counted with a gauge and a duration of its own. If none is left when the
/// response is made, the layer cannot know how long the connection lives: then the request is counted alone.
///
/// # Examples
/// With axum it is an extractor; let the closure that serves the socket own it:
/// ```
/// # use axum::{Router, response::Response, routing::any};
/// use metrics_layer::Session;
///
/// # type WebSocketUpgrade = axum::http::Method; // stands for axum::extract::ws::WebSocketUpgrade
/// # trait OnUpgrade { fn on_upgrade<F: FnOnce(()) -> R, R>(self, _: F) -> Response; }
/// # impl OnUpgrade for WebSocketUpgrade {
/// #     fn on_upgrade<F: FnOnce(()) -> R, R>(self, _: F) -> Response { Response::default() }
/// # }
/// async fn socket(ws: WebSocketUpgrade, session: Session) -> Response {
///     ws.on_upgrade(|mut socket| async move {
///         let _open = session;
///         // … until the socket closes
///     })
/// }
/// # let app: Router = Router::new().route("/api/ws", any(socket));
/// ```
/// On plain hyper, move the request into the task that awaits `hyper::upgrade::on(&mut request)`, or take it by
/// [`Session::of`].
///
/// # Source
/// I-15.
#[derive(Clone, Debug, Default)]
pub struct Session {
    timer: Arc<Mutex<SessionTimer>>,
}

impl Session {
    /// The session that a request would open; `None` when it asks for none, or no layer timed it.
    #[must_use]
    pub fn of<B>(request: &Request<B>) -> Option<Self> {
        request.extensions().get::<Self>().cloned()
    }

    /// Puts one into the request, and keeps another.
    pub(super) fn offer<B>(request: &mut Request<B>) -> Self {
        let session = Self::default();
        request.extensions_mut().insert(session.clone());
        session
    }

    /// Whether anybody but the layer has it.
    pub(super) fn is_held(&self) -> bool {
        Arc::strong_count(&self.timer) > 1
    }

    pub(super) fn open(&self, timer: SessionTimer) {
        *self.timer.lock().unwrap_or_else(PoisonError::into_inner) = timer;
    }
}

/// Whether a request may open a session.
#[inline]
pub(super) fn asks_for_upgrade<B>(request: &Request<B>) -> bool {
    // Passing the few headers by costs less than a look-up.
    request.headers().keys().any(|name| name == header::UPGRADE) || request.method() == Method::CONNECT
}

#[cfg(feature = "axum")]
impl<S: Sync> axum::extract::FromRequestParts<S> for Session {
    type Rejection = std::convert::Infallible;

    /// The session of the request; one of nothing when it asks for none, or no layer timed it.
    async fn from_request_parts(
        parts: &mut http::request::Parts,
        _state: &S,
    ) -> Result<Self, std::convert::Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}
