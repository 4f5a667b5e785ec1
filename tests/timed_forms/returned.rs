//! Functions that return a future: timed until it ends, with all that happens before it.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;

use futures_util::future::{BoxFuture, FutureExt, LocalBoxFuture, ready};
use metrics_layer::timed;

use crate::seen::{self, function, node};
use crate::support::{assert_send, block_on, poll_once, yield_once};

type Shared<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

#[timed("returned impl")]
fn opaque(value: &u8) -> impl Future<Output = u8> + Send {
    let before = *value;
    async move {
        yield_once().await;
        before + value
    }
}

#[timed("returned boxed")]
fn boxed<'a>(log: &Cell<u8>, value: &'a str) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
    log.set(log.get() + 1);
    if value.is_empty() {
        return Box::pin(ready(0));
    }
    Box::pin(async move {
        yield_once().await;
        value.len()
    })
}

#[timed("returned box future", outcome)]
fn box_future(value: u8) -> BoxFuture<'static, Result<u8, std::num::ParseIntError>> {
    async move {
        yield_once().await;
        let more: u8 = "1".parse()?;
        Ok(value + more)
    }
    .boxed()
}

#[timed(node = "returned node", points = ok.len())]
fn with_result(fail: bool) -> LocalBoxFuture<'static, Result<Vec<u8>, Box<dyn std::error::Error>>> {
    Box::pin(async move {
        yield_once().await;
        if fail {
            "x".parse::<u8>()?;
        }
        Ok(vec![1, 2])
    })
}

/// The shape into which `#[async_trait]` brings `async fn load(&self, key: &str) -> Result<u8, String>`.
trait Store {
    fn load<'life0, 'life1, 'async_trait>(
        &'life0 self,
        key: &'life1 str,
    ) -> Pin<Box<dyn Future<Output = Result<u8, String>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        Self: 'async_trait;
}

struct Memory {
    id: String,
}

impl Store for Memory {
    #[timed(node = self.id, err)]
    fn load<'life0, 'life1, 'async_trait>(
        &'life0 self,
        key: &'life1 str,
    ) -> Pin<Box<dyn Future<Output = Result<u8, String>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move {
            if let Some(__ret) = None::<Result<u8, String>> {
                #[allow(unreachable_code)]
                return __ret;
            }
            let __self = self;
            let __ret: Result<u8, String> = {
                yield_once().await;
                if key.is_empty() { Err(__self.id.clone()) } else { Ok(1) }
            };
            #[allow(unreachable_code)]
            __ret
        })
    }
}

#[test]
fn the_async_block_at_the_end_is_what_is_timed() {
    seen::on();
    let log = Cell::new(0);
    let (future, unpolled) = (boxed(&log, "four"), boxed(&log, "never polled"));
    // What happens before the future happens when it is made.
    assert_eq!((log.get(), function("returned boxed").calls_total), (2, 0));
    drop(unpolled);
    assert_eq!(block_on(assert_send(future)), 4);
    assert_eq!(block_on(boxed(&log, "")), 0);
    assert_eq!(function("returned boxed").calls_total, 2);

    assert_eq!(block_on(assert_send(opaque(&2))), 4);
    assert_eq!(function("returned impl").calls_total, 1);

    assert_eq!(block_on(box_future(1)).unwrap(), 2);
    assert!(poll_once(box_future(1)).is_pending());
    let seen = function("returned box future");
    assert_eq!((seen.calls_total, seen.cancelled_total), (1, 1));
}

#[test]
fn the_result_of_a_returned_future_can_be_looked_at() {
    seen::on();
    assert_eq!(block_on(with_result(false)).unwrap().len(), 2);
    assert_eq!(node("returned node").1, 2);
    assert!(block_on(with_result(true)).is_err());
    assert_eq!(seen::failures("returned node"), 1);
    let store = Memory { id: "async_trait".to_owned() };
    assert_eq!(block_on(store.load("key")), Ok(1));
    assert_eq!(block_on(store.load("")), Err("async_trait".to_owned()));
    let seen = seen::whole_node("async_trait");
    assert_eq!((seen.calls_total, seen.errors), (2, 1));
}

