//! A shape is a module whose `run` calls its functions and notes all that a caller can see of them. It is compiled
//! bare and timed; both must note the same, and the timed one's calls must be recorded.

use std::cell::RefCell;
use std::fmt::Debug;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};

use metrics_core::{Clock, Config, Registry, set_metrics_collector};

/// One shape, as its file lists it.
pub struct Shape {
    pub name: &'static str,
    /// How many timed calls `run` makes.
    pub calls: u64,
    pub run: fn(),
}

/// The shapes of a file.
pub type File = (&'static str, &'static [Shape]);

/// Makes a module of each `name calls { … }`, and lists them.
#[macro_export]
macro_rules! shapes {
    ($($(#[$attribute:meta])* $name:ident $calls:literal { $($code:tt)* })*) => {
        $($(#[$attribute])* mod $name {
            #[allow(unused_imports)]
            use super::*;
            $($code)*
        })*
        pub const SHAPES: &[::support::Shape] = &[
            $(::support::Shape { name: ::core::stringify!($name), calls: $calls, run: $name::run }),*
        ];
    };
}

thread_local!(static NOTES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) });

/// Notes something that a caller sees.
pub fn note(what: impl Debug) {
    NOTES.with_borrow_mut(|notes| notes.push(format!("{what:?}")));
}

/// Notes when it is dropped.
#[derive(Debug)]
pub struct Noisy(pub &'static str);

impl Noisy {
    pub fn touch(&self) -> usize {
        self.0.len()
    }
}

impl Drop for Noisy {
    fn drop(&mut self) {
        note(self.0);
    }
}

/// Notes the message and place of the panic that `run` ends with.
pub fn note_panic(run: impl FnOnce()) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(|info| note(info.to_string())));
    let result = std::panic::catch_unwind(AssertUnwindSafe(run));
    std::panic::set_hook(before);
    assert!(result.is_err(), "it should panic");
}

/// Runs a future that needs no runtime.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
        note("pending");
    }
}

/// Polls a future once and drops it.
pub fn poll_and_drop<F: Future>(future: F) {
    let mut future = pin!(future);
    note(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
}

/// Is pending once.
pub async fn yield_once() {
    let mut polled = false;
    let once = |_: &mut Context<'_>| if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending };
    std::future::poll_fn(once).await;
}

/// Compiles only for what is `Send`.
pub fn sent<T: Send>(value: T) -> T {
    value
}

/// Runs every shape bare and timed, and prints a line for each.
///
/// # Panics
/// If one behaves otherwise, or is not recorded as often as it should.
pub fn compare(edition: &str, bare: &[File], timed: &[File]) {
    for ((file, bare), (_, timed)) in bare.iter().zip(timed) {
        assert_eq!(bare.len(), timed.len());
        for (bare, timed) in bare.iter().zip(*timed) {
            let (expected, _) = noted(file, bare);
            let (seen, calls) = noted(file, timed);
            assert!(!expected.is_empty(), "{file}::{} notes nothing", bare.name);
            assert_eq!(seen, expected, "{file}::{} behaves otherwise", timed.name);
            assert_eq!(calls, timed.calls, "calls of {file}::{}", timed.name);
            println!("shape {file}::{} as before in {edition}", timed.name);
        }
    }
}

/// What a shape notes, and the calls it adds to the series of its module.
fn noted(file: &str, shape: &Shape) -> (Vec<String>, u64) {
    let before = calls(file, shape.name);
    NOTES.take();
    (shape.run)();
    (NOTES.take(), calls(file, shape.name) - before)
}

fn calls(file: &str, shape: &str) -> u64 {
    static REGISTRY: OnceLock<Arc<Registry>> = OnceLock::new();
    let registry = REGISTRY.get_or_init(|| {
        let registry = Arc::new(Registry::new(Config::default(), Clock::system()));
        set_metrics_collector(registry.clone());
        registry
    });
    let module = format!("::{file}::{shape}::");
    let functions = registry.functions();
    functions.iter().filter(|function| function.name.contains(&module)).map(|function| function.calls_total).sum()
}
