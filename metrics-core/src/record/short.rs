//! Series of short names, found without a look at the thread's own memory.

use std::cell::Cell;

use super::gate::{self, Word};
use super::id::SeriesId;

/// Names that do not get into each other's way, if their ends differ. A line takes 40 bytes.
const LINES: usize = 32;

/// A name of at most sixteen bytes, in full, and the text in the source that goes with it: two of them are equal
/// exactly if they name the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShortName {
    head: u64,
    tail: u64,
    /// Where the text in the source is; a text that is never changed is equal to itself.
    text: usize,
    /// Length of the name, and above it that of the text.
    lengths: u64,
}

impl ShortName {
    const NONE: Self = Self { head: 0, tail: 0, text: 0, lengths: u64::MAX };

    /// `None` of a longer name.
    #[inline(always)]
    pub(crate) fn new(name: &str) -> Option<Self> {
        let bytes = name.as_bytes();
        let (head, tail) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            (Some(head), Some(tail)) if bytes.len() <= 16 => {
                (u64::from_le_bytes(*head), u64::from_le_bytes(*tail))
            }
            (Some(_), _) | (_, Some(_)) => return None,
            (None, None) => (below_eight(bytes), 0),
        };
        Some(Self { head, tail, text: 0, lengths: bytes.len() as u64 })
    }

    /// The name and a text in the source. One of 4 GiB would be taken for another; none is.
    #[inline(always)]
    pub(crate) fn with(self, text: &'static str) -> Self {
        Self { text: text.as_ptr().addr(), lengths: self.lengths | (text.len() as u64) << 32, ..self }
    }

    #[inline(always)]
    fn place(self) -> usize {
        let sum = (self.head.rotate_left(29) ^ self.tail ^ self.lengths).wrapping_add(self.text as u64);
        // By 2^64 over the golden ratio: every bit of the sum reaches the top bits (Knuth, TAOCP 3, section 6.4).
        (sum.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - LINES.ilog2())) as usize
    }
}

/// At most seven bytes, as a number; with their count it tells them.
#[inline(always)]
fn below_eight(bytes: &[u8]) -> u64 {
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>(), bytes) {
        (Some(head), Some(tail), _) => {
            u64::from(u32::from_le_bytes(*head)) | u64::from(u32::from_le_bytes(*tail)) << 32
        }
        (.., &[a, b, c]) => u64::from(a) | u64::from(b) << 8 | u64::from(c) << 16,
        (.., &[a, b]) => u64::from(a) | u64::from(b) << 8,
        (.., &[a]) => u64::from(a),
        _ => 0,
    }
}

/// What a thread remembers of one domain's short names.
pub(crate) struct ShortNames([Cell<(ShortName, SeriesId)>; LINES]);

impl ShortNames {
    pub(super) const fn new() -> Self {
        Self([const { Cell::new((ShortName::NONE, SeriesId::NONE)) }; LINES])
    }

    /// The series of a name, if [`gate::names`] it while the gate has this word.
    #[inline(always)]
    pub(super) fn get(&self, word: Word, name: ShortName) -> Option<SeriesId> {
        let (known, series) = self.0[name.place()].get();
        (known == name && gate::names(word, series)).then_some(series)
    }

    pub(super) fn remember(&self, name: ShortName, series: SeriesId) {
        self.0[name.place()].set((name, series));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn short_names_are_equal_exactly_if_the_strings_are(left in "[ab]{0,17}", right in "[ab]{0,17}") {
            for (name, short) in [(&left, ShortName::new(&left)), (&right, ShortName::new(&right))] {
                prop_assert_eq!(short.is_some(), name.len() <= 16);
            }
            if let (Some(a), Some(b)) = (ShortName::new(&left), ShortName::new(&right)) {
                prop_assert_eq!(a == b, left == right);
                prop_assert_ne!(a, ShortName::NONE);
                prop_assert!(a.place() < LINES);
            }
        }
    }

    #[test]
    fn texts_and_states_tell_names_apart() {
        let names = ShortNames::new();
        let name = ShortName::new("voxel-1").unwrap();
        names.remember(name.with("down"), SeriesId::new(1, 7));
        assert_eq!(names.get(1, name.with("down")), Some(SeriesId::new(1, 7)));
        assert_eq!(names.get(2, name.with("down")), None);
        assert_eq!(names.get(1, name.with(&"down"[..2])), None);
        assert_eq!(names.get(1, name), None);
    }

    #[test]
    fn numbered_names_spread() {
        let names = (0..32).map(|n| ShortName::new(&format!("voxel-{n}")).unwrap().place());
        let places: std::collections::HashSet<_> = names.collect();
        assert!(places.len() > 16, "{} places of 32 names", places.len());
    }
}
