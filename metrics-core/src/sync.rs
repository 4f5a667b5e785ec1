//! Atomics, and locks that survive a panic of their holder.
//!
//! Every lock of this crate guards data that is valid between any two statements, so a poisoned lock is
//! recovered instead of spreading the panic to the measured program.
//!
//! The accumulators in `series` take their atomics, fences and locks from here, because the loom models of this
//! crate's own tests (`--cfg loom`) put modelled ones in their place. Code that merely depends on this crate gets
//! the standard library's under any configuration.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

#[cfg(all(test, loom))]
pub(crate) mod model;
mod quiet;

pub(crate) use quiet::{Quiet, Quietly, quietly};

#[cfg(all(test, loom))]
pub(crate) use model::{Mutex, Permanent, atomic, lock, pause, spin_loop, yield_now};

#[cfg(not(all(test, loom)))]
pub(crate) use standard::{Mutex, Permanent, atomic, lock, pause, spin_loop, yield_now};

#[cfg(not(all(test, loom)))]
mod standard {
    use std::ops::Deref;
    use std::sync::{MutexGuard, PoisonError};

    pub(crate) use std::hint::spin_loop;
    pub(crate) use std::sync::{Mutex, atomic};
    pub(crate) use std::thread::yield_now;

    /// Locks a mutex, recovering it when its last holder panicked.
    pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a thread that has lost the processor.
    pub(crate) fn pause() {
        std::thread::sleep(std::time::Duration::from_micros(100));
    }

    /// Memory that is never given back to the allocator.
    #[derive(Debug)]
    pub(crate) struct Permanent<T: 'static>(&'static T);

    impl<T> Clone for Permanent<T> {
        fn clone(&self) -> Self {
            Self(self.0)
        }
    }

    impl<T> Permanent<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(Box::leak(Box::new(value)))
        }

        /// The reference that never ends; none in the models.
        #[inline]
        #[allow(clippy::unnecessary_wraps, reason = "as in the models")]
        pub(crate) fn permanent(&self) -> Option<&'static T> {
            Some(self.0)
        }
    }

    impl<T> From<&'static T> for Permanent<T> {
        fn from(value: &'static T) -> Self {
            Self(value)
        }
    }

    impl<T> Deref for Permanent<T> {
        type Target = T;

        #[inline]
        fn deref(&self) -> &T {
            self.0
        }
    }
}

/// Takes a read lock, recovering it when a writer panicked.
pub(crate) fn read<T: ?Sized>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

/// Takes a write lock, recovering it when its last holder panicked.
pub(crate) fn write<T: ?Sized>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
