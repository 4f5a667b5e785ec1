//! The collector of the process, and the one a test puts over it on its own thread.

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::sync::{Arc, RwLock};

use super::{Collector, NullCollector};
use crate::error::StartError;
use crate::record::contained;
use crate::record::gate::{self, Gate};
use crate::sync::{Quiet, quietly, read, write};

/// `None` stands for the null collector, the default (C-08).
static INSTALLED: RwLock<Option<Arc<dyn Collector>>> = RwLock::new(None);

thread_local! {
    static SCOPES: RefCell<Vec<Arc<dyn Collector>>> = const { RefCell::new(Vec::new()) };

    /// Whether this thread runs code of a collector.
    static IN_COLLECTOR: Cell<bool> = const { Cell::new(false) };
}

/// The collector of this thread's innermost scope, else that of the process, else a [`NullCollector`].
///
/// # Source
/// P-11, C-08.
#[must_use]
pub fn get_metrics_collector() -> Arc<dyn Collector> {
    scoped().or_else(|| read(&INSTALLED).clone()).unwrap_or_else(|| Arc::new(NullCollector))
}

/// Makes a collector that of the process, and gives the previous one back.
///
/// Meant for start-up; [`Builder::install`](crate::Builder::install) does it for you and refuses to replace
/// another. Records that race with the change go to either, and so do calls that are under way; those of functions are
/// [`lost`](crate::SelfMetrics::lost) if the new collector has another clock.
///
/// # Source
/// C-08.
pub fn set_metrics_collector(collector: Arc<dyn Collector>) -> Arc<dyn Collector> {
    let mut installed = quietly(write(&INSTALLED));
    gate::install(gate_of(&*collector));
    installed.replace(collector).unwrap_or_else(|| Arc::new(NullCollector))
}

/// Makes a collector that of the process unless there is one; of several callers one wins.
pub(crate) fn install(collector: Arc<dyn Collector>) -> Result<(), StartError> {
    let mut installed = quietly(write(&INSTALLED));
    if installed.is_some() {
        return Err(StartError::already_installed());
    }
    gate::install(gate_of(&*collector));
    *installed = Some(collector);
    Ok(())
}

/// Makes a collector that of the calling thread until the guard is dropped; for tests.
///
/// Scopes nest. Other threads are not affected: hand them the collector itself.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use metrics_core::{Registry, scoped_collector, get_metrics_collector};
///
/// let registry = Registry::default();
/// {
///     let _scope = scoped_collector(Arc::new(registry.clone()));
///     get_metrics_collector().record_ws_message("points", 10);
/// }
/// get_metrics_collector().record_ws_message("points", 10); // nobody listens
/// assert_eq!(registry.snapshot().websocket.topics["points"].total_messages, 1);
/// ```
#[must_use = "the scope ends when the guard is dropped"]
pub fn scoped_collector(collector: Arc<dyn Collector>) -> ScopedCollector {
    SCOPES.with(|scopes| scopes.borrow_mut().push(collector));
    gate::enter_scope();
    ScopedCollector { _this_thread: PhantomData }
}

/// Ends a [`scoped_collector`] when dropped.
#[derive(Debug)]
pub struct ScopedCollector {
    _this_thread: PhantomData<*const ()>,
}

impl Drop for ScopedCollector {
    fn drop(&mut self) {
        gate::leave_scope();
        let ended = SCOPES.try_with(|scopes| scopes.borrow_mut().pop());
        drop(ended);
    }
}

/// Where this thread's instrumented code records: [`Gate::Scoped`] is resolved, so never returned.
#[cold]
#[inline(never)]
pub(crate) fn gate_of_this_thread() -> Gate {
    let Some(collector) = scoped() else { return gate::installed() };
    if is_in_collector() {
        return Gate::Closed;
    }
    in_collector(|| gate_of(&*collector)).unwrap_or(Gate::Closed)
}

/// Runs code of a collector, which may be anybody's: `None` when it panicked (I-12). What is timed in it is told to no
/// collector but a registry, for that would run it again, and so on.
pub fn in_collector<T>(run: impl FnOnce() -> T) -> Option<T> {
    let before = IN_COLLECTOR.replace(true);
    let result = contained(run);
    IN_COLLECTOR.set(before);
    result
}

/// Whether this thread runs code of a collector.
pub(crate) fn is_in_collector() -> bool {
    IN_COLLECTOR.get()
}

/// This thread's collector, when it is no registry.
pub(crate) fn with_foreign() -> Option<Arc<dyn Collector>> {
    if is_in_collector() {
        return None;
    }
    // Who installs one is quiet.
    let _quiet = Quiet::unless_already()?;
    Some(get_metrics_collector()).filter(|collector| collector.registry().is_none())
}

fn scoped() -> Option<Arc<dyn Collector>> {
    SCOPES.try_with(|scopes| scopes.try_borrow().ok()?.last().cloned()).ok().flatten()
}

fn gate_of(collector: &dyn Collector) -> Gate {
    match collector.registry() {
        _ if !collector.is_enabled() => Gate::Closed,
        None => Gate::Foreign,
        Some(registry) => registry.recording_state().map_or(Gate::Closed, Gate::State),
    }
}
