//! One collection.

use std::time::{Duration, Instant};

use super::State;
use super::manual::Manual;
use super::minutes::{LastMinutes, Minutes};
use super::routes::RoutesBefore;
use super::values::{Value, Values};
use crate::signals::Signal;
use crate::snapshot::ProcessLook;
use crate::sync::lock;

/// What the last collection saw.
#[derive(Debug, Default)]
pub(super) struct Before {
    process: Option<ProcessLook>,
    routes: RoutesBefore,
    minutes: Minutes,
}

impl State {
    /// Takes the values of now, evaluates the alerts, and tells.
    pub(crate) fn collect(&self) {
        let (now, values) = {
            let mut before = lock(&self.before);
            let now = self.time.now();
            let mut values = self.take_values(&mut before);
            let Before { routes, minutes, .. } = &mut *before;
            values.minutes = minutes.advance(now.monotonic, routes);
            values.record(now, &self.history);
            (now, values)
        };
        let interval: Duration = *lock(&self.interval);
        self.alerts.evaluate(now, interval, |name, labels| values.find(name, labels));
        self.signals.send(Signal::MetricsCollected);
    }

    /// WebSocket connections, open and ever established: as recorded by hand, or else those of the topics.
    pub(super) fn connections(&self) -> (u64, u64) {
        let by_hand = lock(&self.manual).connections;
        by_hand.unwrap_or_else(|| self.registry.state().connections())
    }

    fn take_values(&self, before: &mut Before) -> Values {
        let manual = {
            let mut manual = lock(&self.manual);
            let taken = *manual;
            *manual = Manual { connections: taken.connections, ..Default::default() };
            taken
        };
        let process = self.process();
        let last = std::mem::replace(&mut before.process, process);
        let measured = |value: Option<f64>| value.map(Value::Measured);
        let recorded = |value: Option<f64>| value.map(Value::Recorded);
        let state = self.registry.state();
        let (active_connections, total_connections) = self.connections();
        Values {
            is_disturbed: lock(&self.pulse).begin_collection(Instant::now()),
            memory: recorded(manual.memory_mb).or(measured(process.map(|process| process.memory_mb))),
            cpu: recorded(manual.cpu_percent).or(measured(cpu_percent(last, process))),
            active_connections,
            total_connections,
            requests: before.routes.advance(&state),
            minutes: LastMinutes::default(),
            host: self.registry.system(),
            disk_percent: self.disk_usage_percent(),
            gauges: state.gauges.all(),
        }
    }
}

/// Processor time between two looks, as a share of one core; of one look nothing is known (S-07).
fn cpu_percent(before: Option<ProcessLook>, now: Option<ProcessLook>) -> Option<f64> {
    let (before, now) = (before?, now?);
    let elapsed = now.at.checked_sub(before.at).filter(|elapsed| !elapsed.is_zero())?;
    let used = now.cpu.saturating_sub(before.cpu);
    Some(used.as_secs_f64() / elapsed.as_secs_f64() * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(at_ms: u64, cpu_ms: u64) -> Option<ProcessLook> {
        let [at, cpu] = [at_ms, cpu_ms].map(Duration::from_millis);
        Some(ProcessLook { at, cpu, memory_mb: 1.0 })
    }

    /// S-07, CON-13: percent of one core.
    #[test]
    fn cpu_use_is_that_between_two_looks() {
        assert_eq!(cpu_percent(None, look(500, 100)), None);
        assert_eq!(cpu_percent(look(500, 100), look(1_500, 350)), Some(25.0));
        assert_eq!(cpu_percent(look(0, 0), look(1_000, 4_000)), Some(400.0));
        assert_eq!(cpu_percent(look(1_000, 0), look(1_000, 0)), None, "no look since");
        assert_eq!(cpu_percent(look(1_000, 90), look(2_000, 80)), Some(0.0), "never negative");
        assert_eq!(cpu_percent(look(2_000, 80), look(1_000, 90)), None);
    }
}
