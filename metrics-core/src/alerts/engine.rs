//! All rules together: a pure machine over the times and values it is given.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::alert::Alert;
use super::rule::{AlertRule, Labels};
use crate::error::ConfigError;
use crate::snapshot::{ActiveAlert, AlertEvent, AlertLevel, AlertReason, AlertStatus};

/// Rules at a time, so that an evaluation stays short.
pub(crate) const MAX_RULES: usize = 256;

/// Events that are kept for those who look later.
pub(crate) const MAX_RECENT_EVENTS: usize = 100;

/// Between two evaluations there may be this many halves of an interval; after more, nothing is known of the time
/// between (a stopped process, a machine that slept), and no wait is counted over it.
const MAX_GAP_HALVES: u32 = 5;

/// Now, on both clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Since the start; never goes back.
    pub(crate) monotonic: Duration,
    /// Since the Unix epoch, for stamps.
    pub(crate) unix: Duration,
}

/// Evaluates rules; hands out what happened.
#[derive(Debug, Default)]
pub(crate) struct Engine {
    /// By name, so that events do not depend on the order in which rules were added.
    alerts: BTreeMap<String, Alert>,
    /// Every evaluation tells, and nothing delays (CON-25).
    literal: bool,
    evaluated: Option<Duration>,
    numbered: u64,
    recent: VecDeque<AlertEvent>,
    raised: BTreeMap<AlertLevel, u64>,
}

impl Engine {
    pub(crate) fn new(literal: bool) -> Self {
        Self { literal, ..Self::default() }
    }

    /// Adds a rule, or replaces that of its name. The level is kept when the new one watches the same values.
    pub(crate) fn add(&mut self, at: Moment, rule: AlertRule) -> Result<Vec<AlertEvent>, ConfigError> {
        rule.validate()?;
        let name = rule.name();
        if !self.alerts.contains_key(&name) && self.alerts.len() == MAX_RULES {
            return Err(ConfigError::new("alert", format!("there are {MAX_RULES} rules already")));
        }
        let rule = if self.literal { rule.literal() } else { rule };
        let event = match self.alerts.get_mut(&name) {
            Some(alert) if alert.rule.watches_the_same(&rule) => {
                // By the thresholds that it was raised by.
                let withdraw = || alert.withdraw(at.monotonic, AlertReason::Disabled);
                let withdrawn = (!rule.enabled).then(withdraw).flatten();
                withdrawn.or(alert.replace_rule(at.monotonic, rule))
            }
            other => {
                let event = other.and_then(|alert| alert.withdraw(at.monotonic, AlertReason::Removed));
                self.alerts.insert(name, Alert::new(rule));
                event
            }
        };
        Ok(self.stamped(at, event))
    }

    /// Puts these rules in place of all others; a rule that stays the same goes on as if nothing had happened.
    pub(crate) fn replace_all(
        &mut self,
        at: Moment,
        rules: Vec<AlertRule>,
    ) -> Result<Vec<AlertEvent>, ConfigError> {
        rules.iter().try_for_each(AlertRule::validate)?;
        let names: Vec<_> = rules.iter().map(AlertRule::name).collect();
        if names.len() > MAX_RULES {
            return Err(ConfigError::new("alert", format!("more than {MAX_RULES} rules")));
        }
        let gone: Vec<_> = self.alerts.keys().filter(|name| !names.contains(name)).cloned().collect();
        let mut events: Vec<_> =
            gone.iter().flat_map(|name| self.remove(at, name).unwrap_or_default()).collect();
        for rule in rules {
            events.extend(self.add(at, rule)?);
        }
        Ok(events)
    }

    /// `None` when there is no such rule.
    pub(crate) fn remove(&mut self, at: Moment, name: &str) -> Option<Vec<AlertEvent>> {
        let mut alert = self.alerts.remove(name)?;
        let event = alert.withdraw(at.monotonic, AlertReason::Removed);
        Some(self.stamped(at, event))
    }

    /// `None` when there is no such rule.
    pub(crate) fn enable(&mut self, at: Moment, name: &str, enabled: bool) -> Option<Vec<AlertEvent>> {
        let alert = self.alerts.get_mut(name)?;
        alert.rule.enabled = enabled;
        let event = (!enabled).then(|| alert.withdraw(at.monotonic, AlertReason::Disabled)).flatten();
        Some(self.stamped(at, event))
    }

    /// Takes in the value of every rule's metric; NaN and infinities are no values. Evaluations are `interval` apart.
    pub(crate) fn evaluate(
        &mut self,
        at: Moment,
        interval: Duration,
        value: impl Fn(&str, &Labels) -> Option<f64>,
    ) -> Vec<AlertEvent> {
        let now = at.monotonic;
        let since = self.evaluated.replace(now).map_or(Duration::ZERO, |last| now.saturating_sub(last));
        let is_gap = since > interval.saturating_mul(MAX_GAP_HALVES) / 2;
        let mut events = Vec::new();
        for alert in self.alerts.values_mut().filter(|alert| alert.rule.enabled) {
            if is_gap {
                alert.interrupt();
            }
            let value = value(&alert.rule.metric, &alert.rule.labels).filter(|value| value.is_finite());
            events.extend(alert.evaluate(now, value, self.literal));
        }
        self.stamped(at, events)
    }

    /// Those that are raised, by name.
    pub(crate) fn active(&self) -> Vec<ActiveAlert> {
        self.alerts.values().filter_map(Alert::active).collect()
    }

    /// All rules, by name.
    pub(crate) fn status(&self, now: Duration) -> Vec<AlertStatus> {
        self.alerts.values().map(|alert| alert.status(now)).collect()
    }

    /// The rules themselves, by name.
    pub(crate) fn rules(&self) -> Vec<AlertRule> {
        self.alerts.values().map(|alert| alert.rule.clone()).collect()
    }

    /// The last events, oldest first.
    pub(crate) fn recent(&self) -> Vec<AlertEvent> {
        self.recent.iter().cloned().collect()
    }

    /// How often a level was reached from below.
    pub(crate) fn raised_total(&self, level: AlertLevel) -> u64 {
        self.raised.get(&level).copied().unwrap_or(0)
    }

    fn stamped(&mut self, at: Moment, events: impl IntoIterator<Item = AlertEvent>) -> Vec<AlertEvent> {
        let timestamp = u64::try_from(at.unix.as_millis()).unwrap_or(u64::MAX);
        let stamp = |mut event: AlertEvent| {
            self.numbered += 1;
            (event.number, event.timestamp) = (self.numbered, timestamp);
            event
        };
        let events: Vec<_> = events.into_iter().map(stamp).collect();
        for event in &events {
            if event.level > event.previous {
                *self.raised.entry(event.level).or_default() += 1;
            }
            if self.recent.len() == MAX_RECENT_EVENTS {
                self.recent.pop_front();
            }
            self.recent.push_back(event.clone());
        }
        events
    }
}

#[cfg(test)]
#[path = "engine_tests.rs"]
mod tests;
