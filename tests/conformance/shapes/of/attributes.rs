//! Other attributes, above and below.

#![forbid(unsafe_code)]

use super::timed;
use support::{block_on, note, shapes, yield_once};

shapes! {
    inline_above 1 {
        #[inline]
        #[timed]
        fn f() -> u8 { 1 }
        pub fn run() { note(f()); }
    }
    inline_always_below 1 {
        #[timed]
        #[inline(always)]
        fn f() -> u8 { 1 }
        pub fn run() { note(f()); }
    }
    cold_and_never_inlined 1 {
        #[cold]
        #[timed]
        #[inline(never)]
        fn f() -> u8 { 1 }
        pub fn run() { note(f()); }
    }
    must_use 2 {
        #[must_use]
        #[timed]
        fn above() -> u8 { 1 }
        #[timed]
        #[must_use = "really"]
        fn below() -> u8 { 2 }
        pub fn run() { note(above() + below()); }
    }
    conditional 1 {
        #[cfg(not(test))]
        #[timed]
        fn f() -> u8 { 1 }
        #[timed]
        #[cfg(test)]
        fn f() -> u8 { 2 }
        pub fn run() { note(f()); }
    }
    conditional_statements_and_arguments 1 {
        #[timed]
        fn f(#[cfg(test)] n: u8, #[cfg(not(test))] n: u16) -> u8 { #[cfg(test)] let m = n; #[cfg(not(test))] let m = 0; m }
        pub fn run() { note(f(3)); }
    }
    behind_cfg_attr 1 {
        #[cfg_attr(test, timed)]
        #[cfg_attr(not(test), timed("no"))]
        fn f() -> u8 { 1 }
        pub fn run() { note(f()); }
    }
    allowed_lints 1 {
        #[timed]
        #[allow(unused_variables, non_snake_case)]
        fn Loud(unused: u8) -> u8 { let also = 1; 2 }
        pub fn run() { note(Loud(1)); }
    }
    inner_attributes 1 {
        #[timed]
        fn f() -> u8 {
            #![allow(unused_variables)]
            //! Documented inside.
            let unused = 1;
            2
        }
        pub fn run() { note(f()); }
    }
    documented 1 {
        /// Above.
        #[timed]
        /// Below.
        #[doc = "And so on."]
        fn f() -> u8 { 1 }
        pub fn run() { note(f()); }
    }
    deprecated 1 {
        #[timed]
        #[deprecated(note = "old")]
        fn f() -> u8 { 1 }
        #[allow(deprecated)]
        pub fn run() { note(f()); }
    }
    tokio_main_below 1 {
        #[timed]
        #[tokio::main(flavor = "current_thread")]
        async fn f() -> u8 { tokio::task::yield_now().await; 1 }
        pub fn run() { note(f()); }
    }
    tokio_main_above 1 {
        #[tokio::main(flavor = "current_thread")]
        #[timed]
        async fn f() -> u8 { tokio::task::yield_now().await; 1 }
        pub fn run() { note(f()); }
    }
    spawned 2 {
        #[timed]
        async fn child(n: u8) -> u8 { tokio::task::yield_now().await; n }
        #[tokio::main(flavor = "current_thread")]
        async fn parent() -> u8 { tokio::spawn(child(1)).await.unwrap() + tokio::spawn(child(2)).await.unwrap() }
        pub fn run() { note(parent()); }
    }
    blocking 1 {
        #[timed]
        fn work(n: u8) -> u8 { n + 1 }
        #[tokio::main(flavor = "current_thread")]
        async fn parent() -> u8 { tokio::task::spawn_blocking(|| work(1)).await.unwrap() }
        pub fn run() { note(parent()); }
    }
    test_in_any_order 2 {
        #[test]
        #[timed]
        fn below() {}
        #[timed]
        #[test]
        fn above() {}
        pub fn run() { below(); above(); note("both run"); }
    }
    twice 2 {
        #[timed]
        #[timed]
        fn f() -> u8 { 1 }
        pub fn run() { note(f()); }
    }
    async_and_must_use 1 {
        #[must_use]
        #[timed]
        #[inline]
        async fn f() -> u8 { yield_once().await; 1 }
        pub fn run() { note(block_on(f())); }
    }
}
