//! The timed calls that were made for a request, for those who ask.

use crate::record::{Domain, Functions, Nodes, Operations, SeriesId, gate, key_of};
use crate::series::CallShard;
use crate::state::{Entry, Key};

/// As many series as are kept: those with the most time.
pub const MAX_TIMED_CALLS: usize = 10;

/// The calls of one series that ended while a thread worked for a request.
///
/// Calls include those made inside them, so the times of several do not add up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimedCalls {
    /// The function's name, the node's id, or the operation's name behind its node's: `voxel-1/voxel_downsample`.
    pub name: String,
    /// How many there were.
    pub calls: u64,
    /// How long they took together, nanoseconds.
    pub ns: u64,
}

/// Calls of one series, by number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    domain: CallDomain,
    series: SeriesId,
    calls: u64,
    ns: u64,
}

/// In which table a call's series is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallDomain {
    Function,
    Node,
    Operation,
}

/// A domain whose calls a request may ask for.
pub(crate) trait Reported: Domain<Entry: Entry<Shard: CallShard>> {
    const DOMAIN: CallDomain;
}

impl Reported for Functions {
    const DOMAIN: CallDomain = CallDomain::Function;
}

impl Reported for Nodes {
    const DOMAIN: CallDomain = CallDomain::Node;
}

impl Reported for Operations {
    const DOMAIN: CallDomain = CallDomain::Operation;
}

/// The calls made for one request; its memory goes on to the next.
#[derive(Debug)]
pub(super) struct Calls {
    /// Whose they are: calls that end late are not the next request's.
    turn: Option<u32>,
    list: Vec<Call>,
}

impl Calls {
    pub(super) const fn new() -> Self {
        Self { turn: None, list: Vec::new() }
    }

    pub(super) fn begin(&mut self, turn: u32) {
        self.turn = Some(turn);
        self.list.clear();
        self.list.reserve_exact(MAX_TIMED_CALLS);
    }

    pub(super) fn add(&mut self, turn: u32, domain: CallDomain, series: SeriesId, ns: u64) {
        if self.turn != Some(turn) {
            return;
        }
        let known = self.list.iter_mut().find(|call| call.series == series && call.domain == domain);
        if let Some(call) = known {
            call.calls += 1;
            call.ns = call.ns.saturating_add(ns);
            return;
        }
        let call = Call { domain, series, calls: 1, ns };
        if self.list.len() < MAX_TIMED_CALLS {
            self.list.push(call);
        } else if let Some(least) =
            self.list.iter_mut().min_by_key(|call| call.ns).filter(|least| least.ns < ns)
        {
            *least = call;
        }
    }

    pub(super) fn list(&self, turn: u32) -> Vec<Call> {
        if self.turn == Some(turn) { self.list.clone() } else { Vec::new() }
    }
}

impl Call {
    /// With its name; `None` when the series is no more.
    pub(super) fn named(self) -> Option<TimedCalls> {
        let Self { domain, series, calls, ns } = self;
        let key = match domain {
            CallDomain::Function => key_of::<Functions>(series)?,
            CallDomain::Node => key_of::<Nodes>(series)?,
            CallDomain::Operation => key_of::<Operations>(series)?,
        };
        let name = match key.borrow() {
            Key { first, second: "" } => first.to_owned(),
            Key { first, second } => format!("{first}/{second}"),
        };
        Some(TimedCalls { name, calls, ns })
    }
}

/// While one of these is alive, timed calls look whether the request they are made for asked for them.
///
/// # Examples
/// ```
/// # use std::sync::Arc;
/// # let (registry, time) = metrics_core::Registry::mock();
/// # let _scope = metrics_core::scoped_collector(Arc::new(registry.clone()));
/// use std::time::Duration;
/// use metrics_core::{context::ReportingCalls, timed_block};
///
/// let _reporting = ReportingCalls::begin();
/// let mut request = registry.begin_request("GET", "/api/scans/{id}");
/// request.report_calls();
/// {
///     let _at_work = request.context().enter();
///     for _ in 0..2 {
///         timed_block!("load", { time.advance(Duration::from_millis(3)) });
///     }
/// }
/// let calls = request.context().timed_calls();
/// assert_eq!((&*calls[0].name, calls[0].calls, calls[0].ns), ("load", 2, 6_000_000));
/// ```
///
/// # Cost
/// Every timed call of the process takes the way of the first one: some ten nanoseconds more.
#[derive(Debug)]
#[must_use = "calls are reported until this is dropped"]
pub struct ReportingCalls(());

impl ReportingCalls {
    /// From now on.
    pub fn begin() -> Self {
        gate::enter_scope();
        Self(())
    }
}

impl Drop for ReportingCalls {
    fn drop(&mut self) {
        gate::leave_scope();
    }
}
