//! A bounded table of entries, looked up by a key of two strings.

use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use hashbrown::HashTable;

use super::key::{Key, OwnedKey};
use crate::sync::{Quietly, quietly, read, write};

/// Rows that are looked at under one lock.
const VISITED_AT_ONCE: usize = 256;

/// Entries in the order in which they were first seen, at most `cap` of them and one for the rest.
///
/// # Cost
/// A look-up takes a read lock and hashes the key; recording threads do it once per key and remember the
/// index.
#[derive(Debug)]
pub(crate) struct Table<E> {
    cap: usize,
    rows: RwLock<Rows<E>>,
    overflowed: AtomicU64,
}

#[derive(Debug)]
struct Rows<E> {
    index: HashTable<u32>,
    list: Vec<Arc<Row<E>>>,
    /// Whether an eviction copied them: no row is added any more.
    are_closed: bool,
}

/// A key and its entry, to which it dereferences.
#[derive(Debug)]
pub(crate) struct Row<E> {
    pub(crate) key: OwnedKey,
    entry: E,
}

impl<E> Row<E> {
    /// The key of a domain whose keys have one part.
    pub(crate) fn name(&self) -> &str {
        self.key.borrow().first
    }
}

impl<E> Deref for Row<E> {
    type Target = E;

    fn deref(&self) -> &E {
        &self.entry
    }
}

/// Where a key's entry stands, and whether that is an entry of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Own(u32),
    Overflow(u32),
}

impl Place {
    pub(crate) fn index(self) -> u32 {
        let (Self::Own(index) | Self::Overflow(index)) = self;
        index
    }
}

impl<E> Table<E> {
    pub(crate) fn new(cap: usize) -> Self {
        Self { cap, rows: RwLock::new(Rows::new()), overflowed: AtomicU64::new(0) }
    }

