//! Everything that is compared, by what it does.

use crate::contender::Batch;
use crate::{floors, ours, peers};

/// What contenders of one table have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// What nothing can be faster than.
    Floor,
    /// A timed call of a function.
    Sync,
    /// A timed call of an async function.
    Async,
    /// A timed call whose series is known at run time, through a handle.
    Handle,
    /// A timed call whose series is known at run time, by a string.
    Text,
    /// A known duration, told by strings.
    Told,
    /// A poll for a request.
    Context,
    /// Counting through a handle.
    Counter,
    /// Counting by a string.
    CounterText,
    /// Instrumented code that records nothing.
    Disabled,
    /// A request through a layer around a service.
    Service,
    /// A request through a layer inside an axum router.
    Router,
}

impl Group {
    /// Those of recording, in the order of the report.
    pub const RECORDING: [Self; 10] = [
        Self::Floor,
        Self::Sync,
        Self::Async,
        Self::Handle,
        Self::Text,
        Self::Told,
        Self::Context,
        Self::Counter,
        Self::CounterText,
        Self::Disabled,
    ];

    /// Those of requests, in the order of the report.
    pub const REQUESTS: [Self; 2] = [Self::Service, Self::Router];

    /// The heading of its table.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Floor => "Floors",
            Self::Sync => "Timed call of a function",
            Self::Async => "Timed call of an async function, polled once",
            Self::Handle => "Timed call, series known at run time, through a handle",
            Self::Text => "Timed call, series known at run time, by a string",
            Self::Told => "Known or self-measured duration, told by strings",
            Self::Context => "Working for a request",
            Self::Counter => "Counting through a handle",
            Self::CounterText => "Counting by a string",
            Self::Disabled => "Instrumented, but nothing records",
            Self::Service => "A request through a layer around a service, to the end of its response",
            Self::Router => "A request through a layer inside an axum router, to the end of its response",
        }
    }
}

/// Whose a contender is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Nobody's: a limit.
    Floor,
    /// This project's.
    Ours,
    /// Another crate's.
    Peer,
}

/// Makes a contender.
pub type Make = fn() -> Box<dyn Batch>;

/// One contender, not yet made.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its table.
    pub group: Group,
    /// Whose it is.
    pub side: Side,
    /// What it is called, also on command lines.
    pub name: &'static str,
    /// The name of what it does beside recording.
    pub baseline: &'static str,
    /// Makes it, or says why it cannot be made.
    pub make: Result<Make, &'static str>,
}

impl Entry {
    /// Its name in a table; ours stand out.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        match self.side {
            Side::Ours => format!("**{}**", self.name),
            Side::Floor | Side::Peer => self.name.to_owned(),
        }
    }
}

/// The name of the clock floor in [`all`].
pub const CLOCK_FLOOR: &str = "two-tsc-reads";

/// The name of the call that is not instrumented.
pub const BARE_CALL: &str = "bare-call";

/// The contenders of these groups.
#[must_use]
pub fn of(groups: &[Group]) -> Vec<Entry> {
    all().into_iter().filter(|entry| groups.contains(&entry.group)).collect()
}

