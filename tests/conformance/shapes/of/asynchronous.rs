//! Async functions.

#![forbid(unsafe_code)]

use super::timed;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use support::{block_on, note, poll_and_drop, sent, shapes, yield_once, Noisy};

shapes! {
    plain 1 {
        #[timed]
        async fn add(left: u8, right: u8) -> u8 { yield_once().await; left + right }
        pub fn run() { note(block_on(sent(add(1, 2)))); }
    }
    without_await 1 {
        #[timed]
        async fn one() -> u8 { 1 }
        pub fn run() { note(block_on(one())); }
    }
    lazy 0 {
        #[timed]
        async fn effect() { note("effect"); }
        pub fn run() { drop(effect()); note("nothing happened"); }
    }
    question_mark 2 {
        #[timed]
        async fn parse(text: &str) -> Result<u8, std::num::ParseIntError> { yield_once().await; Ok(text.parse::<u8>()? + 1) }
        pub fn run() { note(block_on(parse("1"))); note(block_on(parse("x"))); }
    }
    early_return 2 {
        #[timed]
        async fn sign(n: i8) -> &'static str { if n < 0 { return "-"; } yield_once().await; "+" }
        pub fn run() { note(block_on(sign(-1))); note(block_on(sign(1))); }
    }
    sent_but_not_shared 1 {
        #[timed]
        async fn take(cell: Cell<u8>) -> u8 { yield_once().await; cell.get() }
        pub fn run() { note(block_on(sent(take(Cell::new(3))))); }
    }
    not_sent 1 {
        #[timed]
        async fn share(rc: Rc<RefCell<u8>>) -> u8 { yield_once().await; *rc.borrow_mut() += 1; let n = *rc.borrow(); n }
        pub fn run() { note(block_on(share(Rc::new(RefCell::new(1))))); }
    }
    destructured 1 {
        #[timed]
        async fn sum((a, b): (u8, u8), [c, ..]: [u8; 2], mut d: u8) -> u8 { d += 1; yield_once().await; a + b + c + d }
        pub fn run() { note(block_on(sum((1, 2), [3, 0], 4))); }
    }
    returns_impl 1 {
        #[timed]
        async fn evens(to: u8) -> impl Iterator<Item = u8> { yield_once().await; (0..to).step_by(2) }
        pub fn run() { note(block_on(evens(5)).collect::<Vec<_>>()); }
    }
    recursive 5 {
        #[timed]
        async fn depth(left: u8) -> u8 { if left == 0 { 0 } else { 1 + Box::pin(depth(left - 1)).await } }
        pub fn run() { note(block_on(depth(4))); }
    }
    nested 3 {
        #[timed] async fn a() -> u8 { yield_once().await; 1 }
        #[timed] async fn b() -> u8 { a().await + 1 }
        #[timed] async fn c() -> u8 { b().await + 1 }
        pub fn run() { note(block_on(sent(c()))); }
    }
    argument_drop_order 1 {
        #[timed]
        async fn hold(_first: Noisy, second: Noisy, _: Noisy) -> usize {
            let _local = Noisy("local");
            yield_once().await;
            second.touch()
        }
        pub fn run() { note(block_on(hold(Noisy("first"), Noisy("second"), Noisy("third")))); }
    }
    dropped_while_waiting 1 {
        #[timed]
        async fn wait(_held: Noisy) { let _local = Noisy("local"); std::future::pending::<()>().await; note("never"); }
        pub fn run() { poll_and_drop(wait(Noisy("held"))); }
    }
    panics 1 {
        #[timed]
        async fn fail() { yield_once().await; panic!("after a while") }
        pub fn run() { support::note_panic(|| block_on(fail())); }
    }
    diverges 1 {
        #[timed]
        async fn never() -> ! { yield_once().await; panic!("never") }
        pub fn run() { support::note_panic(|| block_on(never())); }
    }
    moved_argument 1 {
        #[timed]
        async fn consume(text: String) -> Vec<u8> { yield_once().await; text.into_bytes() }
        pub fn run() { note(block_on(consume("ab".to_owned()))); }
    }
    two_borrows 1 {
        #[timed]
        async fn swap(left: &mut String, right: &mut String) { yield_once().await; std::mem::swap(left, right); }
        pub fn run() { let (mut a, mut b) = ("a".to_owned(), "b".to_owned()); block_on(sent(swap(&mut a, &mut b))); note((a, b)); }
    }
    boxed_by_the_caller 1 {
        #[timed]
        async fn one(n: &u8) -> u8 { yield_once().await; *n }
        fn boxed(n: &u8) -> Pin<Box<dyn Future<Output = u8> + Send + '_>> { Box::pin(one(n)) }
        pub fn run() { note(block_on(boxed(&1))); }
    }
    chain_of_thirty_two 32 {
        macro_rules! chain {
            ($last:ident) => { #[timed] async fn $last() -> u8 { yield_once().await; 1 } };
            ($first:ident $second:ident $($rest:ident)*) => {
                #[timed] async fn $first() -> u8 { $second().await + 1 }
                chain!($second $($rest)*);
            };
        }
        chain!(a b c d e f g h i j k l m n o p q r s t u v w x y z aa ab ac ad ae af);
        pub fn run() { note(block_on(sent(a()))); }
    }
}
