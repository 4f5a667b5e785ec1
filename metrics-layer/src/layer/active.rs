//! A call whose request a thread works for.

use metrics_core::context::Entered;

use super::Call;

/// A call whose request is the one the thread works for, until this is dropped. The call stays in its place, because it is
/// large.
#[derive(Debug)]
pub(super) struct Active<'a> {
    call: &'a mut Option<Call>,
    entered: Option<Entered>,
}

impl<'a> Active<'a> {
    /// Makes the call's request the current one, if there is a call.
    #[inline]
    pub(super) fn enter(call: &'a mut Option<Call>) -> Self {
        let entered = call.as_ref().map(|call| call.context().enter());
        Self { call, entered }
    }

    /// Puts back what was current before.
    #[inline]
    pub(super) fn leave(mut self) {
        self.entered = None;
    }
}

impl Drop for Active<'_> {
    /// When the code inside panics, the call ends here, in the midst of the unwinding, and so knows why. A runtime
    /// drops a future only after it has caught the panic.
    #[inline]
    fn drop(&mut self) {
        if self.entered.take().is_some() {
            *self.call = None;
        }
    }
}
