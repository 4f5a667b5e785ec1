//! What is watched, and from when on it is bad.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::error::ConfigError;
use crate::name::{MAX_NAME_BYTES, metric};
use crate::snapshot::AlertLevel;

/// Labels that a value has, or must have.
pub(crate) type Labels = BTreeMap<String, String>;

/// A value must come back by this share of the threshold before an alert is lowered.
const CLEAR_MARGIN: f64 = 0.05;

/// A value must stay back for this long before an alert is lowered.
const KEEP: Duration = Duration::from_secs(60);

/// Watches one metric: from which value on it is a warning, and from which on critical.
///
/// # Definition
/// An alert is raised when its value reaches a threshold (`≥`, or `≤` for [`below`](Self::below); CON-26) and has
/// held it for [`for_at_least`](Self::for_at_least). It is lowered when the value is back by
/// [`clear_margin`](Self::clear_margin) of the threshold and has stayed there for [`keep`](Self::keep). A metric
/// without a value (NaN, vanished) keeps its level; a wait that such a hole interrupts begins anew.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use metrics_core::AlertRule;
///
/// let memory = AlertRule::new("memory_usage", 1800.0, 2200.0, "High memory usage");
/// let slow = AlertRule::above("request_latency")
///     .label("endpoint", "/api/media/play")
///     .critical(250.0)
///     .for_at_least(Duration::from_secs(120));
/// let idle = AlertRule::below("cabin_temperature").warning(-20.0).clear_margin(0.1);
/// assert_eq!(memory.name(), "memory_usage");
/// assert_eq!(slow.name(), "request_latency{endpoint=\"/api/media/play\"}");
/// # let _ = idle;
/// ```
///
/// # Metrics
/// | name | unit | of |
/// |---|---|---|
/// | `memory_usage`, `cpu_usage` | MB, % of one core | this process |
/// | `active_connections`, `total_connections` | | WebSocket connections |
/// | `request_latency` | ms | requests since the last collection, with label `endpoint` those of one endpoint |
/// | `requests_per_minute`, `error_rate_percent` | , % | requests of the last minute, with label `endpoint` those of one endpoint |
/// | `cpu_percent`, `memory_percent`, `disk_usage_percent` | % | the host; the file system of [`disk_path`](crate::Builder::disk_path) |
/// | any other | its own | the [gauge](crate::Registry::gauge) of that name |
///
/// # Source
/// A-01, A-08.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertRule {
    name: Option<String>,
    pub(super) metric: String,
    pub(super) labels: Labels,
    pub(super) direction: Direction,
    pub(super) warning: Option<f64>,
    pub(super) critical: Option<f64>,
    pub(super) description: String,
    pub(super) enabled: bool,
    pub(super) hold: Duration,
    clear_margin: f64,
    pub(super) keep: Duration,
    pub(super) repeat: Option<Duration>,
}

/// On which side of a threshold it is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Above,
    Below,
}

impl AlertRule {
    /// A rule as seed 3 writes it: bad above.
    #[must_use]
    pub fn new(
        metric: impl Into<String>,
        warning: f64,
        critical: f64,
        description: impl Into<String>,
    ) -> Self {
        Self::above(metric).warning(warning).critical(critical).description(description)
    }

    /// Large values are bad. At least one threshold has to be set.
    #[must_use]
    pub fn above(metric: impl Into<String>) -> Self {
        Self {
            name: None,
            metric: metric.into(),
            labels: Labels::new(),
            direction: Direction::Above,
            warning: None,
            critical: None,
            description: String::new(),
            enabled: true,
            hold: Duration::ZERO,
            clear_margin: CLEAR_MARGIN,
            keep: KEEP,
            repeat: None,
        }
    }

    /// Small values are bad. At least one threshold has to be set.
    #[must_use]
    pub fn below(metric: impl Into<String>) -> Self {
        Self { direction: Direction::Below, ..Self::above(metric) }
    }

