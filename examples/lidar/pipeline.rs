//! The graph at work: one task per node, and a clock that sends frames in.

use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics_layer::Registry;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tracing::warn;

use crate::frame::Frame;
use crate::graph::Graph;
use crate::inlet::Inlet;
use crate::ledger::Ledger;
use crate::log_limit::LogLimit;
use crate::node::{Node, NodeError, route};
use crate::params::ParamStore;
use crate::queue::{Backlog, Pushed, WhenFull};
use crate::stop::Stop;

/// When frames come, and how many.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    /// Frames a second.
    pub(crate) hz: f64,
    /// Frames to process, every one of them; `None` for a live run without end that drops frames
    /// rather than fall behind.
    pub(crate) frames: Option<u64>,
}

/// What the pipeline shares with the rest of the service.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) params: ParamStore,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) registry: Registry,
    pub(crate) backlog: Backlog,
}

/// A graph at work.
#[derive(Debug)]
pub(crate) struct Pipeline {
    tasks: JoinSet<()>,
    inlets: Vec<Arc<Inlet>>,
}

/// One node at work.
struct Worker {
    node: Arc<dyn Node>,
    inlet: Arc<Inlet>,
    next: Option<Arc<Inlet>>,
    ledger: Arc<Ledger>,
    errors: LogLimit,
}

// === impl Pipeline ===

impl Pipeline {
    /// Starts the tasks; must be called in a tokio runtime.
    pub(crate) fn start(graph: &Graph, schedule: Schedule, shared: &Shared, stop: Stop) -> Self {
        let when_full = match schedule.frames {
            Some(_) => WhenFull::Wait,
            None => WhenFull::DropOldest,
        };
        let inlet = |node: &Arc<dyn Node>| {
            let backlog = shared.backlog.clone();
            Arc::new(Inlet::new(node.info(), when_full, backlog, &shared.registry))
        };
        let inlets: Vec<_> = graph.nodes().iter().map(inlet).collect();
        inlets.windows(2).for_each(|pair| pair[0].feeds(&pair[1]));
        let mut tasks = JoinSet::new();
        for (index, node) in graph.nodes().iter().enumerate() {
            let worker = Worker {
                node: Arc::clone(node),
                inlet: Arc::clone(&inlets[index]),
                next: inlets.get(index + 1).cloned(),
                ledger: Arc::clone(&shared.ledger),
                errors: LogLimit::default(),
            };
            tasks.spawn(worker.run());
        }
        if let Some(first) = inlets.first() {
            tasks.spawn(send_frames(schedule, shared.params.clone(), Arc::clone(first), stop));
        }
        Self { tasks, inlets }
    }

    /// Throws away the frames that wait; each node still finishes the one it is at.
    pub(crate) fn abandon(&self) {
        self.inlets.iter().for_each(|inlet| inlet.abandon());
    }

    /// Waits until the last frame is through; after a stop that is the last one that was sent.
    pub(crate) async fn finished(&mut self) {
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                warn!(%error, "a task of the pipeline ended early");
            }
        }
    }
}

/// Sends frames into `first` until there are enough or the end is asked for, then closes it.
async fn send_frames(schedule: Schedule, params: ParamStore, first: Arc<Inlet>, mut stop: Stop) {
    tokio::select! {
        () = tick(schedule, &params, &first) => {}
        () = stop.requested() => {}
    }
    first.close();
}

async fn tick(schedule: Schedule, params: &ParamStore, first: &Inlet) {
    let mut clock = tokio::time::interval(Duration::from_secs_f64(1.0 / schedule.hz));
    // A frame that comes late moves no other one.
    clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
    for number in 0..schedule.frames.unwrap_or(u64::MAX) {
        clock.tick().await;
        let frame = Frame::empty(number, params.current());
        if first.push(frame).await == Pushed::Closed {
            return;
        }
    }
}

// === impl Worker ===

impl Worker {
    async fn run(mut self) {
        while let Some(frame) = self.inlet.pop().await {
            self.work(frame).await;
        }
        if let Some(next) = &self.next {
            next.close();
        }
    }

    async fn work(&mut self, frame: Frame) {
        let number = frame.number;
        let start = Instant::now();
        let result = route(&self.node, frame).await;
        let spent = start.elapsed();
        match result {
            Ok(mut frame) => {
                frame.spent += spent;
                frame.passed(self.node.info().id);
                self.hand_on(frame).await;
            }
            Err(error) => self.lost(number, &error),
        }
    }

    async fn hand_on(&self, frame: Frame) {
        match &self.next {
            Some(next) => {
                next.push(frame).await;
            }
            None => self.ledger.finished(&frame),
        }
    }

    fn lost(&mut self, frame: u64, error: &NodeError) {
        self.ledger.failed();
        if let Some(held_back) = self.errors.allow(Instant::now()) {
            let node = self.node.info().id;
            warn!(node, frame, %error, held_back, "frame lost");
        }
    }
}

#[cfg(test)]
mod tests;
