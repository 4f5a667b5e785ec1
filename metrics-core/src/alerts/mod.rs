//! Alerts: rules over metrics, and who hears of them.

mod alert;
mod engine;
mod rule;
mod trigger;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub use rule::AlertRule;

pub(crate) use engine::Moment;
pub(crate) use rule::Labels;

use engine::Engine;

use crate::clock::Clock;
use crate::error::ConfigError;
use crate::signals::{Signal, Signals};
use crate::snapshot::{ActiveAlert, AlertEvent, AlertLevel, AlertStatus};
use crate::sync::lock;

/// The alert rules of one [`Metrics`](crate::Metrics), evaluated after every collection; clones share them.
///
/// Subscribers hear of every change of a level, in the order in which it happened: through
/// [`Collection::on_alert`](crate::Collection::on_alert) or a [subscription](crate::Collection::subscribe). Each
/// change is logged through `tracing` too.
///
/// # Examples
/// ```
/// use metrics_core::{AlertLevel, AlertRule, Metrics};
///
/// let metrics = Metrics::builder().collecting(false).build()?;
/// let alerts = metrics.alerts();
/// alerts.add(AlertRule::above("cabin_temperature").warning(40.0).critical(60.0))?;
/// metrics.registry().gauge_with_unit("cabin_temperature", "°C").set(45.5);
/// metrics.collection().collect();
///
/// let active = alerts.active();
/// assert_eq!((active[0].current_value, active[0].level), (45.5, AlertLevel::Warning));
/// assert!(alerts.remove("cabin_temperature"));
/// assert!(alerts.recent_events().last().is_some_and(|event| event.is_resolved()));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// # Source
/// Section 9 of the requirements.
#[derive(Clone)]
pub struct Alerts {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Mutex<Engine>,
    signals: Signals,
    time: Time,
}

/// Both clocks, read together.
#[derive(Clone, Debug)]
pub(crate) struct Time {
    clock: Clock,
    start: u64,
}

impl Alerts {
    /// # Errors
    /// When a rule makes no sense.
    pub(crate) fn new(
        rules: &[AlertRule],
        literal: bool,
        signals: Signals,
        time: Time,
    ) -> Result<Self, ConfigError> {
        let alerts =
            Self { shared: Arc::new(Shared { engine: Mutex::new(Engine::new(literal)), signals, time }) };
        alerts.replace_all(rules.iter().cloned())?;
        Ok(alerts)
    }

    /// Adds a rule, or replaces the one of its [name](AlertRule::name). A level that is raised stays so when the new
    /// rule watches the same values in the same direction; the next evaluation goes by the new thresholds.
    ///
    /// # Errors
    /// When the rule makes no sense (no threshold, NaN, critical before warning), or there are 256 rules already.
    pub fn add(&self, rule: AlertRule) -> Result<(), ConfigError> {
        self.change(|engine, at| engine.add(at, rule))
    }

    /// Puts these rules in place of all others. Rules that stay the same go on as if nothing had happened, in
    /// whatever order they come; of those that are gone, raised ones are resolved.
    ///
    /// # Errors
    /// As [`add`](Self::add); nothing is changed then.
    pub fn replace_all(&self, rules: impl IntoIterator<Item = AlertRule>) -> Result<(), ConfigError> {
        let rules: Vec<_> = rules.into_iter().collect();
        self.change(|engine, at| engine.replace_all(at, rules))
    }

    /// Takes a rule away, which resolves it if it is raised; false when there is none of that name. The name of a
    /// rule without labels is that of its metric.
    #[must_use = "false tells that there is no such rule"]
    pub fn remove(&self, name: &str) -> bool {
        self.change_named(|engine, at| engine.remove(at, name))
    }

    /// Switches a rule on or off, which resolves it if it is raised; false when there is none of that name.
    #[must_use = "false tells that there is no such rule"]
    pub fn enable(&self, name: &str, enabled: bool) -> bool {
        self.change_named(|engine, at| engine.enable(at, name, enabled))
    }

    /// The alerts that are raised, by the names of their rules.
    #[must_use]
    pub fn active(&self) -> Vec<ActiveAlert> {
        lock(&self.shared.engine).active()
    }

    /// All rules and what they do, by name. One that watches a metric which nobody records says `NO_DATA` (A-11).
    #[must_use]
    pub fn status(&self) -> Vec<AlertStatus> {
        let now = self.shared.time.now().monotonic;
        lock(&self.shared.engine).status(now)
    }

    /// The rules as they are in force, by name.
    #[must_use]
    pub fn rules(&self) -> Vec<AlertRule> {
        lock(&self.shared.engine).rules()
    }

    /// The last hundred events, oldest first.
    #[must_use]
    pub fn recent_events(&self) -> Vec<AlertEvent> {
        lock(&self.shared.engine).recent()
    }

    /// How often any alert rose to this level since the start.
    #[must_use]
    pub fn raised_total(&self, level: AlertLevel) -> u64 {
        lock(&self.shared.engine).raised_total(level)
    }

    /// Evaluates all rules with the values of now.
    pub(crate) fn evaluate(
        &self,
        at: Moment,
        interval: Duration,
        value: impl Fn(&str, &Labels) -> Option<f64>,
    ) {
        let mut engine = lock(&self.shared.engine);
        let events = engine.evaluate(at, interval, value);
        self.tell(&events, || drop(engine));
    }

    fn change<E>(
        &self,
        change: impl FnOnce(&mut Engine, Moment) -> Result<Vec<AlertEvent>, E>,
    ) -> Result<(), E> {
        let mut engine = lock(&self.shared.engine);
        let events = change(&mut engine, self.shared.time.now())?;
        self.tell(&events, || drop(engine));
        Ok(())
    }

    fn change_named(&self, change: impl FnOnce(&mut Engine, Moment) -> Option<Vec<AlertEvent>>) -> bool {
        self.change(|engine, at| change(engine, at).ok_or(())).is_ok()
    }

    /// Puts events into the queues while the rules are locked, so that everybody hears them in their order; whoever
    /// waits for them is woken, and the log written, after `unlock`.
    fn tell(&self, events: &[AlertEvent], unlock: impl FnOnce()) {
        let signals = events.iter().cloned().map(|event| Signal::Alert(Arc::new(event)));
        let woken = self.shared.signals.queue(signals.collect());
        unlock();
        woken.wake();
        events.iter().for_each(log);
    }
}

impl fmt::Debug for Alerts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alerts").field("rules", &self.rules()).finish_non_exhaustive()
    }
}

/// Names are shown with escapes, so that none can forge a line (THREAT 72).
fn log(event: &AlertEvent) {
    let AlertEvent { alert, value, threshold, description, flapping, .. } = event;
    match event.level {
        AlertLevel::Critical => {
            tracing::error!(?alert, value, threshold, ?description, flapping, "alert: CRITICAL");
        }
        AlertLevel::Warning => {
            tracing::warn!(?alert, value, threshold, ?description, flapping, "alert: WARNING");
        }
        AlertLevel::Ok => tracing::info!(?alert, value, threshold, flapping, "alert: resolved"),
    }
}

// === impl Time ===

impl Time {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { start: clock.ticks(), clock }
    }

    pub(crate) fn now(&self) -> Moment {
        let ns = self.clock.elapsed_ns(self.start, self.clock.ticks());
        Moment { monotonic: Duration::from_nanos(ns), unix: self.clock.unix_now() }
    }
}
