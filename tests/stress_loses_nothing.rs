//! Many threads, many records, readers and resets at the same time: every record is counted once.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use metrics_layer::Registry;

const THREADS: u64 = 8;

/// Every call takes a microsecond, so that count and sum check each other.
const CALL: Duration = Duration::from_micros(1);

/// What threads record into, and what became of it.
trait Target: Sync {
    /// Records that many calls and messages from the calling thread.
    fn record(&self, times: u64);

    /// Calls and messages counted so far; checks that what it reads belongs together.
    fn counted(&self) -> [u64; 2];
}

impl Target for Registry {
    fn record(&self, times: u64) {
        let (function, topic) = (self.function("f"), self.topic("t"));
        for _ in 0..times {
            function.record(CALL);
            topic.record_message(10);
        }
    }

    fn counted(&self) -> [u64; 2] {
        let lifetime = self.function("f").lifetime();
        let sum_us = (lifetime.sum_ms() * 1e3).round() as u64;
        assert_eq!(sum_us, lifetime.count(), "sum and count are of the same calls");
        let snapshot = self.snapshot();
        let topic = &snapshot.websocket.topics["t"];
        assert!(topic.total_bytes <= 10 * topic.total_messages, "no bytes of messages that are not there");
        [lifetime.count(), topic.total_messages]
    }
}

/// Counts the way shards are written, a load and a store, but in one place for all threads.
#[derive(Default)]
struct OneShardForAll([AtomicU64; 2]);

impl Target for OneShardForAll {
    fn record(&self, times: u64) {
        for counter in &self.0 {
            for _ in 0..times {
                let count = counter.load(Ordering::Relaxed);
                if count.is_multiple_of(1024) {
                    // Now and then another thread gets its turn in between, however short the run.
                    thread::yield_now();
                }
                counter.store(count + 1, Ordering::Relaxed);
            }
        }
    }

    fn counted(&self) -> [u64; 2] {
        self.0.each_ref().map(|counter| counter.load(Ordering::Relaxed))
    }
}

/// [`THREADS`] threads record, a thread that lives for a hundred records follows the other, and a reader reads.
fn assert_nothing_is_lost(target: &impl Target, records: u64) {
    let recording = AtomicBool::new(true);
    let start = Barrier::new(THREADS as usize);
    let short_lived = thread::scope(|scope| {
        let record = || {
            start.wait();
            target.record(records);
        };
        let long: Vec<_> = (0..THREADS).map(|_| scope.spawn(record)).collect();
        let churn = scope.spawn(|| {
            let mut records = 0;
            while recording.load(Ordering::Relaxed) {
                thread::scope(|scope| scope.spawn(|| target.record(100)).join().unwrap());
                records += 100;
            }
            records
        });
        let reader = scope.spawn(|| {
            let mut before = [0; 2];
            while recording.load(Ordering::Relaxed) {
                let now = target.counted();
                assert!(before[0] <= now[0] && before[1] <= now[1], "{before:?}, then {now:?}");
                before = now;
            }
        });
        long.into_iter().for_each(|thread| thread.join().unwrap());
        recording.store(false, Ordering::Relaxed);
        reader.join().unwrap();
        churn.join().unwrap()
    });
    assert_eq!(target.counted(), [THREADS * records + short_lived; 2]);
}

fn registry() -> Registry {
    let registry = Registry::default();
    // The reader expects the topic.
    drop(registry.topic("t"));
    registry
}

#[test]
fn eight_threads_lose_nothing() {
    assert_nothing_is_lost(&registry(), 20_000);
}

#[test]
#[ignore = "takes seconds in release and minutes without; ci/verify.sh runs it in release"]
fn eight_threads_lose_nothing_of_ten_million_each() {
    assert_nothing_is_lost(&registry(), 10_000_000);
}

/// The test of the test: a shard with several writers must be found out.
#[test]
fn a_planted_shared_shard_is_found() {
    let found = (0..20).any(|_| {
        catch_unwind(AssertUnwindSafe(|| {
            assert_nothing_is_lost(&OneShardForAll::default(), 200_000);
        }))
        .is_err()
    });
    assert!(found);
}

/// What a snapshot shows during resets is of one state: all of its calls failed, with one point each.
fn storm(rounds: u64) {
    let registry = Registry::default();
    let node = registry.node("n");
    let recording = AtomicBool::new(true);
    thread::scope(|scope| {
        let recorders: Vec<_> =
            (0..4).map(|_| scope.spawn(|| (0..rounds).for_each(|_| node.record_error(CALL)))).collect();
        for _ in 0..2 {
            scope.spawn(|| {
                while recording.load(Ordering::Relaxed) {
                    registry.reset();
                    thread::yield_now();
                }
            });
            scope.spawn(|| {
                while recording.load(Ordering::Relaxed) {
                    for node in registry.snapshot().dag.nodes {
                        assert_eq!(node.errors, node.calls_total);
                        assert!(node.calls_total == 0 || (node.avg_exec_ms - 0.001).abs() < 1e-12);
                    }
                    let lifetime = node.lifetime();
                    assert_eq!((lifetime.sum_ms() * 1e3).round() as u64, lifetime.count());
                    registry.observe_rates();
                }
            });
        }
        recorders.into_iter().for_each(|thread| thread.join().unwrap());
        recording.store(false, Ordering::Relaxed);
    });
    registry.reset();
    node.record(CALL, 1);
    assert_eq!(node.lifetime().count(), 1);
}

#[test]
fn resets_and_snapshots_while_recording_stay_consistent() {
    storm(20_000);
}

#[test]
#[ignore = "takes seconds in release and minutes without; ci/verify.sh runs it in release"]
fn resets_and_snapshots_while_recording_stay_consistent_for_long() {
    storm(2_000_000);
}
