//! Alerts, as they are told.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// How bad a value is; ordered.
///
/// # Source
/// the words on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum AlertLevel {
    /// Neither threshold is exceeded.
    #[default]
    Ok,
    /// The warning threshold is exceeded.
    Warning,
    /// The critical threshold is exceeded.
    Critical,
}

/// What an alert rule does at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum AlertState {
    /// The rule has not seen a value, or its metric vanished; a level that was raised is kept.
    #[default]
    NoData,
    /// The value is fine.
    Ok,
    /// A threshold is exceeded, but not for long enough.
    Pending,
    /// Raised at the warning level.
    Warning,
    /// Raised at the critical level.
    Critical,
    /// The value is back, but not for long enough to lower the level.
    Recovering,
    /// Switched off.
    Disabled,
}

/// Why an [`AlertEvent`] was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AlertReason {
    /// The level changed with the value.
    #[default]
    Changed,
    /// The level is what it was; a reminder.
    Repeated,
    /// The rule was switched off while it was raised.
    Disabled,
    /// The rule was removed while it was raised.
    Removed,
}

/// An alert that is raised: an element of `GET /metrics/alerts`.
///
/// # Source
/// A-14, seed 3.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ActiveAlert {
    /// The metric that is watched.
    pub metric: String,
    /// Its value at the last evaluation that had one, in the metric's unit.
    pub current_value: f64,
    /// From here on it is a warning; absent when the rule has only a critical threshold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning_threshold: Option<f64>,
    /// From here on it is critical; absent when the rule has only a warning threshold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub critical_threshold: Option<f64>,
    /// What the rule says about itself.
    pub description: String,
    /// How bad it is: `WARNING` or `CRITICAL`.
    pub level: AlertLevel,
}

/// A rule and what it does: an element of `GET /metrics/alerts/rules`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AlertStatus {
    /// The rule's name.
    pub alert: String,
    /// The metric that is watched.
    pub metric: String,
    /// The labels that its values must have.
    pub labels: BTreeMap<String, String>,
    /// What it does; `NO_DATA` for a metric that nobody records, such as a misspelt one.
    pub state: AlertState,
    /// The level that is raised.
    pub level: AlertLevel,
    /// The value at the last evaluation that had one; 0.0 before.
    pub value: f64,
    /// Whether the level changed more than six times within the last 15 minutes.
    pub flapping: bool,
    /// Changes of the level since the rule was added.
    pub changes_total: u64,
}

/// Something that happened to an alert, as subscribers hear it.
///
/// # Source
/// C-13, A-05, CON-25.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AlertEvent {
    /// Counts up by one from event to event of one set of metrics.
    pub number: u64,
    /// When it happened, Unix milliseconds.
    pub timestamp: u64,
    /// The rule's name.
    pub alert: String,
    /// The metric that is watched.
    pub metric: String,
    /// The labels that its values must have.
    pub labels: BTreeMap<String, String>,
    /// Why it was made.
    pub reason: AlertReason,
    /// The level from now on; `OK` when the alert is resolved.
    pub level: AlertLevel,
    /// The level until now.
    pub previous: AlertLevel,
    /// The value that was evaluated, or the last one when the rule was switched off or removed.
    pub value: f64,
    /// The threshold that was reached, or that of the level that was left.
    pub threshold: f64,
    /// What the rule says about itself.
    pub description: String,
    /// Whether the level changed more than six times within the last 15 minutes.
    pub flapping: bool,
}

// === impl AlertLevel ===

impl AlertLevel {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
        }
    }
}

impl fmt::Display for AlertLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl AlertEvent ===

impl AlertEvent {
    /// Whether the alert is over with this event.
    #[must_use]
    pub fn is_resolved(&self) -> bool {
        self.level == AlertLevel::Ok
    }
}
