//! The name of a series, as one number.

use crate::state::StateId;

/// Names a series: its state (high half) and its index in the table of its domain (low half).
///
/// Indices stay far below [`INDEX_BITS`](Self::INDEX_BITS), so a caller may keep marks of its own above them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SeriesId(u64);

impl SeriesId {
    /// Names no series: no state has the id 0.
    pub(crate) const NONE: Self = Self(0);

    /// Bits of an index: a table holds at most a million entries.
    pub(crate) const INDEX_BITS: u32 = 24;

    #[inline(always)]
    pub(crate) fn new(state: StateId, index: u32) -> Self {
        Self(u64::from(state) << 32 | u64::from(index))
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
        Self(self.0 & !(u32::MAX as u64 & !((1 << Self::INDEX_BITS) - 1)))
    }

    #[inline(always)]
    pub(crate) const fn state(self) -> StateId {
        (self.0 >> 32) as StateId
    }

    #[inline(always)]
    pub(crate) const fn index(self) -> u32 {
        // Keeps the low half.
        self.0 as u32
    }
}