    fn rows(&self) -> Quietly<RwLockReadGuard<'_, Rows<E>>> {
        quietly(read(&self.rows))
    }

    fn rows_mut(&self) -> Quietly<RwLockWriteGuard<'_, Rows<E>>> {
        quietly(write(&self.rows))
    }

    /// The place of a key, made with `make` on first sight; beyond the cap that of the overflow entry. `None` of a key
    /// that is not in a table that is closed.
    pub(crate) fn intern(&self, key: Key<'_>, make: impl FnOnce(Key<'_>) -> E) -> Option<Place> {
        let key = key.or_overflow();
        let hash = key.hash();
        if let Some(place) = self.place(hash, key) {
            return Some(place);
        }
        let mut rows = self.rows_mut();
        if let Some(index) = rows.find(hash, key) {
            return Some(Place::Own(index));
        }
        if rows.are_closed {
            return None;
        }
        if rows.has_room(self.cap) {
            return Some(Place::Own(rows.insert(hash, Row::new(key, make))));
        }
        self.overflowed.fetch_add(1, Ordering::Relaxed);
        let overflow = Key::OVERFLOW;
        let hash = overflow.hash();
        let index = rows.find(hash, overflow).unwrap_or_else(|| rows.insert(hash, Row::new(overflow, make)));
        Some(Place::Overflow(index))
    }

    /// The place of a key that was seen, or that finds no room: clients who make up keys hold up nobody.
    fn place(&self, hash: u64, key: Key<'_>) -> Option<Place> {
        let rows = self.rows();
        if let Some(index) = rows.find(hash, key) {
            return Some(Place::Own(index));
        }
        let index = rows.overflow(self.cap)?;
        self.overflowed.fetch_add(1, Ordering::Relaxed);
        Some(Place::Overflow(index))
    }

    pub(crate) fn get(&self, index: u32) -> Option<Arc<Row<E>>> {
        self.rows().list.get(index as usize).cloned()
    }

    pub(crate) fn len(&self) -> usize {
        self.rows().list.len()
    }

    /// All rows, in the order in which their keys were first seen.
    pub(crate) fn all(&self) -> Vec<Arc<Row<E>>> {
        self.rows().list.clone()
    }

    /// The keys of all rows, by place.
    pub(crate) fn keys(&self) -> Vec<OwnedKey> {
        self.rows().list.iter().map(|row| row.key.clone()).collect()
    }

    /// All rows, in the order of their keys.
    pub(crate) fn in_order(&self) -> Vec<Arc<Row<E>>> {
        let mut rows = self.all();
        rows.sort_unstable_by(|a, b| a.key.borrow().cmp(&b.key.borrow()));
        rows
    }

    /// Looks at all rows, in the order in which their keys were first seen.
    ///
    /// For what is quick: a thread's first sight of a key waits for at most [`VISITED_AT_ONCE`] rows.
    pub(crate) fn visit(&self, mut look: impl FnMut(&Row<E>)) {
        let mut seen = 0;
        loop {
            let rows = self.rows();
            // Rows are added at the end only.
            let Some(rest) = rows.list.get(seen..).filter(|rest| !rest.is_empty()) else { return };
            let now = rest.len().min(VISITED_AT_ONCE);
            rest[..now].iter().for_each(|row| look(row));
            seen += now;
        }
    }

    /// The key under which a key is counted: the overflow entry's, when there is no room for its own.
    pub(crate) fn counted_as<'a>(&self, key: Key<'a>) -> Key<'a> {
        let rows = self.rows();
        match rows.find(key.hash(), key) {
            None if !rows.has_room(self.cap) => Key::OVERFLOW,
            _ => key,
        }
    }

    /// The entry in which a key is counted, if there is one.
    pub(crate) fn seen(&self, key: Key<'_>) -> Option<Arc<Row<E>>> {
        let key = key.or_overflow();
        let rows = self.rows();
        let index = rows.find(key.hash(), key).or_else(|| rows.overflow(self.cap))?;
        rows.list.get(index as usize).cloned()
    }

    /// The place of a key that is there.
    pub(crate) fn find(&self, key: Key<'_>) -> Option<(u32, Arc<Row<E>>)> {
        let rows = self.rows();
        let index = rows.find(key.hash(), key)?;
        Some((index, rows.list.get(index as usize).cloned()?))
    }

    /// Adds no row any more, before it is copied.
    pub(crate) fn close(&self) {
        self.rows_mut().are_closed = true;
    }

    /// Takes the rows of that name back from those that were in an earlier table, each if there is none of its key, and
    /// room.
    pub(crate) fn take_back<'a>(&self, evicted: impl IntoIterator<Item = &'a Arc<Row<E>>>, name: &str)
    where
        E: 'a,
    {
        for row in evicted.into_iter().filter(|row| row.name() == name) {
            let hash = row.key.borrow().hash();
            let mut rows = self.rows_mut();
            if !rows.are_closed && rows.has_room(self.cap) && rows.find(hash, row.key.borrow()).is_none() {
                rows.insert(hash, Arc::clone(row));
            }
        }
    }

    /// A table of the same entries, less those that are not to be kept.
    pub(crate) fn retained(&self, keep: impl Fn(&Row<E>) -> bool) -> Self {
        let mut rows = Rows::new();
        for row in &self.rows().list {
            if keep(row) {
                rows.insert(row.key.borrow().hash(), Arc::clone(row));
            }
        }
        Self { cap: self.cap, rows: RwLock::new(rows), overflowed: AtomicU64::new(self.overflowed()) }
    }

    /// Look-ups of keys that found no room.
    pub(crate) fn overflowed(&self) -> u64 {
        self.overflowed.load(Ordering::Relaxed)
    }
}

impl<E> Row<E> {
    fn new(key: Key<'_>, make: impl FnOnce(Key<'_>) -> E) -> Arc<Self> {
        Arc::new(Self { key: key.into(), entry: make(key) })
    }
}

impl<E> Rows<E> {
    fn new() -> Self {
        Self { index: HashTable::new(), list: Vec::new(), are_closed: false }
    }

