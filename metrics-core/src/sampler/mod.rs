//! The one background thread: it runs jobs at fixed periods.

mod job;

use std::collections::BTreeMap;
use std::io;
use std::process;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use job::{Job, Run};

use crate::record::caught;
use crate::snapshot::JobMetrics;
use crate::sync::lock;

/// Longest sleep with nothing to do.
const IDLE: Duration = Duration::from_secs(3600);

/// A thread that runs jobs at fixed periods, without any async runtime.
///
/// A job that panics is logged and runs again at its next turn. Turns that were missed (because a job took
/// long, or the machine slept) are skipped, never made up for.
///
/// # Examples
/// ```
/// use std::{sync::mpsc, time::Duration};
/// use metrics_core::Sampler;
///
/// let sampler = Sampler::start()?;
/// let (ticks, seen) = mpsc::channel();
/// sampler.schedule("tick", Duration::from_millis(1), move || { let _ = ticks.send(()); });
/// seen.recv().expect("the job runs");
/// sampler.cancel("tick");
/// sampler.stop(); // prompt: it does not wait for the next turn
/// # Ok::<_, std::io::Error>(())
/// ```
///
/// # Source
/// R-01, R-02: stop is prompt, faults are contained.
#[derive(Debug)]
pub struct Sampler {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Where the thread is: a forked child has none.
    process: u32,
}

#[derive(Debug, Default)]
struct Shared {
    jobs: Mutex<Jobs>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Jobs {
    list: Vec<Job>,
    stopping: bool,
}

impl Sampler {
    /// Starts the thread, with nothing to do yet.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start() -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let for_thread = Arc::clone(&shared);
        let thread =
            thread::Builder::new().name("metrics-sampler".to_owned()).spawn(move || for_thread.run())?;
        Ok(Self { shared, thread: Mutex::new(Some(thread)), process: process::id() })
    }

    /// Runs `job` now and then once every `period`; replaces the job of that name.
    pub fn schedule(&self, name: &'static str, period: Duration, job: impl FnMut() + Send + 'static) {
        let job = Job::new(name, period, Box::new(job));
        let mut jobs = lock(&self.shared.jobs);
        let replaced = jobs.take_off(name);
        jobs.list.push(job);
        drop(jobs);
        self.shared.changed.notify_all();
        drop(replaced);
    }

    /// Runs a job once every `period` from now on, counted from its last run. Nothing happens if there is none of
    /// that name.
    pub fn set_period(&self, name: &str, period: Duration) {
        let mut jobs = lock(&self.shared.jobs);
        let named = jobs.list.iter_mut().filter(|job| job.name == name);
        named.for_each(|job| job.set_period(period, Instant::now()));
        self.shared.changed.notify_all();
    }

    /// Takes a job off; a run that is under way is its last. Nothing happens if there is none of that name.
    pub fn cancel(&self, name: &str) {
        let cancelled = lock(&self.shared.jobs).take_off(name);
        drop(cancelled);
    }

    /// Whether a job of that name is scheduled and the thread is there to run it.
    #[must_use]
    pub fn is_scheduled(&self, name: &str) -> bool {
        let jobs = lock(&self.shared.jobs);
        !jobs.stopping && jobs.list.iter().any(|job| job.name == name)
    }

    /// How the jobs do, by name.
    #[must_use]
    pub fn jobs(&self) -> BTreeMap<String, JobMetrics> {
        lock(&self.shared.jobs).list.iter().map(|job| (job.name.to_owned(), job.metrics())).collect()
    }