#[timed("guessed")]
fn guessed(value: u8) -> impl Future<Output = u8> + Send {
    if value == 0 {
        return ready(7);
    }
    ready(value)
}

#[timed("asked boxed", future)]
fn asked<'a>(value: &'a u8, cold: bool) -> Shared<'a, u8> {
    if cold {
        return Box::pin(ready(0));
    }
    let inner = async move {
        yield_once().await;
        *value
    };
    Box::pin(inner)
}

#[timed(node = format!("asked {}", id), points = id.len(), future)]
fn asked_node(id: String) -> BoxFuture<'static, usize> {
    ready(id.len()).boxed()
}

#[test]
fn other_futures_are_wrapped() {
    seen::on();
    let future = assert_send(guessed(0));
    assert_eq!(function("guessed").calls_total, 0);
    assert_eq!(block_on(future) + block_on(guessed(1)), 8);
    assert_eq!(function("guessed").calls_total, 2);

    assert_eq!(block_on(asked(&3, false)) + block_on(asked(&3, true)), 3);
    assert!(poll_once(asked(&3, false)).is_pending());
    let seen = function("asked boxed");
    assert_eq!((seen.calls_total, seen.cancelled_total), (2, 1));

    assert_eq!(block_on(asked_node("id".to_owned())), 2);
    assert_eq!(node("asked id").1, 2);
}

/// What is returned early, of every kind; a `return` of something else inside stays what it was.
#[timed("returned early")]
fn early(text: &str) -> Shared<'_, usize> {
    #![allow(clippy::needless_return, reason = "the point of it")]
    fn item(text: &str) -> usize {
        return text.len();
    }
    let closure = |text: &str| {
        if text.is_empty() {
            return 0;
        }
        text.len()
    };
    match text {
        "ready" => return Box::pin(ready(closure(""))),
        "block" => {
            return Box::pin(async move {
                yield_once().await;
                return item(text);
            });
        }
        "other" => return early("ready"),
        "nested" => return if closure(text) > 1 { return ready(1).boxed() } else { ready(2).boxed() },
        "diverges" => return unreachable!("never asked for"),
        _ => {}
    }
    Box::pin(async move {
        yield_once().await;
        closure(text)
    })
}

/// The value of the early return moves what tells the node.
#[timed(node = id, points = ok.len(), err)]
fn early_result(id: String, cold: bool) -> BoxFuture<'static, Result<Vec<u8>, String>> {
    if cold {
        let answer = if id.is_empty() { Err(id) } else { Ok(id.into_bytes()) };
        return ready(answer).boxed();
    }
    Box::pin(async move { Ok(vec![id.len() as u8]) })
}

#[timed("early outcome", outcome, busy)]
fn early_outcome(cold: bool) -> BoxFuture<'static, ()> {
    if cold {
        return Box::pin(yield_once());
    }
    async move { yield_once().await }.boxed()
}

#[test]
fn early_returns_of_boxed_futures_are_timed_too() {
    seen::on();
    // The one that returns another call of itself is two calls.
    for (text, value, calls) in
        [("ready", 0, 1), ("block", 5, 2), ("other", 0, 4), ("nested", 1, 5), ("at the end", 10, 6)]
    {
        assert_eq!(block_on(assert_send(early(text))), value, "{text}");
        assert_eq!(function("returned early").calls_total, calls, "{text}");
    }
    drop(early("ready"));
    assert!(std::panic::catch_unwind(|| drop(early("diverges"))).is_err());
    assert_eq!(function("returned early").calls_total, 6);

    assert_eq!(block_on(early_result("early node".to_owned(), true)).unwrap().len(), 10);
    assert_eq!(node("early node").1, 10);
    assert_eq!(block_on(early_result("early node".to_owned(), false)), Ok(vec![10]));
    assert_eq!(node("early node").1, 1);
    assert!(block_on(early_result(String::new(), true)).is_err());
    assert_eq!((node("early node").0, seen::failures("early node"), seen::failures("")), (2, 0, 1));

    block_on(early_outcome(true));
    block_on(early_outcome(false));
    assert!(poll_once(early_outcome(true)).is_pending());
    let seen = function("early outcome");
    assert_eq!((seen.calls_total, seen.cancelled_total), (2, 1));
}
