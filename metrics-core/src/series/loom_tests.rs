//! Every schedule of two or three threads, and every value a weak memory may show them, up to the number of
//! preemptions that `LOOM_MAX_PREEMPTIONS` allows.
//!
//! Modelled are the accumulators and who owns them. Rings, histograms and pools are the real code with small
//! constants: one slot of slack, four buckets that are full at two, one idle shard. Not modelled are the thread's
//! own memory and the tables (`record`, `state`): a map behind a lock of the standard library, and no order of its
//! own.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use loom::thread;

use super::cache::CacheTotal;
use super::histogram::{Counts, Histogram};
use super::newest::Folded;
use super::owner::MAX_IDLE;
use super::shard::NodeTotal;
use super::{CacheShard, CounterShard, Gauge, NodeShard, Sample, Series, Shard, TimingShard, TopicShard};
use crate::sync::model::{Bug, plant};
use crate::sync::{Mutex, lock};

/// Call number `n`, from 1: it ends at `n`, takes `n` ns and has `n` points, so that whatever does not belong
/// together shows.
fn record(shard: &NodeShard, n: u64) {
    shard.record(Sample { end: n, ns: n }, false, n);
}

fn read<S: Shard>(shards: &[&S], window: usize) -> (S::Total, Vec<Sample>) {
    let mut samples = Vec::new();
    let total = Folded::default().read(shards.iter().copied(), window, &mut samples);
    (total, samples)
}

/// Everything in the total stems from calls 1 to `count`, and from all of them; the samples are the newest of these.
#[track_caller]
fn assert_belongs_together(total: &NodeTotal, samples: &[Sample], window: usize) {
    let timing = &total.timing;
    let n = timing.count;
    assert_eq!(timing.sum_ns, n * (n + 1) / 2, "sum of {total:?}");
    assert_eq!(total.points, timing.sum_ns, "points of {total:?}");
    assert_eq!(timing.max_ns, n, "longest of {total:?}");
    assert_eq!(timing.min_ns, if n > 0 { 1 } else { u64::MAX }, "shortest of {total:?}");
    assert_eq!(total.last_points, n, "last points of {total:?}");
    assert_eq!(timing.last, (n > 0).then_some(Sample { end: n, ns: n }), "last of {total:?}");
    // Without a gap, and at least the newest.
    let kept = samples.len() as u64;
    assert!(kept >= n.min(1) && kept <= n.min(window as u64), "window {samples:?} of {total:?}");
    for (sample, expected) in samples.iter().rev().zip((1..=n).rev()) {
        assert_eq!(*sample, Sample { end: expected, ns: expected }, "window {samples:?} of {total:?}");
    }
}

/// A reader beside an owner that made `before` calls and makes more, up to `after`.
fn read_beside_an_owner(window: usize, before: u64, after: u64) {
    loom::model(move || {
        let shard = Arc::new(NodeShard::new(window));
        (1..=before).for_each(|n| record(&shard, n));
        let owner = {
            let shard = Arc::clone(&shard);
            thread::spawn(move || (before + 1..=after).for_each(|n| record(&shard, n)))
        };
        let (total, samples) = read(&[&*shard], window);
        assert!(total.timing.count >= before);
        assert_belongs_together(&total, &samples, window);
        owner.join().unwrap();
        let (total, samples) = read(&[&*shard], window);
        assert_eq!(total.timing.count, after);
        assert_eq!(samples.len() as u64, after.min(window as u64));
        assert_belongs_together(&total, &samples, window);
    });
}

// === the sequence lock ===

#[test]
fn fast_scalars_and_window_belong_to_the_same_calls() {
    read_beside_an_owner(1, 0, 1);
}

#[test]
fn scalars_and_window_belong_to_the_same_calls() {
    read_beside_an_owner(1, 0, 2);
}

/// A ring of two: the second new call overwrites the sample that is being copied.
#[test]
fn a_lapped_reader_leaves_out_what_was_overwritten() {
    read_beside_an_owner(1, 1, 3);
}

/// A ring of three, of which two slots are copied one after the other.
#[test]
fn a_window_of_two_is_copied_without_a_gap() {
    read_beside_an_owner(2, 2, 4);
}

