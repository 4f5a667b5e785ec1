//! The name of a series, as one number.

use crate::state::StateId;

/// Names a series: its state (high half) and its index in the table of its domain (low half, above
/// [`MARK_BITS`](Self::MARK_BITS) in which a caller may keep marks of its own).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SeriesId(u64);

impl SeriesId {
    /// Names no series: no state has the id 0.
    pub(crate) const NONE: Self = Self(0);

    /// A line of a cache takes 2^4 bytes, so an index above these bits finds its line without a shift. The other 28 bits
    /// are enough for an index: a table holds at most a million entries.
    pub(crate) const MARK_BITS: u32 = 4;

    #[inline(always)]
    pub(crate) fn new(state: StateId, index: u32) -> Self {
        Self(u64::from(state) << 32 | u64::from(index << Self::MARK_BITS))
    }

    #[inline(always)]
    pub(crate) const fn from_word(word: u64) -> Self {
        Self(word)
    }

    #[inline(always)]
    pub(crate) const fn word(self) -> u64 {
        self.0
    }

    /// Without a caller's marks.
    #[inline(always)]
    pub(crate) const fn unmarked(self) -> Self {
        Self(self.0 >> Self::MARK_BITS << Self::MARK_BITS)
    }

    #[inline(always)]
    pub(crate) const fn state(self) -> StateId {
        (self.0 >> 32) as StateId
    }

    #[inline(always)]
    pub(crate) const fn index(self) -> u32 {
        // Keeps the low half.
        self.0 as u32 >> Self::MARK_BITS
    }
}
