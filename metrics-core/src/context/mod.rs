//! Whom a thread works for: a request, a DAG node, or both.
//!
//! The layer says so while it polls a request's future or body, `#[timed(node = …)]` while a node's function runs or is
//! polled, and both put back what was before, so nothing leaks across an await. From it, code deep in the stack knows
//! whose query it makes ([`record_db_query`]) and whose operation it is
//! (`timed_block!("voxel_downsample", { … })` inside a node).
//!
//! Work that is handed to another task or thread takes the context along:
//! ```
//! use metrics_core::{context, record_db_query};
//!
//! # let (registry, _time) = metrics_core::Registry::mock();
//! let request = registry.begin_request("GET", "/api/scans/{id}");
//! let at_work = request.context().enter();
//! let here = context::current(); // a plain value: Copy, Send and Sync
//! std::thread::spawn(move || {
//!     let _at_work = here.enter();
//!     record_db_query();
//! })
//! .join().unwrap();
//! drop(at_work);
//! record_db_query(); // for nobody
//! assert_eq!(request.context().db_queries(), 1);
//! ```

mod calls;
mod cell;
mod future;
mod notes;
mod request;

use std::cell::Cell;
use std::marker::PhantomData;

pub(crate) use calls::{CallDomain, Reported};
pub use calls::{MAX_TIMED_CALLS, ReportingCalls, TimedCalls};
pub use future::InContext;
pub(crate) use future::NodeFuture;
pub(crate) use request::Counted;
pub use request::{BodyBytes, RequestContext};

use cell::Request;
pub(crate) use notes::Notes;

use crate::record::SeriesId;
use crate::registry::Node;

thread_local! {
    static CURRENT: Current =
        const { Current { request: Cell::new(None), node: Cell::new(SeriesId::NONE) } };
}

struct Current {
    request: Cell<Option<Request>>,
    node: Cell<SeriesId>,
}

/// Whom a thread works for; see the [module](self).
///
/// A context that outlives its request does no harm: what is recorded then is recorded for nobody.
///
/// # Cost
/// Three words. Reading or entering it takes no lock and allocates nothing.
///
/// # Source
/// B-06.
#[derive(Clone, Copy, Debug)]
#[must_use = "a context does nothing until it is entered"]
pub struct Context {
    request: Option<Request>,
    node: SeriesId,
}

/// The calling thread's context.
///
/// # Examples
/// ```
/// # async fn save(id: u64) {}
/// # async fn handler() {
/// use metrics_core::context;
///
/// // What the task does is done for the request that spawned it.
/// let task = context::current().scope(async { save(7).await });
/// # drop(task); /*
/// tokio::spawn(task);
///
/// let here = context::current();
/// tokio::task::spawn_blocking(move || {
///     let _at_work = here.enter();
///     // …
/// });
/// # */ }
/// ```
#[inline]
pub fn current() -> Context {
    let current =
        CURRENT.with(|current| Context { request: current.request.get(), node: current.node.get() });
    // It may be handed to anybody.
    if let Some(request) = current.request {
        request.share();
    }
    current
}

/// The node for which the calling thread works.
#[inline(always)]
pub(crate) fn current_node() -> SeriesId {
    CURRENT.with(|current| current.node.get())
}

/// Whether the calling thread works for a node.
#[inline(always)]
pub(crate) fn is_in_node() -> bool {
    CURRENT.with(|current| current.node.get() != SeriesId::NONE)
}

/// Whether the calling thread works for a request. Unlike [`current`], it hands nobody its name.
#[cfg(feature = "query-events")]
pub(crate) fn is_in_request() -> bool {
    current_request().is_some()
}

#[inline]
fn current_request() -> Option<Request> {
    CURRENT.with(|current| current.request.get())
}

/// The request for which its owner is at work on the calling thread. A guard that says so may be held beyond its end; and
/// of others than the owner it may end while it is asked for.
#[inline]
fn request_of_owner() -> Option<Request> {
    current_request().filter(|request| request.is_seen_as_owner() && request.is_under_way())
}

