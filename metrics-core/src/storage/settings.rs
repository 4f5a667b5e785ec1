//! Settings of a store, checked when it is started.

use std::time::Duration;

use super::Tier;
use crate::clock::Clock;
use crate::error::ConfigError;

const DAY: Duration = Duration::from_secs(86_400);

/// Flushes are so far apart unless told otherwise (CON-14), and never closer on a disk.
pub(super) const FLUSH_INTERVAL: Duration = Duration::from_secs(10);

/// A minute ends with a flush if its length is one of these.
const FLUSH_SECS: [u64; 12] = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60];

/// Line-protocol clients keep so many lines; a point takes some 200 bytes.
const QUEUE_POINTS: usize = 10_000;

/// A store that is away is asked again after so long, at first and in the end.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// How long each tier is kept: raw points for 7 days, hours for 30, days for 90, unless told otherwise.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use metrics_core::storage::{Retention, Tier};
///
/// let a_year = Retention::default().keep(Tier::Daily, Duration::from_secs(365 * 86_400));
/// assert_eq!(a_year.of(Tier::Raw), Duration::from_secs(7 * 86_400));
/// ```
///
/// # Source
/// D-03, D-09, CON-23.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    raw: Duration,
    hourly: Duration,
    daily: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self { raw: 7 * DAY, hourly: 30 * DAY, daily: 90 * DAY }
    }
}

impl Retention {
    /// How long this tier is kept.
    #[must_use]
    pub fn of(&self, tier: Tier) -> Duration {
        match tier {
            Tier::Raw => self.raw,
            Tier::Hourly => self.hourly,
            Tier::Daily => self.daily,
        }
    }

    /// Keeps a tier for so long: raw points for at least two days, so that a day is over before its points go, and each
    /// tier at least as long as the finer one; at most a hundred years.
    #[must_use]
    pub fn keep(mut self, tier: Tier, time: Duration) -> Self {
        match tier {
            Tier::Raw => self.raw = time,
            Tier::Hourly => self.hourly = time,
            Tier::Daily => self.daily = time,
        }
        self
    }

    pub(super) fn ms(&self, tier: Tier) -> u64 {
        u64::try_from(self.of(tier).as_millis()).unwrap_or(u64::MAX)
    }

    fn validate(&self) -> Result<(), ConfigError> {
        let in_order = [2 * DAY, self.raw, self.hourly, self.daily, 36_500 * DAY].is_sorted();
        if in_order {
            return Ok(());
        }
        let [raw, hourly, daily] = [self.raw, self.hourly, self.daily].map(|time| time.as_secs());
        Err(ConfigError::new(
            "retention",
            format!("{raw}, {hourly} and {daily} s are not in order, from two days on"),
        ))
    }
}

/// All of them.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) flush_interval: Duration,
    pub(super) least_flush_interval: Duration,
    pub(super) retention: Retention,
    pub(super) queue_points: usize,
    /// The first wait of the back-off and its longest one.
    pub(super) backoff: (Duration, Duration),
    pub(super) clock: Clock,
}

impl Settings {
    pub(super) fn new(least_flush_interval: Duration) -> Self {
        Self {
            flush_interval: FLUSH_INTERVAL,
            least_flush_interval,
            retention: Retention::default(),
            queue_points: QUEUE_POINTS,
            backoff: BACKOFF,
            clock: Clock::new(),
        }
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let secs = self.flush_interval.as_secs();
        let is_whole = self.flush_interval == Duration::from_secs(secs);
        if !is_whole || !FLUSH_SECS.contains(&secs) || self.flush_interval < self.least_flush_interval {
            let least = self.least_flush_interval.as_secs();
            let problem =
                format!("{:?} is not a part of a minute of at least {least} s", self.flush_interval);
            return Err(ConfigError::new("flush_interval", problem));
        }
        if !(100..=1_000_000).contains(&self.queue_points) {
            let problem = format!("{} is not between 100 and 1000000", self.queue_points);
            return Err(ConfigError::new("queue_points", problem));
        }
        let (first, longest) = self.backoff;
        if ![Duration::from_millis(1), first, longest, Duration::from_secs(3600)].is_sorted() {
            let problem = format!("{first:?} and {longest:?} are not in order, between 1 ms and 1 h");
            return Err(ConfigError::new("backoff", problem));
        }
        self.retention.validate()
    }
}
