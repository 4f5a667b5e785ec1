//! Collection: at every interval the values of now go into the history, and alerts are evaluated.

mod activity;
mod extensions;
mod manual;
mod minutes;
mod points;
mod pulse;
mod read;
mod routes;
mod tick;
mod values;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use extensions::Extensions;
use manual::Manual;
pub(crate) use points::Feed;
use pulse::Pulse;
use tick::Before;

use crate::alerts::{Alerts, Time};
use crate::config::check_collection_interval;
use crate::error::ConfigError;
use crate::history::History;
use crate::registry::Registry;
use crate::sampler::Sampler;
use crate::signals::{Signal, Signals, Subscriber, Subscription};
use crate::snapshot::{AlertEvent, ProcessLook};
use crate::sync::lock;

/// The sampler's job.
pub(crate) const JOB: &str = "collection";

/// Takes samples of the process at an interval, keeps them, and watches over them; part of
/// [`Metrics`](crate::Metrics). Clones share everything.
///
/// # Definition
/// A collection takes one sample of each series: memory and CPU use of the process since the one before (from the
/// probe, feature `system`), open and ever established WebSocket connections, the mean latency of the requests
/// since the one before, and the [gauges](crate::Registry::gauge) of the application, up to 64. Then the alerts are
/// evaluated, and [`Signal::MetricsCollected`] is sent. Collections that were missed, because the process was stopped
/// or the machine slept, are skipped; and alerts do not see the latency of requests that may have been under way then.
///
/// # Cost
/// A collection reads two counters of each route and thread that records it, and adds a value to each series: some
/// microseconds. Memory is bounded by 16 bytes a sample.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use metrics_core::Metrics;
///
/// let metrics = Metrics::builder().build()?; // collects already, every 60 s
/// let collection = metrics.collection();
/// collection.set_interval(Duration::from_secs(10))?;
/// collection.on_alert(|event| println!("{} is {} at {}", event.metric, event.level, event.value))?;
///
/// collection.record_request_latency("/api/play", 85.2);
/// collection.collect(); // one more, now
/// assert_eq!(collection.summary().avg_latency_ms, 85.2);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// # Source
/// C-10..C-13, R-04, R-05.
#[derive(Clone)]
pub struct Collection {
    state: Arc<State>,
    /// `None` when metrics are disabled.
    sampler: Option<Arc<Sampler>>,
}

/// What collections and readers share. It does not know the sampler, whose job holds it.
pub(crate) struct State {
    registry: Registry,
    history: History,
    alerts: Alerts,
    signals: Signals,
    time: Time,
    interval: Mutex<Duration>,
    manual: Mutex<Manual>,
    extensions: Extensions,
    /// What the probe saw of the process last.
    process: Mutex<Option<ProcessLook>>,
    /// Space in use of the file system that is watched, percent.
    disk: Mutex<Option<f64>>,
    pulse: Mutex<Pulse>,
    /// Held while values are taken.
    before: Mutex<Before>,
}

impl State {
    /// # Errors
    /// When an alert rule makes no sense.
    pub(crate) fn new(registry: &Registry) -> Result<Self, ConfigError> {
        let (config, signals) = (registry.config(), Signals::default());
        let time = Time::new(registry.clock().clone());
        let (rules, literal) = (&config.alert_rules, config.notify_every_evaluation);
        let alerts = Alerts::new(rules, literal, signals.clone(), time.clone())?;
        Ok(Self {
            history: History::new(config.history_samples()),
            interval: Mutex::new(config.collection_interval()),
            registry: registry.clone(),
            alerts,
            signals,
            time,
            manual: Mutex::default(),
            extensions: Extensions::default(),
            process: Mutex::default(),
            disk: Mutex::default(),
            pulse: Mutex::default(),
            before: Mutex::default(),
        })
    }

    /// To be called several times a second, so that it is noticed when the process does not run.
    pub(crate) fn beat(&self) {
        lock(&self.pulse).beat(Instant::now());
    }

    /// Keeps what the probe saw of the process.
    #[cfg(feature = "system")]
    pub(crate) fn set_process(&self, look: ProcessLook) {
        *lock(&self.process) = Some(look);
    }

    /// Keeps what the probe saw of the file system.
    #[cfg(feature = "system")]
    pub(crate) fn set_disk(&self, percent: Option<f64>) {
        *lock(&self.disk) = percent;
    }

    /// What the probe saw of the file system last.
    fn disk_usage_percent(&self) -> Option<f64> {
        *lock(&self.disk)
    }

    /// What the probe saw of the process last.
    pub(crate) fn process(&self) -> Option<ProcessLook> {
        *lock(&self.process)
    }

    /// Of the monotonic clock that looks at the process are timed by.
    #[cfg(feature = "system")]
    pub(crate) fn elapsed(&self) -> Duration {
        self.time.now().monotonic
    }
}

impl Collection {
    pub(crate) fn new(state: Arc<State>, sampler: Option<Arc<Sampler>>) -> Self {
        Self { state, sampler }
    }

