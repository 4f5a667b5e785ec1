//! Whatever numbers come in, the numbers that go out are finite, and sums stop at their limit.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use metrics_layer::core::{Clock, Metrics, MetricsSnapshot};
use metrics_layer::{Collector, Registry};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde_json::Value;

/// Hostile values of each property.
const VALUES: u64 = 1_000_000;

/// Looks at everything that goes out after so many of them.
const LOOK_EVERY: u64 = 50_000;

const HOSTILE: [f64; 14] = [
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    5e-324,
    -5e-324,
    0.0,
    -0.0,
    -1.0,
    9.2e12,
    1.844_674_407_370_955_2e19,
    1e300,
];

/// One of the worst, or any 64 bits.
fn hostile_float(random: &mut Xoshiro256PlusPlus) -> f64 {
    match random.random_range(0..4) {
        0 => f64::from_bits(random.random()),
        1 => -f64::from_bits(random.random::<u64>() >> 12),
        _ => HOSTILE[random.random_range(0..HOSTILE.len())],
    }
}

fn hostile_integer(random: &mut Xoshiro256PlusPlus) -> u64 {
    match random.random_range(0..4) {
        0 => u64::MAX,
        1 => u64::MAX - random.random_range(0..3),
        2 => 1 << random.random_range(0..64),
        _ => random.random(),
    }
}

/// Every leaf that should be a number is one: `serde_json` writes what is not finite as `null`.
fn assert_finite_json(value: &Value) {
    match value {
        Value::Null => panic!("a number that is not finite"),
        Value::Number(number) => assert!(number.as_f64().is_some_and(f64::is_finite), "{number}"),
        Value::Array(items) => items.iter().for_each(assert_finite_json),
        Value::Object(fields) => fields.values().for_each(assert_finite_json),
        Value::Bool(_) | Value::String(_) => {}
    }
}

fn assert_all_finite(metrics: &Metrics) {
    let registry = metrics.registry();
    let documents = [
        serde_json::to_value(registry.snapshot()),
        serde_json::to_value(registry.functions()),
        serde_json::to_value(registry.self_metrics()),
        serde_json::to_value(registry.gauges()),
        serde_json::to_value(registry.counters()),
        serde_json::to_value(registry.system()),
    ];
    for document in documents {
        assert_finite_json(&document.unwrap());
    }
    let node = registry.node("n");
    let lifetimes = [
        node.lifetime(),
        node.operation("o").lifetime(),
        registry.function("f").lifetime(),
        registry.route("GET", "/api/x").lifetime(),
    ];
    for lifetime in lifetimes {
        let ms = [lifetime.sum_ms(), lifetime.min_ms(), lifetime.max_ms(), lifetime.mean_ms()];
        assert!(ms.iter().all(|ms| ms.is_finite() && *ms >= 0.0), "{ms:?}");
        for p in HOSTILE.into_iter().chain([0.0, 0.5, 0.95, 0.99, 1.0]) {
            let ms = lifetime.quantile_ms(p);
            assert!(ms.is_finite() && ms >= 0.0, "quantile {p}: {ms}");
        }
        assert!(lifetime.min_ms() <= lifetime.mean_ms() * (1.0 + 1e-9) || lifetime.is_saturated());
    }
    for text in [metrics.performance_report(), metrics.prometheus()] {
        let hostile = |word: &str| ["nan", "inf", "+inf", "-inf"].contains(&word.to_lowercase().as_str());
        assert!(!text.split_whitespace().any(hostile), "{text}");
    }
}

/// What a caller does with one float and one integer.
type Property = fn(&Registry, f64, u64);

const PROPERTIES: [(&str, Property); 13] = [
    ("node ms", |registry, ms, _| {
        registry.record_node_exec("n", "N", "t", ms, 1);
    }),
    ("node points", |registry, _, points| {
        registry.record_node_exec("n", "N", "t", 1.0, points);
    }),
    ("operation ms", |registry, ms, _| {
        registry.record_operation("n", "o", ms);
    }),
    ("function ms", |registry, ms, _| registry.record_function("f", ms)),
    ("route ms", |registry, ms, status| {
        registry.record_endpoint("/api/x", "GET", ms, status as u16);
    }),
    ("node duration", |registry, _, ns| {
        registry.node("n").record(Duration::new(ns, 999_999_999), ns);
    }),
    ("function duration", |registry, _, ns| {
        registry.function("f").record(Duration::from_nanos(ns));
    }),
    ("topic bytes", |registry, _, bytes| {
        registry.record_ws_message("t", bytes);
    }),
    ("connections", |registry, _, open| {
        registry.record_ws_connections("t", open);
    }),
    ("queue depth", |registry, _, waiting| {
        registry.node("n").set_queue_depth(waiting);
    }),
    ("throttled", |registry, _, dropped| {
        registry.node("n").add_throttled(dropped);
    }),
    ("counter", |registry, _, amount| registry.counter("c").add(amount)),
    ("gauge", |registry, value, _| registry.gauge("g").set(value)),
];

