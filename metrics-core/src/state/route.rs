//! What readers see of the requests of a route, from beginning to end.

use super::entry::{Entry, RouteEntry};
use super::key::{Key, OwnedKey};
use crate::series::{ExchangeTotal, Outcome, RouteTotal, Scheme};
use crate::snapshot::{OutcomeCounts, RouteMetrics, SessionMetrics};
use crate::unit::ms_from_ns;

impl RouteEntry {
    /// Everything that has ended, and what is still under way over each scheme.
    pub(crate) fn read(&self) -> (RouteTotal, [u64; Scheme::COUNT]) {
        // What was begun is read after what has ended, over all threads, so the difference is never negative.
        let total = self.total();
        let in_flight = Scheme::ALL.map(|scheme| {
            let started = self.series().sum(
                |shard| shard.exchange().started(scheme),
                |folded| folded.exchange.started[scheme as usize],
            );
            started.saturating_sub(total.exchange.finished(scheme))
        });
        (total, in_flight)
    }

    /// Sessions that are open.
    pub(crate) fn open_sessions(&self, total: &ExchangeTotal) -> u64 {
        let opened =
            self.series().sum(|shard| shard.exchange().opened(), |folded| folded.exchange.sessions.opened);
        opened.saturating_sub(total.sessions.closed)
    }

    /// The wire form of all there is.
    pub(crate) fn whole(&self, key: &OwnedKey) -> RouteMetrics {
        let (total, in_flight) = self.read();
        let outcomes = total.outcomes();
        let Key { first: method, second: path } = key.borrow();
        let mut route = RouteMetrics {
            method: method.to_owned(),
            path: path.to_owned(),
            // Read later than those that have ended.
            started_total: in_flight.iter().fold(outcomes.total(), |sum, part| sum.saturating_add(*part)),
            in_flight: in_flight.iter().sum(),
            outcomes,
            late_request_bytes_total: total.exchange.late_request_bytes,
            sessions: self.sessions(&total.exchange),
            ..Default::default()
        };
        route.avg_total_ms = total.avg_total_ms();
        [_, route.request_bytes_total, route.response_bytes_total] = total.exchange.sums();
        for cell in &total.exchange.cells {
            let count = cell.count();
            let status = cell.key.status();
            let (class, code) = match status {
                0 if cell.key.is_rest() => ("other".to_owned(), "other".to_owned()),
                0 => ("none".to_owned(), "none".to_owned()),
                _ => (format!("{}xx", status / 100), status.to_string()),
            };
            *route.status_classes.entry(class).or_default() += count;
            *route.status_codes.entry(code).or_default() += count;
            if let Some(grpc) = cell.key.grpc_status() {
                *route.grpc_codes.entry(grpc.to_string()).or_default() += count;
            }
        }
        route
    }

    fn sessions(&self, total: &ExchangeTotal) -> SessionMetrics {
        SessionMetrics {
            open: self.open_sessions(total),
            closed_total: total.sessions.closed,
            avg_ms: mean_ms(total.sessions.ns, total.sessions.closed),
            sent_bytes_total: total.sessions.bytes,
        }
    }
}

impl RouteTotal {
    /// Whether all requests were told at their end alone, by [`Route::record`](crate::Route::record) or
    /// `#[timed(route = …)]`: nothing is known of their bodies, their protocol and each one's status.
    fn has_ends_alone(&self) -> bool {
        self.exchange.started.iter().all(|started| *started == 0)
    }

    /// How requests ended; of those that were told at their end alone as far as that is known: a panic is an error. Where a
    /// route has others too, they are those of the others.
    pub(crate) fn outcomes(&self) -> OutcomeCounts {
        let Self { timing, cancelled, exchange, .. } = self;
        if !self.has_ends_alone() {
            return outcomes(exchange);
        }
        OutcomeCounts {
            ok: timing.count.saturating_sub(timing.errors),
            error: timing.errors,
            panicked: 0,
            cancelled: *cancelled,
        }
    }

    fn avg_total_ms(&self) -> f64 {
        if self.has_ends_alone() {
            return mean_ms(self.timing.sum_ns, self.timing.count);
        }
        let [ns, ..] = self.exchange.sums();
        mean_ms(ns, self.exchange.all_finished())
    }
}

pub(super) fn outcomes(total: &ExchangeTotal) -> OutcomeCounts {
    OutcomeCounts {
        ok: total.ended(Outcome::Ok),
        error: total.ended(Outcome::Error),
        panicked: total.ended(Outcome::Panicked),
        cancelled: total.ended(Outcome::Cancelled),
    }
}

pub(super) fn mean_ms(ns: u64, count: u64) -> f64 {
    if count == 0 { 0.0 } else { ms_from_ns(ns) / count as f64 }
}
