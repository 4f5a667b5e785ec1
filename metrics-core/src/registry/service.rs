//! What seed 4 records of a service beside its routes.

use super::handle::Handle;
use super::{ErrorType, Pool, Queue, Registry};
use crate::record::{SeriesId, Tallies, record};
use crate::snapshot::{ErrorMetrics, PoolMetrics, QueueMetrics, ThroughputMetrics};
use crate::state::Tally;

impl Registry {
    // === throughput ===

    /// Counts an event: whatever the application calls so. WebSocket messages are counted by their topics.
    ///
    /// # Cost
    /// No look-up, no clock: a load and a store in memory of the calling thread.
    ///
    /// # Examples
    /// ```
    /// # let (registry, _time) = metrics_core::Registry::mock();
    /// (0..120).for_each(|_| registry.record_event());
    /// assert_eq!(registry.throughput().events_per_minute, 120);
    /// ```
    ///
    /// # Source
    /// C-15, T-04, GAP-13.
    #[inline]
    pub fn record_event(&self) {
        self.record_tally(Tally::Events);
    }

    /// Counts a request that no layer and no [`Route`](crate::Route) tells of.
    ///
    /// # Cost
    /// As [`record_event`](Self::record_event).
    ///
    /// # Source
    /// C-15, T-03.
    #[inline]
    pub fn record_request(&self) {
        self.record_tally(Tally::Requests);
    }

    #[inline]
    fn record_tally(&self, tally: Tally) {
        if let Some(state) = self.recording_state() {
            record::<Tallies>(SeriesId::new(state, tally.place()), |_, shard| shard.add(1));
        }
    }

    /// Requests and events of the last minute.
    ///
    /// # Cost
    /// Reads some counters of each route and thread that records it.
    #[must_use]
    pub fn throughput(&self) -> ThroughputMetrics {
        self.state().throughput()
    }

    // === queues and pools ===

    /// A handle to a queue, for recording without a look-up.
    #[must_use]
    pub fn queue(&self, name: &str) -> Queue {
        Queue::new(Handle::new(self, name, ""))
    }

    /// The queues by name.
    #[must_use]
    pub fn queues(&self) -> Vec<QueueMetrics> {
        self.state().queue_snapshots()
    }

    /// A handle to a connection pool.
    #[must_use]
    pub fn pool(&self, name: &str) -> Pool {
        Pool::new(Handle::new(self, name, ""))
    }

    /// The connection pools by name.
    #[must_use]
    pub fn pools(&self) -> Vec<PoolMetrics> {
        self.state().pool_snapshots()
    }

    // === errors ===

    /// A handle to errors of one type, such as `timeout`; for recording without a look-up. Types are labels, so they
    /// should be few: those beyond the [limit](crate::Limits::error_types) share one.
    #[must_use]
    pub fn error_type(&self, error_type: &str) -> ErrorType {
        ErrorType::new(Handle::new(self, error_type, ""))
    }

