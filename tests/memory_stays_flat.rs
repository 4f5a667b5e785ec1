//! Memory depends on keys and threads alive, not on records, nor on threads that have been.
//!
//! The tests take turns, because the resident memory they watch is that of the whole process.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::hint::black_box;
use std::panic::catch_unwind;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use metrics_layer::Registry;

const KIB: u64 = 1024;

/// One at a time; a test that failed does not fail the others.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Resident memory of this process that is no file's: its heap, its stacks and its statics, bytes.
///
/// Pages of the executable come with the code that runs for the first time, 64 KiB at once. `/proc/self/status`
/// would be up to 256 KiB off, because the kernel counts there in batches per thread.
fn resident() -> u64 {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let field = rollup.lines().find_map(|line| line.strip_prefix("Anonymous:"));
    field.unwrap().trim().trim_end_matches(" kB").parse::<u64>().unwrap() * KIB
}

#[track_caller]
fn assert_growth(before: u64, most: u64) {
    let growth = resident().saturating_sub(before);
    println!("{} KiB more resident memory", growth / KIB);
    assert!(growth <= most, "{growth} bytes of growth");
}

// === threads that have been ===

const SHORT_THREADS: u64 = 100_000;

/// That many threads one after the other, of which each records once.
fn short_threads(count: u64, record: impl Fn() + Sync) {
    for _ in 0..count {
        thread::scope(|scope| scope.spawn(&record).join().unwrap());
    }
}

fn assert_short_threads_leave_little(count: u64) {
    let registry = Registry::default();
    let (function, topic) = (registry.function("f"), registry.topic("t"));
    let record = || {
        function.record(Duration::from_micros(1));
        topic.record_message(1);
    };
    short_threads(500, record);
    let before = resident();
    short_threads(count, record);
    assert_growth(before, 4 * KIB * KIB);
    assert_eq!(function.lifetime().count(), count + 500);
    assert_eq!(registry.snapshot().websocket.topics["t"].total_messages, count + 500);
    // One series of each kind, and at most four idle shards of each.
    assert!(registry.self_metrics().shards <= 8);
}

#[test]
fn threads_that_have_been_leave_little() {
    let _turn = alone();
    assert_short_threads_leave_little(2_000);
}

#[test]
#[ignore = "takes ten seconds; ci/verify.sh runs it in release"]
fn a_hundred_thousand_threads_that_have_been_leave_little() {
    let _turn = alone();
    assert_short_threads_leave_little(SHORT_THREADS);
}

// === records that nobody reads ===

/// Two threads record calls, a topic's messages and a counter; the memory after is that of before.
fn assert_records_leave_nothing(records: u64) {
    let registry = Registry::default();
    let (function, node) = (registry.function("f"), registry.node("n"));
    let (topic, counter) = (registry.topic("t"), registry.counter("c"));
    let record = |times: u64| {
        for n in 0..times / 8 {
            let elapsed = Duration::from_nanos(n);
            (0..3).for_each(|_| function.record(elapsed));
            (0..2).for_each(|_| node.record(elapsed, n));
            (0..2).for_each(|_| topic.record_message(n));
            counter.add(1);
        }
    };
    let work = || {
        record(records / 100);
        let before = resident();
        let allocations = allocation_counter::measure(|| record(records / 2)).count_total;
        (before, allocations)
    };
    let both =
        thread::scope(|scope| [scope.spawn(work), scope.spawn(work)].map(|thread| thread.join().unwrap()));
    assert_eq!(both.map(|(_, allocations)| allocations), [0; 2]);
    let before = both.iter().map(|(before, _)| *before).max().unwrap();
    assert_growth(before, 64 * KIB);
    assert!(counter.value() >= records / 8);
}

#[test]
fn records_that_nobody_reads_leave_nothing() {
    let _turn = alone();
    assert_records_leave_nothing(100_000);
}

#[test]
#[ignore = "takes ten seconds; ci/verify.sh runs it in release"]
fn a_billion_records_that_nobody_reads_leave_nothing() {
    let _turn = alone();
    assert_records_leave_nothing(1_000_000_000);
}

// === tests of the tests ===

/// A queue that nobody drains.
#[test]
fn a_planted_queue_is_found() {
    let _turn = alone();
    let before = resident();
    let queue = black_box(vec![1_u8; 256 * KIB as usize]);
    assert!(catch_unwind(|| assert_growth(before, 64 * KIB)).is_err());
    drop(black_box(queue));
}

/// Threads that leave 4 KiB each.
#[test]
fn planted_threads_that_leave_something_are_found() {
    let _turn = alone();
    let kept = Mutex::new(Vec::with_capacity(2_000));
    let before = resident();
    short_threads(2_000, || kept.lock().unwrap().push(vec![1_u8; 4096]));
    assert!(catch_unwind(|| assert_growth(before, 4 * KIB * KIB)).is_err());
}