/// A call of a thread that is through lies between the owner's first and second, of which the first is overwritten by
/// the third.
fn choose_beside_an_owner() {
    loom::model(|| {
        let call = |n: u64| Sample { end: 2 * n, ns: n };
        let record = |shard: &TimingShard, sample| shard.record(sample, false, || {});
        let (through, shard) = (TimingShard::new(1), Arc::new(TimingShard::new(1)));
        record(&through, Sample { end: 3, ns: 0 });
        record(&shard, call(1));
        let owner = {
            let shard = Arc::clone(&shard);
            thread::spawn(move || (2..=3).for_each(|n| record(&shard, call(n))))
        };
        let (total, samples) = read(&[&through, &*shard], 1);
        let newest = if total.count > 2 { call(total.count - 1) } else { Sample { end: 3, ns: 0 } };
        assert_eq!(samples, [newest], "window of {total:?}");
        owner.join().unwrap();
    });
}

#[test]
fn fast_the_newest_of_two_threads_is_chosen() {
    choose_beside_an_owner();
}

#[test]
#[should_panic(expected = "window of TimingTotal")]
fn planted_no_acquire_fence_is_found_by_the_choice() {
    plant(Bug::NoAcquireFence);
    choose_beside_an_owner();
}

#[test]
#[should_panic(expected = "of NodeTotal")]
fn planted_no_release_fence_is_found() {
    plant(Bug::NoReleaseFence);
    read_beside_an_owner(1, 0, 2);
}

#[test]
#[should_panic(expected = "of NodeTotal")]
fn planted_no_acquire_fence_is_found() {
    plant(Bug::NoAcquireFence);
    read_beside_an_owner(1, 0, 2);
}

#[test]
#[should_panic(expected = "of NodeTotal")]
fn planted_relaxed_publish_is_found() {
    plant(Bug::RelaxedPublish);
    read_beside_an_owner(1, 0, 1);
}

#[test]
#[should_panic(expected = "of NodeTotal")]
fn planted_relaxed_acquire_is_found() {
    plant(Bug::RelaxedAcquire);
    read_beside_an_owner(1, 0, 1);
}

/// The window alone, without the scalars that would give the bug away first.
#[test]
#[should_panic(expected = "window of TimingTotal")]
fn planted_no_release_fence_is_found_in_the_window() {
    plant(Bug::NoReleaseFence);
    loom::model(|| {
        let shard = Arc::new(TimingShard::new(1));
        let record = |shard: &TimingShard, n| shard.record(Sample { end: n, ns: n }, false, || {});
        record(&shard, 1);
        let owner = {
            let shard = Arc::clone(&shard);
            thread::spawn(move || (2..=4).for_each(|n| record(&shard, n)))
        };
        let (total, samples) = read(&[&*shard], 1);
        for sample in samples {
            assert_eq!(sample.end, sample.ns, "window of {total:?}");
        }
        owner.join().unwrap();
    });
}

// === hits and misses ===

/// The owner hits and misses in turn, so a pair that never was shows.
///
/// The reader is the thread that is started: loom knows the last access to each atomic only, and an owner's store comes
/// after its own load, so that it would not see what an owner that is started may do to a reader.
fn read_a_cache_beside_its_owner() {
    loom::model(|| {
        let shard = Arc::new(CacheShard::default());
        let reader = {
            let shard = Arc::clone(&shard);
            thread::spawn(move || {
                let mut total = CacheTotal::default();
                shard.merge_into(&mut total);
                total
            })
        };
        for _ in 0..2 {
            shard.record_hit();
            shard.record_miss();
        }
        let total = reader.join().unwrap();
        assert!(total.hits == total.misses || total.hits == total.misses + 1, "{total:?} never was");
    });
}

#[test]
fn fast_hits_and_misses_are_never_torn_apart() {
    read_a_cache_beside_its_owner();
}

#[test]
#[should_panic(expected = "never was")]
fn planted_relaxed_publish_of_a_cache_is_found() {
    plant(Bug::RelaxedPublish);
    read_a_cache_beside_its_owner();
}

#[test]
#[should_panic(expected = "never was")]
fn planted_relaxed_acquire_of_a_cache_is_found() {
    plant(Bug::RelaxedAcquire);
    read_a_cache_beside_its_owner();
}

// === owners ===

/// Two threads record one message of one byte each, each through `write`, while a reader looks twice.
fn read_beside_two_threads(write: fn(&Arc<Series<TopicShard>>)) {
    loom::model(move || {
        let series = Series::<TopicShard>::new(0);
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let series = Arc::clone(&series);
                thread::spawn(move || write(&series))
            })
            .collect();
        let (first, second) = (series.total(), series.total());
        assert!(first.messages <= second.messages && first.bytes <= second.bytes);
        assert!(second.messages <= 2 && second.bytes <= 2, "doubled: {second:?}");
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let total = series.total();
        assert_eq!((total.messages, total.bytes), (2, 2), "lost or doubled");
        assert!(series.live_shards() <= MAX_IDLE);
    });
}

