//! The name of a series, as one number.

use crate::state::StateId;

/// Names a series: its state (low half, which is compared without taking it out), marks that a caller may keep
/// ([`MARK_BITS`](Self::MARK_BITS)), and its index in the table of its domain (the other 28 bits, which are enough: a
/// table holds at most a million entries). The lowest bits of the index stand highest, where one shift finds the line of
/// a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SeriesId(u64);

impl SeriesId {
    /// Names no series: no state has the id 0.
    pub(crate) const NONE: Self = Self(0);

    pub(crate) const MARK_BITS: u32 = 4;

    /// The first of the bits for marks.
    pub(crate) const FIRST_MARK: u64 = 1 << StateId::BITS;

    /// The bits of the index that say in which line of a thread's cache the series is.
    pub(crate) const LINE_BITS: u32 = 5;

    /// Where those of the index begin that do not.
    const REST_SHIFT: u32 = StateId::BITS + Self::MARK_BITS;

    const LINE_SHIFT: u32 = u64::BITS - Self::LINE_BITS;

    #[inline(always)]
    pub(crate) fn new(state: StateId, index: u32) -> Self {
        let index = u64::from(index);
        Self(index << Self::LINE_SHIFT | index >> Self::LINE_BITS << Self::REST_SHIFT | u64::from(state))
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
        Self(self.0 & !(((1 << Self::MARK_BITS) - 1) * Self::FIRST_MARK))
    }

    #[inline(always)]
    pub(crate) const fn state(self) -> StateId {
        // Keeps the low half.
        self.0 as StateId
    }

    #[inline(always)]
    pub(crate) const fn index(self) -> u32 {
        let rest = self.0 << Self::LINE_BITS >> (Self::LINE_BITS + Self::REST_SHIFT);
        // Of 28 bits nothing is lost.
        (rest << Self::LINE_BITS) as u32 | self.line() as u32
    }

    /// The index modulo the number of lines.
    #[inline(always)]
    pub(crate) const fn line(self) -> usize {
        (self.0 >> Self::LINE_SHIFT) as usize
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_parts_of_a_name_come_back(state: StateId, index in 0_u32..1 << 28, marks in 0_u64..1 << 4) {
            let series = SeriesId::new(state, index);
            let marked = SeriesId::from_word(series.word() | (marks * SeriesId::FIRST_MARK));
            prop_assert_eq!((marked.state(), marked.index(), marked.line()), (state, index, index as usize % 32));
            prop_assert_eq!(marked.unmarked(), series);
        }
    }
}
