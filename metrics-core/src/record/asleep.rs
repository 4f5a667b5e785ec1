//! The slots of code that found the gate closed, and has to be told when it opens.
//!
//! A process may record nothing for as long as it lives. Code that asks its own slot instead of the gate whether it records
//! then pays for one load; for that, who opens the gate has to wake the slots that sleep.

use std::sync::Mutex;

use super::gate;
use super::slot::Slot;
use crate::sync::{Quiet, lock, quietly};

/// Each of them once: a slot is put here when it falls asleep, and sleeps until it is taken out.
static ASLEEP: Mutex<Vec<&'static Slot>> = Mutex::new(Vec::new());

/// Puts a slot to sleep if the gate is closed.
#[cold]
pub(crate) fn fall_asleep(slot: &'static Slot) {
    if gate::is_open() {
        return;
    }
    let Some(_quiet) = Quiet::unless_already() else { return };
    let mut asleep = lock(&ASLEEP);
    // Asked again under the lock: who opened the gate before takes it after.
    if !gate::is_open() && slot.fall_asleep() {
        asleep.push(slot);
    }
}

/// Wakes all that are asleep, after the gate was opened.
pub(super) fn wake() {
    let mut asleep = quietly(lock(&ASLEEP));
    asleep.drain(..).for_each(Slot::wake);
}
