//! What is kept beside the timing of a function, node or operation.

use std::sync::{Arc, Mutex};

use super::entry::Entry;
use super::key::Key;
use super::table::{Row, Table};
use crate::clock::Clock;
use crate::config::Config;
use crate::series::{ExtraShard, ExtraTotal, Series};
use crate::sync::lock;

/// Made when one of its counts is first needed, so that plain calls cost no memory here.
#[derive(Debug)]
pub(crate) struct ExtraEntry {
    series: Arc<Series<ExtraShard>>,
    /// Under a lock, because whoever asks for it has read a file before.
    memory: Mutex<MemoryUse>,
}

/// Resident memory of the process around a call, bytes; 0 when it was not asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MemoryUse {
    pub(crate) before: u64,
    pub(crate) after: u64,
}

/// All that is kept beside one key.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extra {
    pub(crate) total: ExtraTotal,
    pub(crate) memory: MemoryUse,
}

impl Entry for ExtraEntry {
    type Shard = ExtraShard;

    fn new(_key: Key<'_>, _config: &Config, _clock: &Clock) -> Self {
        Self { series: Series::new(0), memory: Mutex::default() }
    }

    fn series(&self) -> &Arc<Series<ExtraShard>> {
        &self.series
    }
}

impl ExtraEntry {
    pub(crate) fn set_memory(&self, memory: MemoryUse) {
        *lock(&self.memory) = memory;
    }

    /// Whether calls are under way, as far as they are counted.
    pub(crate) fn is_under_way(&self) -> bool {
        self.total().in_flight() > 0
    }

    fn extra(&self) -> Extra {
        Extra { total: self.total(), memory: *lock(&self.memory) }
    }
}

impl Table<ExtraEntry> {
    /// What is kept beside the keys of `timed`, for a reader of many: in an empty table nothing is looked for.
    pub(crate) fn beside<'a, E>(&'a self, timed: &'a Table<E>) -> impl Fn(Key<'_>) -> Extra + 'a {
        let is_empty = self.len() == 0;
        move |key| if is_empty { Extra::default() } else { self.of(key, timed) }
    }

    /// What is kept beside a key of `timed`; nothing but zeros where nothing was needed.
    ///
    /// Beside its overflow entry: all that belongs to keys that found no room there and some here.
    fn of<E>(&self, key: Key<'_>, timed: &Table<E>) -> Extra {
        if key != Key::OVERFLOW {
            return self.find(key).map(|(_, row)| row.extra()).unwrap_or_default();
        }
        let homeless =
            |row: &Row<ExtraEntry>| row.key.borrow() == key || timed.find(row.key.borrow()).is_none();
        let mut sum = Extra::default();
        for row in self.all().iter().filter(|row| homeless(row)) {
            sum.total.merge(&row.total());
        }
        sum
    }
}
