//! What `?` does with a value, seen before it does it.

use std::ops::ControlFlow;
use std::task::Poll;

use super::Watch;

/// A value that `?` goes on from or leaves with.
pub trait Question {
    /// `None` where `?` goes on; else whether it leaves with an `Err`.
    fn leaves_with_err(&self) -> Option<bool>;
}

impl<T, E> Question for Result<T, E> {
    #[inline]
    fn leaves_with_err(&self) -> Option<bool> {
        self.is_err().then_some(true)
    }
}

impl<T> Question for Option<T> {
    #[inline]
    fn leaves_with_err(&self) -> Option<bool> {
        self.is_none().then_some(false)
    }
}

impl<B, C> Question for ControlFlow<B, C> {
    #[inline]
    fn leaves_with_err(&self) -> Option<bool> {
        self.is_break().then_some(false)
    }
}

impl<T, E> Question for Poll<Result<T, E>> {
    #[inline]
    fn leaves_with_err(&self) -> Option<bool> {
        matches!(self, Self::Ready(Err(_))).then_some(true)
    }
}

impl<T, E> Question for Poll<Option<Result<T, E>>> {
    #[inline]
    fn leaves_with_err(&self) -> Option<bool> {
        matches!(self, Self::Ready(Some(Err(_)))).then_some(true)
    }
}

/// Tells the watch that the call ends here, if `?` leaves with this value.
#[inline]
pub fn asked<Q: Question>(value: Q, watch: &mut Watch, err_fails: bool) -> Q {
    match value.leaves_with_err() {
        None => {}
        Some(true) if err_fails => watch.fail(),
        Some(_) => watch.finished(),
    }
    value
}
