//! How long to wait before a store is asked again.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use super::{Refusal, SinkError};

/// The longest that a store may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

/// Doubles from the first wait to the longest one, with jitter, so that a fleet does not come back at once.
#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
    wait: Duration,
}

impl Backoff {
    pub(super) fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, failures: 0, wait: Duration::ZERO }
    }

    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
    }

    pub(super) fn failed(&mut self, error: &SinkError) {
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(self.failures)).min(self.longest);
        let doubled = if error.refusal() == Refusal::Degraded { self.longest } else { doubled };
        self.failures = self.failures.saturating_add(1);
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

    const LONGEST: Duration = Duration::from_secs(60);

    fn usual() -> Backoff {
        Backoff::new(Duration::from_secs(1), LONGEST)
    }

    #[test]
    fn it_waits_longer_and_longer_up_to_a_minute() {
        let mut backoff = usual();
        for longest in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            backoff.failed(&SinkError::retry(""));
            let longest = Duration::from_secs(longest);
            assert!((longest / 2..=longest).contains(&backoff.wait()), "{:?}", backoff.wait());
        }
        backoff.succeeded();
        backoff.failed(&SinkError::retry(""));
        assert!(backoff.wait() <= Duration::from_secs(1));
    }

    #[test]
    fn it_waits_as_long_as_it_is_asked_to_but_not_for_ever() {
        let mut backoff = usual();
        backoff.failed(&SinkError::retry("").after(Duration::from_secs(120)));
        assert_eq!(backoff.wait(), Duration::from_secs(120));
        backoff.failed(&SinkError::retry("").after(Duration::MAX));
        assert_eq!(backoff.wait(), LONGEST_ASKED);
        let mut backoff = usual();
        backoff.failed(&SinkError::degraded("wrong credentials"));
        assert!(backoff.wait() >= LONGEST / 2);
    }
}
