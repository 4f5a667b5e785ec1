//! Functions that return futures without being `async`.

#![forbid(unsafe_code)]

use super::timed;
use std::future::Future;
use std::pin::Pin;
use support::{block_on, note, sent, shapes, yield_once};

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

shapes! {
    async_block 1 {
        #[timed]
        fn add(left: u8, right: u8) -> impl Future<Output = u8> + Send { async move { yield_once().await; left + right } }
        pub fn run() { note(block_on(sent(add(1, 2)))); }
    }
    effects_before_a_boxed_future 1 {
        #[timed]
        fn start(text: &str) -> Pin<Box<dyn Future<Output = usize> + Send + '_>> {
            note("before");
            let length = text.len();
            note(length);
            Box::pin(async move { yield_once().await; note("inside"); length })
        }
        pub fn run() { let future = start("abc"); note("made"); note(block_on(future)); }
    }
    box_future 1 {
        #[timed]
        fn start<'a>(text: &'a str) -> BoxFuture<'a, Result<u8, std::num::ParseIntError>> {
            Box::pin(async move { yield_once().await; let n = text.parse::<u8>()?; Ok(n) })
        }
        pub fn run() { note(block_on(start("x"))); }
    }
    early_return_before_the_future 2 {
        #[timed]
        fn maybe(n: u8) -> BoxFuture<'static, u8> {
            if n == 0 { return Box::pin(std::future::ready(0)); }
            Box::pin(async move { yield_once().await; n })
        }
        pub fn run() { note(block_on(maybe(0))); note(block_on(maybe(1))); }
    }
    ready_future 1 {
        #[timed]
        fn ready() -> std::future::Ready<u8> { std::future::ready(1) }
        pub fn run() { note(block_on(ready())); }
    }
    borrowed_by_the_future 1 {
        struct S(String);
        impl S {
            #[timed]
            fn later<'a>(&'a mut self, more: &'a str) -> impl Future<Output = &'a str> + Send + 'a {
                async move { yield_once().await; self.0.push_str(more); &self.0[..] }
            }
        }
        pub fn run() { note(block_on(sent(S("a".to_owned()).later("b")))); }
    }
    async_trait_above 2 {
        #[async_trait::async_trait]
        trait Later { async fn later(&self, text: &str) -> usize; async fn provided(&self) -> u8; }
        struct S(usize);
        #[async_trait::async_trait]
        impl Later for S {
            #[timed]
            async fn later(&self, text: &str) -> usize { yield_once().await; text.len() + self.0 }
            #[timed]
            async fn provided(&self) -> u8 { note("provided"); 1 }
        }
        pub fn run() { let s: Box<dyn Later> = Box::new(S(1)); note(block_on(sent(s.later("ab")))); note(block_on(s.provided())); }
    }
    async_trait_not_send 1 {
        #[async_trait::async_trait(?Send)]
        trait Later { async fn later(&self) -> usize; }
        #[async_trait::async_trait(?Send)]
        impl Later for u8 { #[timed] async fn later(&self) -> usize { let rc = std::rc::Rc::new(*self); yield_once().await; usize::from(*rc) } }
        pub fn run() { note(block_on(3u8.later())); }
    }
    future_in_a_trait 1 {
        trait Later { fn later(&self) -> impl Future<Output = u8> + Send; }
        impl Later for u8 { #[timed] fn later(&self) -> impl Future<Output = u8> + Send { let n = *self; async move { yield_once().await; n } } }
        pub fn run() { note(block_on(sent(5u8.later()))); }
    }
    polled_through_a_trait_object 1 {
        #[timed]
        fn start() -> Box<dyn Future<Output = u8> + Unpin + Send> { Box::new(std::future::ready(4)) }
        pub fn run() { note(block_on(start())); }
    }
}
