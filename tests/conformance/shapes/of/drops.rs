//! When arguments, locals and temporaries are dropped.

#![forbid(unsafe_code)]

use super::timed;
use std::cell::RefCell;
use std::sync::Mutex;
use support::{note, shapes, Noisy};

shapes! {
    arguments_and_locals 1 {
        #[timed]
        fn hold(_first: Noisy, _: Noisy, second: Noisy) -> usize { let _local = Noisy("local"); second.touch() }
        pub fn run() { note(hold(Noisy("first"), Noisy("ignored"), Noisy("second"))); }
    }
    temporaries_at_the_end 1 {
        #[timed]
        fn touch() -> usize { let _local = Noisy("local"); Noisy("temporary").touch() }
        pub fn run() { note(touch()); }
    }
    temporaries_of_a_match 1 {
        #[timed]
        fn touch() -> usize { match Noisy("scrutinee").touch() { 9 => { note("arm"); 1 } n => n } }
        pub fn run() { note(touch()); }
    }
    temporaries_of_if_let 1 {
        #[timed]
        fn touch() -> u8 { if let Some(_n) = Some(Noisy("condition").touch()).filter(|n| *n > 90) { 1 } else { note("else"); 2 } }
        pub fn run() { note(touch()); }
    }
    partly_moved_argument 1 {
        #[timed]
        fn split(pair: (Noisy, Noisy)) -> Noisy { let first = pair.0; note("split"); first }
        pub fn run() { note(split((Noisy("a"), Noisy("b")))); }
    }
    moved_argument 1 {
        #[timed]
        fn consume(what: Noisy) { drop(what); note("after"); }
        pub fn run() { consume(Noisy("gone")); }
    }
    shadowed_locals 1 {
        #[timed]
        fn shadow() { let x = Noisy("one"); let x = Noisy(if x.touch() == 3 { "two" } else { "?" }); note(x.touch()); }
        pub fn run() { shadow(); }
    }
    on_panic 1 {
        #[timed]
        fn fail(_argument: Noisy) { let _local = Noisy("local"); panic!("x") }
        pub fn run() { support::note_panic(|| fail(Noisy("argument"))); }
    }
    on_early_return 2 {
        #[timed]
        fn leave(early: bool) -> u8 { let _a = Noisy("a"); if early { return 1; } let _b = Noisy("b"); 2 }
        pub fn run() { note(leave(true)); note(leave(false)); }
    }
    lock_in_the_last_expression 1 {
        #[timed]
        fn add(to: &Mutex<Vec<u8>>) -> usize { to.lock().unwrap().push(1); let n = to.lock().unwrap().len(); n }
        pub fn run() { note(add(&Mutex::default())); }
    }
    borrow_in_the_last_statement 1 {
        #[timed]
        fn read(cell: &RefCell<u8>) -> u8 { *cell.borrow_mut() += 1; let n = *cell.borrow(); n }
        pub fn run() { note(read(&RefCell::new(1))); }
    }
    extended_temporary 1 {
        #[timed]
        fn long() -> usize { let held = &Noisy("held"); note("middle"); held.touch() }
        pub fn run() { note(long()); }
    }
}