/// All contenders.
#[must_use]
pub fn all() -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut add = |group, side, contenders: &[(&'static str, Make)]| {
        entries.extend(contenders.iter().map(|&(name, make)| {
            let baseline = BARE_CALL;
            Entry { group, side, name, baseline, make: Ok(make) }
        }));
    };

    add(
        Group::Floor,
        Side::Floor,
        &[
            (BARE_CALL, floors::bare),
            ("bare-async-call", floors::bare_async),
            (CLOCK_FLOOR, floors::two_counter_reads),
            ("two-instants", floors::two_instants),
            ("shared-fetch-add", floors::shared_counter),
        ],
    );

    add(Group::Sync, Side::Ours, &[("timed", ours::function::sync)]);
    add(
        Group::Sync,
        Side::Peer,
        &[
            ("hotpath", peers::hotpath::sync),
            ("metrics+exporter", peers::metrics::timed),
            ("prometheus", peers::prometheus::timed),
            ("prometheus-local", peers::prometheus::timed_locally),
            ("prometheus-client", peers::prometheus_client::timed),
            ("measured", peers::measured::timed),
            ("tracing+registry", peers::tracing::sync),
            ("autometrics", peers::autometrics::sync),
            ("mutex-vecdeque", peers::mutex::timed),
        ],
    );

    add(
        Group::Context,
        Side::Ours,
        &[("poll-in-context", ours::context::scoped), ("query-in-context", ours::context::query)],
    );

    add(Group::Async, Side::Ours, &[("timed-async", ours::function::asynchronous)]);
    add(
        Group::Async,
        Side::Peer,
        &[
            ("hotpath-async", peers::hotpath::asynchronous),
            ("tracing+registry-async", peers::tracing::asynchronous),
            ("autometrics-async", peers::autometrics::asynchronous),
        ],
    );

    // The other crates' handles are in the first table: to them a handle is a handle.
    add(
        Group::Handle,
        Side::Ours,
        &[("node-handle", ours::node::by_handle), ("node-handle+instant", ours::node::by_handle_and_instant)],
    );

    add(
        Group::Text,
        Side::Ours,
        &[
            ("timed-node", ours::node::by_string),
            ("timed-node-async", ours::node::by_string_async),
            ("timed-node-described", ours::node::by_string_described),
            ("timed-operation", ours::node::operation),
        ],
    );
    add(
        Group::Text,
        Side::Peer,
        &[
            ("metrics+exporter-label", peers::metrics::timed_by_string),
            ("prometheus-label", peers::prometheus::timed_by_string),
            ("prometheus-client-label", peers::prometheus_client::timed_by_string),
        ],
    );

    add(
        Group::Told,
        Side::Ours,
        &[
            ("record_node_exec", ours::node::record_node_exec),
            ("instant+record_node_exec", ours::node::measure_and_record_node_exec),
        ],
    );

    add(
        Group::Counter,
        Side::Ours,
        &[("topic-handle", ours::topic::by_handle), ("counter-handle", ours::topic::counter)],
    );
    add(
        Group::Counter,
        Side::Peer,
        &[
            ("metrics+exporter-counter", peers::metrics::counter),
            ("prometheus-counter", peers::prometheus::counter),
            ("prometheus-client-counter", peers::prometheus_client::counter),
            ("measured-counter", peers::measured::counter),
        ],
    );

    add(
        Group::CounterText,
        Side::Ours,
        &[
            ("record_ws_message", ours::topic::by_string),
            ("global+record_ws_message", ours::topic::by_string_through_the_global),
        ],
    );
    add(
        Group::CounterText,
        Side::Peer,
        &[
            ("metrics+exporter-counter-label", peers::metrics::counter_by_string),
            ("prometheus-counter-label", peers::prometheus::counter_by_string),
            ("prometheus-client-counter-label", peers::prometheus_client::counter_by_string),
        ],
    );

    add(
        Group::Disabled,
        Side::Ours,
        &[("disabled-timed", ours::disabled::function), ("disabled-timed-node", ours::disabled::node)],
    );
    entries.extend(requests());
    entries
}

/// Requests; the baseline of a layer is one that does nothing in its place.
fn requests() -> impl Iterator<Item = Entry> {
    use Group::{Router, Service};
    use Side::{Floor, Ours, Peer};
    let rows: [(_, _, _, _, Make); 9] = [
        (Service, Floor, "service", "service", floors::service),
        (Service, Floor, "service+noop", "service", floors::service_with_noop),
        (Service, Ours, "service+layer", "service+noop", ours::layer::around_a_service),
        (Router, Floor, "router", "router", floors::bare_router),
        (Router, Floor, "router+noop-head", "router", floors::router_with_noop_head),
        (Router, Floor, "router+noop", "router", floors::router_with_noop),
        (Router, Ours, "router+layer", "router+noop", ours::layer::in_a_router),
        (Router, Peer, "axum-otel-metrics", "router+noop-head", peers::axum_otel_metrics::in_a_router),
        (Router, Peer, "mutex-layer", "router+noop-head", peers::mutex_layer::in_a_router),
    ];
    rows.into_iter().map(|(group, side, name, baseline, make)| Entry {
        group,
        side,
        name,
        baseline,
        make: Ok(make),
    })
}
