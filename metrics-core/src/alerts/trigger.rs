//! One threshold, with what keeps it from reacting to noise.

use std::time::Duration;

/// Raised after the value was bad for a while, and lowered after it was back for a while.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Trigger {
    pub(super) raised: bool,
    /// Since when the value asks for the other side.
    turning_since: Option<Duration>,
}

/// What one value means to one threshold; between the two it means nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight {
    pub(super) reached: bool,
    pub(super) cleared: bool,
}

impl Trigger {
    /// Takes in a value that was seen at `now`, on a clock that never goes back. A trigger that is raised turns after
    /// `keep`, another after `hold`.
    pub(super) fn observe(&mut self, now: Duration, sight: Sight, hold: Duration, keep: Duration) {
        let (turns, wait) = if self.raised { (sight.cleared, keep) } else { (sight.reached, hold) };
        if !turns {
            self.turning_since = None;
            return;
        }
        let since = *self.turning_since.get_or_insert(now);
        if now.saturating_sub(since) >= wait {
            *self = Self { raised: !self.raised, turning_since: None };
        }
    }

    /// Nothing is known of the time since the last value: a wait begins anew.
    pub(super) fn interrupt(&mut self) {
        self.turning_since = None;
    }

    pub(super) fn is_turning(&self) -> bool {
        self.turning_since.is_some()
    }
}
