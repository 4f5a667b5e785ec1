//! A call under way for a collector that is no registry.

use std::sync::Arc;
use std::time::Instant;

use super::under_way::{Ticket, UnderWay};
use crate::collector::{Collector, in_collector, with_foreign};
use crate::name::UNKNOWN_NODE_TYPE;
use crate::unit::{ms_from_ns, ns_from_duration};

/// Keeps the names until the end, because the trait takes them with the duration. It allocates and takes a lock: a
/// collector that wants speed gives a registry.
pub(super) struct ForeignCall {
    collector: Arc<dyn Collector>,
    what: What,
    started: Instant,
}

/// What a foreign call is about.
#[cfg_attr(feature = "stream", derive(Clone))]
pub(super) enum What {
    Function(&'static str),
    Node { id: Box<str>, name: Box<str>, node_type: Box<str> },
    Operation { node: Box<str>, operation: &'static str },
    Route { method: &'static str, path: &'static str },
}

impl What {
    pub(super) fn node(id: &str, name: Option<&str>, node_type: Option<&str>) -> Self {
        let (name, node_type) = (name.unwrap_or(id), node_type.unwrap_or(UNKNOWN_NODE_TYPE));
        Self::Node { id: id.into(), name: name.into(), node_type: node_type.into() }
    }

    pub(super) fn operation(node: &str, operation: &'static str) -> Self {
        Self::Operation { node: node.into(), operation }
    }
}

impl ForeignCall {
    pub(super) fn function(name: &'static str) -> Option<Ticket> {
        Self::start(with_foreign()?, What::Function(name))
    }

    pub(super) fn node(id: &str, name: Option<&str>, node_type: Option<&str>) -> Option<Ticket> {
        Self::start(with_foreign()?, What::node(id, name, node_type))
    }

    pub(super) fn operation(node: &str, operation: &'static str) -> Option<Ticket> {
        Self::start(with_foreign()?, What::operation(node, operation))
    }

    pub(super) fn start(collector: Arc<dyn Collector>, what: What) -> Option<Ticket> {
        UnderWay::Foreign(Self { collector, what, started: Instant::now() }).keep()
    }

    /// The call of that ticket begins now, and not when it was kept.
    pub(super) fn begin_again(ticket: Ticket) {
        UnderWay::with_foreign(ticket, |call| call.started = Instant::now());
    }

    /// Another call of the same begins.
    #[cfg(feature = "stream")]
    pub(super) fn another(ticket: Ticket) -> Option<Ticket> {
        let same = |call: &mut Self| (Arc::clone(&call.collector), call.what.clone());
        let (collector, what) = UnderWay::with_foreign(ticket, same)?;
        Self::start(collector, what)
    }

    /// Ends the call of that ticket, which perhaps failed: only a route can tell its collector.
    pub(super) fn end(ticket: Ticket, points: u64, failed: bool) {
        if let Some(UnderWay::Foreign(call)) = UnderWay::take(ticket) {
            call.finish(points, failed);
        }
    }

    /// Forgets the call of that ticket: the trait has no word for what was cancelled.
    pub(super) fn abandon(ticket: Ticket) {
        drop(UnderWay::take(ticket));
    }

    /// Hands the call to the collector. A collector that panics must not harm the measured program (I-04).
    pub(super) fn finish(&self, points: u64, failed: bool) {
        let elapsed_ms = ms_from_ns(ns_from_duration(self.started.elapsed()));
        let collector = &self.collector;
        let record = || match &self.what {
            What::Function(name) => collector.record_function(name, elapsed_ms),
            What::Node { id, name, node_type } => {
                collector.record_node_exec(id, name, node_type, elapsed_ms, points);
            }
            What::Operation { node, operation } => collector.record_operation(node, operation, elapsed_ms),
            What::Route { method, path } => {
                collector.record_endpoint(path, method, elapsed_ms, if failed { 500 } else { 200 });
            }
        };
        in_collector(record);
    }
}