/// Feeds hostile values into one property after the other; `look` is called now and then.
fn feed(values: u64, mut look: impl FnMut(&Metrics)) {
    let (clock, time) = Clock::mock();
    let metrics = Metrics::builder().service("hostile").clock(clock).build().unwrap();
    let mut random = Xoshiro256PlusPlus::seed_from_u64(16);
    for (name, property) in PROPERTIES {
        for n in 1..=values {
            let (float, integer) = (hostile_float(&mut random), hostile_integer(&mut random));
            property(metrics.registry(), float, integer);
            if n % LOOK_EVERY == 0 || n == values {
                time.advance(Duration::from_millis(100));
                metrics.registry().observe_rates();
                let looked = catch_unwind(AssertUnwindSafe(|| look(&metrics)));
                assert!(looked.is_ok(), "after {name}");
            }
        }
    }
}

#[test]
fn what_goes_out_is_finite() {
    feed(20_000, assert_all_finite);
}

#[test]
#[ignore = "takes seconds in release and minutes without; ci/verify.sh runs it in release"]
fn what_goes_out_is_finite_after_a_million_of_each() {
    feed(VALUES, assert_all_finite);
}

#[test]
fn sums_stop_at_their_limit_and_say_so() {
    let (registry, time) = Registry::mock();
    assert_eq!(registry.self_metrics().saturated, 0);
    let (node, function) = (registry.node("n"), registry.function("f"));
    for _ in 0..3 {
        time.advance(Duration::from_millis(100));
        registry.observe_rates();
        node.record(Duration::from_millis(1), u64::MAX);
        node.add_throttled(u64::MAX - 1);
        function.record(Duration::MAX);
        registry.counter("c").add(u64::MAX / 2);
        registry.topic("t").record_message(u64::MAX);
    }
    let snapshot = registry.snapshot();
    assert_eq!(snapshot.dag.nodes[0].throttled_count, u64::MAX);
    assert_eq!(snapshot.websocket.topics["t"].total_bytes, u64::MAX);
    assert_eq!(registry.counter("c").value(), u64::MAX);
    let lifetime = function.lifetime();
    assert_eq!(
        (lifetime.count(), lifetime.sum_ms(), lifetime.is_saturated()),
        (3, u64::MAX as f64 / 1e6, true)
    );
    assert!(!node.lifetime().is_saturated());
    // The node's points, the function's durations, the counter, and the topic's bytes.
    assert_eq!(registry.self_metrics().saturated, 4);
}

#[test]
fn connections_of_all_topics_stop_at_the_limit() {
    let registry = Registry::default();
    for topic in ["t", "u"] {
        registry.record_ws_connections(topic, u64::MAX);
    }
    assert_eq!(registry.snapshot().websocket.total_connections, u64::MAX);
}

#[test]
fn a_host_with_hostile_numbers_is_shown_with_finite_ones() {
    let registry = Registry::default();
    for value in HOSTILE {
        let mut system = registry.system();
        system.cpu_percent = value;
        system.memory_percent = value;
        system.memory_used_mb = value;
        registry.set_system(system);
        assert_finite_json(&serde_json::to_value(registry.snapshot()).unwrap());
    }
}

/// The test of the test.
#[test]
fn a_planted_number_that_is_not_finite_is_found() {
    let mut snapshot = MetricsSnapshot::default();
    assert_finite_json(&serde_json::to_value(&snapshot).unwrap());
    snapshot.system.cpu_percent = f64::NAN;
    let found = catch_unwind(|| assert_finite_json(&serde_json::to_value(&snapshot).unwrap()));
    assert!(found.is_err());
}
