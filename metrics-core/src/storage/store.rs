//! A store: what services push their points to, and where trends are read from.

use std::fmt;
use std::process;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::inbox::Inbox;
use super::reader::{Reader, TrendAnswer};
use super::settings::Settings;
use super::tables::Tables;
use super::worker::Worker;
use super::{Point, Retention, Sink, StoreError, TrendQuery, TrendSource};
use crate::clock::Clock;
use crate::snapshot::StorageMetrics;

/// What is written by the last flush is written within this time, or lost.
const LAST_FLUSH: Duration = Duration::from_secs(2);

/// Keeps the points of one or more services, and answers what their trends are; clones share it.
///
/// Give it to [`Builder::store`](crate::Builder::store): the sampler then pushes a point of the service and one of each
/// route at every [flush interval](StoreBuilder::flush_interval). Writing is done by a thread of the store, reading by
/// another one; neither can hold up who records or asks. When the last clone is gone, or at
/// [`shutdown`](Self::shutdown), what waits is written, for at most two seconds.
///
/// # Examples
/// ```
/// use metrics_core::storage::{Metric, Point, Store, Tags, TrendQuery};
/// use metrics_core::{Metrics, TrendPeriod};
/// use std::time::Duration;
///
/// let store = Store::memory().start()?;
/// let metrics = Metrics::builder().service("api").store(store.clone()).build()?;
///
/// // Points of one's own may be pushed too.
/// let noon = metrics.registry().clock().unix_now().as_millis() as u64;
/// store.push(vec![Point { queue_size: 7, ..Point::new(Tags::service("mailer", "a"), noon) }]);
/// assert!(store.flush(Duration::from_secs(5)));
/// let query = TrendQuery { service: Some("mailer".to_owned()), ..TrendQuery::new(Metric::QueueSize, TrendPeriod::Hourly) };
/// assert_eq!(store.trend(query).wait(Duration::from_secs(5))?.buckets[0].max, 7.0);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// # Source
/// CON-01: every step beyond memory is opt-in. R-07: batched, off the request path.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    flush_interval: Duration,
    inbox: Arc<Inbox>,
    reader: Arc<Reader>,
    /// Where the threads are: a forked child has none.
    process: u32,
}

/// Settings of a store, and then its start.
#[must_use = "nothing is stored until `start`"]
pub struct StoreBuilder {
    settings: Settings,
    open: Open,
}

type Open = Box<dyn FnOnce(&Settings) -> Result<Backend, StoreError> + Send>;

/// What a store is made of.
pub(super) struct Backend {
    pub(super) kind: &'static str,
    /// `None` when nothing is written anywhere.
    pub(super) sink: Option<Box<dyn Sink>>,
    /// Roll-ups in memory, unless the sink makes its own.
    pub(super) tables: Option<Arc<Mutex<Tables>>>,
    pub(super) source: Option<Box<dyn TrendSource>>,
}

impl Store {
    /// Hours and days in memory, until the process ends; no points, and at most 32 MiB of roll-ups, of which the oldest
    /// hours go first, then the oldest days.
    pub fn memory() -> StoreBuilder {
        StoreBuilder::new(Duration::from_secs(1), |settings| {
            let tables = Arc::new(Mutex::new(Tables::of_memory(settings)));
            let source = Box::new(super::tables::Reading(Arc::clone(&tables)));
            Ok(Backend { kind: "memory", sink: None, tables: Some(tables), source: Some(source) })
        })
    }

    /// Points to a sink of any kind, and trends from a source of any kind; without a source from the roll-ups of the last
    /// two days, which are kept in memory.
    pub fn with_sink(sink: impl Sink + 'static, source: Option<Box<dyn TrendSource>>) -> StoreBuilder {
        StoreBuilder::new(Duration::from_secs(1), move |_settings| {
            let rolls_up = sink.rolls_up();
            let tables = (!rolls_up).then(|| Arc::new(Mutex::new(Tables::beside_a_sink())));
            let in_memory =
                tables.clone().map(|tables| Box::new(super::tables::Reading(tables)) as Box<dyn TrendSource>);
            Ok(Backend {
                kind: sink.name(),
                sink: Some(Box::new(sink)),
                tables,
                source: source.or(in_memory),
            })
        })
    }

    /// Gives points to the storage thread, which writes them soon. Never waits: when the queue is full its oldest points
    /// are dropped and counted. Names are cut to [`MAX_NAME_BYTES`](crate::MAX_NAME_BYTES); points without a service or
    /// instance, and with numbers that are not finite, are dropped.
    ///
    /// # Cost
    /// One lock, and a pass over the points.
    pub fn push(&self, points: Vec<Point>) {
        self.shared.inbox.push(points);
    }

    /// Waits until everything that was pushed before is written or dropped; false if that takes longer than `timeout`.
    #[must_use = "false tells that points still wait"]
    pub fn flush(&self, timeout: Duration) -> bool {
        self.shared.inbox.flush(timeout)
    }

