//! The timer of a call that stays on the stack of one thread.

use std::fmt;
use std::hint::cold_path;
use std::thread::panicking;

use super::kind::{FunctionCall, UNUSED, end_on_stack};
use super::site::Site;
use super::start::Start;
use super::{Beginning, beginning, end_panicking, function_elsewhere};
use crate::clock::counter_ticks;
use crate::record::with_hot;

/// A call of a function that is not async, under way; dropping it records the call as a [`Timer`](super::Timer) does.
///
/// Its start stands where the measured code puts it. Kept in a register it would need one that is saved before, also by a
/// call that is not recorded, and what such a call costs are its stores.
#[must_use = "the call ends when the timer is dropped"]
pub struct StackTimer<'a> {
    site: &'static Site,
    start: &'a mut Option<Start>,
}

impl<'a> StackTimer<'a> {
    /// Starts timing a function; `start` is to be `None`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[cfg_attr(debug_assertions, inline(never))]
    pub fn function(site: &'static Site, start: &'a mut Option<Start>) -> Self {
        match beginning(site) {
            Beginning::Not => {}
            Beginning::Plain => *start = Start::plain(counter_ticks()),
            Beginning::Elsewhere => begin_elsewhere(site, start),
        }
        Self { site, start }
    }
}

/// Writes where the start stands, so that no register can take its place.
#[cold]
#[inline(never)]
fn begin_elsewhere(site: &'static Site, start: &mut Option<Start>) {
    *start = function_elsewhere(site);
}

impl Drop for StackTimer<'_> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[cfg_attr(debug_assertions, inline(never))]
    fn drop(&mut self) {
        if self.start.is_none() {
            return;
        }
        cold_path();
        if panicking() {
            return end_of_panicking(self.start, self.site);
        }
        with_hot(|hot| end_on_stack(hot, self.start, UNUSED, self.site.last()));
    }
}

#[cold]
#[inline(never)]
fn end_of_panicking(start: &Option<Start>, site: &'static Site) {
    if let Some(start) = *start {
        end_panicking::<FunctionCall>(start, site, ());
    }
}

impl fmt::Debug for StackTimer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StackTimer").field("start", &self.start).finish_non_exhaustive()
    }
}
