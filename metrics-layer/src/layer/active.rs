//! A request that a thread works for.

use std::mem::ManuallyDrop;

use metrics_core::context::Entered;

/// What holds a request under way while it is the one the thread works for, until this is dropped.
#[derive(Debug)]
pub(super) struct Active<'a, T: Default> {
    holder: &'a mut T,
    /// `None` when the code inside has returned, or nothing is held.
    entered: Option<Entered>,
}

impl<'a, T: Default> Active<'a, T> {
    #[inline]
    pub(super) fn new(holder: &'a mut T, entered: impl Into<Option<Entered>>) -> Self {
        Self { holder, entered: entered.into() }
    }

    /// Puts back what was current before.
    #[inline]
    pub(super) fn leave(self) {
        drop(ManuallyDrop::new(self).entered.take());
    }
}

impl<T: Default> Drop for Active<'_, T> {
    /// When the code inside panics, the request ends here, in the midst of the unwinding, and so knows why. A runtime
    /// drops a future only after it has caught the panic.
    #[cold]
    fn drop(&mut self) {
        if self.entered.take().is_some() {
            *self.holder = T::default();
        }
    }
}
