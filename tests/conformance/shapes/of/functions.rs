//! Plain functions of every kind.

#![forbid(unsafe_code)]

use super::timed;
use support::{note, shapes};

shapes! {
    plain 2 {
        #[timed]
        fn add(left: u32, right: u32) -> u32 { left + right }
        pub fn run() { note(add(1, 2)); note(add(3, 4)); }
    }
    empty 1 {
        #[timed]
        fn nothing() {}
        pub fn run() { note(nothing()); }
    }
    unit_expression 1 {
        #[timed]
        fn push(to: &mut Vec<u8>) { to.push(1) }
        pub fn run() { let mut v = vec![]; push(&mut v); note(v); }
    }
    destructured 1 {
        struct Pair { left: u8, right: u8 }
        #[timed]
        fn sum(Pair { left, right }: Pair, (a, b): (u8, u8), [first, .., last]: [u8; 4], &c: &u8) -> u8 {
            left + right + a + b + first + last + c
        }
        pub fn run() { note(sum(Pair { left: 1, right: 2 }, (3, 4), [5, 0, 0, 6], &7)); }
    }
    mutable_arguments 1 {
        #[timed]
        fn count(mut n: u8, mut text: String) -> String { while n > 0 { n -= 1; text.push('x'); } text }
        pub fn run() { note(count(3, String::new())); }
    }
    unused_arguments 1 {
        #[timed]
        fn ignore(_: String, _named: u8) -> u8 { 1 }
        pub fn run() { note(ignore(String::new(), 2)); }
    }
    returns_impl_trait 1 {
        #[timed]
        fn evens(to: u32) -> impl Iterator<Item = u32> + Clone { (0..to).filter(|n| n % 2 == 0) }
        pub fn run() { note(evens(7).collect::<Vec<_>>()); }
    }
    takes_impl_trait 1 {
        #[timed]
        fn show(what: impl std::fmt::Display + Copy, f: impl FnOnce(String) -> usize) -> usize { f(what.to_string()) }
        pub fn run() { note(show(12, |text| text.len())); }
    }
    takes_dyn 1 {
        #[timed]
        fn call(f: &mut dyn FnMut(u8) -> u8) -> u8 { f(1) + f(2) }
        pub fn run() { let mut sum = 0; note(call(&mut |n| { sum += n; sum })); }
    }
    returns_closure 1 {
        #[timed]
        fn adder(by: u8) -> impl Fn(u8) -> u8 { move |n| n + by }
        pub fn run() { note(adder(2)(3)); }
    }
    returns_boxed_closure 1 {
        #[timed]
        fn adder(by: u8) -> Box<dyn Fn(u8) -> u8> { Box::new(move |n| n + by) }
        pub fn run() { note(adder(2)(3)); }
    }
    diverges 1 {
        #[timed]
        fn never() -> ! { panic!("for good") }
        pub fn run() { support::note_panic(|| never()); }
    }
    diverges_by_loop 1 {
        #[timed]
        fn first(of: &[u8]) -> u8 { loop { for n in of { if *n > 1 { return *n; } } } }
        pub fn run() { note(first(&[1, 2, 3])); }
    }
    recursive 10_001 {
        #[timed]
        fn depth(left: u32) -> u32 { if left == 0 { 0 } else { 1 + depth(left - 1) } }
        pub fn run() { note(depth(10_000)); }
    }
    mutually_recursive 12 {
        #[timed]
        fn even(n: u32) -> bool { n == 0 || odd(n - 1) }
        #[timed]
        fn odd(n: u32) -> bool { n != 0 && even(n - 1) }
        pub fn run() { note(even(11)); }
    }
    nested_functions 3 {
        #[timed]
        fn outer() -> u8 {
            #[timed]
            fn inner(n: u8) -> u8 { n + 1 }
            inner(1) + inner(2)
        }
        pub fn run() { note(outer()); }
    }
    items_first 1 {
        #[timed]
        fn table() -> u8 {
            use std::mem::size_of;
            const TWO: u8 = 2;
            static THREE: u8 = 3;
            struct Local(u8);
            impl Local { fn get(&self) -> u8 { self.0 } }
            Local(size_of::<Local>() as u8).get() + TWO + THREE
        }
        pub fn run() { note(table()); }
    }
    extern_c 1 {
        #[timed]
        pub extern "C" fn plus_one(value: i32) -> i32 { value + 1 }
        pub fn run() { let pointer: extern "C" fn(i32) -> i32 = plus_one; note(pointer(1)); }
    }
    as_pointer 2 {
        #[timed]
        fn twice(n: &u8) -> u8 { n * 2 }
        pub fn run() { let f: fn(&u8) -> u8 = twice; note([1, 2].iter().map(f).collect::<Vec<_>>()); }
    }
    visibility 2 {
        pub mod inside {
            use super::timed;
            #[timed]
            pub(in super::super) fn a() -> u8 { 1 }
            #[timed]
            pub(super) fn b() -> u8 { 2 }
        }
        pub fn run() { note(inside::a() + inside::b()); }
    }
    raw_identifiers 1 {
        #[timed]
        fn r#match(r#type: u8, r#fn: u8) -> u8 { r#type + r#fn }
        pub fn run() { note(r#match(1, 2)); }
    }
    statics 3 {
        use std::sync::atomic::{AtomicU8, Ordering};
        #[timed]
        fn next() -> u8 { static NEXT: AtomicU8 = AtomicU8::new(0); NEXT.fetch_add(1, Ordering::Relaxed) }
        pub fn run() { note((next(), next(), next())); }
    }
    labels_and_blocks 1 {
        #[timed]
        fn find(rows: &[[u8; 2]]) -> Option<(usize, usize)> {
            let found = 'rows: {
                for (y, row) in rows.iter().enumerate() {
                    for (x, cell) in row.iter().enumerate() {
                        if *cell == 7 { break 'rows Some((x, y)); }
                    }
                }
                None
            };
            found
        }
        pub fn run() { note(find(&[[1, 2], [3, 7]])); }
    }
    statement_at_the_end 1 {
        #[timed]
        fn early(n: u8) -> u8 { if n > 1 { return n; } else { return 0; } }
        pub fn run() { note(early(3)); }
    }
}
