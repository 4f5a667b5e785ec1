//! Code of the application's own that runs while something is recorded.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

/// How often such code has panicked, process-wide.
static PANICS: AtomicU64 = AtomicU64::new(0);

/// How often such code has panicked, process-wide.
pub(crate) fn recorder_panics() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

/// Runs code of the application's own: a collector, a hook. The code that is measured does not notice its panics (I-12,
/// THREAT 12); they are counted, and give `None`.
#[inline]
pub fn contained<T>(run: impl FnOnce() -> T) -> Option<T> {
    let result = catch_unwind(AssertUnwindSafe(run));
    if result.is_err() {
        note();
    }
    result.ok()
}

#[cold]
fn note() {
    PANICS.fetch_add(1, Ordering::Relaxed);
    tracing::debug!("a collector or a hook panicked; its record is lost");
}
