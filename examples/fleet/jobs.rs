//! The queue of a member.

use std::time::{Duration, Instant};

use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::observe::Watch;

/// Jobs that may wait.
const CAPACITY: usize = 100;

/// Where jobs are put.
#[derive(Debug, Clone)]
pub(crate) struct Inlet {
    jobs: Sender<Instant>,
    watch: Watch,
}

/// Where they are taken from.
#[derive(Debug)]
pub(crate) struct Outlet {
    jobs: Receiver<Instant>,
    watch: Watch,
}

pub(crate) fn queue(watch: &Watch) -> (Inlet, Outlet) {
    let (sender, receiver) = channel(CAPACITY);
    (Inlet { jobs: sender, watch: watch.clone() }, Outlet { jobs: receiver, watch: watch.clone() })
}

impl Inlet {
    /// Says whether there was room.
    pub(crate) fn put(&self) -> bool {
        let is_taken = self.jobs.try_send(Instant::now()).is_ok();
        if !is_taken {
            self.watch.rejected();
        }
        self.watch.waiting(CAPACITY - self.jobs.capacity());
        is_taken
    }
}

impl Outlet {
    /// The next job, and how long it had waited; `None` when there are to be no more.
    pub(crate) async fn take(&mut self) -> Option<Duration> {
        let waited = self.jobs.recv().await?.elapsed();
        self.watch.taken(waited);
        self.watch.waiting(self.jobs.len());
        Some(waited)
    }
}
