//! Futures that take a context along.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Task, Poll};

use pin_project_lite::pin_project;

use super::{Context, InNode};
use crate::record::SeriesId;

pin_project! {
    /// A future that is polled in a [`Context`], made by [`Context::scope`].
    ///
    /// Its output, `Send`, `Sync` and `Unpin` are those of the future inside.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct InContext<F> {
        #[pin]
        inner: F,
        context: Context,
    }
}

impl<F> InContext<F> {
    pub(super) fn new(context: Context, inner: F) -> Self {
        Self { inner, context }
    }

    /// The future inside.
    pub fn into_inner(self) -> F {
        self.inner
    }
}

impl<F: Future> Future for InContext<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.context.enter();
        this.inner.poll(task)
    }
}

pin_project! {
    /// A future that is polled for a node.
    #[derive(Debug)]
    pub struct NodeFuture<F> {
        #[pin]
        inner: F,
        node: SeriesId,
    }
}

impl<F> NodeFuture<F> {
    pub(crate) fn new(node: SeriesId, inner: F) -> Self {
        Self { inner, node }
    }
}

impl<F: Future> Future for NodeFuture<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _in_node = InNode::enter(*this.node);
        this.inner.poll(task)
    }
}
