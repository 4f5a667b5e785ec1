//! Functions that return a future or a stream: timed until that ends.

use std::future::Future;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, Stream, StreamExt};
use metrics_layer::timed;

/// What stands before the async block happens when the future is made.
#[timed("boxed", outcome)]
fn boxed(value: u8) -> BoxFuture<'static, u8> {
    let doubled = value * 2;
    Box::pin(async move {
        tokio::task::yield_now().await;
        doubled
    })
}

/// A future from elsewhere is wrapped.
#[timed("opaque")]
fn opaque(value: u8) -> impl Future<Output = u8> + Send {
    std::future::ready(value)
}

/// The stream is one call, and each item a call of `numbers::item`.
#[timed("numbers", stream)]
fn numbers(count: u8) -> impl Stream<Item = u8> {
    stream::iter(0..count)
}

pub(crate) async fn run() {
    assert_eq!(boxed(2).await + opaque(3).await, 7);
    assert_eq!(numbers(4).collect::<Vec<_>>().await, [0, 1, 2, 3]);
}
