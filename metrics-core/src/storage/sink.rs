//! Where points go.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use super::{Point, Rollup};

/// What is to be written at once: points in the order of their time, and roll-ups that are complete.
///
/// # Definition
/// A roll-up is told when its bucket is over, with all values of this process's points. When a point comes late, it is
/// told again, whole: it replaces what was written before.
#[derive(Clone, Copy, Debug, Default)]
pub struct Batch<'a> {
    /// Points, at most some thousands.
    pub points: &'a [Point],
    /// Roll-ups; empty for a sink that [makes its own](Sink::rolls_up).
    pub rollups: &'a [Rollup],
}

impl Batch<'_> {
    /// Points and roll-ups together.
    #[must_use]
    pub fn len(&self) -> usize {
        self.points.len() + self.rollups.len()
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Writes points to a store of some kind.
///
/// It is called by the storage thread alone, one call at a time, and never on the path of a request. A call should
/// come back within some seconds; a panic counts as an error that [can be retried](SinkError::retry).
///
/// What a sink cannot take is kept by its caller: up to [`queue_points`](super::StoreBuilder::queue_points) points, of
/// which the oldest are dropped and counted. Retries wait from 1 s to 60 s ([`backoff`](super::StoreBuilder::backoff)), with
/// jitter, or as long as the error asks.
///
/// # Source
/// D-06, R-07.
pub trait Sink: Send {
    /// One word for logs and health, such as `sqlite`.
    fn name(&self) -> &'static str;

    /// Whether it makes roll-ups out of its points itself, and is told of none.
    fn rolls_up(&self) -> bool {
        false
    }

    /// Writes the batch, as far as it can.
    ///
    /// # Errors
    /// What is to become of what was not written; see [`SinkError`].
    fn write(&mut self, batch: Batch<'_>) -> Result<(), SinkError>;

    /// Reads back the points of one service and instance in a span of Unix milliseconds, its routes included, so that
    /// roll-ups of buckets that began before a restart are whole. Asked before the first point of that instance is
    /// written, for each hour of the day, and of yesterday in the first hour of a day; and before the first point of
    /// another day, unless points of the day before it were written too. A sink that cannot read has none.
    ///
    /// # Errors
    /// When they cannot be read. After [`retry`](SinkError::retry), which tells that nothing could be written either, the
    /// hour is asked for again before anything is; after another error buckets begin at the restart.
    fn recover(&mut self, service: &str, instance: &str, span: Range<u64>) -> Result<Vec<Point>, SinkError> {
        let _ = (service, instance, span);
        Ok(Vec::new())
    }

    /// Does what is not urgent, such as rolling up, and forgetting what is too old; called at the start and about once a
    /// minute, between writes. Says how many roll-ups it made.
    ///
    /// # Errors
    /// As [`write`](Self::write); it is tried again a minute later.
    fn maintain(&mut self) -> Result<usize, SinkError> {
        Ok(0)
    }

    /// What somebody should know, for health: such as a file that had to be put aside.
    fn notice(&self) -> Option<String> {
        None
    }
}

/// Why a sink did not write all of a batch, and what to do with the rest.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use metrics_core::storage::{Refusal, SinkError};
///
/// let error = SinkError::retry("status 503").after(Duration::from_secs(30)).written(200);
/// assert_eq!((error.refusal(), error.to_string().as_str()), (Refusal::Retry, "status 503"));
/// ```
#[derive(Debug)]
pub struct SinkError {
    refusal: Refusal,
    message: String,
    after: Option<Duration>,
    done: usize,
    dropped: usize,
    dropped_rollups: usize,
}

/// How far a batch was written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    pub(super) points: usize,
    pub(super) rollups: usize,
    pub(super) dropped_points: usize,
    pub(super) dropped_rollups: usize,
}

/// What becomes of what was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is tried again after a while: the store is away, busy or full.
    Retry,
    /// It is dropped and counted: the store will never take it.
    Drop,
    /// It is kept and tried again after the longest wait, and health says `degraded`: the store needs somebody's help,
    /// as with wrong credentials.
    Degraded,
}

impl SinkError {
    /// The batch is tried again.
    #[must_use]
    pub fn retry(message: impl Into<String>) -> Self {
        Self::new(Refusal::Retry, message.into())
    }

    /// The batch is dropped.
    #[must_use]
    pub fn drop(message: impl Into<String>) -> Self {
        Self::new(Refusal::Drop, message.into())
    }

    /// The batch is kept until somebody has helped.
    #[must_use]
    pub fn degraded(message: impl Into<String>) -> Self {
        Self::new(Refusal::Degraded, message.into())
    }

    fn new(refusal: Refusal, message: String) -> Self {
        Self { refusal, message, after: None, done: 0, dropped: 0, dropped_rollups: 0 }
    }

    /// Not before this time has passed (as `Retry-After` says); at most an hour.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self { after: Some(wait), ..self }
    }

    /// So many of the batch were written, points before roll-ups and from the first on. The error is about the rest.
    #[must_use]
    pub fn written(self, count: usize) -> Self {
        Self { done: count, ..self }
    }

    /// So many of the points that count as written were dropped for good instead.
    #[must_use]
    pub fn dropped(self, count: usize) -> Self {
        Self { dropped: count, ..self }
    }

    /// So many of the roll-ups that count as written were dropped for good instead.
    #[must_use]
    pub fn dropped_rollups(self, count: usize) -> Self {
        Self { dropped_rollups: count, ..self }
    }

    /// What becomes of the rest.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        self.refusal
    }

    pub(super) fn wait(&self) -> Option<Duration> {
        self.after
    }

    /// Of a batch of so many points and roll-ups: what is done with, and how much of that was dropped.
    pub(super) fn progress(&self, points: usize, rollups: usize) -> Progress {
        let done_points = self.done.min(points);
        let done_rollups = (self.done - done_points).min(rollups);
        Progress {
            points: done_points,
            rollups: done_rollups,
            dropped_points: self.dropped.min(done_points),
            dropped_rollups: self.dropped_rollups.min(done_rollups),
        }
    }
}

impl fmt::Display for SinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SinkError {}
