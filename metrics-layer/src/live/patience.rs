//! How much a client may say that has nothing to say.

use std::time::Duration;

use tokio::time::Instant;

/// Messages of a second: answers to pings come once in 20 s, and a client may send some pings of its own.
const MAX_PER_SECOND: u32 = 32;

const SECOND: Duration = Duration::from_secs(1);

/// Counts a client's messages, second by second (THREAT 59).
#[derive(Debug)]
pub(super) struct Patience {
    since: Instant,
    messages: u32,
}

impl Patience {
    pub(super) fn new() -> Self {
        Self { since: Instant::now(), messages: 0 }
    }

    /// Counts a message, and tells whether it was one too many.
    pub(super) fn is_over(&mut self) -> bool {
        if self.since.elapsed() >= SECOND {
            *self = Self::new();
        }
        self.messages += 1;
        self.messages > MAX_PER_SECOND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn so_many_messages_of_a_second_are_borne() {
        let mut patience = Patience::new();
        for _second in 0..3 {
            assert!((0..MAX_PER_SECOND).all(|_| !patience.is_over()));
            tokio::time::advance(SECOND).await;
        }
        assert!((0..MAX_PER_SECOND).all(|_| !patience.is_over()));
        assert!(patience.is_over());
    }
}