#[test]
fn fast_shards_handed_back_and_reused_lose_nothing() {
    read_beside_two_threads(|series| series.writer().record(1));
}

#[test]
fn fast_records_without_a_shard_lose_nothing() {
    read_beside_two_threads(|series| series.record_homeless(|shard| shard.record(1)));
}

/// Both kinds of record in each thread, on the same series.
#[test]
fn a_shard_and_the_homeless_one_do_not_disturb_each_other() {
    loom::model(|| {
        let series = Series::<TopicShard>::new(0);
        let other = Arc::clone(&series);
        let thread = thread::spawn(move || {
            other.writer().record(1);
            other.record_homeless(|shard| shard.record(10));
        });
        series.record_homeless(|shard| shard.record(100));
        series.writer().record(1_000);
        thread.join().unwrap();
        assert_eq!((series.total().messages, series.total().bytes), (4, 1_111));
    });
}

/// Two shards, of which one is folded, with everything that is folded: sums, window and histogram.
#[test]
fn folding_beside_a_reader_loses_nothing() {
    loom::model(|| {
        let series = Series::<NodeShard>::new(1);
        let writers = [series.writer(), series.writer()];
        let threads = writers.map(|writer| thread::spawn(move || record(&writer, 1)));
        let mut samples = Vec::<Sample>::new();
        let seen = series.read(1, &mut samples);
        assert!(seen.timing.count <= 2 && seen.points == seen.timing.count);
        for thread in threads {
            thread.join().unwrap();
        }
        let total = series.read(1, &mut samples);
        assert_eq!((total.timing.count, total.timing.sum_ns, total.points), (2, 2, 2), "lost or doubled");
        assert_eq!(samples.len(), 1);
        assert_eq!(series.counts().total(), 2);
        assert_eq!(series.live_shards(), MAX_IDLE);
    });
}

/// A thread goes on writing after it handed its shard back: the next owner and the old one overwrite each other.
#[test]
#[should_panic(expected = "lost or doubled")]
fn planted_second_owner_is_found() {
    read_beside_two_threads(|series| {
        let writer = series.writer();
        let kept = writer.shard.clone();
        drop(writer);
        kept.record(1);
    });
}

/// What a reset of the registry comes to here: the series is replaced under a lock, while a thread records through
/// a writer of the old one and then asks for one of the new. Each record is in the series it was made for.
#[test]
fn fast_a_replaced_series_takes_its_records_along() {
    loom::model(|| {
        let current = Arc::new(Mutex::new(Series::<CounterShard>::new(0)));
        let old = Arc::downgrade(&lock(&*current));
        let thread = {
            let current = Arc::clone(&current);
            thread::spawn(move || {
                let first = lock(&*current).writer();
                first.add(1);
                let series = Arc::clone(&lock(&*current));
                let second = series.writer();
                second.add(10);
                // Handed back after a reset there is nothing to hand back to.
                drop(first);
            })
        };
        let fresh = Series::<CounterShard>::new(0);
        let replaced = std::mem::replace(&mut *lock(&*current), Arc::clone(&fresh));
        let seen = replaced.total();
        assert!([0, 1, 11].contains(&seen), "{seen}");
        thread.join().unwrap();
        assert_eq!(replaced.total() + fresh.total(), 11, "{} and {}", replaced.total(), fresh.total());
        drop(replaced);
        assert!(old.upgrade().is_none(), "nothing keeps a series that was reset");
    });
}

// === histogram and gauge ===

/// The third and the fifth record find their bucket full. At two, what is moved differs from what stays behind, so
/// that a bucket read on both sides of its spilling shows.
#[test]
fn fast_a_bucket_that_spills_is_counted_once() {
    loom::model(|| {
        let histogram = Arc::new(Histogram::new());
        let owner = {
            let histogram = Arc::clone(&histogram);
            thread::spawn(move || (0..5).for_each(|_| histogram.record(1)))
        };
        let read = || {
            let mut counts = Counts::default();
            histogram.merge_into(&mut counts);
            counts.total()
        };
        let (first, second) = (read(), read());
        assert!(first <= second && second <= 5, "{first}, then {second}");
        owner.join().unwrap();
        assert_eq!(read(), 5);
    });
}

#[test]
fn fast_a_gauge_adds_from_all_threads() {
    loom::model(|| {
        let gauge = Arc::new(Gauge::default());
        let other = Arc::clone(&gauge);
        let thread = thread::spawn(move || other.add(1));
        gauge.add(2);
        thread.join().unwrap();
        assert_eq!(gauge.get(), 3);
    });
}