    fn find(&self, hash: u64, key: Key<'_>) -> Option<u32> {
        let same = |&index: &u32| self.list.get(index as usize).is_some_and(|row| row.key.borrow() == key);
        self.index.find(hash, same).copied()
    }

    /// Whether there are less than so many entries beside the overflow entry.
    fn has_room(&self, cap: usize) -> bool {
        let len = self.index.len();
        len < cap || len == cap && self.find(Key::OVERFLOW.hash(), Key::OVERFLOW).is_some()
    }

    /// The overflow entry, as long as there is no room beside it: there may be again, where others went.
    fn overflow(&self, cap: usize) -> Option<u32> {
        self.find(Key::OVERFLOW.hash(), Key::OVERFLOW).filter(|_| !self.has_room(cap))
    }

    fn insert(&mut self, hash: u64, row: Arc<Row<E>>) -> u32 {
        // The cap on entries keeps the index far below u32::MAX.
        let index = self.list.len() as u32;
        self.list.push(row);
        let list = &self.list;
        self.index.insert_unique(hash, index, |&index| list[index as usize].key.borrow().hash());
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::OVERFLOW;

    fn intern(table: &Table<String>, name: &str) -> Place {
        table.intern(Key::one(name), |key| key.first.to_owned()).unwrap()
    }

    #[test]
    fn what_exceeds_the_cap_shares_one_entry_and_is_counted() {
        let table = Table::new(2);
        assert_eq!(intern(&table, "a"), Place::Own(0));
        assert_eq!(intern(&table, "b"), Place::Own(1));
        assert_eq!(intern(&table, "c"), Place::Overflow(2));
        assert_eq!(intern(&table, "d"), Place::Overflow(2));
        assert_eq!(intern(&table, "a"), Place::Own(0));
        assert_eq!(table.overflowed(), 2);
        assert_eq!(table.get(2).as_deref().map(|row| row.as_str()), Some(OVERFLOW));
        assert_eq!(table.all().len(), 3);
    }

    #[test]
    fn room_is_used_again_after_an_overflow() {
        let table = Table::new(2);
        let _ = ["a", "b", "c"].map(|name| intern(&table, name));
        let table = table.retained(|row| row.name() != "a");
        assert_eq!(intern(&table, "c"), Place::Own(2));
        assert_eq!(intern(&table, "d"), Place::Overflow(1));
    }

    #[test]
    fn a_name_like_that_of_the_overflow_is_the_overflow() {
        let table = Table::new(1);
        assert_eq!([OVERFLOW, "a", "b", OVERFLOW].map(|name| intern(&table, name).index()), [0, 1, 0, 0]);
        assert_eq!(table.all().len(), 2);
    }

    #[test]
    fn looking_makes_no_entry() {
        let table = Table::<String>::new(1);
        let seen = |name| table.seen(Key::one(name)).map(|row| row.to_string());
        assert_eq!((seen("a"), table.len()), (None, 0));
        let _ = ["a", "b"].map(|name| intern(&table, name));
        assert_eq!(["a", "b", "c"].map(seen).map(Option::unwrap), ["a", OVERFLOW, OVERFLOW]);
        assert_eq!(table.len(), 2);
    }

    #[test]
    fn every_row_is_visited_once_and_in_order() {
        let table = Table::new(1_000);
        for count in [0, 1, VISITED_AT_ONCE, 2 * VISITED_AT_ONCE + 1] {
            for n in table.len()..count {
                intern(&table, &n.to_string());
            }
            let mut seen = Vec::new();
            table.visit(|row| seen.push(row.name().to_owned()));
            assert_eq!(seen, (0..count).map(|n| n.to_string()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn parts_of_a_key_do_not_run_together() {
        let table = Table::new(8);
        let make = |_: Key<'_>| ();
        assert_ne!(table.intern(Key::two("ab", "c"), make), table.intern(Key::two("a", "bc"), make));
    }

    #[test]
    fn keys_are_cut_to_the_bound() {
        let table = Table::new(8);
        assert_eq!(intern(&table, &"x".repeat(1_000_000)), intern(&table, &"x".repeat(256)));
    }
}
