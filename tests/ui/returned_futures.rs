use std::future::Future;

use metrics_core::timed;

#[timed(future)]
async fn already() {}

#[timed(future)]
fn nothing() {}

#[timed(future, stream)]
fn both() -> impl Future {
    std::future::ready(1)
}

#[timed(future)]
fn no_future() -> u8 {
    1
}

#[timed(busy)]
fn not_async() {}

#[timed(future, err)]
fn wrapped() -> std::pin::Pin<Box<dyn Future<Output = Result<u8, u8>>>> {
    Box::pin(std::future::ready(Ok(1)))
}

fn main() {
    let _ = (already(), nothing(), both(), no_future(), not_async(), wrapped());
}
