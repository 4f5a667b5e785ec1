//! Names of the user's, macros, and code that has unsafe blocks of its own.

use super::timed;
use support::{block_on, note, shapes, yield_once};

shapes! {
    #[no_implicit_prelude]
    #[forbid(unsafe_code)]
    no_implicit_prelude 2 {
        #[timed]
        fn f(n: ::core::option::Option<u8>) -> ::core::result::Result<u8, u8> { n.ok_or(1) }
        #[timed]
        async fn g() -> u8 { 1 }
        pub fn run() { note(f(::core::option::Option::None)); note(block_on(g())); }
    }
    #[forbid(unsafe_code)]
    #[allow(dead_code, unused_imports, non_camel_case_types)]
    shadowed_prelude 2 {
        #[derive(Debug)] enum Option { Some, None }
        #[derive(Debug)] enum Result { Ok, Err }
        use self::Option::{None, Some};
        use self::Result::{Err, Ok};
        struct String; struct Box; struct Vec; trait Drop {} trait Send {} trait Fn {} struct drop;
        #[timed]
        fn f(some: bool) -> Option { if some { Some } else { None } }
        #[timed]
        fn g() -> Result { Ok }
        pub fn run() { note(f(true)); note(g()); }
    }
    #[forbid(unsafe_code)]
    #[allow(dead_code, non_camel_case_types)]
    shadowed_primitives_and_crates 1 {
        struct str; struct u64; struct bool;
        mod core {} mod std {} mod alloc {} mod metrics_core {} mod metrics_layer {} mod __private {}
        #[timed]
        fn f() -> u8 { 1 }
        pub fn run() { note(f()); }
    }
    #[forbid(unsafe_code)]
    #[allow(non_upper_case_globals, dead_code)]
    names_like_ours 1 {
        const timer: u8 = 1; const result: u8 = 2; const name: u8 = 3; static SITE: u8 = 4;
        struct Timer; struct Site;
        #[timed]
        fn f(__metrics: u8) -> u8 { let __metrics_result = __metrics; timer + result + name + SITE + __metrics_result }
        pub fn run() { note(f(5)); }
    }
    #[forbid(unsafe_code)]
    #[allow(unused_macros)]
    shadowed_macros 1 {
        macro_rules! concat { ($($any:tt)*) => { compile_error!("not that one") }; }
        macro_rules! module_path { () => { compile_error!("not that one") }; }
        macro_rules! panic { () => { compile_error!("not that one") }; }
        #[timed]
        fn f() -> u8 { 1 }
        pub fn run() { note(f()); }
    }
    #[forbid(unsafe_code)]
    by_macro_with_a_block 2 {
        macro_rules! make { ($vis:vis $name:ident, $argument:ident: $ty:ty, $body:block) => {
            #[timed] $vis fn $name($argument: $ty) -> $ty $body
        }; }
        make!(pub f, n: u8, { n + 1 });
        make!(g, s: Option<&'static str>, { s.map(|s| &s[1..]) });
        pub fn run() { note(f(1)); note(g(Some("ab"))); }
    }
    #[forbid(unsafe_code)]
    by_macro_with_an_item 1 {
        macro_rules! wrap { ($item:item) => { #[timed] $item }; }
        wrap!(fn f() -> u8 { 1 });
        pub fn run() { note(f()); }
    }
    #[forbid(unsafe_code)]
    by_macro_with_expressions 1 {
        macro_rules! make { ($name:ident, $e:expr, $p:pat, $t:ty, $l:lifetime) => {
            #[timed] fn $name<$l>(&$p: &$l $t) -> $t { $e * 2 }
        }; }
        make!(f, 1 + 2, _, u8, 'a);
        pub fn run() { note(f(&1)); }
    }
    #[forbid(unsafe_code)]
    by_macro_with_expressions_that_bind 4 {
        macro_rules! make { ($name:ident, $e:expr, $t:ty) => {
            #[timed] fn $name(of: &$t) -> u8 { let _ = of; $e }
            #[allow(dead_code)]
            mod $name {
                pub struct S;
                #[super::timed] impl S {
                    pub const TWICE: u8 = $e * 2;
                    pub fn f() -> u8 { #![allow(unused_mut)] let mut n = $e * 2; const M: u8 = 1 * $e; n + M }
                }
            }
        }; }
        make!(sum, 1 + 2, dyn Send + Sync);
        make!(cast, 3_u16 as u8, [u8; 1]);
        pub fn run() {
            note((sum(&1u8), cast(&[1])));
            note((sum::S::f(), cast::S::f(), sum::S::TWICE, cast::S::TWICE));
        }
    }
    #[forbid(unsafe_code)]
    by_macro_with_attributes 1 {
        macro_rules! make { ($(#[$meta:meta])* fn $name:ident() $body:tt) => { $(#[$meta])* #[timed] fn $name() -> u8 $body }; }
        make!(#[inline] #[doc = "x"] fn f() { 1 });
        pub fn run() { note(f()); }
    }
    #[forbid(unsafe_code)]
    by_nested_macros 2 {
        macro_rules! inner { ($($name:ident)*) => { $(#[timed] fn $name() -> u8 { 1 })* }; }
        macro_rules! outer { ($($name:ident),*) => { inner!($($name)*); }; }
        outer!(a, b);
        pub fn run() { note(a() + b()); }
    }
    #[forbid(unsafe_code)]
    local_of_a_macro 1 {
        macro_rules! twice { ($e:expr) => {{ let hidden = $e; hidden + hidden }}; }
        #[timed]
        fn f() -> u8 { let hidden = 1; twice!(hidden + 1) + hidden }
        pub fn run() { note(f()); }
    }
    #[forbid(unsafe_code)]
    #[deny(unused_qualifications, unused_results, unreachable_code, unused_must_use, single_use_lifetimes)]
    strict_lints 2 {
        #[timed]
        fn f(n: &u8) -> u8 { *n }
        #[timed]
        async fn g(n: &u8) -> u8 { yield_once().await; *n }
        pub fn run() { note(f(&1)); note(block_on(g(&2))); }
    }
    #[deny(unsafe_op_in_unsafe_fn)]
    unsafe_function 1 {
        #[timed]
        unsafe fn read(from: *const u8) -> u8 { unsafe { *from } }
        pub fn run() { note(unsafe { read(&1) }); }
    }
    unsafe_async_function 1 {
        #[timed]
        async unsafe fn read(from: &u8) -> u8 { yield_once().await; unsafe { *(from as *const u8) } }
        pub fn run() { note(block_on(unsafe { read(&1) })); }
    }
    unsafe_extern_c 1 {
        #[timed]
        pub unsafe extern "C" fn write(to: *mut u8, value: u8) { unsafe { *to = value; } }
        pub fn run() { let mut n = 0; unsafe { write(&mut n, 3) }; note(n); }
    }
    unsafe_trait 1 {
        unsafe trait Zero { fn zero() -> Self; }
        unsafe impl Zero for u8 { #[timed] fn zero() -> Self { 0 } }
        pub fn run() { note(<u8 as Zero>::zero()); }
    }
    exported_symbol 1 {
        #[timed]
        #[allow(improper_ctypes_definitions)]
        pub extern "C-unwind" fn may_unwind(n: u8) -> u8 { n + 1 }
        pub fn run() { note(may_unwind(1)); }
    }
}
