//! `/ws/points`: live clouds for viewers.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{self, CloseFrame, WebSocket, WebSocketUpgrade, close_code};
use axum::http::StatusCode;
use axum::response::Response;
use metrics_layer::Registry;
use metrics_layer::core::Topic;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit, watch};
use tokio::time::timeout;

use super::Service;
use super::answer::Refusal;
use crate::points::Message;
use crate::stop::Stop;

/// The topic under which messages are counted.
pub(super) const TOPIC: &str = "points";

/// Viewers at once: each holds at most one message beyond those that all share.
const MAX_VIEWERS: u32 = 32;

/// How long a viewer may take to accept a message before it is given up.
const SEND_TIMEOUT: Duration = Duration::from_secs(2);

/// Largest message from a viewer; none is expected.
const MAX_INCOMING_BYTES: usize = 4 * 1024;

/// Everyone who watches; clones share them.
#[derive(Clone)]
pub(crate) struct Viewers {
    latest: watch::Sender<Message>,
    places: Arc<Semaphore>,
    connections: Arc<Connections>,
    stop: Stop,
}

/// How many viewers are connected, and where that is shown.
struct Connections {
    open: Mutex<u64>,
    topic: Topic,
}

/// One connected viewer; dropping it counts it out, however the connection ends.
struct Viewer {
    connections: Arc<Connections>,
    _place: OwnedSemaphorePermit,
}

/// `GET /ws/points`.
pub(super) async fn points(
    State(service): State<Service>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Refusal> {
    let viewers = service.viewers;
    let place = Arc::clone(&viewers.places).try_acquire_owned().map_err(|_| {
        let detail = format!("{MAX_VIEWERS} viewers are connected, no more are allowed");
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    })?;
    let upgrade = upgrade.max_message_size(MAX_INCOMING_BYTES).max_frame_size(MAX_INCOMING_BYTES);
    Ok(upgrade.on_upgrade(move |socket| viewers.show(socket, place)))
}

// === impl Viewers ===

impl Viewers {
    pub(super) fn new(registry: &Registry, latest: watch::Sender<Message>, stop: Stop) -> Self {
        let connections = Connections { open: Mutex::new(0), topic: registry.topic(TOPIC) };
        Self {
            latest,
            places: Arc::new(Semaphore::new(MAX_VIEWERS as usize)),
            connections: Arc::new(connections),
            stop,
        }
    }

    /// Waits until nobody watches any more; who comes later is turned away.
    pub(super) async fn all_gone(&self) {
        // Fails if the semaphore is closed, which it never is.
        let _ = self.places.acquire_many(MAX_VIEWERS).await.map(SemaphorePermit::forget);
    }

    /// Sends clouds until the viewer leaves, is too slow, or the service stops.
    async fn show(self, mut socket: WebSocket, place: OwnedSemaphorePermit) {
        let viewer = Viewer::arrive(self.connections, place);
        let mut stop = self.stop;
        tokio::select! {
            () = viewer.send_latest(&mut socket, self.latest.subscribe()) => {}
            () = stop.requested() => say_goodbye(&mut socket).await,
        }
    }
}

// === impl Viewer ===

impl Viewer {
    fn arrive(connections: Arc<Connections>, place: OwnedSemaphorePermit) -> Self {
        connections.change(|open| open + 1);
        Self { connections, _place: place }
    }

    /// Sends each new message; those that come while one is being sent replace each other.
    async fn send_latest(&self, socket: &mut WebSocket, mut latest: watch::Receiver<Message>) {
        // What is there already was for others.
        latest.mark_unchanged();
        loop {
            tokio::select! {
                changed = latest.changed() => {
                    let message = latest.borrow_and_update().bytes();
                    if changed.is_err() || !self.send(socket, message).await {
                        return;
                    }
                }
                received = socket.recv() => {
                    // Viewers have nothing to say but that they leave.
                    if !matches!(received, Some(Ok(message)) if !matches!(message, ws::Message::Close(_))) {
                        return;
                    }
                }
            }
        }
    }

    /// Whether the message was sent; only then it is counted.
    async fn send(&self, socket: &mut WebSocket, message: axum::body::Bytes) -> bool {
        let length = message.len() as u64;
        let sent = timeout(SEND_TIMEOUT, socket.send(ws::Message::Binary(message))).await;
        let is_sent = matches!(sent, Ok(Ok(())));
        if is_sent {
            self.connections.topic.record_message(length);
        }
        is_sent
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.connections.change(|open| open.saturating_sub(1));
    }
}

// === impl Connections ===

impl Connections {
    /// Shown while the count is held, so that no older number overwrites a newer one.
    fn change(&self, change: impl FnOnce(u64) -> u64) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        *open = change(*open);
        self.topic.set_connections(*open);
    }
}

async fn say_goodbye(socket: &mut WebSocket) {
    let goodbye = CloseFrame { code: close_code::AWAY, reason: "the service stops".into() };
    // A viewer that does not listen is left.
    let _ = timeout(SEND_TIMEOUT, socket.send(ws::Message::Close(Some(goodbye)))).await;
}
