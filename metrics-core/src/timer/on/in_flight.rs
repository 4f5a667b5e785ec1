//! How many calls of a series are under way.

use super::subject::Subject;

/// Counts its call as under way until it is dropped, on whichever thread and however the call ends.
#[derive(Debug)]
#[must_use = "the call is under way until this is dropped"]
pub struct InFlight(Subject);

impl InFlight {
    /// Counts the call in.
    #[inline]
    pub fn enter(subject: Subject) -> Self {
        subject.record_beside(|_, shard| shard.enter());
        Self(subject)
    }
}

impl Drop for InFlight {
    #[inline]
    fn drop(&mut self) {
        self.0.record_beside(|_, shard| shard.leave());
    }
}
