//! Caches that hold something else.

use std::hint::black_box;

/// Bytes of a line.
const LINE: usize = 64;

/// Twice the last cache of this machine, so that nothing else is left in any.
const BYTES: usize = 64 << 20;

/// Memory of a program that has other work than what is measured.
pub struct OtherWork(Vec<u8>);

impl OtherWork {
    /// Takes the memory.
    #[must_use]
    pub fn new() -> Self {
        Self(vec![1; BYTES])
    }

    /// Writes to every line, which puts all else out of the caches.
    pub fn run(&mut self) {
        self.0.iter_mut().step_by(LINE).for_each(|byte| *byte = byte.wrapping_add(1));
        black_box(&mut self.0);
    }
}

impl Default for OtherWork {
    fn default() -> Self {
        Self::new()
    }
}
