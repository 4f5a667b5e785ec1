//! Async functions.

use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Waker};

use metrics_layer::timed;

use crate::seen::{self, function_calls, node};
use crate::support::{assert_send, block_on, poll_once, yield_once};

#[timed]
async fn asynchronous<T: Send>(cell: std::cell::Cell<T>) -> T {
    yield_once().await;
    cell.into_inner()
}

#[timed]
async fn question(text: &str) -> Result<u8, std::num::ParseIntError> {
    yield_once().await;
    let value = text.parse()?;
    Ok(value)
}

#[timed(node = "async send", points = *ret)]
async fn asynchronous_b(cell: std::cell::Cell<u64>) -> u64 {
    yield_once().await;
    cell.into_inner()
}

#[timed(node = "one expression", points = *ret)]
async fn one_expression(value: u64) -> u64 {
    if value == 0 { 1 } else { value }
}

#[timed]
async fn not_send(rc: Rc<u8>) -> u8 {
    yield_once().await;
    *rc
}

#[test]
fn async_functions_stay_send_and_are_timed_to_their_end() {
    seen::on();
    let future = assert_send(asynchronous(std::cell::Cell::new(5)));
    assert_calls!("asynchronous", 0);
    assert_eq!(block_on(future), 5);
    assert_calls!("asynchronous", 1);
    assert_eq!(block_on(assert_send(question("7"))), Ok(7));
    assert!(block_on(question("x")).is_err());
    assert_calls!("question", 2);
    assert_eq!(block_on(assert_send(asynchronous_b(std::cell::Cell::new(9)))), 9);
    assert_eq!(node("async send").1, 9);
    assert_eq!(block_on(one_expression(0)) + block_on(one_expression(4)), 5);
    assert_eq!(node("one expression").1, 4);
    assert_eq!(block_on(not_send(Rc::new(1))), 1);
}

#[timed(outcome)]
async fn endless(reads: &str) -> ! {
    loop {
        assert!(!reads.is_empty());
        yield_once().await;
    }
}

#[timed("endlessly busy", busy)]
async fn endlessly_busy() -> ! {
    loop {
        yield_once().await;
    }
}

struct Endless;

#[timed]
impl Endless {
    #[timed(node = "endless")]
    async fn node(&self) -> ! {
        loop {
            yield_once().await;
        }
    }
}

/// What has no end has no result to look at.
#[test]
fn async_functions_that_never_return_are_timed_until_they_are_dropped() {
    seen::on();
    for _ in 0..3 {
        assert!(poll_once(assert_send(endless("x"))).is_pending());
        assert!(poll_once(assert_send(endlessly_busy())).is_pending());
        assert!(poll_once(assert_send(Endless.node())).is_pending());
    }
    assert_eq!(seen::function(concat!(module_path!(), "::endless")).cancelled_total, 3);
    assert_eq!(seen::function("endlessly busy").cancelled_total, 3);
    assert_eq!(node("endless").0, 3);
}

#[test]
fn a_dropped_future_is_counted_if_it_was_polled() {
    #[timed("dropped future")]
    async fn endless() {
        std::future::pending::<()>().await;
    }
    seen::on();
    drop(endless());
    assert_eq!(function_calls("dropped future"), 0);
    {
        let mut future = pin!(endless());
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    assert_eq!(function_calls("dropped future"), 1);
}

#[timed("tokio inside")]
#[tokio::test]
async fn attribute_above_tokio() {
    seen::on();
    tokio::task::yield_now().await;
}

#[tokio::test]
#[timed("tokio outside")]
async fn attribute_below_tokio() {
    tokio::task::yield_now().await;
}

#[timed("above test")]
#[test]
fn attribute_above_test() {}

#[test]
#[timed("below test")]
fn attribute_below_test() {}
