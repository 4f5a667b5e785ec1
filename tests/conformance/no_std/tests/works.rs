//! The functions work.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

#[test]
fn functions_without_std_work() {
    assert_eq!(no_std::Adder::new(1).add(2), 3);
    let mut later = pin!(no_std::later(1, 2));
    assert_eq!(later.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(3));
    println!("shape no_std as before in edition2024");
}