    /// Asks for a trend. The answer is a future of any runtime, or is [waited for](TrendAnswer::wait).
    pub fn trend(&self, query: TrendQuery) -> TrendAnswer {
        self.shared.reader.ask(query)
    }

    /// How it does.
    #[must_use]
    pub fn metrics(&self) -> StorageMetrics {
        let own = self.shared.inbox.metrics();
        StorageMetrics { panics: own.panics + self.shared.reader.panics(), ..own }
    }

    /// The time between two points of a series.
    #[must_use]
    pub fn flush_interval(&self) -> Duration {
        self.shared.flush_interval
    }

    /// Writes what waits, for at most two seconds, and ends. Points that are pushed later are dropped and counted. In a forked
    /// child, where the thread that writes is not, it waits for nobody.
    pub fn shutdown(&self) {
        self.shared.close(LAST_FLUSH);
    }
}

impl Shared {
    fn close(&self, last_flush: Duration) {
        if !self.inbox.close() {
            return;
        }
        self.reader.close();
        if self.process == process::id() {
            // A thread that hangs in a disk or a network is left alone: nothing must hold up the end of the process.
            let _written = self.inbox.wait_for_end(last_flush);
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.close(LAST_FLUSH);
    }
}

impl StoreBuilder {
    pub(super) fn new(
        least_flush_interval: Duration,
        open: impl FnOnce(&Settings) -> Result<Backend, StoreError> + Send + 'static,
    ) -> Self {
        Self { settings: Settings::new(least_flush_interval), open: Box::new(open) }
    }

    /// Time between two points of a series: a whole number of seconds that divides a minute; 10 s by default, and at
    /// least that on a disk.
    pub fn flush_interval(mut self, interval: Duration) -> Self {
        self.settings.flush_interval = interval;
        self
    }

    /// How long each tier is kept.
    pub fn retention(mut self, retention: Retention) -> Self {
        self.settings.retention = retention;
        self
    }

    /// Points that wait while the store cannot be written: 100 to 1 000 000, by default 10 000.
    pub fn queue_points(mut self, points: usize) -> Self {
        self.settings.queue_points = points;
        self
    }

    /// How long to wait before a store that is away or busy is asked again: at first, and at most; with jitter. By default
    /// 1 s and 60 s. Where credentials are wrong it is the longest at once.
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.settings.backoff = (first, longest);
        self
    }

    /// The time source; by default the real one.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.settings.clock = clock;
        self
    }

    /// Opens the store and starts its threads.
    ///
    /// # Errors
    /// When a setting is out of range, the place cannot be used at all, another store has it, or the operating system
    /// gives no thread.
    pub fn start(self) -> Result<Store, StoreError> {
        self.settings.validate()?;
        let backend = (self.open)(&self.settings)?;
        let inbox = Arc::new(Inbox::new(&self.settings, backend.kind));
        let reader = Arc::new(Reader::default());
        match backend.source {
            Some(source) => Reader::start(&reader, source).map_err(StoreError::thread)?,
            None => reader.close(),
        }
        let worker = Worker::new(backend.sink, backend.tables, Arc::clone(&inbox), self.settings.clone());
        let flush_interval = self.settings.flush_interval;
        let shared = Shared { flush_interval, inbox, reader, process: process::id() };
        // Dropping `shared` ends the reader if there is no second thread.
        worker.start().map_err(StoreError::thread)?;
        Ok(Store { shared: Arc::new(shared) })
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("flush_interval", &self.flush_interval())
            .field("metrics", &self.metrics())
            .finish()
    }
}

impl fmt::Debug for StoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreBuilder").field("settings", &self.settings).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, Receiver};
    use std::thread;

    use super::super::{Batch, SinkError, Tags};
    use super::*;

    /// Hangs until somebody lets go.
    struct Held(Receiver<()>);

    impl Sink for Held {
        fn name(&self) -> &'static str {
            "held"
        }

        fn write(&mut self, _batch: Batch<'_>) -> Result<(), SinkError> {
            let _ = self.0.recv();
            Ok(())
        }
    }

    /// Its parent's thread will never say that it ended.
    #[test]
    fn a_forked_child_waits_for_no_thread() {
        let (release, held) = mpsc::channel::<()>();
        let mut store = Store::with_sink(Held(held), None).clock(Clock::mock().0).start().unwrap();
        store.push(vec![Point::new(Tags::service("api", "a"), 0)]);
        let shared = Arc::get_mut(&mut store.shared).unwrap();
        shared.process = shared.process.wrapping_add(1);
        let (ended, closed) = mpsc::channel();
        thread::spawn(move || {
            store.shared.close(Duration::from_secs(3000));
            ended.send(()).unwrap();
        });
        let closed = closed.recv_timeout(Duration::from_secs(10));
        drop(release);
        closed.expect("nobody waits");
    }
}
