//! Memory that a test holds for a while, to see that it is counted.

use std::hint::black_box;
use std::sync::Mutex;

use crate::sync::lock;

/// How much is held, bytes: so much that it shows whatever the tests beside it take and give back meanwhile.
const HELD_BYTES: usize = 256 << 20;

/// The least of it that has to be seen, bytes.
pub(crate) const SEEN_BYTES: usize = 192 << 20;

/// What a look says without and with the memory. Tests that look take turns: what one gives back would be missing
/// to another.
pub(crate) fn without_and_with<T>(mut look: impl FnMut() -> T) -> (T, T) {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = lock(&TURN);
    let without = look();
    let held = black_box(vec![1_u8; HELD_BYTES]);
    let with = look();
    drop(black_box(held));
    (without, with)
}
