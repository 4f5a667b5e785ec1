//! The same names as loom's models of them, with bugs that can be planted.
//!
//! `Arc` and `Weak` stay those of the standard library, because loom has no `Weak`: their reference counts are no
//! switching points, and the order they would add is missing, so the models prove the accumulators without its help.

use std::cell::Cell;
use std::ops::Deref;
use std::sync::{Arc, PoisonError};

pub(crate) use loom::hint::spin_loop;
pub(crate) use loom::sync::Mutex;
pub(crate) use loom::thread::yield_now;
pub(crate) use yield_now as pause;

pub(crate) mod atomic {
    pub(crate) use loom::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

    pub(crate) use super::{AtomicU64, fence};
}

use atomic::Ordering;

/// Locks of modules that are modelled and of those that are not go through one name.
pub(crate) trait Lock {
    type Guard<'a>
    where
        Self: 'a;

    fn take(&self) -> Self::Guard<'_>;
}

impl<T: 'static> Lock for Mutex<T> {
    type Guard<'a> = loom::sync::MutexGuard<'a, T>;

    fn take(&self) -> Self::Guard<'_> {
        self.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: 'static> Lock for std::sync::Mutex<T> {
    type Guard<'a> = std::sync::MutexGuard<'a, T>;

    fn take(&self) -> Self::Guard<'_> {
        self.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<L: Lock> Lock for Arc<L> {
    type Guard<'a>
        = L::Guard<'a>
    where
        Self: 'a;

    fn take(&self) -> Self::Guard<'_> {
        (**self).take()
    }
}

pub(crate) fn lock<L: Lock>(mutex: &L) -> L::Guard<'_> {
    mutex.take()
}

/// Memory that is given back after all: what a model made belongs to that one run of it.
#[derive(Debug)]
pub(crate) enum Permanent<T: 'static> {
    Run(Arc<T>),
    /// Of the process; never made, because nothing permanent comes to be.
    Process(&'static T),
}

impl<T> Clone for Permanent<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Run(value) => Self::Run(Arc::clone(value)),
            Self::Process(value) => Self::Process(value),
        }
    }
}

impl<T> Permanent<T> {
    pub(crate) fn new(value: T) -> Self {
        Self::Run(Arc::new(value))
    }

    pub(crate) fn permanent(&self) -> Option<&'static T> {
        match self {
            Self::Run(_) => None,
            Self::Process(value) => Some(value),
        }
    }
}

impl<T> From<&'static T> for Permanent<T> {
    fn from(value: &'static T) -> Self {
        Self::Process(value)
    }
}

impl<T> Deref for Permanent<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Run(value) => value,
            Self::Process(value) => value,
        }
    }
}

// === planted bugs ===

/// An order that the sequence lock needs, left out; a model that does not notice proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    /// The owner's fence between its count of what is begun and the fields.
    NoReleaseFence,
    /// The reader's fence between the fields and the reading of what is begun.
    NoAcquireFence,
    /// The owner counts a call as finished without releasing the fields.
    RelaxedPublish,
    /// The reader loads what is finished without acquiring the fields.
    RelaxedAcquire,
}

thread_local! {
    /// Loom runs all threads of a model on the thread that started it, so tests beside it are not affected.
    static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
}

/// Plants a bug in all models that this thread runs from now on.
pub(crate) fn plant(bug: Bug) {
    PLANTED.set(Some(bug));
}

fn planted(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

pub(crate) fn fence(order: Ordering) {
    let left_out = match order {
        Ordering::Release => planted(Bug::NoReleaseFence),
        Ordering::Acquire => planted(Bug::NoAcquireFence),
        _ => false,
    };
    if !left_out {
        loom::sync::atomic::fence(order);
    }
}

#[derive(Debug, Default)]
pub(crate) struct AtomicU64(loom::sync::atomic::AtomicU64);

impl AtomicU64 {
    pub(crate) fn new(value: u64) -> Self {
        Self(loom::sync::atomic::AtomicU64::new(value))
    }

    pub(crate) fn load(&self, order: Ordering) -> u64 {
        let weakened = order == Ordering::Acquire && planted(Bug::RelaxedAcquire);
        self.0.load(if weakened { Ordering::Relaxed } else { order })
    }

    pub(crate) fn store(&self, value: u64, order: Ordering) {
        let weakened = order == Ordering::Release && planted(Bug::RelaxedPublish);
        self.0.store(value, if weakened { Ordering::Relaxed } else { order });
    }

    pub(crate) fn fetch_update(
        &self,
        set: Ordering,
        fetch: Ordering,
        change: impl FnMut(u64) -> Option<u64>,
    ) -> Result<u64, u64> {
        self.0.fetch_update(set, fetch, change)
    }
}
