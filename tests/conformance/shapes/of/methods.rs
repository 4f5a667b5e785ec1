//! Methods with every receiver, and traits.

#![forbid(unsafe_code)]

use super::timed;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use support::{block_on, note, sent, shapes, yield_once};

shapes! {
    by_reference 1 {
        struct S(u8);
        impl S { #[timed] fn get(&self) -> &u8 { &self.0 } }
        pub fn run() { note(S(1).get()); }
    }
    by_mutable_reference 1 {
        struct S(u8);
        impl S { #[timed] fn up(&mut self) -> &mut u8 { self.0 += 1; &mut self.0 } }
        pub fn run() { let mut s = S(1); *s.up() += 1; note(s.0); }
    }
    by_value 1 {
        struct S(String);
        impl S { #[timed] fn into(self) -> String { self.0 } }
        pub fn run() { note(S("a".to_owned()).into()); }
    }
    by_mutable_value 1 {
        struct S(u8);
        impl S { #[timed] fn up(mut self) -> Self { self.0 += 1; self } }
        pub fn run() { note(S(1).up().0); }
    }
    by_pin 1 {
        struct S(u8);
        impl S { #[timed] fn up(mut self: Pin<&mut Self>) -> u8 { self.0 += 1; self.0 } }
        pub fn run() { note(Pin::new(&mut S(1)).up()); }
    }
    by_arc 1 {
        struct S(u8);
        impl S { #[timed] fn count(self: Arc<Self>) -> usize { Arc::strong_count(&self) + usize::from(self.0) } }
        pub fn run() { note(Arc::new(S(1)).count()); }
    }
    by_reference_to_arc 1 {
        struct S(u8);
        impl S { #[timed] fn again(self: &Arc<Self>) -> (Arc<Self>, u8) { (Arc::clone(self), self.0) } }
        pub fn run() { note(Arc::new(S(1)).again().1); }
    }
    by_box 1 {
        struct S(u8);
        impl S { #[timed] fn open(self: Box<Self>) -> u8 { self.0 } }
        pub fn run() { note(Box::new(S(1)).open()); }
    }
    by_rc 1 {
        struct S(u8);
        impl S { #[timed] fn get(self: Rc<Self>) -> u8 { self.0 } }
        pub fn run() { note(Rc::new(S(1)).get()); }
    }
    by_named_self 1 {
        struct S(u8);
        impl S { #[timed] fn get(self: &Self) -> u8 { self.0 } }
        pub fn run() { note(S(1).get()); }
    }
    associated 1 {
        #[derive(Debug)]
        struct S(u8);
        impl S { #[timed] fn new(n: u8) -> Self { Self(n) } }
        pub fn run() { note(S::new(3).0); }
    }
    implemented 2 {
        trait Sides { const N: u8; fn sides(&self) -> u8; }
        struct Square;
        impl Sides for Square { const N: u8 = 4; #[timed] fn sides(&self) -> u8 { Self::N } }
        pub fn run() { note(Square.sides() + Sides::sides(&Square)); }
    }
    provided 2 {
        trait Twice { fn once(&self) -> u8; #[timed] fn twice(&self) -> u8 { self.once() * 2 } }
        impl Twice for u8 { fn once(&self) -> u8 { *self } }
        impl Twice for str { fn once(&self) -> u8 { self.len() as u8 } }
        pub fn run() { note((3u8.twice(), "abc".twice())); }
    }
    through_dyn 1 {
        trait Speak { fn speak(&self) -> String; }
        struct Dog;
        impl Speak for Dog { #[timed] fn speak(&self) -> String { "woof".to_owned() } }
        pub fn run() { let speaker: Box<dyn Speak> = Box::new(Dog); note(speaker.speak()); }
    }
    operators 2 {
        #[derive(Debug, PartialEq)]
        struct V(i8);
        impl std::ops::Add for V { type Output = V; #[timed] fn add(self, other: V) -> V { V(self.0 + other.0) } }
        impl std::ops::Index<usize> for V { type Output = i8; #[timed] fn index(&self, _: usize) -> &i8 { &self.0 } }
        pub fn run() { note((V(1) + V(2))[0]); }
    }
    destructor 1 {
        struct D;
        impl Drop for D { #[timed] fn drop(&mut self) { note("dropped"); } }
        pub fn run() { drop(D); }
    }
    iterator 4 {
        struct Three(u8);
        impl Iterator for Three {
            type Item = u8;
            #[timed]
            fn next(&mut self) -> Option<u8> { self.0 = self.0.checked_sub(1)?; Some(self.0) }
        }
        pub fn run() { note(Three(3).collect::<Vec<_>>()); }
    }
    async_methods 3 {
        struct S(u8);
        impl S {
            #[timed] async fn get(&self) -> u8 { yield_once().await; self.0 }
            #[timed] async fn up(&mut self) -> &u8 { yield_once().await; self.0 += 1; &self.0 }
            #[timed] async fn into(self: Box<Self>) -> u8 { yield_once().await; self.0 }
        }
        pub fn run() {
            let mut s = Box::new(S(1));
            note(block_on(sent(s.get())));
            note(block_on(sent(s.up())));
            note(block_on(sent(s.into())));
        }
    }
    async_in_traits 2 {
        trait Later { async fn later(&self) -> u8; async fn provided(&self) -> u8; }
        impl Later for u8 {
            #[timed] async fn later(&self) -> u8 { yield_once().await; *self }
            #[timed] async fn provided(&self) -> u8 { self.later().await + 1 }
        }
        pub fn run() { note(block_on(3u8.provided())); }
    }
    poll_by_hand 2 {
        use std::future::Future;
        use std::task::{Context, Poll};
        struct Twice(bool);
        impl Future for Twice {
            type Output = u8;
            #[timed]
            fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<u8> {
                context.waker().wake_by_ref();
                if std::mem::replace(&mut self.0, true) { Poll::Ready(7) } else { Poll::Pending }
            }
        }
        pub fn run() { note(block_on(Twice(false))); }
    }
}
