//! A second thread that stands ready to make calls at the same time as the first.

use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use crate::contender::{Batch, Series};

/// Calls before the clock starts: what a thread does on first use is not part of the figures.
const WARM_UP: u64 = 2_000;

/// The second thread. It lives as long as the run, so that contenders with memory per thread keep it.
#[derive(Debug)]
pub struct Pair {
    jobs: SyncSender<Job>,
    done: Receiver<Duration>,
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

    /// Nanoseconds per call of both threads, each calling that often at the same time: the mean of the two.
    #[must_use]
    pub fn together(&self, batch: &'static dyn Batch, theirs: Series, calls: u64) -> f64 {
        let ready = Arc::new(AtomicU32::new(0));
        let job = Job {
            batch,
            series: theirs,
            calls,
            ready: Arc::clone(&ready),
        };
        self.jobs
            .send(job)
            .expect("the second thread runs as long as this");
        let mine = timed(batch, Series::First, calls, &ready, 2);
        let theirs = self.done.recv().expect("the second thread answers every job");
        (mine + theirs).as_nanos() as f64 / (2 * calls) as f64
    }
}

/// Nanoseconds per call of the calling thread alone.
#[must_use]
pub fn alone(batch: &dyn Batch, calls: u64) -> f64 {
    timed(batch, Series::First, calls, &AtomicU32::new(0), 1).as_nanos() as f64 / calls as f64
}

/// Waits, warm, until all are ready, then calls.
fn timed(batch: &dyn Batch, series: Series, calls: u64, ready: &AtomicU32, all: u32) -> Duration {
    batch.batch(series, WARM_UP.min(calls));
    ready.fetch_add(1, Ordering::Relaxed);
    while ready.load(Ordering::Relaxed) < all {
        spin_loop();
    }
    batch.batch(series, calls)
}
