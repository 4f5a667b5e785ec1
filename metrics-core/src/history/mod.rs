//! The host over time, in memory.

use std::collections::VecDeque;
use std::sync::Mutex;

use crate::snapshot::HistorySample;
use crate::sync::lock;

/// The last samples of the host, at most as many as configured; the oldest goes first (Y-01).
#[derive(Debug)]
pub(crate) struct History {
    capacity: usize,
    samples: Mutex<VecDeque<HistorySample>>,
}

impl History {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, samples: Mutex::default() }
    }

    pub(crate) fn push(&self, sample: HistorySample) {
        let mut samples = lock(&self.samples);
        if samples.len() == self.capacity {
            samples.pop_front();
        }
        samples.push_back(sample);
    }

    /// All samples, oldest first.
    pub(crate) fn all(&self) -> Vec<HistorySample> {
        lock(&self.samples).iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_sample_makes_room() {
        let history = History::new(3);
        for second in 0..5 {
            history.push(HistorySample { timestamp: f64::from(second), ..Default::default() });
        }
        let seconds: Vec<_> = history.all().iter().map(|sample| sample.timestamp).collect();
        assert_eq!(seconds, [2.0, 3.0, 4.0]);
    }
}