    /// The errors by type.
    #[must_use]
    pub fn errors(&self) -> Vec<ErrorMetrics> {
        let rows = self.state().error_types.in_order();
        let errors = rows.iter().map(|row| (row.name().to_owned(), row.value()));
        errors.map(|(error_type, count)| ErrorMetrics { error_type, count }).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::clock::Clock;
    use crate::collector::{Collector, NullCollector};
    use crate::config::{Config, Limits};
    use crate::name::OVERFLOW;
    use crate::registry::Registry;

    /// C-15, T-07, T-08, H-18: producers know the trait only.
    #[test]
    fn a_collector_takes_all_of_it() {
        let (registry, _time) = Registry::mock();
        for collector in [&registry as &dyn Collector, &NullCollector] {
            collector.record_event();
            collector.record_request();
            collector.record_queue("jobs", 7);
            collector.record_queue_wait("jobs", 12.5);
            collector.record_queue_wait("jobs", f64::NAN);
            collector.record_queue_wait("jobs", -1.0);
            collector.record_pool("postgres", 5, Some(20));
            collector.record_pool("postgres", 10, None);
            collector.record_error("timeout");
        }
        let throughput = registry.throughput();
        assert_eq!((throughput.requests_total, throughput.events_total), (1, 1));
        let [jobs] = &registry.queues()[..] else { panic!("one queue") };
        assert_eq!((&*jobs.name, jobs.size, jobs.waits_total, jobs.last_wait_ms), ("jobs", 7, 1, 12.5));
        let [postgres] = &registry.pools()[..] else { panic!("one pool") };
        assert_eq!((postgres.active_connections, postgres.max_connections), (10, 20));
        let [timeout] = &registry.errors()[..] else { panic!("one type") };
        assert_eq!((&*timeout.error_type, timeout.count), ("timeout", 1));
        assert_eq!(registry.self_metrics().invalid_samples, 2);
    }

    /// THREAT 1: names that clients make up share one entry, and none is lost.
    #[test]
    fn tables_are_bounded() {
        let limits = Limits { queues: 2, pools: 2, error_types: 2, ..Limits::default() };
        let registry = Registry::new(Config { limits, ..Config::default() }, Clock::mock().0);
        for n in 0..1_000 {
            let name = format!("{n:04}");
            registry.queue(&name).record_wait(Duration::from_millis(1));
            registry.pool(&name).set_active(n);
            registry.error_type(&name).record();
        }
        let queues: Vec<_> =
            registry.queues().into_iter().map(|queue| (queue.name, queue.waits_total)).collect();
        let other = OVERFLOW.to_owned();
        assert_eq!(queues, [("0000".into(), 1), ("0001".into(), 1), (other.clone(), 998)]);
        let errors: Vec<_> =
            registry.errors().into_iter().map(|error| (error.error_type, error.count)).collect();
        assert_eq!(errors, [("0000".into(), 1), ("0001".into(), 1), (other, 998)]);
        assert_eq!(registry.pools().len(), 3);
        assert!(registry.self_metrics().overflowed >= 3 * 998);
    }

    /// Whatever finds no room meanwhile.
    #[test]
    fn what_is_beside_a_function_stays_beside_it() {
        let limits = Limits { functions: 2, ..Limits::default() };
        let registry = Registry::new(Config { limits, ..Config::default() }, Clock::mock().0);
        ["a", "b"].into_iter().for_each(|name| registry.function(name).record(Duration::from_millis(1)));
        ["c", "d", "e", "a"].into_iter().for_each(|name| registry.function(name).start().cancel());
        let cancelled: Vec<_> =
            registry.functions().into_iter().map(|seen| (seen.name, seen.cancelled_total)).collect();
        assert_eq!(cancelled, [("a".into(), 1), ("b".into(), 0), (OVERFLOW.into(), 3)]);
    }

    #[test]
    fn reading_makes_no_series() {
        let (registry, _time) = Registry::mock();
        let _ = (registry.node("x").lifetime(), registry.counter("x").value(), registry.gauge("x").value());
        let _ = (registry.cache("x").read(), registry.queue("x").read(), registry.pool("x").read());
        let _ = registry.route("GET", "x").cancelled_total();
        assert_eq!(registry.self_metrics().series, 0);
    }

    /// Topics without room take turns to tell of their connections.
    #[test]
    fn connections_are_established_once() {
        let limits = Limits { topics: 1, ..Limits::default() };
        let registry = Registry::new(Config { limits, ..Config::default() }, Clock::mock().0);
        for _ in 0..10 {
            [("a", 2), ("x", 5), ("y", 3)]
                .into_iter()
                .for_each(|(topic, open)| registry.topic(topic).set_connections(open));
        }
        assert_eq!(registry.state().connections(), (5, 2));
    }

    #[test]
    fn a_disabled_registry_stays_empty() {
        let registry = Registry::new(Config { enabled: false, ..Config::default() }, Clock::mock().0);
        registry.record_event();
        registry.queue("jobs").set_size(1);
        registry.queue("jobs").record_wait(Duration::from_millis(1));
        registry.pool("postgres").set_active(1);
        registry.error_type("timeout").record();
        assert_eq!(registry.throughput().events_total, 0);
        assert!(registry.queues().is_empty() && registry.pools().is_empty() && registry.errors().is_empty());
    }
}
