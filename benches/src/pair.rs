//! Batches on one thread, and on two at the same time, that nobody disturbed.

use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::contender::{Batch, Series};
use crate::span::{Before, Span, first};
use crate::undivided::{is_undivided, slowdown};

/// Calls before the clock starts: what a thread does on first use is not part of the figures.
const WARM_UP: u64 = 2_000;

/// Two threads share less than this part of the time from the first start to the last end: then they did not run
/// side by side, and what they measured is the scheduler.
const LEAST_OVERLAP: f64 = 0.9;

/// For how long a measurement is made again when it was disturbed.
const PATIENCE: Duration = Duration::from_millis(100);

/// The second thread. It lives as long as the run, so that contenders with memory per thread keep it.
#[derive(Debug)]
pub struct Pair {
    jobs: SyncSender<Job>,
    done: Receiver<Span>,
}

struct Job {
    batch: &'static dyn Batch,
    series: Series,
    calls: u64,
    ready: Arc<AtomicU32>,
}

impl Pair {
    /// Starts the second thread.
    #[must_use]
    pub fn start() -> Self {
        let (jobs, inbox) = sync_channel::<Job>(1);
        let (outbox, done) = sync_channel(1);
        thread::spawn(move || {
            for job in inbox {
                let taken = timed(job.batch, job.series, job.calls, &job.ready, 2);
                if outbox.send(taken).is_err() {
                    return;
                }
            }
        });
        Self { jobs, done }
    }

    /// Nanoseconds per call of both threads, each calling that often at the same time: the mean of the two. NaN if
    /// the machine did not let them run side by side.
    #[must_use]
    pub fn together(&self, batch: &'static dyn Batch, theirs: Series, calls: u64) -> f64 {
        first(PATIENCE, || {
            if !is_undivided(slowdown()) {
                return None;
            }
            let (mine, theirs) = self.once(batch, theirs, calls);
            let undisturbed = mine.is_undisturbed() && theirs.is_undisturbed();
            (undisturbed && mine.overlap(theirs) >= LEAST_OVERLAP)
                .then(|| (mine.seconds() + theirs.seconds()) * 1e9 / (2 * calls) as f64)
        })
    }

    fn once(&self, batch: &'static dyn Batch, theirs: Series, calls: u64) -> (Span, Span) {
        let ready = Arc::new(AtomicU32::new(0));
        let job = Job { batch, series: theirs, calls, ready: Arc::clone(&ready) };
        self.jobs.send(job).expect("the second thread runs as long as this");
        let mine = timed(batch, Series::First, calls, &ready, 2);
        let theirs = self.done.recv().expect("the second thread answers every job");
        (mine, theirs)
    }
}

/// Nanoseconds per call of the calling thread alone; NaN if the machine never left it alone.
#[must_use]
pub fn alone(batch: &dyn Batch, calls: u64) -> f64 {
    first(PATIENCE, || {
        let span = timed(batch, Series::First, calls, &AtomicU32::new(0), 1);
        span.is_undisturbed().then(|| span.seconds() * 1e9 / calls as f64)
    })
}

/// Waits, warm, until all are ready, then calls.
fn timed(batch: &dyn Batch, series: Series, calls: u64, ready: &AtomicU32, all: u32) -> Span {
    batch.batch(series, WARM_UP.min(calls));
    let before = Before::now();
    ready.fetch_add(1, Ordering::Relaxed);
    while ready.load(Ordering::Relaxed) < all {
        spin_loop();
    }
    let start = Instant::now();
    let taken = batch.batch(series, calls);
    before.span(start, taken)
}
