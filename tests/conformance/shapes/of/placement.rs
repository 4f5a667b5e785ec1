//! `#[timed]` on what holds functions.

#![forbid(unsafe_code)]

use super::timed;
use support::{block_on, note, shapes, yield_once};

shapes! {
    inherent_impl 3 {
        #[derive(Debug)]
        struct Counter(u8);
        #[timed]
        impl Counter {
            pub const ZERO: u8 = 0;
            pub const fn zero() -> Self { Self(Self::ZERO) }
            fn up(&mut self) -> &mut Self { self.0 += 1; self }
            #[inline]
            async fn get(&self) -> u8 { yield_once().await; self.0 }
        }
        pub fn run() { let mut c = Counter::zero(); c.up().up(); note(block_on(c.get())); }
    }
    trait_impl 1 {
        struct Money(u8);
        #[timed]
        impl std::fmt::Display for Money { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(f, "{}$", self.0) } }
        pub fn run() { note(Money(3).to_string()); }
    }
    generic_impl 2 {
        struct Stack<T, const N: usize>(Vec<T>);
        #[timed]
        impl<T: Clone, const N: usize> Stack<T, { N }> where T: std::fmt::Debug {
            fn push(&mut self, item: T) -> Result<(), T> { if self.0.len() < N { self.0.push(item); Ok(()) } else { Err(item) } }
        }
        pub fn run() { let mut s = Stack::<u8, 1>(vec![]); note(s.push(1)); note(s.push(2)); }
    }
    provided_methods 1 {
        #[timed]
        trait Double { fn one(&self) -> u8; fn two(&self) -> u8 { self.one() * 2 } }
        impl Double for u8 { fn one(&self) -> u8 { *self } }
        pub fn run() { note(4u8.two()); }
    }
    skipped 1 {
        struct S;
        #[timed]
        impl S {
            fn seen() -> u8 { 1 }
            #[timed(skip)]
            fn unseen() -> u8 { 2 }
        }
        pub fn run() { note(S::seen() + S::unseen()); }
    }
    skipped_alone 0 {
        #[timed(skip)]
        fn unseen() -> u8 { 2 }
        #[timed(skip)]
        const fn constant() -> u8 { 3 }
        pub fn run() { note(unseen() + constant()); }
    }
    own_attribute_is_not_timed_twice 1 {
        struct S;
        #[timed]
        impl S { #[timed] fn once() -> u8 { 1 } }
        pub fn run() { note(S::once()); }
    }
    conditional_attribute_is_not_timed_twice 1 {
        struct S;
        #[timed]
        impl S { #[cfg_attr(test, timed)] fn once() -> u8 { 1 } }
        pub fn run() { note(S::once()); }
    }
    module 5 {
        #[timed]
        mod inside {
            #![allow(clippy::module_inception)]
            use std::fmt::Write as _;
            pub struct Text(pub String);
            pub const NAME: fn(&str) -> u8 = free;
            macro_rules! made { ($name:ident) => { pub fn $name() -> u8 { 1 } }; }
            made!(by_macro);
            pub fn free(text: &str) -> u8 { text.len() as u8 }
            impl Text { pub fn add(&mut self, n: u8) { write!(self.0, "{}", n).unwrap(); } }
            impl Default for Text { fn default() -> Self { Text(String::new()) } }
            pub mod deep { pub trait T { fn need(&self) -> u8; fn have(&self) -> u8 { self.need() + 1 } } impl T for u8 { fn need(&self) -> u8 { *self } } }
        }
        pub fn run() {
            use self::inside::deep::T;
            let mut text = inside::Text::default();
            text.add(inside::NAME("abc"));
            note((text.0, inside::by_macro(), 1u8.have()));
        }
    }
    nested_containers 2 {
        #[timed]
        mod inside {
            use super::timed;
            pub struct S;
            #[timed]
            impl S { pub fn once() -> u8 { 1 } #[timed] pub fn twice() -> u8 { 2 } }
            #[timed(skip)]
            pub mod quiet { pub fn f() -> u8 { 3 } }
        }
        pub fn run() { note(inside::S::once() + inside::S::twice() + inside::quiet::f()); }
    }
    below_async_trait 1 {
        #[async_trait::async_trait]
        trait Later { async fn later(&self) -> u8; }
        #[async_trait::async_trait]
        #[timed]
        impl Later for u8 { async fn later(&self) -> u8 { yield_once().await; *self } }
        pub fn run() { note(block_on(support::sent(1u8.later()))); }
    }
    above_async_trait 1 {
        #[async_trait::async_trait]
        trait Later { async fn later(&self) -> u8; }
        #[timed]
        #[async_trait::async_trait]
        impl Later for u8 { async fn later(&self) -> u8 { yield_once().await; *self } }
        pub fn run() { note(block_on(support::sent(1u8.later()))); }
    }
    by_macro 2 {
        struct A; struct B;
        trait Name { fn name(&self) -> String; }
        macro_rules! named { ($($ty:ty),*) => { $(#[timed] impl Name for $ty { fn name(&self) -> String { stringify!($ty).to_owned() } })* }; }
        named!(A, B);
        pub fn run() { note(A.name() + &B.name()); }
    }
    names_tell_types_apart 4 {
        struct A; struct B;
        #[timed] impl A { fn f() -> u8 { 1 } }
        #[timed] impl B { fn f() -> u8 { 2 } }
        #[timed] impl From<A> for B { fn from(_: A) -> Self { B } }
        #[timed] impl From<u8> for B { fn from(_: u8) -> Self { B } }
        pub fn run() { note(A::f() + B::f()); let _: (B, B) = (A.into(), 1.into()); }
    }
    in_a_function 2 {
        #[timed]
        fn f() -> u8 {
            struct Local(u8);
            #[timed]
            impl Local { fn get(&self) -> u8 { self.0 } }
            Local(3).get()
        }
        pub fn run() { note(f()); }
    }
}
