//! Code of the application's own that runs while something is recorded.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

/// How often such code has panicked, process-wide.
static PANICS: AtomicU64 = AtomicU64::new(0);

/// How often such code has panicked, process-wide.
pub(crate) fn recorder_panics() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

/// Runs code of the application's own; `None` when it panicked, also when what it panicked with panics when it is dropped.
#[inline]
pub fn caught<T>(run: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(run)).map_err(discard).ok()
}

/// Drops what code panicked with, and what that panics with when it is dropped, and so on. There may be no end to it: after
/// some of them the next is never dropped.
#[cold]
fn discard(mut payload: Box<dyn Any + Send>) {
    for _ in 0..4 {
        match catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            Ok(()) => return,
            Err(another) => payload = another,
        }
    }
    std::mem::forget(payload);
}

/// Runs code of the application's own: a collector, a hook. The code that is measured does not notice its panics (I-12,
/// THREAT 12); they are counted, and give `None`.
#[inline]
pub fn contained<T>(run: impl FnOnce() -> T) -> Option<T> {
    let result = caught(run);
    if result.is_none() {
        note();
    }
    result
}

#[cold]
fn note() {
    PANICS.fetch_add(1, Ordering::Relaxed);
    tracing::debug!("a collector or a hook panicked; its record is lost");
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn what_it_panicked_with_may_panic_when_it_is_dropped() {
        /// Panics so often, each time with another one.
        struct Bombs(u32);
        impl Drop for Bombs {
            fn drop(&mut self) {
                if let Some(left) = self.0.checked_sub(1) {
                    std::panic::panic_any(Self(left));
                }
            }
        }
        /// Never stops. Has no size, so that the one that is left at last takes no memory.
        struct Endless;
        impl Drop for Endless {
            fn drop(&mut self) {
                std::panic::panic_any(Self);
            }
        }
        let before = recorder_panics();
        assert_eq!(contained(|| 7), Some(7));
        assert_eq!([1, 2, 3].map(|bombs| contained(|| std::panic::panic_any(Bombs(bombs)))), [None::<()>; 3]);
        assert_eq!(contained(|| std::panic::panic_any(Endless)), None::<()>);
        assert!(recorder_panics() >= before + 4);
    }

    #[test]
    fn what_it_panicked_with_leaves_no_memory_behind() {
        let payload = Arc::new(());
        let panicked = Arc::clone(&payload);
        assert_eq!(caught(|| std::panic::panic_any(panicked)), None::<()>);
        assert_eq!(Arc::strong_count(&payload), 1);
    }
}