    /// The rules that are installed unless others are given: memory and CPU of the process, connections and
    /// request latency (A-15..A-18).
    #[must_use]
    pub fn defaults() -> Vec<Self> {
        vec![
            Self::new(metric::MEMORY_USAGE, 1536.0, 2048.0, "Memory usage high"),
            Self::new(metric::CPU_USAGE, 70.0, 90.0, "CPU usage high"),
            Self::new(metric::ACTIVE_CONNECTIONS, 50.0, 100.0, "Too many active connections"),
            Self::new(metric::REQUEST_LATENCY, 500.0, 1000.0, "Request latency high"),
        ]
    }

    /// Rules for any service, to add to the [default ones](Self::defaults): memory and file system of the host (A-19),
    /// requests that fail (A-20), and fewer than ten requests a minute, which is switched off, and has no data before the
    /// first request (A-21). Rates are over the last minute. That requests take longer than 500 ms (A-20) and that much
    /// of a processor is used (A-19) are default rules.
    ///
    /// # Examples
    /// ```
    /// use metrics_core::{AlertRule, Metrics};
    /// let rules = AlertRule::defaults().into_iter().chain(AlertRule::service_targets());
    /// let metrics = Metrics::builder().alert_rules(rules).build()?;
    /// assert!(metrics.alerts().enable("requests_per_minute", true));
    /// # Ok::<_, metrics_core::StartError>(())
    /// ```
    #[must_use]
    pub fn service_targets() -> Vec<Self> {
        let few = Self::below(metric::REQUESTS_PER_MINUTE).warning(10.0).description("Few requests");
        vec![
            Self::new(metric::HOST_MEMORY_PERCENT, 80.0, 90.0, "Memory of the host high"),
            Self::new(metric::DISK_USAGE_PERCENT, 90.0, 95.0, "Disk nearly full"),
            Self::new(metric::ERROR_RATE_PERCENT, 5.0, 10.0, "Many requests fail"),
            few.enabled(false),
        ]
    }

    /// From this value on it is a warning.
    #[must_use]
    pub fn warning(self, threshold: f64) -> Self {
        Self { warning: Some(threshold), ..self }
    }

    /// From this value on it is critical.
    #[must_use]
    pub fn critical(self, threshold: f64) -> Self {
        Self { critical: Some(threshold), ..self }
    }

    /// What people read when it is raised.
    #[must_use]
    pub fn description(self, text: impl Into<String>) -> Self {
        Self { description: text.into(), ..self }
    }