    pub(crate) fn state(&self) -> &Arc<State> {
        &self.state
    }

    // === control ===

    /// Collects now and then at every interval; one that runs already takes over the interval. Nothing happens when
    /// metrics are disabled.
    ///
    /// # Errors
    /// When the interval is not between 1 s and 1 h.
    pub fn start(&self, interval: Duration) -> Result<(), ConfigError> {
        self.set_interval(interval)?;
        let Some(sampler) = self.sampler.as_ref().filter(|_| !self.is_collecting()) else {
            return Ok(());
        };
        self.state.signals.send(Signal::CollectionStarted);
        let state = Arc::clone(&self.state);
        sampler.schedule(JOB, interval, move || state.collect());
        Ok(())
    }

    /// Takes no more samples by itself; a collection that is under way is the last. What was collected stays.
    pub fn stop(&self) {
        let Some(sampler) = self.sampler.as_ref().filter(|_| self.is_collecting()) else { return };
        sampler.cancel(JOB);
        // Once the collection under way has its values, if there is one.
        drop(lock(&self.state.before));
        self.state.signals.send(Signal::CollectionStopped);
    }

    /// Whether samples are taken by itself.
    #[must_use]
    pub fn is_collecting(&self) -> bool {
        self.sampler.as_ref().is_some_and(|sampler| sampler.is_scheduled(JOB))
    }

    /// Takes samples at this interval from now on, counted from the last collection; whether it collects stays as it
    /// is.
    ///
    /// # Errors
    /// When it is not between 1 s and 1 h.
    pub fn set_interval(&self, interval: Duration) -> Result<(), ConfigError> {
        check_collection_interval(interval)?;
        *lock(&self.state.interval) = interval;
        if let Some(sampler) = &self.sampler {
            sampler.set_period(JOB, interval);
        }
        Ok(())
    }

    /// The time between two samples.
    #[must_use]
    pub fn interval(&self) -> Duration {
        *lock(&self.state.interval)
    }

    /// Takes one sample of everything now and evaluates the alerts, whether it collects by itself or not.
    pub fn collect(&self) {
        if self.state.registry.is_enabled() {
            self.state.collect();
        }
    }

    // === signals ===

    /// A channel of everything that happens from now on, for a thread or a task.
    #[must_use]
    pub fn subscribe(&self) -> Subscription {
        self.state.signals.subscribe()
    }

    /// Calls a function for everything that happens from now on, on a thread of its own. When metrics are
    /// disabled nothing happens, and the thread ends.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn on_signal(&self, call: impl FnMut(&Signal) + Send + 'static) -> io::Result<Subscriber> {
        let subscriber = Subscriber::start(&self.state.signals, call)?;
        // Cancelled rather than never started: what the function holds may not be dropped just anywhere.
        if !self.state.registry.is_enabled() {
            subscriber.cancel();
        }
        Ok(subscriber)
    }

    /// Calls a function after every collection, on a thread of its own.
    ///
    /// # Errors
    /// As [`on_signal`](Self::on_signal).
    pub fn on_collected(&self, mut call: impl FnMut() + Send + 'static) -> io::Result<Subscriber> {
        self.on_signal(move |signal| {
            if *signal == Signal::MetricsCollected {
                call();
            }
        })
    }

    /// Calls a function when the level of an alert changes, on a thread of its own.
    ///
    /// # Errors
    /// As [`on_signal`](Self::on_signal).
    pub fn on_alert(&self, mut call: impl FnMut(&AlertEvent) + Send + 'static) -> io::Result<Subscriber> {
        self.on_signal(move |signal| {
            if let Signal::Alert(event) = signal {
                call(event);
            }
        })
    }

    /// Calls a function when collection begins, on a thread of its own.
    ///
    /// # Errors
    /// As [`on_signal`](Self::on_signal).
    pub fn on_started(&self, mut call: impl FnMut() + Send + 'static) -> io::Result<Subscriber> {
        self.on_signal(move |signal| {
            if *signal == Signal::CollectionStarted {
                call();
            }
        })
    }

    /// Calls a function when collection ends, on a thread of its own.
    ///
    /// # Errors
    /// As [`on_signal`](Self::on_signal).
    pub fn on_stopped(&self, mut call: impl FnMut() + Send + 'static) -> io::Result<Subscriber> {
        self.on_signal(move |signal| {
            if *signal == Signal::CollectionStopped {
                call();
            }
        })
    }

    /// Signals that were dropped because subscribers did not take them in time, over all subscribers.
    #[must_use]
    pub fn dropped_signals(&self) -> u64 {
        self.state.signals.dropped()
    }

    /// Ends every subscription, after what is queued.
    pub(crate) fn close(&self) {
        self.state.signals.close();
    }

    /// The alert rules.
    #[must_use]
    pub fn alerts(&self) -> &Alerts {
        &self.state.alerts
    }
}

impl fmt::Debug for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collection")
            .field("is_collecting", &self.is_collecting())
            .field("interval", &self.interval())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
