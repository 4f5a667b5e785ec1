//! A bug that ThreadSanitizer must find, so that its silence about the library means something. It is compiled by
//! `ci/verify.sh` alone and part of no crate.

use std::sync::atomic::{AtomicU32, Ordering};

static STARTED: AtomicU32 = AtomicU32::new(0);

static mut COUNTER: u64 = 0;

fn main() {
    let count = || {
        // Both run at once; relaxed, so that nothing orders what follows.
        STARTED.fetch_add(1, Ordering::Relaxed);
        while STARTED.load(Ordering::Relaxed) < 2 {
            std::hint::spin_loop();
        }
        for _ in 0..1_000 {
            // SAFETY: none, that is the point.
            unsafe { COUNTER = COUNTER.wrapping_add(1) };
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(count);
        scope.spawn(count);
    });
}
