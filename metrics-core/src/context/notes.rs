//! What a request's timer keeps of a request.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::record::SeriesId;
use crate::series::{CellKey, Ending, Protocol};
use crate::state::StateId;

/// What a request's timer keeps of it, in the request's cell, so that the timer itself is small: futures and bodies that
/// hold one are moved about. Only for the owner; a request finds the notes of the one before it.
///
/// `Relaxed` throughout: the owner takes what orders them along from thread to thread.
#[derive(Debug)]
pub(crate) struct Notes {
    series: AtomicU64,
    start: AtomicU64,
    sent: AtomicU64,
    /// The length of the response's body, or [`UNKNOWN`].
    length: AtomicU64,
    registry: AtomicU32,
    label: AtomicU32,
    /// Status, gRPC status and protocol, as bits of a key.
    head: AtomicU32,
}

/// No body is that long.
const UNKNOWN: u64 = u64::MAX;

/// No table is that long.
const NO_LABEL: u32 = u32::MAX;

impl Notes {
    pub(super) const fn new() -> Self {
        Self {
            series: AtomicU64::new(0),
            start: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            length: AtomicU64::new(UNKNOWN),
            registry: AtomicU32::new(0),
            label: AtomicU32::new(NO_LABEL),
            head: AtomicU32::new(0),
        }
    }

    /// A request of that series begins at that tick.
    #[inline]
    pub(crate) fn begin(&self, series: SeriesId, start: u64, registry: StateId, protocol: Protocol) {
        self.series.store(series.word(), Ordering::Relaxed);
        self.start.store(start, Ordering::Relaxed);
        self.sent.store(0, Ordering::Relaxed);
        self.announce(None);
        self.registry.store(registry, Ordering::Relaxed);
        self.label.store(NO_LABEL, Ordering::Relaxed);
        self.set_key(CellKey::new(0, Ending::Ok, None, protocol));
    }

    /// Of its route.
    #[inline]
    pub(crate) fn series(&self) -> SeriesId {
        SeriesId::from_word(self.series.load(Ordering::Relaxed))
    }

    #[inline]
    pub(crate) fn registry(&self) -> StateId {
        self.registry.load(Ordering::Relaxed)
    }

    /// Clock ticks.
    #[inline]
    pub(crate) fn start(&self) -> u64 {
        self.start.load(Ordering::Relaxed)
    }

    /// Bytes of the response's body so far.
    #[inline]
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn add_sent(&self, bytes: u64) {
        self.sent.store(self.sent().saturating_add(bytes), Ordering::Relaxed);
    }

    /// The response's body will have that length.
    #[inline]
    pub(crate) fn announce(&self, length: Option<u64>) {
        self.length.store(length.unwrap_or(UNKNOWN), Ordering::Relaxed);
    }

    /// Whether less was sent than was announced.
    #[inline]
    pub(crate) fn falls_short(&self) -> bool {
        self.length.load(Ordering::Relaxed) != UNKNOWN && !self.is_sent()
    }

    /// Whether as much was sent as was announced.
    #[inline]
    pub(crate) fn is_sent(&self) -> bool {
        self.length.load(Ordering::Relaxed) <= self.sent()
    }

    /// The series of its label, if it has one.
    #[inline]
    pub(crate) fn label(&self) -> Option<SeriesId> {
        let label = self.label.load(Ordering::Relaxed);
        (label != NO_LABEL).then(|| SeriesId::new(self.series().state(), label))
    }

    /// Of the same state as the route's.
    pub(crate) fn set_label(&self, label: SeriesId) {
        self.label.store(label.index(), Ordering::Relaxed);
    }

    /// Status, gRPC status and protocol, as far as they are known: the key of a request that ended well.
    #[inline]
    pub(crate) fn key(&self) -> CellKey {
        CellKey::from_bits(self.head.load(Ordering::Relaxed))
    }

    #[inline]
    pub(crate) fn set_key(&self, key: CellKey) {
        self.head.store(key.bits(), Ordering::Relaxed);
    }
}
