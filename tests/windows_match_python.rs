//! Means and percentiles of windows against the Python that the specification quotes: `collections.deque` and
//! `statistics.quantiles`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use metrics_layer::Registry;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::Deserialize;

/// Reads lists of nanoseconds, one list a line, and answers each with what the specification says (CON-09).
const PYTHON: &str = r#"
import collections, json, statistics, sys
METHOD = sys.argv[1]
def window(data, length):
    return list(collections.deque(data, maxlen=length))
def mean(data):
    return sum(data) / len(data) if data else 0.0
def percentiles(data):
    if not data:
        return [0.0, 0.0, 0.0]
    if len(data) == 1:
        return data * 3
    cuts = statistics.quantiles(data, n=100, method=METHOD)
    return [min(max(cuts[p - 1], min(data)), max(data)) for p in (50, 95, 99)]
for line in sys.stdin:
    data = json.loads(line)
    calls = window(data, 100)
    print(json.dumps({"mean_60": mean(window(data, 60)), "mean_100": mean(calls), "percentiles": percentiles(calls)}))
"#;

#[derive(Debug, Deserialize)]
struct Expected {
    mean_60: f64,
    mean_100: f64,
    percentiles: [f64; 3],
}

/// What Python makes of the lists; `None` when it is not installed.
fn python(lists: &[Vec<u64>], method: &str) -> Option<Vec<Expected>> {
    let spawned = Command::new("python3")
        .args(["-c", PYTHON, method])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut python) = spawned else {
        // Not by `eprintln!`, which the test harness swallows.
        let _ = writeln!(std::io::stderr(), "LEFT OUT: windows_match_python, no python3");
        return None;
    };
    let mut stdin = python.stdin.take().unwrap();
    let lines: String = lists.iter().map(|list| serde_json::to_string(list).unwrap() + "\n").collect();
    let feeder = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = python.wait_with_output().unwrap();
    feeder.join().unwrap().unwrap();
    assert!(output.status.success(), "python3 failed");
    let answers = String::from_utf8(output.stdout).unwrap();
    Some(answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Up to 250 durations: alike, of all magnitudes, or mostly alike with outliers.
fn durations(random: &mut Xoshiro256PlusPlus) -> Vec<u64> {
    let length = random.random_range(0..250);
    let (shape, middle) = (random.random_range(0..3), random.random_range(1..1_000_000_000_u64));
    let one = |random: &mut Xoshiro256PlusPlus| match shape {
        0 => random.random_range(middle / 2..=middle * 2),
        1 => random.random::<u64>() >> random.random_range(12..64),
        _ if random.random_range(0..50) == 0 => middle * random.random_range(2..1_000),
        _ => middle,
    };
    (0..length).map(|_| one(random)).collect()
}

/// What the library makes of a list, in nanoseconds: the fields of [`Expected`], in its order, from nodes and functions;
/// and from seed 1's and seed 2's view of a route.
fn found(list: &[u64]) -> [[f64; 5]; 2] {
    let (registry, time) = Registry::mock();
    let (function, node, route) = (registry.function("f"), registry.node("n"), registry.route("GET", "/"));
    for &ns in list {
        time.advance(Duration::from_nanos(1));
        function.record(Duration::from_nanos(ns));
        node.record(Duration::from_nanos(ns), 0);
        route.record(Duration::from_nanos(ns), if ns % 3 == 0 { 500 } else { 200 });
    }
    let snapshot = registry.snapshot();
    let node = snapshot.dag.nodes.into_iter().next().unwrap_or_default();
    let function = registry.functions().into_iter().next().unwrap_or_default();
    let endpoint = snapshot.endpoints.into_iter().next().unwrap_or_default();
    let route = registry.route_stats().into_iter().next().unwrap_or_default();
    let failed = list.iter().rev().take(100).filter(|ns| *ns % 3 == 0).count();
    assert_eq!((route.request_count, route.error_count), (list.len().min(100) as u64, failed as u64));
    [
        [node.avg_exec_ms, function.avg_ms, function.p50_ms, function.p95_ms, function.p99_ms],
        [endpoint.avg_latency_ms, route.avg_ms, route.p50_ms, route.p95_ms, route.p99_ms],
    ]
    .map(|numbers| numbers.map(|ms| ms * 1e6))
}

/// The lists for which the library and Python differ by more than 10⁻⁹; `None` without Python.
fn differing(count: usize, method: &str) -> Option<Vec<String>> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(9);
    let lists: Vec<_> = (0..count).map(|_| durations(&mut random)).collect();
    let expected = python(&lists, method)?;
    assert_eq!(expected.len(), count);
    let differ = |(list, expected): (&Vec<u64>, Expected)| {
        let [p50, p95, p99] = expected.percentiles;
        let expected = [expected.mean_60, expected.mean_100, p50, p95, p99];
        let found = found(list);
        let close = |(found, expected): (&f64, &f64)| (found - expected).abs() <= 1e-9 * expected.abs();
        let same = found.iter().all(|found| found.iter().zip(&expected).all(close));
        (!same).then(|| format!("{found:?} instead of {expected:?} of {list:?}"))
    };
    Some(lists.iter().zip(expected).filter_map(differ).collect())
}

#[test]
fn ten_thousand_windows_are_those_of_python() {
    if let Some(differing) = differing(10_000, "exclusive") {
        assert!(differing.is_empty(), "{} differ, such as {}", differing.len(), differing[0]);
    }
}

/// The test of the test: the other method of percentiles must be found out.
#[test]
fn a_planted_other_method_is_found() {
    if let Some(differing) = differing(100, "inclusive") {
        assert!(differing.len() > 50, "{}", differing.len());
    }
}
