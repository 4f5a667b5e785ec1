//! A call under way for a collector that is no registry.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use crate::collector::{Collector, with_foreign};
use crate::name::UNKNOWN_NODE_TYPE;
use crate::unit::{ms_from_ns, ns_from_duration};

/// Keeps the names until the end, because the trait takes them with the duration. It allocates: a collector
/// that wants speed gives a registry.
pub(super) struct ForeignCall {
    collector: Arc<dyn Collector>,
    what: What,
    started: Instant,
}

enum What {
    Function(&'static str),
    Node { id: Box<str>, name: Box<str>, node_type: Box<str> },
    Operation { node: Box<str>, operation: &'static str },
}

impl ForeignCall {
    pub(super) fn function(name: &'static str) -> Option<Self> {
        Self::start(What::Function(name))
    }

    pub(super) fn node(id: &str, name: Option<&str>, node_type: Option<&str>) -> Option<Self> {
        let (name, node_type) = (name.unwrap_or(id), node_type.unwrap_or(UNKNOWN_NODE_TYPE));
        Self::start(What::Node { id: id.into(), name: name.into(), node_type: node_type.into() })
    }

    pub(super) fn operation(node: &str, operation: &'static str) -> Option<Self> {
        Self::start(What::Operation { node: node.into(), operation })
    }

    fn start(what: What) -> Option<Self> {
        Some(Self { collector: with_foreign()?, what, started: Instant::now() })
    }

    /// Hands the call to the collector. A collector that panics must not harm the measured program (I-04).
    pub(super) fn finish(&self, points: u64) {
        let elapsed_ms = ms_from_ns(ns_from_duration(self.started.elapsed()));
        let collector = &self.collector;
        let record = || match &self.what {
            What::Function(name) => collector.record_function(name, elapsed_ms),
            What::Node { id, name, node_type } => {
                collector.record_node_exec(id, name, node_type, elapsed_ms, points);
            }
            What::Operation { node, operation } => collector.record_operation(node, operation, elapsed_ms),
        };
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(record)).is_err() {
            tracing::debug!("the collector panicked; the record is lost");
        }
    }
}

impl fmt::Debug for ForeignCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForeignCall").finish_non_exhaustive()
    }
}
