//! HTTP on the loopback interface: what a head unit offers.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use metrics_layer::serve::Access;
use metrics_layer::{Metrics, Session};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tokio::net::TcpListener;
use tokio::time::{interval, sleep};

use crate::error::AppError;
use crate::extensions::{Extensions, Order};
use crate::hog::{Hog, Status};

/// Events are sent at this period.
const EVENT_PERIOD: Duration = Duration::from_millis(500);

/// What there is to open.
pub(crate) const PAGES: [(&str, &str); 7] = [
    ("dashboard", "/dashboard/performance"),
    ("collected", "/metrics"),
    ("summary", "/metrics/summary"),
    ("alerts", "/metrics/alerts"),
    ("alert events", "/metrics/alerts/events"),
    ("Prometheus", "/metrics/prometheus"),
    ("CSV", "/metrics/csv"),
];

/// What handlers need; clones share it.
#[derive(Clone)]
pub(crate) struct Service {
    metrics: Metrics,
    extensions: Extensions,
    hog: Hog,
    listeners: Arc<AtomicU64>,
    chance: Arc<Mutex<Xoshiro256PlusPlus>>,
}

impl Service {
    pub(crate) fn new(metrics: &Metrics, extensions: Extensions, hog: Hog, seed: u64) -> Self {
        let chance = Xoshiro256PlusPlus::seed_from_u64(seed);
        Self {
            metrics: metrics.clone(),
            extensions,
            hog,
            listeners: Arc::default(),
            chance: Arc::new(Mutex::new(chance)),
        }
    }
}

/// The head unit's own routes, open to the machine itself only.
pub(crate) fn router(service: Service) -> Router {
    guarded(service.clone()).merge(simulated().with_state(service))
}

/// What changes something, or lasts.
fn guarded(service: Service) -> Router {
    Router::new()
        .route("/api/hog", get(hog).put(hog_on).delete(hog_off))
        .route("/api/extensions/{id}/{order}", post(order))
        .route("/ws/events", get(events))
        .layer(Access::default().allow_loopback().layer())
        .with_state(service)
}

/// What takes time and does nothing; also asked from within.
fn simulated() -> Router<Service> {
    Router::new()
        .route("/api/media/play", get(|service| work(service, 20..80, 0.0)))
        .route("/api/settings/get", get(|service| work(service, 5..15, 0.0)))
        .route("/api/navigation/route", get(|service| work(service, 100..300, 0.02)))
        .route("/api/phone/dial", get(|service| work(service, 40..60, 0.1)))
}

/// Takes its time, and fails at times.
async fn work(State(service): State<Service>, ms: std::ops::Range<u64>, failures: f64) -> StatusCode {
    let (ms, fails) = {
        let mut chance = service.chance.lock().unwrap_or_else(PoisonError::into_inner);
        (chance.random_range(ms), chance.random_bool(failures))
    };
    sleep(Duration::from_millis(ms)).await;
    if fails { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
}

async fn hog(State(service): State<Service>) -> Json<Status> {
    Json(service.hog.status())
}

async fn hog_on(State(service): State<Service>) -> Json<Status> {
    service.hog.switch_on(&service.metrics);
    Json(service.hog.status())
}

async fn hog_off(State(service): State<Service>) -> Json<Status> {
    service.hog.switch_off();
    Json(service.hog.status())
}

async fn order(State(service): State<Service>, Path((id, order)): Path<(String, String)>) -> StatusCode {
    match Order::from_word(&order) {
        Some(order) if service.extensions.order(&id, order) => StatusCode::ACCEPTED,
        _ => StatusCode::NOT_FOUND,
    }
}

async fn events(State(service): State<Service>, session: Session, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(move |socket| async move {
        let _session = session;
        service.connections(|open| open + 1);
        service.send_events(socket).await;
        service.connections(|open| open - 1);
    })
}

impl Service {
    /// Sends an event now and then, until the client goes.
    async fn send_events(&self, mut socket: WebSocket) {
        let topic = self.metrics.registry().topic("events");
        let mut ticks = interval(EVENT_PERIOD);
        loop {
            tokio::select! {
                _ = ticks.tick() => {
                    const EVENT: &str = r#"{"event":"tick"}"#;
                    if socket.send(Message::Text(EVENT.into())).await.is_err() {
                        return;
                    }
                    topic.record_message(EVENT.len() as u64);
                }
                message = socket.recv() => if !matches!(message, Some(Ok(_))) { return },
            }
        }
    }

    fn connections(&self, change: impl Fn(u64) -> u64) {
        // Relaxed: the count stands for itself.
        let change = |open| Some(change(open));
        let before = self.listeners.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
        let open = before.ok().and_then(change).unwrap_or_default();
        self.metrics.registry().topic("events").set_connections(open);
    }
}

/// Takes `port` on 127.0.0.1, or any free one if it is 0.
///
/// # Errors
///
/// The port is taken or not allowed.
pub(crate) async fn bind(port: u16) -> Result<TcpListener, AppError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| {
        AppError::failure(format!("cannot listen on 127.0.0.1:{port}: {error} (--port 0 picks a free port)"))
    })
}
