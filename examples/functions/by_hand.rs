//! Without macros, and into metrics of one's own.

use metrics_layer::{Registry, Timed, Timer, time, timed};

/// Into an instance instead of the process's metrics.
#[timed("own", collector = registry)]
fn own(registry: &Registry) {}

fn guard(text: &str) {
    let timer = Timer::start("guard");
    match text.len() {
        0 => timer.cancel(),
        1 => timer.fail(),
        _ => timer.finish(),
    }
}

pub(crate) async fn run() {
    ["", "a", "ab"].into_iter().for_each(guard);
    assert_eq!(time("closure", || 1 + 1), 2);
    assert_eq!(async { 3 }.timed("future").await, 3);

    let registry = Registry::default();
    own(&registry);
    assert_eq!(registry.functions()[0].calls_total, 1);
}
