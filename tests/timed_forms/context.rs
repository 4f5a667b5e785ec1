//! Operations that do not name their node: they belong to the one at work.

use std::thread;

use metrics_layer::core::context;
use metrics_layer::{timed, timed_block, timed_scope};

use crate::seen::{self, failures, function, function_calls, operation, operation_calls};
use crate::support::{block_on, poll_once, yield_once};

#[timed(op = "crop")]
fn crop(points: u64) -> u64 {
    points / 2
}

#[timed(op = "thin", points = points, err)]
fn thin(points: u64) -> Result<u64, ()> {
    if points > 0 { Ok(points / 2) } else { Err(()) }
}

#[timed(node = id)]
fn node(id: &str, points: u64) -> u64 {
    let cropped = timed_block!("block of context", { crop(points) });
    timed_scope!("scope of context");
    thin(cropped).unwrap_or(0)
}

#[test]
fn they_belong_to_the_node_that_runs() {
    seen::on();
    assert_eq!(node("sync context", 8), 2);
    for name in ["crop", "thin", "block of context", "scope of context"] {
        assert_eq!(operation_calls("sync context", name), 1, "{name}");
    }
    assert_eq!((operation("sync context", "thin").points_total, function_calls("block of context")), (4, 0));
    assert_eq!(node("sync context", 0), 0);
    assert_eq!((operation("sync context", "thin").errors, failures("sync context")), (1, 0));
}

#[test]
fn where_no_node_runs_they_are_functions() {
    seen::on();
    let _ = node("a node before", 8);
    timed_block!("alone", {});
    assert_eq!(alone(), 1);
    assert_eq!((function_calls("alone"), function_calls("op alone")), (1, 1));
}

#[timed(op = "op alone")]
fn alone() -> u8 {
    1
}

#[timed(node = "outer context")]
fn outer() {
    timed_block!("before", {});
    inner().expect("it has arguments");
    timed_block!("after", {});
}

#[timed(node = "inner context", points = ok.len())]
fn inner() -> Result<String, ()> {
    timed_block!("inside", {
        if std::env::args().count() == 0 {
            return Err(());
        }
    });
    Ok("four".into())
}

#[test]
fn the_innermost_node_counts() {
    seen::on();
    outer();
    for (node, name) in [("outer context", "before"), ("outer context", "after"), ("inner context", "inside")]
    {
        assert_eq!((operation_calls(node, name), function_calls(name)), (1, 0), "{name}");
    }
}

#[timed(node = id)]
async fn task(id: &str) {
    for _ in 0..3 {
        timed_block!("step", {});
        yield_once().await;
    }
    timed_block!("later", async { yield_once().await }).await;
}

#[timed(node = id, outcome, busy)]
async fn watched_task(id: &str) -> Result<(), ()> {
    task_step().await
}

#[timed(op = "step", outcome)]
async fn task_step() -> Result<(), ()> {
    yield_once().await;
    Ok(())
}

#[timed(node = id, future)]
fn returned_task(id: &str) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>> {
    Box::pin(task_in(id))
}

async fn task_in(_: &str) {
    timed_block!("step", {});
    yield_once().await;
    timed_block!("step", {});
}

#[test]
fn futures_work_for_their_node_while_they_are_polled() {
    seen::on();
    let (mut a, mut b) = (Box::pin(task("task a")), Box::pin(task("task b")));
    // In turn, on one thread.
    while poll_once(a.as_mut()).is_pending() {
        assert!(poll_once(b.as_mut()).is_pending());
        timed_block!("between polls", {});
    }
    block_on(b);
    for id in ["task a", "task b"] {
        assert_eq!((operation_calls(id, "step"), operation_calls(id, "later")), (3, 1), "{id}");
    }
    assert_eq!(function_calls("between polls"), 4);
    block_on(watched_task("watched task")).unwrap();
    assert_eq!(operation_calls("watched task", "step"), 1);
    block_on(returned_task("returned task"));
    assert_eq!(operation_calls("returned task", "step"), 2);
    assert_eq!(function("step").calls_total, 0);
}

#[test]
fn a_future_that_panics_leaves_no_node_behind() {
    #[timed(node = "panicking context")]
    async fn panics() {
        yield_once().await;
        panic!("on purpose");
    }
    seen::on();
    let unwound = std::panic::catch_unwind(|| block_on(panics()));
    assert!(unwound.is_err());
    timed_block!("after the panic", {});
    assert_eq!((function_calls("after the panic"), failures("panicking context")), (1, 1));
}

#[timed(node = "spawning context")]
fn spawns() {
    let here = context::current();
    let thread = thread::spawn(move || {
        timed_block!("not yet at work", {});
        let _at_work = here.enter();
        timed_block!("on another thread", {});
    });
    thread.join().expect("no panic");
    block_on(context::current().scope(async { timed_block!("in a task", {}) }));
}

#[test]
fn work_that_is_handed_on_takes_its_node_along() {
    seen::on();
    spawns();
    for name in ["on another thread", "in a task"] {
        assert_eq!((operation_calls("spawning context", name), function_calls(name)), (1, 0), "{name}");
    }
    assert_eq!(function_calls("not yet at work"), 1);
}
