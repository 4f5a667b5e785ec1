//! Without macros: the guard, futures and closures.

use metrics_layer::{Timed, Timer, time, timed_scope};

use crate::seen::{self, function, operation};
use crate::support::{assert_send, block_on, poll_once, yield_once};

fn guarded(text: &str) -> Result<u8, std::num::ParseIntError> {
    let timer = Timer::start("guarded");
    let value = text.parse()?;
    if value == 0 {
        timer.cancel();
    } else if value == 1 {
        timer.fail();
    } else {
        timer.finish();
    }
    Ok(value)
}

#[test]
fn a_guard_ends_as_it_is_told_or_when_it_is_dropped() {
    seen::on();
    for text in ["0", "1", "2", "x"] {
        let _ = guarded(text);
    }
    assert!(std::panic::catch_unwind(|| time("guarded", || panic!("on purpose"))).is_err());
    let seen = function("guarded");
    assert_eq!((seen.calls_total, seen.errors), (4, 2));
    assert_eq!((seen.panicked_total, seen.cancelled_total), (1, 1));
}

#[test]
fn a_future_is_timed_from_its_first_poll_to_its_end() {
    seen::on();
    let answer = |value: u8| async move {
        yield_once().await;
        assert!(value > 0, "on purpose");
        value
    };
    drop(answer(1).timed("timed future"));
    assert_eq!(block_on(assert_send(answer(1).timed("timed future"))), 1);
    assert!(poll_once(answer(1).timed("timed future")).is_pending());
    assert!(std::panic::catch_unwind(|| block_on(answer(0).timed("timed future"))).is_err());
    let seen = function("timed future");
    assert_eq!((seen.calls_total, seen.panicked_total, seen.cancelled_total), (2, 1, 1));
}

/// A runtime drops a future after it caught the panic, when nothing unwinds any more.
#[test]
fn a_panic_inside_a_poll_is_told_apart_also_when_the_future_is_dropped_later() {
    seen::on();
    let mut future = Box::pin(async { panic!("on purpose") }.timed("panics in a runtime"));
    let poll = std::panic::AssertUnwindSafe(|| poll_once::<&mut std::pin::Pin<Box<_>>>(&mut future));
    assert!(std::panic::catch_unwind(|| ({ poll }.0)()).is_err());
    drop(future);
    let seen = function("panics in a runtime");
    let _: std::task::Poll<()> = std::task::Poll::Ready(());
    assert_eq!((seen.panicked_total, seen.cancelled_total), (1, 0));
}

fn scoped(text: &str) -> Result<u8, std::num::ParseIntError> {
    timed_scope!("scope");
    if text.is_empty() {
        timed_scope!("scope inside", node = "scopes");
        return Ok(0);
    }
    timed_scope!("scope again");
    text.parse()
}

#[test]
fn the_rest_of_a_scope_is_timed() {
    seen::on();
    assert_eq!((scoped(""), scoped("7")), (Ok(0), Ok(7)));
    assert!(scoped("x").is_err());
    assert_eq!(function("scope").calls_total, 3);
    assert_eq!(function("scope again").calls_total, 2);
    assert_eq!(operation("scopes", "scope inside").calls, 1);
}
