//! A rule at work: what it has seen, and the level that follows.

use std::collections::VecDeque;
use std::time::Duration;

use super::rule::AlertRule;
use super::trigger::{Sight, Trigger};
use crate::snapshot::{ActiveAlert, AlertEvent, AlertLevel, AlertReason, AlertState, AlertStatus};

/// More changes of the level than this within [`FLAPPING_TIME`] are flapping.
const FLAPPING_CHANGES: usize = 6;

const FLAPPING_TIME: Duration = Duration::from_secs(15 * 60);

/// A rule and its memory.
#[derive(Clone, Debug)]
pub(super) struct Alert {
    pub(super) rule: AlertRule,
    warning: Trigger,
    critical: Trigger,
    value: Option<f64>,
    /// Whether the last evaluation had a value.
    has_data: bool,
    /// When subscribers last heard of it.
    told: Duration,
    changes_total: u64,
    /// The last changes of the level.
    changes: VecDeque<Duration>,
}

impl Alert {
    pub(super) fn new(rule: AlertRule) -> Self {
        Self {
            rule,
            warning: Trigger::default(),
            critical: Trigger::default(),
            value: None,
            has_data: false,
            told: Duration::ZERO,
            changes_total: 0,
            changes: VecDeque::new(),
        }
    }

    pub(super) fn level(&self) -> AlertLevel {
        match (self.critical.raised, self.warning.raised) {
            (true, _) => AlertLevel::Critical,
            (false, true) => AlertLevel::Warning,
            (false, false) => AlertLevel::Ok,
        }
    }

    /// Takes in the value of now, or that there is none; `literal` tells of every value that exceeds.
    pub(super) fn evaluate(
        &mut self,
        now: Duration,
        value: Option<f64>,
        literal: bool,
    ) -> Option<AlertEvent> {
        self.has_data = value.is_some();
        let Some(value) = value else {
            self.interrupt();
            return None;
        };
        self.value = Some(value);
        let previous = self.level();
        let rule = &self.rule;
        for (trigger, threshold) in [(&mut self.warning, rule.warning), (&mut self.critical, rule.critical)] {
            let Some(threshold) = threshold else { continue };
            let sight = Sight {
                reached: rule.is_reached(threshold, value),
                cleared: rule.is_cleared(threshold, value),
            };
            trigger.observe(now, sight, rule.hold, rule.keep);
        }
        if self.level() != previous {
            return Some(self.changed(now, previous, AlertReason::Changed));
        }
        let is_due = rule.repeat.is_some_and(|repeat| now.saturating_sub(self.told) >= repeat);
        (previous != AlertLevel::Ok && (literal || is_due)).then(|| {
            self.told = now;
            self.event(now, previous, AlertReason::Repeated)
        })
    }

    /// Nothing is known of the time since the last value.
    pub(super) fn interrupt(&mut self) {
        self.warning.interrupt();
        self.critical.interrupt();
    }

    /// Takes the level back, because the rule is switched off or gone.
    pub(super) fn withdraw(&mut self, now: Duration, reason: AlertReason) -> Option<AlertEvent> {
        let previous = self.level();
        (self.warning, self.critical) = Default::default();
        self.has_data = false;
        (previous != AlertLevel::Ok).then(|| self.changed(now, previous, reason))
    }

    /// Puts another rule over the same values in place; a threshold that it lacks is no longer reached.
    pub(super) fn replace_rule(&mut self, now: Duration, rule: AlertRule) -> Option<AlertEvent> {
        let previous = self.level();
        for (trigger, threshold) in [(&mut self.warning, rule.warning), (&mut self.critical, rule.critical)] {
            if threshold.is_none() {
                *trigger = Trigger::default();
            }
        }
        let event = (self.level() != previous).then(|| self.changed(now, previous, AlertReason::Changed));
        self.rule = rule;
        event
    }

    fn changed(&mut self, now: Duration, previous: AlertLevel, reason: AlertReason) -> AlertEvent {
        self.told = now;
        self.changes_total += 1;
        if self.changes.len() > FLAPPING_CHANGES {
            self.changes.pop_front();
        }
        self.changes.push_back(now);
        self.event(now, previous, reason)
    }

    fn is_flapping(&self, now: Duration) -> bool {
        let recent = self.changes.iter().filter(|change| now.saturating_sub(**change) <= FLAPPING_TIME);
        recent.count() > FLAPPING_CHANGES
    }

    fn event(&self, now: Duration, previous: AlertLevel, reason: AlertReason) -> AlertEvent {
        let level = self.level();
        AlertEvent {
            alert: self.rule.name(),
            metric: self.rule.metric.clone(),
            labels: self.rule.labels.clone(),
            reason,
            level,
            previous,
            value: self.value.unwrap_or_default(),
            threshold: self.rule.threshold(level.max(previous)).unwrap_or_default(),
            description: self.rule.description.clone(),
            flapping: self.is_flapping(now),
            ..Default::default()
        }
    }

    fn state(&self) -> AlertState {
        let level = self.level();
        let own = if level == AlertLevel::Critical { &self.critical } else { &self.warning };
        match level {
            _ if !self.rule.enabled => AlertState::Disabled,
            _ if !self.has_data => AlertState::NoData,
            AlertLevel::Ok if self.warning.is_turning() || self.critical.is_turning() => AlertState::Pending,
            AlertLevel::Ok => AlertState::Ok,
            _ if own.is_turning() => AlertState::Recovering,
            AlertLevel::Warning => AlertState::Warning,
            AlertLevel::Critical => AlertState::Critical,
        }
    }

    pub(super) fn status(&self, now: Duration) -> AlertStatus {
        AlertStatus {
            alert: self.rule.name(),
            metric: self.rule.metric.clone(),
            labels: self.rule.labels.clone(),
            state: self.state(),
            level: self.level(),
            value: self.value.unwrap_or_default(),
            flapping: self.is_flapping(now),
            changes_total: self.changes_total,
        }
    }

    /// `None` when it is not raised.
    pub(super) fn active(&self) -> Option<ActiveAlert> {
        let level = self.level();
        (level != AlertLevel::Ok).then(|| ActiveAlert {
            metric: self.rule.metric.clone(),
            current_value: self.value.unwrap_or_default(),
            warning_threshold: self.rule.warning,
            critical_threshold: self.rule.critical,
            description: self.rule.description.clone(),
            level,
        })
    }
}
