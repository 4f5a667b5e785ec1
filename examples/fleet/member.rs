//! One instance of one service: it takes jobs over HTTP, works on them, and hands them on.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use metrics_layer::Metrics;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tracing::error;

use crate::call::hand_on;
use crate::error::AppError;
use crate::jobs::{Inlet, Outlet, queue};
use crate::observe::{self, Watch};
use crate::stop::Stop;
use crate::traffic;

/// Time of a job, ms.
const WORK_MS: std::ops::Range<u64> = 2..20;

/// Calls of others under way at a time.
const MOST_CALLS: usize = 4;

/// What a member is, and does.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) metrics: Metrics,
    pub(crate) listener: std::net::TcpListener,
    /// Who gets its jobs, in turn; nobody at the end of the fleet.
    pub(crate) next: Vec<SocketAddr>,
    /// Jobs a second that come from outside.
    pub(crate) rate: u64,
    pub(crate) seed: u64,
}

/// Takes `port` on 127.0.0.1, or any free one if it is 0.
///
/// # Errors
///
/// The port is taken or not allowed.
pub(crate) fn bind(port: u16) -> Result<std::net::TcpListener, AppError> {
    let refused = |error| {
        AppError::failure(format!("cannot listen on 127.0.0.1:{port}: {error} (--port 0 picks a free port)"))
    };
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(refused)?;
    listener.set_nonblocking(true).map_err(AppError::start)?;
    Ok(listener)
}

impl Member {
    /// Starts it on a thread of its own, until it is told to stop.
    ///
    /// # Errors
    ///
    /// The system gives no thread or no runtime.
    pub(crate) fn start(self, stop: Stop) -> Result<thread::JoinHandle<()>, AppError> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(AppError::start)?;
        let name = self.metrics.config().service().to_owned();
        let thread = thread::Builder::new().name(name);
        let run = move || {
            if let Err(error) = runtime.block_on(self.run(stop)) {
                error!(%error, "a member ended by itself");
            }
        };
        thread.spawn(run).map_err(AppError::start)
    }

    async fn run(self, mut stop: Stop) -> std::io::Result<()> {
        let watch = Watch::new(&self.metrics, MOST_CALLS);
        let (inlet, outlet) = queue(&watch);
        let mut work = JoinSet::new();
        work.spawn(traffic::jobs(self.listener.local_addr()?, self.rate));
        work.spawn(Worker::new(self.next, watch, self.seed).run(outlet));
        let app =
            observe::mount(Router::new().route("/api/jobs", post(take)).with_state(inlet), &self.metrics);
        let listener = TcpListener::from_std(self.listener)?;
        axum::serve(listener, app).with_graceful_shutdown(async move { stop.requested().await }).await?;
        self.metrics.shutdown();
        Ok(())
    }
}

async fn take(State(inlet): State<Inlet>) -> StatusCode {
    if inlet.put() { StatusCode::ACCEPTED } else { StatusCode::SERVICE_UNAVAILABLE }
}

/// Works on jobs one after the other, and hands them on beside.
struct Worker {
    next: Vec<SocketAddr>,
    turn: usize,
    watch: Watch,
    calls: Arc<Semaphore>,
    under_way: Arc<AtomicUsize>,
    chance: Xoshiro256PlusPlus,
}

impl Worker {
    fn new(next: Vec<SocketAddr>, watch: Watch, seed: u64) -> Self {
        Self {
            next,
            turn: 0,
            watch,
            calls: Arc::new(Semaphore::new(MOST_CALLS)),
            under_way: Arc::default(),
            chance: Xoshiro256PlusPlus::seed_from_u64(seed),
        }
    }

    async fn run(mut self, mut jobs: Outlet) {
        while jobs.take().await.is_some() {
            tokio::time::sleep(Duration::from_millis(self.chance.random_range(WORK_MS))).await;
            self.watch.done();
            self.hand_on().await;
        }
    }

    /// Waits until there is room for a call.
    async fn hand_on(&mut self) {
        let Some(&to) = self.next.get(self.turn % self.next.len().max(1)) else { return };
        self.turn = self.turn.wrapping_add(1);
        let Ok(permit) = Arc::clone(&self.calls).acquire_owned().await else { return };
        let (watch, under_way) = (self.watch.clone(), Arc::clone(&self.under_way));
        tokio::spawn(async move {
            // Relaxed: the count stands for itself.
            watch.calling(under_way.fetch_add(1, Ordering::Relaxed) + 1);
            if !hand_on(to).await {
                watch.unreachable();
            }
            watch.calling(under_way.fetch_sub(1, Ordering::Relaxed) - 1);
            drop(permit);
        });
    }
}