    /// Ends the thread, after the run that is under way. Later calls do nothing. In a forked child, where the thread is not,
    /// there is nothing to wait for.
    pub fn stop(&self) {
        lock(&self.shared.jobs).stopping = true;
        self.shared.changed.notify_all();
        let Some(thread) = lock(&self.thread).take() else { return };
        if self.process != process::id() {
            // Another thread may have its handle by now, which would be waited for or detached.
            std::mem::forget(thread);
        } else if thread.thread().id() != thread::current().id() {
            // A job that stops its own sampler must not wait for itself.
            let _ = thread.join();
        }
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn run(&self) {
        let mut jobs = lock(&self.jobs);
        while !jobs.stopping {
            let now = Instant::now();
            if let Some((name, mut run)) = jobs.take_due(now) {
                drop(jobs);
                let panicked = contain(name, &mut run);
                jobs = lock(&self.jobs);
                if let Some(cancelled) = jobs.end_turn(name, run, panicked) {
                    drop(jobs);
                    let _ = caught(|| drop(cancelled));
                    jobs = lock(&self.jobs);
                }
                continue;
            }
            let wait = jobs.next_due().map_or(IDLE, |due| due.saturating_duration_since(now));
            let waited = self.changed.wait_timeout(jobs, wait);
            (jobs, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        // What the jobs hold goes with them, and not while others wait for the lock.
        let left = std::mem::take(&mut jobs.list);
        drop(jobs);
        let _ = caught(|| drop(left));
    }
}

impl Jobs {
    /// The longest overdue job, to be run outside the lock; its next turn is set.
    fn take_due(&mut self, now: Instant) -> Option<(&'static str, Run)> {
        let due = self.list.iter_mut().filter(|job| job.due <= now).min_by_key(|job| job.due)?;
        due.skip_to_after(now);
        Some((due.name, due.run.take()?))
    }

    /// Gives back what a turn borrowed; to the caller, if the job was cancelled or replaced meanwhile.
    fn end_turn(&mut self, name: &str, run: Run, panicked: bool) -> Option<Run> {
        let running = |job: &&mut Job| job.name == name && job.run.is_none();
        match self.list.iter_mut().find(running) {
            Some(job) => job.end_turn(run, panicked),
            None => return Some(run),
        }
        None
    }

    /// The jobs of that name, to be dropped without the lock: what they hold may ask for it.
    fn take_off(&mut self, name: &str) -> Vec<Job> {
        self.list.extract_if(.., |job| job.name == name).collect()
    }

    fn next_due(&self) -> Option<Instant> {
        self.list.iter().map(|job| job.due).min()
    }
}

/// Says whether the turn panicked.
fn contain(name: &str, run: &mut Run) -> bool {
    let panicked = caught(run).is_none();
    if panicked {
        tracing::error!(job = name, "a background job panicked; it runs again at its next turn");
    }
    panicked
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn stopping_does_not_wait_for_the_next_turn() {
        let sampler = Sampler::start().unwrap();
        let (runs, seen) = mpsc::channel();
        sampler.schedule("slow", Duration::from_secs(3000), move || runs.send(()).unwrap());
        seen.recv().unwrap();
        assert!(sampler.is_scheduled("slow"));
        sampler.stop();
        assert!(!sampler.is_scheduled("slow"));
    }

    /// Waiting for a thread of the parent ends in a panic, or never.
    #[test]
    fn a_forked_child_waits_for_no_thread() {
        let mut sampler = Sampler::start().unwrap();
        let (release, held) = mpsc::channel::<()>();
        let (runs, seen) = mpsc::channel();
        sampler.schedule("held", Duration::from_secs(3000), move || {
            runs.send(()).unwrap();
            let _ = held.recv();
        });
        seen.recv().unwrap();
        sampler.process = sampler.process.wrapping_add(1);
        let (ended, stopped) = mpsc::channel();
        thread::spawn(move || {
            sampler.stop();
            ended.send(()).unwrap();
        });
        let stopped = stopped.recv_timeout(Duration::from_secs(10));
        drop(release);
        stopped.expect("nobody waits");
    }

    #[test]
    fn a_job_that_panics_runs_again() {
        let sampler = Sampler::start().unwrap();
        let (runs, seen) = mpsc::channel();
        sampler.schedule("panics", Duration::from_millis(1), move || {
            runs.send(()).unwrap();
            panic!("on purpose");
        });
        for _ in 0..3 {
            seen.recv().unwrap();
        }
        // The third turn may still be ending.
        let job = sampler.jobs()["panics"];
        assert!(job.panics >= 2 && job.runs == job.panics, "{job:?}");
    }

    /// What it panicked with panics too, when it is dropped.
    #[test]
    fn a_job_may_panic_with_anything() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("once more, on purpose");
            }
        }
        let sampler = Sampler::start().unwrap();
        let (runs, seen) = mpsc::channel();
        sampler.schedule("bomb", Duration::from_millis(1), move || {
            runs.send(()).unwrap();
            std::panic::panic_any(Bomb);
        });
        (0..3).for_each(|_| seen.recv().unwrap());
    }

    /// Whether it is cancelled, replaced, cancelled while it runs, or left at the end.
    #[test]
    fn what_a_job_holds_may_ask_the_sampler_when_it_is_dropped() {
        struct Asking(Arc<Shared>, mpsc::Sender<()>);
        impl Drop for Asking {
            fn drop(&mut self) {
                let free = self.0.jobs.try_lock().is_ok();
                if free {
                    let _ = self.1.send(());
                }
            }
        }
        let sampler = Arc::new(Sampler::start().unwrap());
        let (dropped, seen) = mpsc::channel();
        let schedule = |name, holder: Option<Arc<Sampler>>| {
            let asking = Asking(Arc::clone(&sampler.shared), dropped.clone());
            sampler.schedule(name, Duration::from_secs(1_000), move || {
                let _ = &asking;
                holder.iter().for_each(|sampler| sampler.cancel(name));
            });
        };
        schedule("job", None);
        schedule("job", None);
        sampler.cancel("job");
        schedule("cancels itself", Some(Arc::clone(&sampler)));
        while sampler.is_scheduled("cancels itself") {
            std::thread::yield_now();
        }
        schedule("left", None);
        sampler.stop();
        drop(dropped);
        assert_eq!(seen.iter().count(), 4);
    }

    #[test]
    fn a_cancelled_job_is_dropped() {
        let sampler = Sampler::start().unwrap();
        let (runs, seen) = mpsc::channel();
        sampler.schedule("job", Duration::from_millis(1), move || {
            let _ = runs.send(());
        });
        seen.recv().unwrap();
        sampler.cancel("job");
        // The sender goes with the job, so the channel ends.
        while seen.recv().is_ok() {}
    }

    #[test]
    fn a_job_may_stop_its_own_sampler() {
        let sampler = Arc::new(Sampler::start().unwrap());
        let (done, seen) = mpsc::channel();
        let own = Arc::clone(&sampler);
        sampler.schedule("stop", Duration::from_secs(1), move || {
            own.stop();
            let _ = done.send(());
        });
        seen.recv().unwrap();
    }
}
