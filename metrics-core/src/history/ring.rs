//! The last values of one series, in two columns.

use std::collections::VecDeque;

/// At most so many values, of which the oldest makes room.
///
/// # Cost
/// 16 bytes a value, taken at the first value and never again; what is not used yet takes no memory of the machine.
#[derive(Debug)]
pub(super) struct Ring {
    capacity: usize,
    stamps: VecDeque<i64>,
    values: VecDeque<f64>,
}

impl Ring {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, stamps: VecDeque::new(), values: VecDeque::new() }
    }

    /// Adds a value that is not older than the last one.
    pub(super) fn push(&mut self, stamp: i64, value: f64) {
        if self.values.capacity() == 0 {
            self.stamps.reserve_exact(self.capacity);
            self.values.reserve_exact(self.capacity);
        }
        if self.values.len() == self.capacity {
            self.stamps.pop_front();
            self.values.pop_front();
        }
        self.stamps.push_back(stamp);
        self.values.push_back(value);
    }

    /// The last `count` values, oldest first.
    pub(super) fn tail(&self, count: usize) -> impl Iterator<Item = (i64, f64)> + '_ {
        let skipped = self.values.len().saturating_sub(count);
        self.stamps.iter().copied().zip(self.values.iter().copied()).skip(skipped)
    }

    /// How many values are not older than that.
    pub(super) fn count_since(&self, stamp: i64) -> usize {
        self.stamps.len() - self.stamps.partition_point(|other| *other < stamp)
    }

    pub(super) fn latest(&self) -> Option<f64> {
        self.values.back().copied()
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// THREAT 70, against a list that keeps everything.
        #[test]
        fn a_ring_is_the_end_of_a_list(
            capacity in 1_usize..20,
            steps in vec(0_i64..3, 0..60),
            count in 0_usize..70,
            since in 0_i64..100,
        ) {
            let mut ring = Ring::new(capacity);
            let (mut list, mut now) = (Vec::new(), 0);
            for step in steps {
                now += step;
                ring.push(now, f64::from(now as i32));
                list.push((now, f64::from(now as i32)));
                prop_assert!(ring.values.capacity() < 2 * capacity.max(4), "it was taken once");
            }
            let kept = &list[list.len().saturating_sub(capacity)..];
            let tail: Vec<_> = ring.tail(count).collect();
            prop_assert_eq!(&tail, &kept[kept.len().saturating_sub(count)..]);
            prop_assert_eq!(ring.count_since(since), kept.iter().filter(|(at, _)| *at >= since).count());
            prop_assert_eq!(ring.latest(), kept.last().map(|(_, value)| *value));
        }
    }
}
