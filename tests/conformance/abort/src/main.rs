//! Panics the way it is told to, in a bare and in a timed function; tests/conformance.rs compares what is left of it.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use metrics_core::{Metrics, timed, timed_block};

macro_rules! both {
    ($($(#[$timed:meta])* $name:ident,)*) => {
        mod bare {
            $(pub fn $name() { super::fails() })*
        }
        mod timed {
            use super::timed;
            $($(#[$timed])* pub fn $name() { super::fails() })*
        }
        fn run(how: &str, name: &str) {
            match (how, name) {
                $(("bare", stringify!($name)) => bare::$name(), ("timed", stringify!($name)) => timed::$name(),)*
                ("bare", "future") => block_on(async { fails() }),
                ("timed", "future") => block_on(future()),
                ("bare", "block") => fails(),
                ("timed", "block") => timed_block!("block", { fails() }),
                _ => std::process::exit(2),
            }
        }
    };
}

both!(
    #[timed] function,
    #[timed(outcome, concurrency)] outcome,
    #[timed(node = "a")] node,
);

#[timed(outcome)]
async fn future() {
    fails()
}

fn fails() {
    panic!("on purpose");
}

fn block_on(future: impl Future<Output = ()>) {
    let mut future = pin!(future);
    while let Poll::Pending = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {}
}

fn main() {
    let _metrics = Metrics::builder().install().unwrap();
    let mut arguments = std::env::args().skip(1);
    run(&arguments.next().unwrap(), &arguments.next().unwrap());
}
