//! Functions that return a stream: timed to its end, and item by item.

use std::pin::Pin;

use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use metrics_layer::core::TimedStreamExt;
use metrics_layer::timed;

use crate::seen::{self, function, operation, whole_node};
use crate::support::{assert_send, block_on, poll_once, yield_once};

#[timed("opaque stream", stream)]
fn opaque(count: u8) -> impl Stream<Item = u8> + Send {
    stream::iter(0..count).then(|item| async move {
        yield_once().await;
        item
    })
}

#[timed(node = format!("stream {}", prefix), node_type = "source", stream)]
fn boxed(prefix: String) -> Pin<Box<dyn Stream<Item = String> + Send>> {
    if prefix.is_empty() {
        return stream::empty().boxed();
    }
    Box::pin(stream::iter(0..2).map(move |item| format!("{prefix}{item}")))
}

#[timed("box stream", stream)]
fn box_stream(items: &[u8]) -> BoxStream<'_, u8> {
    stream::iter(items.iter().copied()).boxed()
}

#[test]
fn a_stream_is_one_call_and_each_item_another() {
    seen::on();
    let items: Vec<u8> = block_on(assert_send(opaque(3)).collect());
    assert_eq!(items, [0, 1, 2]);
    let (whole, each) = (function("opaque stream"), function("opaque stream::item"));
    assert_eq!((whole.calls_total, whole.cancelled_total), (1, 0));
    assert_eq!((each.calls_total, each.cancelled_total), (3, 0));

    assert_eq!(block_on(boxed("a".to_owned()).collect::<Vec<_>>()), ["a0", "a1"]);
    let node = whole_node("stream a");
    assert_eq!((node.calls_total, node.node_type.as_str()), (1, "source"));
    assert_eq!(operation("stream a", "item").calls, 2);

    assert_eq!(box_stream(&[1, 2]).size_hint(), (2, Some(2)));
    assert_eq!(block_on(box_stream(&[1, 2]).count()), 2);
    assert_eq!(function("box stream").calls_total, 1);
}

#[test]
fn a_stream_that_is_dropped_is_cancelled_once_it_was_polled() {
    seen::on();
    #[timed("dropped stream", stream)]
    fn endless() -> impl Stream<Item = u8> {
        stream::iter([1]).chain(stream::pending())
    }
    drop(endless());
    assert_eq!(function("dropped stream").cancelled_total, 0);
    let mut stream = Box::pin(endless());
    assert_eq!(block_on(stream.next()), Some(1));
    assert!(poll_once(stream.next()).is_pending());
    drop(stream);
    let (whole, each) = (function("dropped stream"), function("dropped stream::item"));
    assert_eq!((whole.calls_total, whole.cancelled_total), (0, 1));
    assert_eq!((each.calls_total, each.cancelled_total), (1, 1));
}

#[test]
fn streams_are_timed_by_hand_too() {
    seen::on();
    assert_eq!(block_on(TimedStreamExt::timed(stream::iter([1, 2]), "stream by hand").count()), 2);
    assert_eq!(function("stream by hand").calls_total, 1);
}
