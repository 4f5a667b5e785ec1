//! `#[timed]` and `timed_block!` on every form of function: behaviour as without them, each call seen once.

#![deny(warnings)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

macro_rules! assert_calls {
    ($name:literal, $calls:expr) => {
        assert_eq!(function_calls(concat!(module_path!(), "::", $name)), $calls)
    };
}

#[path = "timed_forms/arguments.rs"]
mod arguments;
#[path = "timed_forms/asynchronous.rs"]
mod asynchronous;
#[path = "timed_forms/blocks.rs"]
mod blocks;
#[path = "timed_forms/by_hand.rs"]
mod by_hand;
#[path = "timed_forms/context.rs"]
mod context;
#[path = "timed_forms/foreign.rs"]
mod foreign;
#[path = "timed_forms/functions.rs"]
mod functions;
#[path = "timed_forms/hygiene.rs"]
mod hygiene;
#[path = "timed_forms/methods.rs"]
mod methods;
#[path = "timed_forms/nodes.rs"]
mod nodes;
#[path = "timed_forms/returned.rs"]
mod returned;
#[path = "timed_forms/seen.rs"]
mod seen;
#[path = "timed_forms/streams.rs"]
mod streams;
#[path = "timed_forms/support.rs"]
mod support;
