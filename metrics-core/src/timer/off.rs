//! The timers of a build with feature `off`: they do nothing, take no space, and disappear.
//!
//! The macros expand to the same code, so their arguments are still type-checked.

use super::instance::Instance;
use crate::record::{Beside, SeriesId};
use crate::state::Key;

/// Whether a build records at all.
pub const MAY_RECORD: bool = false;

/// Whether instrumented code records at all: never.
#[inline(always)]
#[must_use]
pub const fn is_recording() -> bool {
    false
}

/// A call that is not timed.
#[derive(Debug)]
pub struct Timer;

/// A place in the source that is not timed.
#[derive(Debug)]
pub struct Site;

/// Nowhere.
#[derive(Debug)]
pub struct Place;

/// What a call that is not timed is about.
#[derive(Clone, Copy, Debug)]
pub struct Subject;

/// A call that is not recorded when it begins.
#[derive(Debug)]
pub struct Ahead;

/// A call that is not watched.
#[derive(Debug)]
pub struct Watch;

/// A call that is not counted.
#[derive(Debug)]
pub struct InFlight;

/// Memory that is not read.
#[derive(Debug)]
pub struct Memory;

/// A clock that is not read.
#[derive(Debug)]
pub(crate) struct BusyClock;

/// A context that stays as it is.
#[derive(Debug)]
pub struct Unchanged;

impl Site {
    /// A site that forgets its name.
    #[must_use]
    pub const fn new(_name: &'static str) -> Self {
        Self
    }
}

impl Timer {
    /// A timer that records nothing.
    #[inline(always)]
    pub const fn inert() -> Self {
        Self
    }

    /// As [`inert`](Self::inert).
    #[inline(always)]
    pub const fn function(_site: &'static Site) -> Self {
        Self
    }

    /// As [`inert`](Self::inert).
    #[inline(always)]
    pub const fn block(_site: &'static Site) -> Self {
        Self
    }

    /// The context stays as it is.
    #[inline(always)]
    pub const fn within(&self) -> Unchanged {
        Unchanged
    }

    /// The future itself.
    #[inline(always)]
    pub fn around<F>(&self, future: F) -> F {
        future
    }

    /// As [`inert`](Self::inert); the macros do not get here.
    #[inline(always)]
    pub fn node(
        _id: &(impl AsRef<str> + ?Sized),
        _name: Option<&str>,
        _node_type: Option<&str>,
        _points: u64,
    ) -> Self {
        Self
    }

    /// As [`inert`](Self::inert); the macros do not get here.
    #[inline(always)]
    pub fn operation(_node: &(impl AsRef<str> + ?Sized), _operation: &'static str) -> Self {
        Self
    }

    /// Does nothing.
    #[inline(always)]
    pub const fn set_points(&mut self, _points: u64) {}

    /// Does nothing.
    #[inline(always)]
    pub const fn fail(&mut self) {}
}

impl Place {
    /// Nowhere.
    #[inline(always)]
    #[must_use]
    pub const fn current() -> Self {
        Self
    }

    /// Nowhere; the macros do not get here.
    #[inline(always)]
    #[must_use]
    pub fn of(_instance: &(impl Instance + ?Sized)) -> Self {
        Self
    }
}

impl Subject {
    /// A call that is not recorded.
    #[inline(always)]
    #[must_use]
    pub const fn none() -> Self {
        Self
    }

    /// As [`none`](Self::none).
    #[inline(always)]
    #[must_use]
    pub fn function(_place: Place, _site: &'static Site) -> Self {
        Self
    }

    /// As [`none`](Self::none).
    #[inline(always)]
    #[must_use]
    pub fn block(_place: Place, _site: &'static Site) -> Self {
        Self
    }

    /// As [`none`](Self::none).
    #[inline(always)]
    #[must_use]
    pub fn named(_place: Place, _name: &'static str) -> Self {
        Self
    }

    /// As [`none`](Self::none).
    #[inline(always)]
    #[must_use]
    pub fn node(
        _place: Place,
        _id: &(impl AsRef<str> + ?Sized),
        _name: Option<&str>,
        _node_type: Option<&str>,
    ) -> Self {
        Self
    }

    /// As [`none`](Self::none).
    #[inline(always)]
    #[must_use]
    pub fn operation(_place: Place, _node: &(impl AsRef<str> + ?Sized), _operation: &'static str) -> Self {
        Self
    }

    /// As [`none`](Self::none).
    #[inline(always)]
    #[must_use]
    pub fn route(_place: Place, _method: &'static str, _path: &'static str) -> Self {
        Self
    }

    /// Does nothing.
    #[inline(always)]
    #[must_use]
    pub const fn with_points(self, _points: u64) -> Self {
        self
    }

    /// As [`none`](Self::none).
    #[inline(always)]
    pub(crate) fn found<D: Beside>(_series: Option<SeriesId>, _key: Key<'_>) -> Self {
        Self
    }
}

impl Ahead {
    /// As [`Subject::none`].
    #[inline(always)]
    #[must_use]
    pub const fn new(_subject: Subject) -> Self {
        Self
    }

    /// As [`Subject::none`].
    #[inline(always)]
    #[must_use]
    pub const fn begin(self) -> Subject {
        Subject
    }

    /// As [`Subject::none`].
    #[inline(always)]
    #[must_use]
    #[cfg(feature = "stream")]
    pub(crate) const fn begin_one(&self) -> Subject {
        Subject
    }
}

impl Watch {
    /// Watches nothing.
    #[inline(always)]
    pub const fn start(_subject: Subject) -> Self {
        Self
    }

    /// Watches nothing.
    #[inline(always)]
    pub const fn sampled(_subject: Subject, _share: f64) -> Self {
        Self
    }

    /// Does nothing.
    #[inline(always)]
    pub const fn unfinished(self) -> Self {
        self
    }

    /// Does nothing.
    #[inline(always)]
    pub const fn finished(&mut self) {}

    /// Does nothing.
    #[inline(always)]
    pub const fn fail(&mut self) {}

    /// Does nothing.
    #[inline(always)]
    pub const fn set_points(&mut self, _points: u64) {}

    /// The context stays as it is.
    #[inline(always)]
    pub const fn within(&self) -> Unchanged {
        Unchanged
    }

    /// The future itself.
    #[inline(always)]
    pub fn around<F>(&self, future: F) -> F {
        future
    }

    #[inline(always)]
    pub(crate) const fn cancel(&mut self) {}

    #[inline(always)]
    #[cfg(feature = "stream")]
    pub(crate) const fn forget(&mut self) {}
}

impl InFlight {
    /// Counts nothing.
    #[inline(always)]
    pub const fn enter(_subject: Subject) -> Self {
        Self
    }
}

impl Memory {
    /// Reads nothing.
    #[inline(always)]
    pub const fn before(_subject: Subject) -> Self {
        Self
    }
}

impl BusyClock {
    /// Never runs.
    #[inline(always)]
    pub(crate) const fn new(_subject: Subject) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn during<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        poll()
    }

    #[inline(always)]
    pub(crate) const fn record(&self) {}
}
