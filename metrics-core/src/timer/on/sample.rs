//! Which calls are timed when only a sample of them is.

use std::cell::Cell;

thread_local! {
    static POSITION: Cell<u64> = const { Cell::new(0) };
}

/// 2⁶⁴ divided by the golden ratio: multiples of it fill the circle of all numbers as evenly as any sequence can,
/// so that of any run of calls a share of `p` is chosen, off by a call or two.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

const ALL: f64 = 18_446_744_073_709_551_616.0;

/// Whether the next call of this thread belongs to the part `share` (0 to 1).
///
/// A Weyl sequence per thread: an addition and a comparison, no random numbers. Its period is 2⁶⁴ and it keeps step
/// with no pattern of calls.
#[inline]
pub(super) fn is_chosen(share: f64) -> bool {
    let advance = |position: &Cell<u64>| {
        let next = position.get().wrapping_add(STEP);
        position.set(next);
        next
    };
    // In the last moments of a thread there is no position: those calls are timed.
    // The cast saturates, so that a share of 1 is all.
    POSITION.try_with(advance).map_or(true, |position| position <= (share * ALL) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_holds_over_any_run_and_for_calls_in_turns() {
        for share in [0.001, 0.1, 0.5, 1.0] {
            let chosen = (0..100_000).filter(|_| is_chosen(share)).count() as f64;
            assert!((chosen - share * 1e5).abs() <= 3.0, "{share}: {chosen}");
            // Every third call is this place's.
            let in_turns = (0..30_000).filter(|turn| is_chosen(share) && turn % 3 == 0).count() as f64;
            assert!((in_turns - share * 1e4).abs() <= 10.0, "{share}: {in_turns}");
        }
    }
}
