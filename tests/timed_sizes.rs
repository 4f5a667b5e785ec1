//! What a guard adds to a future: bytes a level, and nothing to the depth of its type.
//!
//! This crate keeps the compiler's default recursion limit, so that it compiles at all is half of the test.

use std::future::Future;

use metrics_layer::timed;

/// A chain of functions, each awaiting the next: `chain!(leaf; a b c)` is `c` → `b` → `a` → `leaf`.
macro_rules! chain {
    ($(#[$attribute:meta])* $inner:ident; $outer:ident $($more:ident)*) => {
        $(#[$attribute])*
        async fn $outer(value: u64) -> Result<u64, String> {
            let inside = $inner(value + 1).await?;
            Ok(inside + 1)
        }
        chain!($(#[$attribute])* $outer; $($more)*);
    };
    ($(#[$attribute:meta])* $inner:ident;) => {};
}

macro_rules! module {
    ($name:ident, $(#[$attribute:meta])*) => {
        mod $name {
            use super::*;

            async fn leaf(value: u64) -> Result<u64, String> {
                std::future::ready(()).await;
                Ok(value)
            }

            chain!($(#[$attribute])* leaf;
                f01 f02 f03 f04 f05 f06 f07 f08 f09 f10 f11 f12 f13 f14 f15 f16
                f17 f18 f19 f20 f21 f22 f23 f24 f25 f26 f27 f28 f29 f30 f31 f32);

            /// At depths 8, 16, 24 and 32.
            pub(super) fn sizes() -> [usize; 4] {
                [size(&f08(0)), size(&f16(0)), size(&f24(0)), size(&f32(0))]
            }

            pub(super) fn deepest() -> impl Future<Output = Result<u64, String>> + Send {
                f32(0)
            }
        }
    };
}

module!(bare,);
module!(plain, #[timed]);
module!(outcome, #[timed(outcome)]);
module!(err, #[timed(err)]);

/// Nodes are polled inside a future of ours, which is three steps of the limit more a level: twenty of them nest.
mod node {
    use super::*;

    async fn leaf(value: u64) -> Result<u64, String> {
        std::future::ready(()).await;
        Ok(value)
    }

    chain!(#[timed(node = "a")] leaf;
        f01 f02 f03 f04 f05 f06 f07 f08 f09 f10 f11 f12 f13 f14 f15 f16 f17 f18 f19 f20);

    /// At depths 8 and 16.
    pub(super) fn sizes() -> [usize; 2] {
        [size(&f08(0)), size(&f16(0))]
    }

    pub(super) fn deepest() -> impl Future<Output = Result<u64, String>> + Send {
        f20(0)
    }
}

fn size<F: Future + Send>(future: &F) -> usize {
    std::mem::size_of_val(future)
}

/// Bytes more than without, a level.
fn added<const N: usize>(sizes: [usize; N]) -> [usize; N] {
    let bare = bare::sizes();
    std::array::from_fn(|at| (sizes[at] - bare[at]) / (8 * (at + 1)))
}

#[test]
fn a_level_adds_few_bytes_and_every_level_the_same() {
    let (default, outcome, err) = (added(plain::sizes()), added(outcome::sizes()), added(err::sizes()));
    let node = added(node::sizes());
    for (name, added, bound) in
        [("default", &default[..], 48), ("outcome", &outcome, 64), ("err", &err, 64), ("node", &node, 48)]
    {
        assert!(added.iter().all(|&bytes| bytes <= bound), "{name}: {added:?} bytes a level");
        assert!(
            added.iter().all(|&bytes| bytes.abs_diff(added[0]) <= 8),
            "{name}: {added:?} grows with depth"
        );
    }
}

#[tokio::test]
async fn a_chain_of_32_runs_on_the_default_recursion_limit() {
    let boxed: std::pin::Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(outcome::deepest());
    assert_eq!(boxed.await, Ok(64));
    assert_eq!(tokio::spawn(node::deepest()).await.expect("no panic"), Ok(40));
    assert_eq!(err::deepest().await, plain::deepest().await);
    assert_eq!(tokio::spawn(bare::deepest()).await.expect("no panic"), Ok(64));
}
