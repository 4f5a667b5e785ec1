//! Whether a thread has a core of the machine to itself.
//!
//! What a virtual machine takes for a processor is often one of two hardware threads of a core, and the other one is
//! somebody else's. When that runs, everything here takes longer: by a third, or by two thirds where much is stored; and
//! no counter of this machine tells. A core changes between the two states every few milliseconds, so a median over
//! longer batches is one of the neighbour's habits. A short loop before and behind each batch tells the state.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, OnceLock};
use std::time::{Duration, Instant};

use crate::arguments;
use crate::contender::body;

/// Calls of the loop, some thirty microseconds.
const CALLS: u64 = 20_000;

/// The loop's times differ by less than this in one state, and by more between the two.
const SLOWER: f64 = 1.1;

/// For how long the fastest loop is looked for before the first is judged.
const LOOKING: Duration = Duration::from_secs(1);

static FASTEST_NS: AtomicU64 = AtomicU64::new(u64::MAX);

/// Looks for the fastest loop, once.
pub(crate) fn look() {
    static LOOKED: OnceLock<()> = OnceLock::new();
    LOOKED.get_or_init(|| {
        let start = Instant::now();
        while start.elapsed() < LOOKING {
            loop_ns();
        }
    });
}

/// How much slower than the fastest such loop one is now; also of a thread that runs at a lower clock rate.
#[must_use]
pub fn slowdown() -> f64 {
    loop_ns() as f64 / FASTEST_NS.load(Ordering::Relaxed) as f64
}

/// Whether a batch between loops that were that much slower had the core to itself. `--divided 1` takes all for that:
/// where the clock rate changes more than that, nothing could be measured otherwise.
#[must_use]
pub fn is_undivided(slowdown: f64) -> bool {
    static ANY: LazyLock<bool> = LazyLock::new(|| arguments::value("divided", 0) == 1);
    slowdown <= SLOWER || *ANY
}

// There is one such loop: a copy inlined elsewhere may take a cycle a call more, for where it stands.
#[inline(never)]
fn loop_ns() -> u64 {
    let start = Instant::now();
    for x in 0..CALLS {
        black_box(call(black_box(x)));
    }
    let ns = start.elapsed().as_nanos() as u64;
    FASTEST_NS.fetch_min(ns, Ordering::Relaxed);
    ns
}

#[inline(never)]
fn call(x: u64) -> u64 {
    body(x)
}

static FOUND: AtomicU64 = AtomicU64::new(0);

static MISSED: AtomicU64 = AtomicU64::new(0);

/// Counts a value that was measured, and gives it.
pub fn found(value: f64) -> f64 {
    FOUND.fetch_add(1, Ordering::Relaxed);
    value
}

/// Counts a value that could not be measured, and gives NaN.
pub fn missed() -> f64 {
    MISSED.fetch_add(1, Ordering::Relaxed);
    f64::NAN
}

/// How many values were measured, and how many not, in a sentence.
#[must_use]
pub fn told() -> String {
    let (found, missed) = (FOUND.load(Ordering::Relaxed), MISSED.load(Ordering::Relaxed));
    let fastest = FASTEST_NS.load(Ordering::Relaxed) as f64 / CALLS as f64;
    format!(
        "Values: {found}; {missed} more are left out, for which no undisturbed moment on an undivided core was found. A bare \
         call takes {fastest:.2} ns in such moments."
    )
}
