//! Drives a service: so many requests, on so many connections, for so long at most, timed by a clock of its own.

mod connection;
mod outcome;
mod wanted;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

pub(crate) use self::outcome::{Outcome, Summary};
pub(crate) use self::wanted::Wanted;

use self::connection::Connection;

/// What to do.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) address: SocketAddr,
    /// What is asked for, in turn.
    pub(crate) wanted: Vec<Wanted>,
    /// `None` for as many as there is time for.
    pub(crate) requests: Option<usize>,
    pub(crate) connections: usize,
    /// After which no further request is made.
    pub(crate) time: Option<Duration>,
    /// How long one request may take.
    pub(crate) patience: Duration,
    /// Requests a second over all connections; `None` for as many as there can be.
    pub(crate) hz: Option<f64>,
}

impl Plan {
    /// One connection, without an end.
    pub(crate) fn new(address: SocketAddr, wanted: Vec<Wanted>) -> Self {
        Self {
            address,
            wanted,
            requests: None,
            connections: 1,
            time: None,
            patience: Duration::from_secs(10),
            hz: None,
        }
    }
}

/// A plan that is carried out.
#[derive(Debug)]
pub(crate) struct Drive {
    plan: Plan,
    started: Instant,
    /// Requests that were begun.
    begun: AtomicUsize,
}

impl Drive {
    pub(crate) fn new(plan: Plan) -> Self {
        Self { plan, started: Instant::now(), begun: AtomicUsize::new(0) }
    }

    /// Carries it out, and tells what came of it.
    pub(crate) async fn run(self) -> Summary {
        let drive = Arc::new(Self { started: Instant::now(), ..self });
        let mut connections = JoinSet::new();
        for _ in 0..drive.plan.connections {
            connections.spawn(Arc::clone(&drive).connection());
        }
        let outcomes = connections.join_all().await.concat();
        Summary::new(&drive.plan.wanted, drive.started.elapsed(), &outcomes)
    }

    /// One request after the other.
    async fn connection(self: Arc<Self>) -> Vec<Outcome> {
        let mut connection = Connection::new(self.plan.address, self.plan.patience);
        let mut outcomes = Vec::new();
        while let Some((turn, wanted)) = self.next().await {
            outcomes.push(connection.ask(turn % self.plan.wanted.len(), wanted).await);
        }
        outcomes
    }

    /// What to ask for next, when it is time for it; `None` at the end.
    async fn next(&self) -> Option<(usize, &Wanted)> {
        let turn = self.begun.fetch_add(1, Ordering::Relaxed);
        let wanted = self.plan.wanted.get(turn.checked_rem(self.plan.wanted.len())?)?;
        if self.plan.requests.is_some_and(|requests| turn >= requests) {
            return None;
        }
        if let Some(hz) = self.plan.hz {
            let due = self.started + Duration::from_secs_f64(turn as f64 / hz);
            tokio::time::sleep_until(due.into()).await;
        }
        let is_over = self.plan.time.is_some_and(|time| self.started.elapsed() >= time);
        (!is_over).then_some((turn, wanted))
    }
}