/// What the layer further out, which began the request for which the calling thread works, marked it with.
#[doc(hidden)]
#[inline]
#[must_use]
pub fn current_mark() -> [u64; 3] {
    request_of_owner().map_or([0; 3], Request::mark)
}

/// Whether the calling thread works for a request that asked for its timed calls.
#[inline]
pub(crate) fn reports_calls() -> bool {
    current_request().is_some_and(Request::reports_calls)
}

/// A timed call ended: tells the request about it, if that asked.
#[inline]
pub(crate) fn report_call<D: Reported>(series: SeriesId, ns: u64) {
    if let Some(request) = current_request().filter(|request| request.reports_calls()) {
        request.report(D::DOMAIN, series, ns);
    }
}

/// Counts a database query for the request for which the calling thread works, if there is one.
///
/// # Cost
/// One read-modify-write of memory that is the request's own; no lock, no allocation.
///
/// # Source
/// B-01, B-06.
#[inline]
pub fn record_db_query() {
    record_db_queries(1);
}

/// Counts as many database queries.
#[inline]
pub fn record_db_queries(queries: u32) {
    if let Some(request) = current_request() {
        request.add_queries(queries);
    }
}

// === impl Current ===

impl Current {
    #[inline]
    fn replace(request: Option<Request>, node: SeriesId) -> Entered {
        let (request, node) =
            CURRENT.with(|current| (current.request.replace(request), current.node.replace(node)));
        Entered { request, node, _this_thread: PhantomData }
    }
}

// === impl Context ===

impl Context {
    /// The context of nobody.
    pub const fn nobody() -> Self {
        Self { request: None, node: SeriesId::NONE }
    }

    /// Whether it is that of a request, which may have ended meanwhile.
    #[inline]
    #[must_use]
    pub fn has_request(&self) -> bool {
        self.request.is_some()
    }

    /// The same request, and this node. Nothing changes while the node's registry is disabled.
    pub fn with_node(mut self, node: &Node) -> Self {
        self.node = node.series().unwrap_or(self.node);
        self
    }

    /// The database queries that were counted so far for its request; 0 without one, and when that has ended.
    #[must_use]
    pub fn db_queries(&self) -> u32 {
        self.request.map_or(0, Request::queries)
    }

    /// Makes it the calling thread's context, until the guard is dropped. Guards are dropped in the opposite order; do
    /// not hold one over an `await`, for which [`scope`](Self::scope) is made.
    #[inline]
    pub fn enter(self) -> Entered {
        Current::replace(self.request.map(Request::seen_by_others), self.node)
    }

    /// A future, polled in this context.
    pub fn scope<F>(self, future: F) -> InContext<F> {
        InContext::new(self, future)
    }
}

impl Default for Context {
    /// The context of nobody.
    fn default() -> Self {
        Self::nobody()
    }
}

/// Puts the calling thread's former context back when it is dropped.
#[derive(Debug)]
#[must_use = "the context is left when the guard is dropped"]
pub struct Entered {
    request: Option<Request>,
    node: SeriesId,
    _this_thread: PhantomData<*const ()>,
}

impl Drop for Entered {
    #[inline]
    fn drop(&mut self) {
        CURRENT.with(|current| {
            current.request.set(self.request);
            current.node.set(self.node);
        });
    }
}

/// The calling thread works for a node until this is dropped.
#[derive(Debug)]
pub struct InNode {
    previous: SeriesId,
    _this_thread: PhantomData<*const ()>,
}

impl InNode {
    /// The series is that of a node, with marks perhaps, or none.
    #[inline(always)]
    pub(crate) fn enter(node: SeriesId) -> Self {
        Self { previous: CURRENT.with(|current| current.node.replace(node)), _this_thread: PhantomData }
    }
}

impl Drop for InNode {
    #[inline(always)]
    fn drop(&mut self) {
        CURRENT.with(|current| current.node.set(self.previous));
    }
}

#[cfg(test)]
mod tests;
