//! Timing by hand: a guard, futures, and a closure.

use std::future::Future;

use super::future::TimedFuture;
use super::{Place, Subject, Watch, is_recording};
use crate::record::{Functions, Operations};
use crate::registry::{Function, Operation};

/// A call under way that is timed by hand, where a macro cannot be.
///
/// [`finish`](Self::finish), [`fail`](Self::fail) and [`cancel`](Self::cancel) end it. Dropping it ends it as
/// `finish` does, or as a panic if the drop is part of unwinding: so `?` and `return` are ends like any other.
///
/// It borrows nothing, and may move between threads.
///
/// # Cost
/// Two clock readings, and one hash of the name (with [`Function::start`](crate::Function::start) none). No lock and
/// no allocation after a thread's first call of that name.
///
/// # Examples
/// ```
/// # use std::time::Duration;
/// # let (registry, time) = metrics_core::Registry::mock();
/// # let _scope = metrics_core::scoped_collector(std::sync::Arc::new(registry.clone()));
/// use metrics_core::Timer;
///
/// let timer = Timer::start("load");
/// time.advance(Duration::from_millis(3));
/// timer.finish();
/// Timer::start("load").fail();
/// Timer::start("load").cancel();
///
/// let load = &registry.functions()[0];
/// assert_eq!((load.calls_total, load.errors, load.cancelled_total), (2, 1, 1));
/// assert_eq!(load.max_ms, 3.0);
/// ```
#[derive(Debug)]
#[must_use = "the call ends when the timer is dropped"]
pub struct Timer {
    watch: Watch,
}

impl Timer {
    /// Starts a call of the function series of that name, in the collector of this thread.
    #[inline]
    pub fn start(name: &'static str) -> Self {
        let subject = if is_recording() { Subject::named(Place::current(), name) } else { Subject::none() };
        Self::of(subject)
    }

    #[inline]
    pub(crate) fn of(subject: Subject) -> Self {
        Self { watch: Watch::start(subject) }
    }

    /// Ends the call.
    #[inline]
    pub fn finish(self) {}

    /// Ends the call as one that failed; it counts as a call and as an error.
    #[inline]
    pub fn fail(mut self) {
        self.watch.fail();
    }

    /// Gives the call up: it counts as cancelled, and its time is nowhere.
    #[inline]
    pub fn cancel(mut self) {
        self.watch.cancel();
    }

    /// Tells how many points the call was about.
    #[inline]
    pub fn set_points(&mut self, points: u64) {
        self.watch.set_points(points);
    }
}

impl Function {
    /// Starts a call that is timed by hand.
    #[inline]
    pub fn start(&self) -> Timer {
        let (series, key) = self.series();
        Timer::of(Subject::found::<Functions>(series, key))
    }
}

impl Operation {
    /// Starts a run that is timed by hand.
    #[inline]
    pub fn start(&self) -> Timer {
        let (series, key) = self.series();
        Timer::of(Subject::found::<Operations>(series, key))
    }
}

/// Times a closure as a call of the function series of that name; gives its value back.
///
/// # Examples
/// ```
/// # let (registry, _time) = metrics_core::Registry::mock();
/// # let _scope = metrics_core::scoped_collector(std::sync::Arc::new(registry.clone()));
/// assert_eq!(metrics_core::time("add", || 1 + 1), 2);
/// assert_eq!(registry.functions()[0].calls_total, 1);
/// ```
#[inline]
pub fn time<R>(name: &'static str, call: impl FnOnce() -> R) -> R {
    let _timer = Timer::start(name);
    call()
}

/// `.timed("name")` for every future.
///
/// # Examples
/// ```
/// # let (registry, _time) = metrics_core::Registry::mock();
/// # let _scope = metrics_core::scoped_collector(std::sync::Arc::new(registry.clone()));
/// use metrics_core::Timed;
/// # fn block_on<F: Future>(f: F) -> F::Output {
/// #     let mut f = std::pin::pin!(f);
/// #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
/// #     loop { if let std::task::Poll::Ready(output) = f.as_mut().poll(&mut context) { return output; } }
/// # }
///
/// let answer = async { 42 }.timed("answer");
/// assert_eq!(block_on(answer), 42);
/// assert_eq!(registry.functions()[0].calls_total, 1);
/// ```
pub trait Timed: Future + Sized {
    /// Times this future as a call of the function series of that name, from its first poll to its end.
    fn timed(self, name: &'static str) -> TimedFuture<Self> {
        TimedFuture::named(self, name)
    }
}

impl<F: Future> Timed for F {}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::name::OVERFLOW;
    use crate::registry::Registry;

    #[test]
    fn what_exceeds_the_limit_is_told_in_the_overflow_series() {
        let mut config = Config::default();
        config.limits.functions = 2;
        let registry = Registry::new(config, crate::Clock::mock().0);
        for name in ["plain", "a", "b", "c", "d"] {
            registry.function(name).start().finish();
        }
        for name in ["a", "b", "c", "d"] {
            registry.function(name).start().cancel();
        }
        let seen = registry.functions();
        let of = |name| seen.iter().find(|function| function.name == name).expect("is there");
        assert_eq!((of("a").calls_total, of("a").cancelled_total), (1, 1));
        assert_eq!((of(OVERFLOW).calls_total, of(OVERFLOW).cancelled_total), (3, 3));
    }
}
