//! The keys a thread has seen.

use hashbrown::HashTable;

use crate::state::{Key, OwnedKey};

/// Keys that are found without a hash, if no other key shares their fingerprint: 2^6 of them, in 256 bytes.
const RECENT_BITS: u32 = 6;

/// Keys and the index of each in the table of its domain. Only keys with an entry of their own, so the table's cap
/// bounds it.
pub(super) struct Keys {
    list: Vec<(OwnedKey, u32)>,
    /// Places in the list, by fingerprint: the key that was used last, or one that is not there.
    recent: [u32; 1 << RECENT_BITS],
    /// Places in the list, by hash.
    known: HashTable<u32>,
}

impl Keys {
    pub(super) const fn new() -> Self {
        Self { list: Vec::new(), recent: [0; 1 << RECENT_BITS], known: HashTable::new() }
    }

    /// The index of a key that was seen.
    #[inline(always)]
    pub(super) fn find(&mut self, key: Key<'_>) -> Option<u32> {
        let place = self.recent[key.fingerprint(RECENT_BITS)];
        match self.list.get(place as usize) {
            Some((recent, index)) if recent.borrow() == key => Some(*index),
            _ => self.find_by_hash(key),
        }
    }

    #[inline(never)]
    fn find_by_hash(&mut self, key: Key<'_>) -> Option<u32> {
        let list = &self.list;
        let is_there =
            |place: &u32| list.get(*place as usize).is_some_and(|(known, _)| known.borrow() == key);
        let place = *self.known.find(key.hash(), is_there)?;
        self.recent[key.fingerprint(RECENT_BITS)] = place;
        self.list.get(place as usize).map(|(_, index)| *index)
    }

    /// Remembers a key that was not there.
    pub(super) fn learn(&mut self, key: OwnedKey, index: u32) {
        // The cap on entries keeps the place far below u32::MAX.
        let (place, hash) = (self.list.len() as u32, key.borrow().hash());
        self.list.push((key, index));
        let list = &self.list;
        self.known.insert_unique(hash, place, |place| list[*place as usize].0.borrow().hash());
    }

    /// All keys.
    pub(super) fn into_list(self) -> Vec<(OwnedKey, u32)> {
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_share_a_fingerprint_are_told_apart() {
        let mut keys = Keys::new();
        let names: Vec<_> = (0..500).map(|n| format!("node-{n}")).collect();
        for (name, index) in names.iter().zip(0..) {
            assert_eq!(keys.find(Key::one(name)), None);
            keys.learn(Key::one(name).into(), index);
        }
        for round in 0..3 {
            for (name, index) in names.iter().zip(0..) {
                assert_eq!(keys.find(Key::one(name)), Some(index), "{name} in round {round}");
                assert_eq!(keys.find(Key::two(name, "x")), None);
            }
        }
    }
}
