//! The live stream: one snapshot a tick as text JSON, to every WebSocket client.
//!
//! The sampler's thread serialises once per tick and puts the frame into a slot that holds the latest only. Each
//! client takes frames from it at its own pace: a slow one misses frames, and slows nobody.
//!
//! # Source
//! Section 7 of the requirements; R-02.

mod handshake;
mod hub;
mod inbound;
mod patience;
mod socket;
mod subscription;

pub(crate) use hub::hide_topic;
pub use hub::{Hub, MAX_CLIENTS};
pub use subscription::{SubscribeError, Subscription};

use std::sync::Arc;

use http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use metrics_core::Collector;
use tokio::runtime::Handle;

use crate::layer::Session;
use crate::serve::stop::Stop;
use crate::serve::{self, Body};
use handshake::Accept;

/// Answers a request for the live stream: 101, and a task of the server's runtime that feeds the client.
pub(crate) fn connect(request: &Parts, hub: Option<&Hub>, collector: &Arc<dyn Collector>) -> Response<Body> {
    let accept = match Accept::of(request) {
        Ok(accept) => accept,
        Err(fault) => return refuse(fault),
    };
    let Some(hub) = hub else {
        return serve::detail(StatusCode::SERVICE_UNAVAILABLE, "no live stream");
    };
    let Some(upgrade) = request.extensions.get::<OnUpgrade>().cloned() else {
        return serve::detail(StatusCode::NOT_IMPLEMENTED, "this server upgrades no connections");
    };
    let Ok(runtime) = Handle::try_current() else {
        return serve::detail(StatusCode::NOT_IMPLEMENTED, "the live stream needs a tokio runtime");
    };
    let subscription = match hub.subscribe(Arc::clone(collector)) {
        Ok(subscription) => subscription,
        Err(error) => return serve::detail(StatusCode::SERVICE_UNAVAILABLE, error.detail()),
    };
    let stop = request.extensions.get::<Stop>().cloned();
    // Clients count as open while the layer around the handler knows that somebody serves them.
    let session = request.extensions.get::<Session>().cloned();
    runtime.spawn(async move {
        let _open = session;
        socket::run(upgrade, subscription, stop).await;
    });
    switch(accept)
}

fn switch(accept: Accept) -> Response<Body> {
    let mut response = serve::empty(StatusCode::SWITCHING_PROTOCOLS);
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    if accept.speaks_protocol() {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(handshake::PROTOCOL));
    }
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept.into_value());
    response
}

fn refuse(fault: handshake::Fault) -> Response<Body> {
    let mut response = serve::detail(fault.status(), fault.detail());
    if fault.status() == StatusCode::UPGRADE_REQUIRED {
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    }
    response
}
