//! The timers of a build with feature `off`: they do nothing, take no space, and disappear.
//!
//! The macros expand to the same code, so their arguments are still type-checked.

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
