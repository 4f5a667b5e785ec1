//! Free functions.

use std::fmt::Display;

use metrics_layer::timed;

use crate::seen::{self, function_calls};

#[timed]
#[must_use]
fn add(left: u32, right: u32) -> u32 {
    left + right
}

#[test]
fn default_name_is_the_path_of_the_function() {
    seen::on();
    assert_eq!(add(1, 2), 3);
    assert_eq!(add(3, 4), 7);
    assert_eq!(function_calls("timed_forms::functions::add"), 2);
}

const CONST_NAME: &str = "named by a const";

#[timed("named by a literal")]
fn literal_name() {}

#[timed(name = "named by an argument")]
fn argument_name() {}

#[timed(name = self::CONST_NAME)]
fn const_name() {}

#[timed]
fn r#match() {}

#[test]
fn names_can_be_given() {
    seen::on();
    literal_name();
    argument_name();
    const_name();
    r#match();
    assert_eq!(function_calls("named by a literal"), 1);
    assert_eq!(function_calls("named by an argument"), 1);
    assert_eq!(function_calls(CONST_NAME), 1);
    assert_calls!("match", 1);
}

#[timed]
fn early(parse: &str) -> Result<i32, std::num::ParseIntError> {
    if parse.is_empty() {
        return Ok(-1);
    }
    let number: i32 = parse.parse()?;
    Ok(number * 2)
}

#[test]
fn early_returns_keep_their_meaning() {
    seen::on();
    assert_eq!(early(""), Ok(-1));
    assert_eq!(early("4"), Ok(8));
    assert!(early("x").is_err());
    assert_calls!("early", 3);
}

#[timed]
#[inline]
/// Documented, and generic over everything.
fn generic<'a, T, const N: usize>(
    items: &'a [T; N],
    show: impl Fn(&T) -> String + 'a,
) -> impl Iterator<Item = String> + 'a
where
    T: Display + 'a,
{
    #![allow(clippy::mixed_attributes_style, clippy::needless_collect)]
    let shown: Vec<String> = items.iter().map(show).collect();
    items.iter().zip(shown).map(|(item, shown)| format!("{item}={shown}"))
}

#[timed]
fn destructured(mut total: i32, (left, Pair { right, .. }): (i32, Pair), [first, ..]: [i32; 3]) -> i32 {
    total += left + right + first;
    total
}

struct Pair {
    right: i32,
    _rest: (),
}

#[timed]
extern "C" fn foreign(value: i32) -> i32 {
    value + 1
}

#[timed]
fn diverges() -> ! {
    panic!("never back")
}

#[timed]
fn recursive(depth: u32) -> u32 {
    if depth == 0 { 0 } else { 1 + recursive(depth - 1) }
}

#[timed]
#[track_caller]
fn caller() -> u32 {
    std::panic::Location::caller().line()
}

#[test]
fn free_functions_of_every_kind() {
    seen::on();
    assert_eq!(generic(&[1, 2], |i| (i * 2).to_string()).collect::<Vec<_>>(), ["1=2", "2=4"]);
    assert_eq!(destructured(1, (2, Pair { right: 3, _rest: () }), [4, 0, 0]), 10);
    assert_eq!(foreign(1), 2);
    assert_eq!(recursive(100), 100);
    assert_eq!(caller(), line!());
    assert!(std::panic::catch_unwind(|| diverges()).is_err());
    assert_calls!("generic", 1);
    assert_calls!("destructured", 1);
    assert_calls!("foreign", 1);
    assert_calls!("recursive", 101);
    assert_calls!("diverges", 1);
}

#[timed]
fn panics(message: &'static str) {
    std::panic::panic_any(message);
}

#[test]
fn a_panic_passes_through_and_is_counted() {
    seen::on();
    let payload = std::panic::catch_unwind(|| panics("boom")).unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"boom"));
    assert_calls!("panics", 1);
}

struct Noisy<'a>(&'static str, &'a std::cell::RefCell<Vec<&'static str>>);

impl Noisy<'_> {
    fn touch(&self) -> u32 {
        0
    }
}

impl Drop for Noisy<'_> {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

macro_rules! drops {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        fn $name<'a>(_first: Noisy<'a>, second: Noisy<'a>, _: Noisy<'a>) -> u32 {
            let log = second.1;
            let _local = Noisy("local", log);
            Noisy("temporary", log).touch()
        }
    };
}

drops!(plain_drops);
drops!(
    #[timed]
    timed_drops
);

#[test]
fn drop_order_is_unchanged() {
    let order = |run: for<'a> fn(Noisy<'a>, Noisy<'a>, Noisy<'a>) -> u32| {
        let log = std::cell::RefCell::default();
        run(Noisy("first", &log), Noisy("second", &log), Noisy("third", &log));
        log.into_inner()
    };
    assert_eq!(order(timed_drops), order(plain_drops));
}

macro_rules! make {
    ($name:ident, $argument:ident: $ty:ty, $body:block) => {
        #[timed]
        fn $name($argument: $ty) -> $ty $body
    };
}

make!(made, value: u8, { value + 1 });

#[test]
fn a_body_from_a_macro() {
    seen::on();
    assert_eq!(made(1), 2);
    assert_calls!("made", 1);
}
