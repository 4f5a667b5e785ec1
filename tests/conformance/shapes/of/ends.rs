//! Ways in which a call ends, and what the caller learns of the place.

#![forbid(unsafe_code)]

use super::timed;
use std::panic::Location;
use support::{note, note_panic, shapes};

shapes! {
    question_mark 2 {
        #[timed]
        fn half(text: &str) -> Result<u8, std::num::ParseIntError> { let n: u8 = text.parse()?; Ok(n / 2) }
        pub fn run() { note(half("8")); note(half("x")); }
    }
    question_mark_on_option 2 {
        #[timed]
        fn second(of: &[u8]) -> Option<&u8> { let rest = of.get(1..)?; rest.first() }
        pub fn run() { note(second(&[])); note(second(&[1, 2])); }
    }
    converted_error 1 {
        #[timed]
        fn parse(text: &str) -> Result<u8, Box<dyn std::error::Error>> { Ok(text.parse::<u8>()?) }
        pub fn run() { note(parse("y").unwrap_err().to_string()); }
    }
    early_return 2 {
        #[timed]
        fn sign(n: i8) -> char { if n < 0 { return '-'; } '+' }
        pub fn run() { note(sign(-1)); note(sign(1)); }
    }
    panic_message 1 {
        #[timed]
        fn fail(n: u8) { panic!("no {}", n) }
        pub fn run() { note_panic(|| fail(3)); }
    }
    panic_payload 1 {
        #[timed]
        fn fail() { std::panic::panic_any(7u8) }
        pub fn run() { let payload = std::panic::catch_unwind(fail).unwrap_err(); note(payload.downcast_ref::<u8>()); }
    }
    panic_inside_an_expression 1 {
        #[timed]
        fn index(of: &[u8], at: usize) -> u8 { of[at] }
        pub fn run() { note_panic(|| { index(&[1], 2); }); }
    }
    panic_location_of_the_caller 1 {
        #[timed]
        #[track_caller]
        fn must(of: Option<u8>) -> u8 { of.unwrap() }
        pub fn run() { note_panic(|| { must(None); }); }
    }
    location_of_the_caller 1 {
        #[track_caller]
        #[timed]
        fn line() -> (u32, u32) { let at = Location::caller(); (at.line(), at.column()) }
        pub fn run() { note(line()); }
    }
    location_in_a_provided_method 1 {
        trait At { #[timed] #[track_caller] fn at(&self) -> u32 { Location::caller().line() } }
        impl At for () {}
        pub fn run() { note(().at()); }
    }
    line_and_file 1 {
        #[timed]
        fn here() -> (u32, u32, &'static str) { (line!(), column!(), file!()) }
        pub fn run() { note(here()); }
    }
    caught_inside 1 {
        #[timed]
        fn safe() -> bool { std::panic::catch_unwind(|| std::panic::resume_unwind(Box::new(1))).is_err() }
        pub fn run() { note(safe()); }
    }
    panic_in_a_destructor_of_an_argument 1 {
        struct Loud;
        impl Drop for Loud { fn drop(&mut self) { panic!("in drop") } }
        #[timed]
        fn take(_loud: Loud) -> u8 { 1 }
        pub fn run() { note_panic(|| { take(Loud); }); }
    }
}
