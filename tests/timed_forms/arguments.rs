//! What can be asked for beside the time.

use std::sync::Arc;

use metrics_layer::core::{Collector, Registry};
use metrics_layer::{timed, timed_block};

use crate::seen::{self, cancelled_requests, function, operation, route, whole_node};
use crate::support::{block_on, poll_once, yield_once};

#[timed("errs", err)]
fn errs(text: &str) -> Result<u8, std::num::ParseIntError> {
    let value = text.parse()?;
    Ok(value)
}

#[timed("errs async", err)]
async fn errs_async(text: &str) -> Result<u8, std::num::ParseIntError> {
    yield_once().await;
    Ok(text.parse()?)
}

#[timed("error if", error_if = |value| *value > 3)]
fn error_if(value: u8) -> u8 {
    value
}

#[timed(node = "ok if", ok_if = |found: &Option<u8>| found.is_some(), points = ret.map_or(0, u64::from))]
async fn ok_if(value: u8) -> Option<u8> {
    (value > 0).then_some(value)
}

#[test]
fn what_fails_can_be_said() {
    seen::on();
    assert!(errs("1").is_ok() && errs("x").is_err());
    assert_eq!((function("errs").calls_total, function("errs").errors), (2, 1));
    assert!(block_on(errs_async("1")).is_ok() && block_on(errs_async("x")).is_err());
    assert!(poll_once(errs_async("1")).is_pending());
    let seen = function("errs async");
    assert_eq!((seen.calls_total, seen.errors, seen.cancelled_total), (2, 1, 1));
    assert_eq!(error_if(1) + error_if(4), 5);
    assert_eq!((function("error if").calls_total, function("error if").errors), (2, 1));
    assert_eq!((block_on(ok_if(0)), block_on(ok_if(9))), (None, Some(9)));
    let seen = whole_node("ok if");
    assert_eq!((seen.calls_total, seen.errors, seen.last_point_count), (2, 1, 9));
}

#[timed(op = "sum", node = id, points = values.len())]
fn sum(id: &str, values: &[u64]) -> u64 {
    values.iter().sum()
}

#[timed(op = "later", node = "ops of functions", outcome)]
async fn later() {
    yield_once().await;
}

#[test]
fn a_function_is_an_operation() {
    seen::on();
    assert_eq!(sum("ops of functions", &[1, 2, 3]), 6);
    let seen = operation("ops of functions", "sum");
    assert_eq!((seen.calls, seen.points_total), (1, 3));
    block_on(later());
    assert!(poll_once(later()).is_pending());
    let seen = operation("ops of functions", "later");
    assert_eq!((seen.calls, seen.cancelled_total), (1, 1));
}

#[timed(route = "GET /by/function", err)]
async fn answers(fail: bool) -> Result<u8, ()> {
    yield_once().await;
    if fail { Err(()) } else { Ok(1) }
}

#[test]
fn a_function_is_a_route() {
    seen::on();
    assert_eq!(block_on(answers(true)), Err(()));
    assert_eq!(route("GET", "/by/function").last_status_code, 500);
    assert_eq!(block_on(answers(false)), Ok(1));
    assert!(poll_once(answers(false)).is_pending());
    let seen = route("GET", "/by/function");
    assert_eq!((seen.calls_total, seen.last_status_code), (2, 200));
    assert_eq!(cancelled_requests("GET", "/by/function"), 1);
}

#[timed("watched", concurrency, memory, outcome)]
async fn watched(inside: &mut u64) -> Vec<u8> {
    *inside = function("watched").in_flight;
    yield_once().await;
    // Resident once it is written.
    vec![1; 32 << 20]
}

#[timed("busy", busy)]
async fn busy() -> u8 {
    yield_once().await;
    std::hint::black_box((0..10_000_u64).sum::<u64>());
    1
}

#[test]
fn calls_under_way_memory_and_busy_time_are_watched() {
    seen::on();
    let mut inside = 0;
    let kept = block_on(watched(&mut inside));
    let seen = function("watched");
    assert_eq!((inside, seen.in_flight, seen.calls_total), (1, 0, 1));
    #[cfg(target_os = "linux")]
    assert!(seen.memory_before_mb > 0.0 && seen.memory_after_mb > 0.0, "{seen:?}");
    assert_eq!(kept.len(), 32 << 20);
    assert!(poll_once(watched(&mut inside)).is_pending());
    assert_eq!((function("watched").in_flight, function("watched").cancelled_total), (0, 1));
    assert_eq!(block_on(busy()), 1);
    let seen = function("busy");
    assert!(seen.calls_total == 1 && seen.avg_busy_ms > 0.0 && seen.avg_busy_ms <= seen.max_ms, "{seen:?}");
}

#[timed("on condition", if = value > 1)]
fn on_condition(value: u8) -> u8 {
    value
}

#[timed("on condition", if = value > 1, err)]
fn on_condition_b(value: u8) -> Result<u8, ()> {
    Err(())
}

#[timed("sampled", sample = 0.1)]
fn sampled(value: u8) -> u8 {
    value
}

#[timed("sampled b", sample = 0.25, err)]
fn sampled_b(value: u8) -> Result<u8, u8> {
    if value.is_multiple_of(2) { Ok(value) } else { Err(value) }
}

#[test]
fn calls_are_left_out_by_a_condition_and_none_by_a_sample() {
    seen::on();
    assert_eq!((0..4).map(on_condition).sum::<u8>(), 6);
    assert!((0..4).map(on_condition_b).all(|result| result.is_err()));
    let seen = function("on condition");
    assert_eq!((seen.calls_total, seen.errors), (4, 2));
    assert_eq!((0..1000).map(|_| u32::from(sampled(1))).sum::<u32>(), 1000);
    assert_eq!(function("sampled").calls_total, 1000);
    assert_eq!((0..100).filter(|&value| sampled_b(value).is_ok()).count(), 50);
    let seen = function("sampled b");
    assert_eq!((seen.calls_total, seen.errors), (100, 50));
}

struct Service {
    registry: Registry,
    shared: Arc<dyn Collector>,
}

impl Service {
    #[timed("by instance", collector = self.registry)]
    fn to_registry(&self) -> u8 {
        1
    }

    #[timed(node = "by instance", points = *ret, collector = &self.shared)]
    async fn to_collector(&self) -> u64 {
        yield_once().await;
        2
    }
}

#[test]
fn an_instance_is_recorded_into_whatever_is_installed() {
    let (registry, _time) = Registry::mock();
    let service = Service { registry: registry.clone(), shared: Arc::new(registry.clone()) };
    assert_eq!(u64::from(service.to_registry()) + block_on(service.to_collector()), 3);
    assert_eq!(registry.functions()[0].calls_total, 1);
    assert_eq!(registry.snapshot().dag.nodes[0].last_point_count, 2);
    assert_eq!(function("by instance").calls_total, 0);
}

#[test]
fn blocks_tell_points() {
    seen::on();
    let early = |stop: bool| {
        let kept = timed_block!("block points", node = "blocks", points = ret.len(), {
            if stop {
                return 0;
            }
            vec![1, 2, 3]
        });
        timed_block!("points of arguments", points = kept.len(), { kept.len() })
    };
    assert_eq!((early(false), early(true)), (3, 0));
    let seen = operation("blocks", "block points");
    assert_eq!((seen.calls, seen.points_total), (2, 3));
    assert_eq!(function("points of arguments").points_total, 3);
    let later = timed_block!("async points", points = ret.len(), async {
        yield_once().await;
        "four"
    });
    assert_eq!(block_on(later), "four");
    assert_eq!(function("async points").points_total, 4);
}
