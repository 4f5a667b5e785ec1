//! The name of a series, as one number.

use crate::state::StateId;

/// Names a series: its state (low half, which is compared without taking it out) and its index in the table of its domain
/// (high half). The lowest bits of the index stand highest, where one shift finds the line of a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeriesId(u64);

impl SeriesId {
    /// Names no series: no state has the id 0.
    pub(crate) const NONE: Self = Self(0);

    /// The bits of the index that say in which line of a thread's cache the series is.
    pub(crate) const LINE_BITS: u32 = 5;

    const LINE_SHIFT: u32 = u64::BITS - Self::LINE_BITS;

    #[inline(always)]
    pub(crate) fn new(state: StateId, index: u32) -> Self {
        let index = index.rotate_right(Self::LINE_BITS);
        Self(u64::from(index) << StateId::BITS | u64::from(state))
    }

    #[inline(always)]
    pub(crate) const fn from_word(word: u64) -> Self {
        Self(word)
    }

    #[inline(always)]
    pub(crate) const fn word(self) -> u64 {
        self.0
    }

    #[inline(always)]
    pub(crate) const fn state(self) -> StateId {
        // Keeps the low half.
        self.0 as StateId
    }

    #[inline(always)]
    pub(crate) const fn index(self) -> u32 {
        ((self.0 >> StateId::BITS) as u32).rotate_left(Self::LINE_BITS)
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
        fn the_parts_of_a_name_come_back(state: StateId, index: u32) {
            let series = SeriesId::new(state, index);
            prop_assert_eq!((series.state(), series.index(), series.line()), (state, index, index as usize % 32));
            prop_assert_eq!(SeriesId::from_word(series.word()), series);
        }
    }
}
