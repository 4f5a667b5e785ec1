//! Resident memory around a call.

use super::resident::resident_bytes;
use super::subject::{Kind, Subject};
use crate::record::{FunctionExtras, set_memory};
use crate::state::MemoryUse;

/// Reads the memory of the process when made and when dropped.
///
/// # Cost
/// Two reads of a file that the kernel writes for it, a few microseconds each, both outside the measured time.
#[derive(Debug)]
#[must_use = "the memory after the call is read when this is dropped"]
pub struct Memory {
    subject: Subject,
    before: u64,
}

impl Memory {
    /// Reads the memory before the call.
    pub fn before(subject: Subject) -> Self {
        let before = if let Kind::Function = subject.kind { resident_bytes() } else { 0 };
        Self { subject, before }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if let Kind::Function = self.subject.kind {
            let memory = MemoryUse { before: self.before, after: resident_bytes() };
            set_memory::<FunctionExtras>(self.subject.extras, memory);
        }
    }
}
