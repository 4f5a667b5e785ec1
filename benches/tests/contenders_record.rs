//! A contender that records nothing would win. Ours are held to what a reader sees of their calls.

use metrics_bench::catalog::{self, Group, Side};
use metrics_bench::contender::Series;
use metrics_bench::ours;

const CALLS: u64 = 1_000;

/// All calls a reader sees, of whatever kind.
fn seen() -> u64 {
    let snapshot = ours::metrics().snapshot();
    let functions = ours::registry().functions();
    let functions = functions.iter().map(|function| function.calls_total);
    let nodes = snapshot.dag.nodes.iter().map(|node| {
        let operations = node.open3d_ops.values().map(|operation| operation.calls);
        node.calls_total + operations.sum::<u64>()
    });
    let topics = snapshot.websocket.topics.values().map(|topic| topic.total_messages);
    let routes = snapshot.endpoints.iter().map(|route| route.calls_total);
    let counters = ours::registry().counters();
    let counters = counters.iter().map(|(_, count)| *count);
    functions.chain(counters).chain(nodes).chain(topics).chain(routes).sum()
}

#[test]
fn every_call_of_ours_is_seen_by_a_reader() {
    ours::metrics();
    for entry in catalog::all().iter().filter(|entry| entry.side == Side::Ours) {
        let Ok(make) = entry.make else { continue };
        let contender = make();
        for series in [Series::First, Series::Second] {
            let before = seen();
            contender.before();
            contender.batch(series, CALLS);
            contender.after();
            // A poll in a context is no call by itself.
            let records = !matches!(entry.group, Group::Context | Group::Disabled);
            let expected = if records { CALLS } else { 0 };
            assert_eq!(seen() - before, expected, "{} {series:?}", entry.name);
        }
    }
}
