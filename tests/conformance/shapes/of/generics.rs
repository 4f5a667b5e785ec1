//! Generic parameters, lifetimes and bounds.

#![forbid(unsafe_code)]

use super::timed;
use std::fmt::{Debug, Display};
use support::{block_on, note, sent, shapes, yield_once};

shapes! {
    types 3 {
        #[timed]
        fn first<T: Clone, U>(of: &[T], _: U) -> Option<T> where U: Debug { of.first().cloned() }
        pub fn run() { note(first(&[1], "a")); note(first(&["b"], 2)); note(first::<(), ()>(&[], ())); }
    }
    constants 2 {
        #[timed]
        fn sum<const N: usize>(of: [u8; N]) -> u8 { of.iter().sum() }
        pub fn run() { note(sum([1, 2]) + sum([3])); }
    }
    const_argument_in_the_return_type 1 {
        struct Buffer<const N: usize>([u8; N]);
        #[timed]
        fn make() -> Buffer<{ 1 + 2 }> { Buffer([7; 3]) }
        pub fn run() { note(make().0); }
    }
    lifetimes 1 {
        #[timed]
        fn longest<'a, 'b: 'a>(left: &'a str, right: &'b str) -> &'a str {
            if left.len() > right.len() { left } else { right }
        }
        pub fn run() { let own = "abc".to_owned(); note(longest(&own, "de")); }
    }
    elided_lifetime 1 {
        struct Holder<'a>(&'a str);
        #[timed]
        fn open(holder: Holder<'_>) -> &str { holder.0 }
        pub fn run() { note(open(Holder("x"))); }
    }
    higher_ranked 1 {
        #[timed]
        fn apply<F>(f: F) -> usize where F: for<'a> Fn(&'a str) -> &'a str { f("abc").len() }
        pub fn run() { note(apply(|text| &text[1..])); }
    }
    returns_borrowing_impl 1 {
        #[timed]
        fn words<'a>(text: &'a str, not: &'a str) -> impl Iterator<Item = &'a str> + 'a {
            text.split(' ').filter(move |word| *word != not)
        }
        pub fn run() { note(words("a b c", "b").collect::<Vec<_>>()); }
    }
    unsized_parameter 2 {
        #[timed]
        fn show<T: Debug + ?Sized>(what: &T) -> String { format!("{:?}", what) }
        pub fn run() { note(show("a")); note(show(&[1][..])); }
    }
    generic_impl 2 {
        struct Grid<T, const N: usize>([T; N]);
        impl<T: Display, const N: usize> Grid<T, N> {
            #[timed]
            fn show<U>(&self, with: U) -> String where U: Fn(&T) -> String { self.0.iter().map(with).collect() }
        }
        pub fn run() { note(Grid([1, 2]).show(|n| n.to_string())); note(Grid(["a"]).show(|s| s.to_string())); }
    }
    associated_types 1 {
        trait Container { type Item; fn take(self) -> Self::Item; }
        impl<T> Container for Vec<T> { type Item = Option<T>; #[timed] fn take(mut self) -> Self::Item { self.pop() } }
        pub fn run() { note(vec![1, 2].take()); }
    }
    blanket_impl 2 {
        trait Shout { fn shout(&self) -> String; }
        impl<T: Display + ?Sized> Shout for T { #[timed] fn shout(&self) -> String { format!("{}!", self) } }
        pub fn run() { note((1.shout(), "a".shout())); }
    }
    inference_from_the_result 1 {
        #[timed]
        fn parse<T: std::str::FromStr>(text: &str) -> Result<Vec<T>, T::Err> { text.split(' ').map(|n| n.parse()).collect() }
        pub fn run() { let numbers: Result<Vec<u16>, _> = parse("1 2"); note(numbers); }
    }
    coercion_of_the_result 2 {
        #[timed]
        fn error(fail: bool) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
            if fail { "x".parse::<u8>()?; }
            Ok(())
        }
        pub fn run() { note(error(false).is_ok()); note(error(true).unwrap_err().to_string()); }
    }
    unsizing_of_the_result 1 {
        #[timed]
        fn slice() -> Box<[u8]> { Box::new([1, 2, 3]) }
        pub fn run() { note(slice()); }
    }
    generic_async 2 {
        #[timed]
        async fn hold<T: Send + Clone>(value: T) -> (T, T) { let copy = value.clone(); yield_once().await; (value, copy) }
        pub fn run() { note(block_on(sent(hold(1)))); note(block_on(sent(hold("a")))); }
    }
    async_with_lifetimes 1 {
        #[timed]
        async fn pick<'a>(left: &'a str, _right: &str) -> &'a str { yield_once().await; left }
        pub fn run() { let own = "abc".to_owned(); note(block_on(sent(pick(&own, "x")))); }
    }
}
