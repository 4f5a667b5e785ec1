//! Calls of DAG nodes and their operations, whose ids are known at run time only.

use std::time::Instant;

use metrics_core::{Collector, Node, timed, timed_block};

use super::registry;
use crate::contender::{Batch, Keyed, body, finish};

/// `#[timed(node = id)]`: found by its string in the thread's own table.
pub fn by_string() -> Box<dyn Batch> {
    registry();
    Box::new(Keyed::new(id("voxel-1"), id("crop-1"), timed_node))
}

/// The same on an async function, polled once.
pub fn by_string_async() -> Box<dyn Batch> {
    registry();
    Box::new(Keyed::new(id("voxel-2"), id("crop-2"), poll_node))
}

/// `#[timed(node = id, node_name = …, node_type = …, points = …)]`: everything there is to tell.
pub fn by_string_described() -> Box<dyn Batch> {
    registry();
    Box::new(Keyed::new(id("voxel-3"), id("crop-3"), timed_described_node))
}

/// A [`Node`] handle that is told the time measured with [`Instant`], as its documentation shows.
pub fn by_handle_and_instant() -> Box<dyn Batch> {
    let node = |id| registry().node(id);
    Box::new(Keyed::new(node("voxel-4"), node("crop-4"), handle_and_instant))
}

/// [`Node::start`]: a handle, and a timer that is dropped at the end.
pub fn by_handle() -> Box<dyn Batch> {
    let node = |id| registry().node(id);
    Box::new(Keyed::new(node("voxel-5"), node("crop-5"), handle))
}

/// `timed_block!` with a node: an operation, found by two strings.
pub fn operation() -> Box<dyn Batch> {
    registry();
    Box::new(Keyed::new(id("voxel-6"), id("crop-6"), timed_operation))
}

/// [`Collector::record_node_exec`] with the time already known: three strings, one reading of the clock.
pub fn record_node_exec() -> Box<dyn Batch> {
    registry();
    Box::new(Keyed::new(id("voxel-7"), id("crop-7"), record_known))
}

/// Measured with [`Instant`] and told to [`Collector::record_node_exec`], as the first seed does it.
pub fn measure_and_record_node_exec() -> Box<dyn Batch> {
    registry();
    Box::new(Keyed::new(id("voxel-8"), id("crop-8"), record_measured))
}

fn id(id: &str) -> String {
    id.to_owned()
}

#[inline(never)]
#[timed(node = id)]
fn timed_node(id: &String, x: u64) -> u64 {
    body(x)
}

#[timed(node = id)]
async fn timed_future(id: &str, x: u64) -> u64 {
    body(x)
}

#[inline(never)]
fn poll_node(id: &String, x: u64) -> u64 {
    finish(timed_future(id, x))
}

#[inline(never)]
#[timed(node = id, node_name = "Voxel grid", node_type = "voxel", points = x)]
fn timed_described_node(id: &String, x: u64) -> u64 {
    body(x)
}

#[inline(never)]
fn handle_and_instant(node: &Node, x: u64) -> u64 {
    let start = Instant::now();
    let value = body(x);
    node.record(start.elapsed(), x);
    value
}

#[inline(never)]
fn handle(node: &Node, x: u64) -> u64 {
    let mut call = node.start();
    call.set_points(x);
    body(x)
}

#[inline(never)]
fn timed_operation(id: &String, x: u64) -> u64 {
    timed_block!("voxel_downsample", node = id, { body(x) })
}

#[inline(never)]
fn record_known(id: &String, x: u64) -> u64 {
    let value = body(x);
    registry().record_node_exec(id, "Voxel grid", "voxel", 0.001, x);
    value
}

#[inline(never)]
fn record_measured(id: &String, x: u64) -> u64 {
    let start = Instant::now();
    let value = body(x);
    let exec_ms = start.elapsed().as_secs_f64() * 1e3;
    registry().record_node_exec(id, "Voxel grid", "voxel", exec_ms, x);
    value
}
