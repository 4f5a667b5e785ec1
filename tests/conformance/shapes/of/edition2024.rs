//! What is new in edition 2024, and behaves otherwise in those before.

#![forbid(unsafe_code)]

use super::timed;
use std::cell::RefCell;
use support::{block_on, note, shapes, yield_once, Noisy};

shapes! {
    temporaries_go_before_locals 1 {
        #[timed]
        fn f() -> usize { let cell = RefCell::new(Noisy("in the cell")); cell.borrow().touch() }
        pub fn run() { note(f()); }
    }
    temporaries_of_if_let_go_before_else 1 {
        #[timed]
        fn f(cell: &RefCell<Option<u8>>) -> u8 { if let Some(n) = *cell.borrow() { n } else { *cell.borrow_mut() = Some(1); 2 } }
        pub fn run() { let cell = RefCell::new(None); note(f(&cell)); note(cell); }
    }
    let_chains 2 {
        #[timed]
        fn f(a: Option<u8>, b: Option<u8>) -> u8 { if let Some(a) = a && let Some(b) = b && a < b { b } else { 0 } }
        pub fn run() { note(f(Some(1), Some(2))); note(f(Some(1), None)); }
    }
    impl_trait_captures_everything 1 {
        #[timed]
        fn f(text: &str, n: &usize) -> impl Iterator<Item = char> { text.chars().take(*n) }
        pub fn run() { note(f("abc", &2).collect::<String>()); }
    }
    precise_captures 1 {
        #[timed]
        fn f<'a>(text: &'a str, n: &usize) -> impl Iterator<Item = char> + use<'a> { text.chars().take(*n) }
        pub fn run() { note(f("abc", &2).collect::<String>()); }
    }
    async_closures 1 {
        #[timed]
        async fn f(mut each: impl AsyncFnMut(u8) -> u8) -> u8 { each(1).await + each(2).await }
        pub fn run() { let mut sum = 0; note(block_on(f(async |n| { yield_once().await; sum += n; sum }))); }
    }
    async_temporaries 1 {
        #[timed]
        async fn f() -> usize { let _local = Noisy("local"); yield_once().await; Noisy("temporary").touch() }
        pub fn run() { note(block_on(f())); }
    }
}
