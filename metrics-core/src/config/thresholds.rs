//! When a latency is good.

use crate::error::ConfigError;

/// The bounds between good, warning and poor latencies, ms.
///
/// # Examples
/// ```
/// use metrics_core::{LatencyStatus, LatencyThresholds};
/// let usual = LatencyThresholds::default();
/// assert_eq!([49.9, 50.0, 200.0, 200.1].map(|ms| usual.status(ms)), [
///     LatencyStatus::Good,
///     LatencyStatus::Warning,
///     LatencyStatus::Warning,
///     LatencyStatus::Poor,
/// ]);
/// ```
///
/// # Source
/// H-19, V-13, CON-26.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatencyThresholds {
    warning_ms: f64,
    poor_ms: f64,
}

/// What a latency is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LatencyStatus {
    /// Below the first threshold.
    Good,
    /// From the first to the second threshold, both included.
    Warning,
    /// Above the second threshold.
    Poor,
}

impl LatencyThresholds {
    /// Good below `warning_ms`, poor above `poor_ms`.
    ///
    /// # Errors
    /// When they are not numbers from 0 on, the first at most the second.
    pub fn new(warning_ms: f64, poor_ms: f64) -> Result<Self, ConfigError> {
        if warning_ms >= 0.0 && warning_ms <= poor_ms && poor_ms.is_finite() {
            return Ok(Self { warning_ms, poor_ms });
        }
        let problem = format!("{warning_ms} and {poor_ms} ms are no bounds, the first at most the second");
        Err(ConfigError::new("latency_thresholds", problem))
    }

    /// What a latency in ms is worth.
    #[must_use]
    pub fn status(self, ms: f64) -> LatencyStatus {
        match ms {
            _ if ms < self.warning_ms => LatencyStatus::Good,
            _ if ms <= self.poor_ms => LatencyStatus::Warning,
            _ => LatencyStatus::Poor,
        }
    }

    /// From where on a latency is a warning, ms.
    #[must_use]
    pub fn warning_ms(self) -> f64 {
        self.warning_ms
    }

    /// Above which a latency is poor, ms.
    #[must_use]
    pub fn poor_ms(self) -> f64 {
        self.poor_ms
    }
}

impl Default for LatencyThresholds {
    /// 50 and 200 ms.
    fn default() -> Self {
        Self { warning_ms: 50.0, poor_ms: 200.0 }
    }
}

impl LatencyStatus {
    /// `good`, `warning` or `poor`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Poor => "poor",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_numbers_in_order() {
        assert_eq!(
            LatencyThresholds::new(5.0, 5.0).map(|bounds| bounds.status(5.0)),
            Ok(LatencyStatus::Warning)
        );
        for (warning_ms, poor_ms) in
            [(-1.0, 5.0), (6.0, 5.0), (f64::NAN, 5.0), (1.0, f64::NAN), (1.0, f64::INFINITY)]
        {
            assert!(LatencyThresholds::new(warning_ms, poor_ms).is_err(), "{warning_ms} and {poor_ms}");
        }
        let error = LatencyThresholds::new(6.0, 5.0).unwrap_err().to_string();
        assert_eq!(error, "latency_thresholds: 6 and 5 ms are no bounds, the first at most the second");
    }
}
