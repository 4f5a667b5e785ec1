//! The readings that are measured.

use std::hint::black_box;

use metrics_core::Registry;
use serde::Serialize;

use crate::filled::Kind;

/// One of them.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// What is read, in Markdown.
    pub name: &'static str,
    /// Of which series.
    pub kind: Kind,
    /// Reads once, and says how many bytes of text or how many series it gave.
    pub read: fn(&Registry) -> usize,
}

/// All of them.
pub const ALL: [Reading; 4] = [
    Reading {
        name: "`functions()`",
        kind: Kind::Functions,
        read: |registry| black_box(registry.functions()).len(),
    },
    Reading {
        name: "`functions()` as JSON",
        kind: Kind::Functions,
        read: |registry| json(&registry.functions()),
    },
    Reading {
        name: "`snapshot()`, nodes with an operation each",
        kind: Kind::Nodes,
        read: |registry| black_box(registry.snapshot()).dag.nodes.len(),
    },
    Reading { name: "`snapshot()` as JSON", kind: Kind::Nodes, read: |registry| json(&registry.snapshot()) },
];

/// Threads that record what is read.
pub const THREADS: usize = 2;

fn json(value: &impl Serialize) -> usize {
    black_box(serde_json::to_string(value).unwrap_or_default()).len()
}
