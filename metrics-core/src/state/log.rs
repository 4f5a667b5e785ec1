//! The requests worth a look: the slowest, and the latest that failed.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::key::OwnedKey;
use crate::series::CellKey;
use crate::snapshot::{NotableRequest, NotableRequests};
use crate::sync::lock;
use crate::unit::ms_from_ns;

/// Requests of each kind that are kept. A hundred fill a screen, and take 10 KiB.
const KEPT: usize = 100;

/// The slowest requests and the latest errors since the start or the last reset.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// The slowest first.
    slowest: Vec<Logged>,
    /// The latest last.
    errors: VecDeque<Logged>,
}

/// A request as it is kept: its route shares the text of the table's key.
#[derive(Clone, Debug)]
pub(crate) struct Logged {
    pub(crate) unix_secs: f64,
    pub(crate) route: OwnedKey,
    pub(crate) key: CellKey,
    pub(crate) ns: u64,
}

impl Logged {
    fn snapshot(&self) -> NotableRequest {
        let route = self.route.borrow();
        NotableRequest {
            timestamp: self.unix_secs,
            method: route.first.to_owned(),
            path: route.second.to_owned(),
            status_code: self.key.status(),
            outcome: self.key.outcome().as_str().to_owned(),
            duration_ms: ms_from_ns(self.ns),
        }
    }
}

impl RequestLog {
    /// Takes a request that failed or may be slow; gives back how long one must be to be slow from now on.
    pub(crate) fn offer(&self, request: Logged) -> u64 {
        let mut kept = lock(&self.kept);
        if request.key.is_failure() {
            kept.keep_error(request.clone());
        }
        kept.keep_if_slow(request);
        kept.threshold_ns()
    }

    pub(crate) fn snapshot(&self) -> NotableRequests {
        let kept = lock(&self.kept);
        NotableRequests {
            slowest: kept.slowest.iter().map(Logged::snapshot).collect(),
            errors: kept.errors.iter().rev().map(Logged::snapshot).collect(),
        }
    }
}

impl Kept {
    fn keep_error(&mut self, request: Logged) {
        if self.errors.len() == KEPT {
            self.errors.pop_front();
        }
        // All of it at once, so that later requests allocate nothing.
        self.errors.reserve_exact(KEPT - self.errors.len());
        self.errors.push_back(request);
    }

    fn keep_if_slow(&mut self, request: Logged) {
        let place = self.slowest.partition_point(|slower| slower.ns >= request.ns);
        if place < KEPT {
            self.slowest.truncate(KEPT - 1);
            self.slowest.reserve_exact(KEPT - self.slowest.len());
            self.slowest.insert(place, request);
        }
    }

    /// 0 as long as there is place.
    fn threshold_ns(&self) -> u64 {
        self.slowest.get(KEPT - 1).map_or(0, |last| last.ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::{Ending, Protocol};
    use crate::state::Key;

    fn request(ns: u64, status: u16) -> Logged {
        let key = CellKey::new(status, Ending::of_status(status), None, Protocol::default());
        Logged { unix_secs: ns as f64, route: Key::two("GET", "/api/x").into(), key, ns }
    }

    #[test]
    fn the_slowest_and_the_latest_errors_stay() {
        let log = RequestLog::default();
        // A permutation of 0..1009, each tenth failed.
        let mut threshold = 0;
        for n in 0..1_009_u64 {
            threshold = log.offer(request(n * 385 % 1_009, if n % 10 == 0 { 503 } else { 200 }));
        }
        let seen = log.snapshot();
        let slowest: Vec<_> =
            seen.slowest.iter().map(|request| (request.duration_ms * 1e6).round() as u64).collect();
        assert_eq!(slowest, (909..1_009).rev().collect::<Vec<_>>());
        assert_eq!(threshold, 909);
        assert_eq!(seen.errors.len(), 100);
        assert_eq!(seen.errors[0].duration_ms, ms_from_ns(1_000 * 385 % 1_009));
        assert!(seen.errors.iter().all(|request| (request.status_code, &*request.outcome) == (503, "error")));
    }
}
