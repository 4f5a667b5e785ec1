//! Requests and events of the last minute.

use super::State;
use super::key::Key;
use super::table::Table;
use crate::clock::Clock;
use crate::config::Config;
use crate::series::Rate;
use crate::snapshot::ThroughputMetrics;
use crate::unit::percent_of;

use super::entry::{CounterEntry, Entry};

/// What is counted without a name, at its place in the table of tallies.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tally {
    /// What the application calls an event (GAP-13).
    Events,
    /// Requests that no route tells of.
    Requests,
}

impl Tally {
    const ALL: [(Self, &str); 2] = [(Self::Events, "events"), (Self::Requests, "requests")];

    /// A table with a row for each, which is there from the start.
    pub(super) fn table(config: &Config, clock: &Clock) -> Table<CounterEntry> {
        let table = Table::new(Self::ALL.len());
        for (_, name) in Self::ALL {
            table.intern(Key::one(name), |key| CounterEntry::new(key, config, clock));
        }
        table
    }

    pub(crate) fn place(self) -> u32 {
        self as u32
    }
}

/// The totals of the last minute, shared by the states of a registry between two resets.
#[derive(Debug)]
pub(crate) struct Throughput {
    requests: Rate,
    errors: Rate,
    events: Rate,
}

/// Totals since the start or the last reset.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    requests: u64,
    errors: u64,
    events: u64,
}

impl Throughput {
    pub(super) fn new(clock: &Clock) -> Self {
        let [requests, errors, events] = [(); 3].map(|()| Rate::per_minute(clock));
        Self { requests, errors, events }
    }

    fn observe(&self, clock: &Clock, now: Totals) {
        self.errors.observe(clock, now.errors);
        self.requests.observe(clock, now.requests);
        self.events.observe(clock, now.events);
    }

    fn events_per_minute(&self, clock: &Clock, total: u64) -> u64 {
        self.events.read(clock, total).round() as u64
    }

    fn read(&self, clock: &Clock, now: Totals) -> ThroughputMetrics {
        let errors = self.errors.read(clock, now.errors);
        let requests = self.requests.read(clock, now.requests);
        ThroughputMetrics {
            requests_per_minute: requests.round() as u64,
            events_per_minute: self.events_per_minute(clock, now.events),
            error_rate_percent: percent_of(errors, requests),
            requests_total: now.requests,
            events_total: now.events,
        }
    }
}

impl State {
    pub(super) fn observe_throughput(&self) {
        self.throughput.observe(&self.clock, self.totals());
    }

    pub(crate) fn throughput(&self) -> ThroughputMetrics {
        self.throughput.read(&self.clock, self.totals())
    }

    /// Those of the [throughput](Self::throughput), without looking at the routes.
    pub(crate) fn events_per_minute(&self) -> u64 {
        self.throughput.events_per_minute(&self.clock, self.tally(Tally::Events))
    }

    fn totals(&self) -> Totals {
        let mut totals = Totals {
            requests: self.tally(Tally::Requests),
            events: self.tally(Tally::Events),
            ..Totals::default()
        };
        self.routes.visit(|route| {
            // Before the count, so that they are not more.
            totals.errors = totals.errors.saturating_add(route.errors());
            totals.requests = totals.requests.saturating_add(route.count_and_sum_ns().0);
        });
        totals
    }

    pub(crate) fn tally(&self, tally: Tally) -> u64 {
        self.tallies.get(tally.place()).map_or(0, |row| row.value())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::registry::Registry;

    /// T-03, T-06, CON-15: by the layer or by hand.
    #[test]
    fn requests_of_the_last_minute_and_their_failures() {
        let (registry, time) = Registry::mock();
        let route = registry.route("GET", "/api/play");
        let seen = || {
            let throughput = registry.throughput();
            (throughput.requests_per_minute, throughput.error_rate_percent)
        };
        assert_eq!(seen(), (0, 0.0));
        for second in 0..120 {
            (0..4).for_each(|_| route.record(Duration::from_millis(1), 200));
            route.record(Duration::from_millis(1), if second < 60 { 503 } else { 404 });
            (0..5).for_each(|_| registry.record_request());
            time.advance(Duration::from_secs(1));
            registry.observe_rates();
            if second == 59 {
                assert_eq!(seen(), (600, 10.0));
            }
        }
        assert_eq!(seen(), (600, 0.0));
        assert_eq!(registry.throughput().requests_total, 1_200);
    }

    /// T-04, GAP-13.
    #[test]
    fn events_of_the_last_minute_are_forgotten_after_it() {
        let (registry, time) = Registry::mock();
        (0..100_000).for_each(|_| registry.record_event());
        assert_eq!(registry.throughput().events_per_minute, 100_000);
        for tenth in 1..=620 {
            time.advance(Duration::from_millis(100));
            registry.observe_rates();
            let expected = if tenth <= 600 { 100_000 } else { 0 };
            assert_eq!(registry.throughput().events_per_minute, expected, "tenth {tenth}");
        }
        assert_eq!(registry.throughput().events_total, 100_000);
        registry.reset();
        assert_eq!(registry.throughput().events_total, 0);
    }

    #[test]
    fn nodes_that_are_forgotten_change_nothing() {
        let (registry, time) = Registry::mock();
        let pass = |secs| {
            for _ in 0..secs {
                time.advance(Duration::from_secs(1));
                registry.observe_rates();
            }
        };
        registry.node("idle").record(Duration::from_millis(1), 1);
        pass(30);
        (0..7).for_each(|_| registry.record_event());
        registry.evict_idle_nodes(Duration::from_secs(10));
        registry.record_event();
        assert!(registry.snapshot().dag.nodes.is_empty());
        pass(59);
        assert_eq!(registry.throughput().events_per_minute, 8);
        pass(2);
        assert_eq!(registry.throughput().events_per_minute, 0);
    }
}