    /// Watches only the value that has this label, such as `endpoint` of `request_latency`.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(name.into(), value.into());
        self
    }

    /// A name of its own, so that one metric can have several rules.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Whether it is evaluated; true by default.
    #[must_use]
    pub fn enabled(self, enabled: bool) -> Self {
        Self { enabled, ..self }
    }

    /// How long a threshold must be held before the alert is raised; by default not at all, which keeps detection
    /// within the five minutes of A-13.
    #[must_use]
    pub fn for_at_least(self, time: Duration) -> Self {
        Self { hold: time, ..self }
    }

    /// By which share of the threshold, 0 to 1, the value must be back before the alert is lowered: 0.05 by default.
    #[must_use]
    pub fn clear_margin(self, share: f64) -> Self {
        Self { clear_margin: share, ..self }
    }

    /// How long the value must stay back before the alert is lowered: 60 s by default.
    #[must_use]
    pub fn keep(self, time: Duration) -> Self {
        Self { keep: time, ..self }
    }

    /// Reminds subscribers of a raised alert after this time, again and again; by default it does not.
    #[must_use]
    pub fn repeat(self, every: Duration) -> Self {
        Self { repeat: Some(every), ..self }
    }

    /// By what it is replaced, enabled and removed: its [own name](Self::named), or else the metric with the labels.
    #[must_use]
    pub fn name(&self) -> String {
        self.name.clone().unwrap_or_else(|| {
            if self.labels.is_empty() {
                return self.metric.clone();
            }
            let labels: Vec<_> =
                self.labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
            format!("{}{{{}}}", self.metric, labels.join(","))
        })
    }

    /// Whether what the other one has seen is of use to this one.
    pub(super) fn watches_the_same(&self, other: &Self) -> bool {
        (&self.metric, &self.labels, self.direction) == (&other.metric, &other.labels, other.direction)
    }

    pub(super) fn threshold(&self, level: AlertLevel) -> Option<f64> {
        match level {
            AlertLevel::Ok => None,
            AlertLevel::Warning => self.warning,
            AlertLevel::Critical => self.critical,
        }
    }

    /// Without anything that delays (CON-25).
    pub(super) fn literal(self) -> Self {
        Self { hold: Duration::ZERO, clear_margin: 0.0, keep: Duration::ZERO, repeat: None, ..self }
    }

    /// Whether a value is bad by this threshold.
    pub(super) fn is_reached(&self, threshold: f64, value: f64) -> bool {
        match self.direction {
            Direction::Above => value >= threshold,
            Direction::Below => value <= threshold,
        }
    }

    /// Whether a value is back from this threshold.
    pub(super) fn is_cleared(&self, threshold: f64, value: f64) -> bool {
        let margin = threshold.abs() * self.clear_margin;
        match self.direction {
            Direction::Above => value < threshold - margin,
            Direction::Below => value > threshold + margin,
        }
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let name = self.name();
        let problem = |problem: &str| Err(ConfigError::new("alert", format!("{name:?} {problem}")));
        let strings = [&self.metric, &name, &self.description].into_iter();
        let mut strings = strings.chain(self.labels.iter().flat_map(|(name, value)| [name, value]));
        if self.metric.is_empty() || name.is_empty() {
            return problem("has no name");
        }
        if strings.any(|text| text.len() > MAX_NAME_BYTES) {
            return problem("has a text of more than 256 bytes");
        }
        if !(0.0..=1.0).contains(&self.clear_margin) {
            return problem("has a clear margin that is not between 0 and 1");
        }
        let thresholds = [self.warning, self.critical];
        if thresholds.iter().flatten().any(|threshold| !threshold.is_finite()) {
            return problem("has a threshold that is not a finite number");
        }
        match thresholds {
            [None, None] => problem("has no threshold"),
            [Some(warning), Some(critical)] if !self.is_reached(warning, critical) => {
                problem("is critical before it is a warning")
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// THREAT 63.
    #[test]
    fn rules_that_make_no_sense_are_refused() {
        let base = || AlertRule::above("x").warning(1.0);
        for (rule, problem) in [
            (AlertRule::above("x"), r#"alert: "x" has no threshold"#),
            (AlertRule::new("x", 2.0, 1.0, ""), r#"alert: "x" is critical before it is a warning"#),
            (
                AlertRule::below("x").warning(1.0).critical(2.0),
                r#"alert: "x" is critical before it is a warning"#,
            ),
            (base().critical(f64::NAN), r#"alert: "x" has a threshold that is not a finite number"#),
            (base().warning(f64::INFINITY), r#"alert: "x" has a threshold that is not a finite number"#),
            (base().clear_margin(1.5), r#"alert: "x" has a clear margin that is not between 0 and 1"#),
            (base().clear_margin(f64::NAN), r#"alert: "x" has a clear margin that is not between 0 and 1"#),
            (AlertRule::above("").warning(1.0), r#"alert: "" has no name"#),
            (base().named(""), r#"alert: "" has no name"#),
            (base().description("d".repeat(257)), r#"alert: "x" has a text of more than 256 bytes"#),
        ] {
            assert_eq!(rule.validate().unwrap_err().to_string(), problem);
        }
        assert!(AlertRule::defaults().iter().all(|rule| rule.validate().is_ok()));
        assert!(AlertRule::below("x").warning(2.0).critical(1.0).validate().is_ok());
        assert!(AlertRule::new("x", 1.0, 1.0, "").validate().is_ok());
    }
}
