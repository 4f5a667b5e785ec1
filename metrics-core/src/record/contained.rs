//! Code of the application's own that runs while something is recorded.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

/// How often such code has panicked, process-wide.
static PANICS: AtomicU64 = AtomicU64::new(0);

/// How often such code has panicked, process-wide.
pub(crate) fn recorder_panics() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

/// Runs code of the application's own; `None` when it panicked. What it panicked with is never dropped, for that may panic
/// once more.
#[inline]
pub fn caught<T>(run: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(run)).map_err(std::mem::forget).ok()
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
    use super::*;

    #[test]
    fn what_it_panicked_with_may_panic_when_it_is_dropped() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("once more, on purpose");
            }
        }
        assert_eq!((contained(|| 7), contained(|| std::panic::panic_any(Bomb))), (Some(7), None));
    }
}
