//! How much a client may say that has nothing to say.

use std::time::Duration;

use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

/// Counts what a client sends, second by second (THREAT 59).
#[derive(Debug)]
pub(super) struct Patience {
    most: usize,
    since: Instant,
    count: usize,
}

impl Patience {
    /// With so much of anything in a second.
    pub(super) fn new(most: usize) -> Self {
        Self { most, since: Instant::now(), count: 0 }
    }

    pub(super) fn count(&mut self, more: usize) {
        if self.since.elapsed() >= SECOND {
            *self = Self::new(self.most);
        }
        self.count += more;
    }

    /// Whether what was counted is too much.
    pub(super) fn is_over(&self) -> bool {
        self.count > self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn so_much_of_a_second_is_borne() {
        const MOST: usize = 32;
        let mut patience = Patience::new(MOST);
        let mut counts = |more| {
            patience.count(more);
            patience.is_over()
        };
        for _second in 0..3 {
            assert!((0..MOST).all(|_| !counts(1)));
            tokio::time::advance(SECOND).await;
        }
        assert!(!counts(MOST));
        assert!(counts(1));
    }
}
