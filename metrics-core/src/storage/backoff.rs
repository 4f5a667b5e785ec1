//! How long to wait before a store is asked again.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use super::{Refusal, SinkError};

const FIRST: Duration = Duration::from_secs(1);

/// The longest wait of our own.
const LONGEST: Duration = Duration::from_secs(60);

/// The longest that a store may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

/// Doubles from 1 s to 60 s, with jitter, so that a fleet does not come back at once.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
    wait: Duration,
}

impl Backoff {
    pub(super) fn failed(&mut self, error: &SinkError) {
        let doubled = FIRST.saturating_mul(1 << self.failures.min(6)).min(LONGEST);
        let doubled = if error.refusal() == Refusal::Degraded { LONGEST } else { doubled };
        self.failures += 1;
        // Half of it, and a part of the other half.
        let jitter = doubled.mul_f64(random_share() / 2.0);
        let own = doubled / 2 + jitter;
        self.wait = error.wait().map_or(own, |asked| asked.min(LONGEST_ASKED).max(own));
    }

    pub(super) fn wait(&self) -> Duration {
        self.wait
    }
}

/// From 0 to 1; the keys of `RandomState` are random.
fn random_share() -> f64 {
    (RandomState::new().hash_one(()) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_longer_and_longer_up_to_a_minute() {
        let mut backoff = Backoff::default();
        for longest in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            backoff.failed(&SinkError::retry(""));
            let longest = Duration::from_secs(longest);
            assert!((longest / 2..=longest).contains(&backoff.wait()), "{:?}", backoff.wait());
        }
    }

    #[test]
    fn it_waits_as_long_as_it_is_asked_to_but_not_for_ever() {
        let mut backoff = Backoff::default();
        backoff.failed(&SinkError::retry("").after(Duration::from_secs(120)));
        assert_eq!(backoff.wait(), Duration::from_secs(120));
        backoff.failed(&SinkError::retry("").after(Duration::MAX));
        assert_eq!(backoff.wait(), LONGEST_ASKED);
        let mut backoff = Backoff::default();
        backoff.failed(&SinkError::degraded("wrong credentials"));
        assert!(backoff.wait() >= LONGEST / 2);
    }
}
