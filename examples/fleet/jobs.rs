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

#[cfg(test)]
mod tests {
    use metrics_layer::core::storage::Store;

    use super::*;
    use crate::cli::Name;
    use crate::observe;

    #[tokio::test]
    async fn what_finds_no_room_is_an_error_and_what_waits_is_seen() {
        let store = Store::memory().start().unwrap();
        let name = Name { service: "ingest".to_owned(), instance: "1".to_owned() };
        let metrics = observe::member(&name, &store).unwrap();
        let (inlet, mut outlet) = queue(&Watch::new(&metrics, 1));
        let taken = (0..CAPACITY + 5).filter(|_| inlet.put()).count();
        assert_eq!(taken, CAPACITY);
        let seen = || metrics.registry().queues().remove(0);
        assert_eq!((seen().size, seen().waits_total), (CAPACITY as u64, 0));
        assert_eq!(metrics.registry().errors()[0].count, 5);
        outlet.take().await.unwrap();
        assert_eq!((seen().size, seen().waits_total), (CAPACITY as u64 - 1, 1));
    }
}
