//! What entries are found by.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock};

use foldhash::fast::RandomState;

use crate::name::{OVERFLOW, bounded};

/// Seeded once per process, so that hashes of tables and per-thread caches agree and cannot be guessed.
static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::default);

/// What an entry is found by: a node id, a method and a path, a node and its operation.
///
/// Equality is that of both parts, so no joining character can make two keys collide.
#[derive(Clone, Copy, Debug, Eq, PartialOrd, Ord)]
pub(crate) struct Key<'a> {
    pub(crate) first: &'a str,
    pub(crate) second: &'a str,
}

impl<'a> Key<'a> {
    pub(crate) const OVERFLOW: Key<'static> = Key { first: OVERFLOW, second: OVERFLOW };

    /// A key of one part.
    #[inline]
    pub(crate) fn one(name: &'a str) -> Self {
        Self::two(name, "")
    }

    /// A key of two parts, each cut to the bound on names.
    #[inline]
    pub(crate) fn two(first: &'a str, second: &'a str) -> Self {
        Self { first: bounded(first), second: bounded(second) }
    }

    /// The overflow entry's for a name like its own, so that no name is there twice.
    pub(crate) fn or_overflow(self) -> Self {
        if self == Self::one(OVERFLOW) { Self::OVERFLOW } else { self }
    }

    /// A number below 2^`bits`, seldom shared with another key.
    #[inline(always)]
    pub(crate) fn fingerprint(self, bits: u32) -> usize {
        // The first is turned so that the parts do not cancel each other; multiplied by 2^64 over the golden ratio,
        // every bit of the sum reaches the top bits (Knuth, TAOCP 3, section 6.4).
        let sum = fingerprint(self.first).rotate_left(29).wrapping_add(fingerprint(self.second));
        (sum.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - bits)) as usize
    }

    #[inline]
    pub(crate) fn hash(self) -> u64 {
        let mut hasher = HASHER.build_hasher();
        self.first.hash(&mut hasher);
        self.second.hash(&mut hasher);
        hasher.finish()
    }
}

impl PartialEq for Key<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        same(self.first, other.first) && same(self.second, other.second)
    }
}

/// Whether two strings are equal; names are short, so few of them need a call of `memcmp`.
///
/// Nor does `memcmp` ever see two empty strings, whose pointers to nothing cost processors with masked loads a fault
/// assist, 85 ns as measured.
#[inline(always)]
pub(crate) fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    left.len() == right.len()
        && match left.len() {
            0 => true,
            4..=8 => ends::<4>(left) == ends(right),
            9..=16 => ends::<8>(left) == ends(right),
            _ => left == right,
        }
}

/// The first and the last `N` bytes, which overlap in a short string; `None` of one that is shorter.
#[inline(always)]
fn ends<const N: usize>(bytes: &[u8]) -> Option<(&[u8; N], &[u8; N])> {
    Some((bytes.first_chunk()?, bytes.last_chunk()?))
}

/// A few bits that keys which are used together seldom share: made of the ends of names, where `voxel-1` and
/// `voxel-2` differ, in a fraction of the time of a hash.
#[inline(always)]
fn fingerprint(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let tail = match (bytes.last_chunk::<8>(), ends::<4>(bytes), bytes) {
        (Some(tail), ..) => u64::from_le_bytes(*tail),
        (None, Some((head, tail)), _) => {
            u64::from(u32::from_le_bytes(*head)) | u64::from(u32::from_le_bytes(*tail)) << 32
        }
        (None, None, &[first, .., last]) => u64::from(first) | u64::from(last) << 8,
        (None, None, &[only]) => u64::from(only),
        (None, None, &[]) => return 0,
    };
    tail ^ bytes.len() as u64
}

/// A key that owns its strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnedKey {
    first: Arc<str>,
    second: Arc<str>,
}

impl OwnedKey {
    #[inline]
    pub(crate) fn borrow(&self) -> Key<'_> {
        Key { first: &self.first, second: &self.second }
    }
}

impl From<Key<'_>> for OwnedKey {
    fn from(key: Key<'_>) -> Self {
        Self { first: key.first.into(), second: key.second.into() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn strings_are_the_same_exactly_if_they_are_equal(left in "[ab]{0,20}", right in "[ab]{0,20}") {
            prop_assert_eq!(same(&left, &right), left == right);
            prop_assert!(same(&left, &left.clone()));
        }

        #[test]
        fn equal_keys_have_equal_fingerprints(first in ".{0,20}", second in ".{0,20}", bits in 1_u32..12) {
            let (owned, key) = (OwnedKey::from(Key::two(&first, &second)), Key::two(&first, &second));
            prop_assert_eq!(owned.borrow().fingerprint(bits), key.fingerprint(bits));
            prop_assert!(key.fingerprint(bits) < 1 << bits);
        }
    }

    #[test]
    fn numbered_names_spread() {
        let names: Vec<_> = (0..32).map(|n| format!("voxel-{n}")).collect();
        let places: std::collections::HashSet<_> =
            names.iter().map(|name| Key::one(name).fingerprint(7)).collect();
        assert!(places.len() > 20, "{} places of 32 names", places.len());
    }
}
