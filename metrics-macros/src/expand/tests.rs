//! The generated code, token for token.

use quote::quote;

use super::*;

fn assert_same(left: &TokenStream, right: &TokenStream) {
    assert_eq!(left.to_string(), right.to_string());
}

/// The site of a function and its guard.
fn function(name: &TokenStream) -> TokenStream {
    quote! {
        let __metrics_timer = {
            static __METRICS_SITE: ::metrics_core::__private::Site = ::metrics_core::__private::Site::new(#name);
            ::metrics_core::__private::Timer::function(&__METRICS_SITE)
        };
    }
}

/// What a refused item adds to itself.
fn errors(args: TokenStream, item: &TokenStream) -> String {
    let expanded = timed(args, item.clone()).to_string();
    let errors = expanded.strip_prefix(&item.to_string()).expect("the item is emitted as it was");
    errors.trim().to_owned()
}

#[test]
fn a_plain_function_gains_one_statement() {
    let item = quote! {
        #[doc = "Adds."]
        #[inline]
        pub(crate) fn add<T: Add>(left: T, right: T) -> T { left + right }
    };
    let guard = function(&quote!(::core::concat!(::core::module_path!(), "::", "add")));
    let expected = quote! {
        #[doc = "Adds."]
        #[inline]
        pub(crate) fn add<T: Add>(left: T, right: T) -> T { #guard left + right }
    };
    assert_same(&timed(quote!(), item), &expected);
}

#[test]
fn names_are_literals_or_paths_and_the_crate_can_be_given() {
    for name in [quote!("load"), quote!(name = "load")] {
        let guard = function(&quote!("load"));
        assert_same(
            &timed(
                name,
                quote!(
                    fn f() {}
                ),
            ),
            &quote!(fn f() { #guard }),
        );
    }
    let guard = function(&quote!(names::LOAD));
    assert_same(
        &timed(
            quote!(name = names::LOAD,),
            quote!(
                fn f() {}
            ),
        ),
        &quote!(fn f() { #guard }),
    );
    let guard = timed(
        quote!("load", crate = crate::metrics),
        quote!(
            fn f() {}
        ),
    )
    .to_string();
    assert!(guard.contains(&quote!(crate::metrics::__private::Site::new("load")).to_string()));
}

#[test]
fn inner_attributes_stay_first() {
    let guard = function(&quote!("f"));
    assert_same(
        &timed(
            quote!("f"),
            quote!(
                fn f() {
                    #![allow(dead_code)]
                    #![doc = "x"]
                    work();
                }
            ),
        ),
        &quote!(fn f() { #![allow(dead_code)] #![doc = "x"] #guard work(); }),
    );
}

#[test]
fn items_at_the_start_stay_there() {
    let guard = function(&quote!("f"));
    for items in [
        quote!(
            use a::b;
        ),
        quote!(
            const X: u8 = 1;
            #[doc = "x"]
            fn inner() {
                half
            }
        ),
        quote!(),
    ] {
        for rest in [quote!(), quote!(print!("x"); fn late() {}), quote!(const { 1 }), quote!(unsafe { x() })]
        {
            let item = quote!(fn f() { #![allow(x)] #items #rest });
            assert_same(&timed(quote!("f"), item), &quote!(fn f() { #![allow(x)] #items #guard #rest }));
        }
    }
}

#[test]
fn half_typed_bodies_pass_through() {
    let guard = function(&quote!("f"));
    assert_same(&timed(quote!("f"), quote!(fn f(&self) { self. })), &quote!(fn f(&self) { #guard self. }));
}

#[test]
fn a_node_is_described_on_entry() {
    let expanded = timed(
        quote!(node = self.id, node_type = "voxel", points = cloud.len()),
        quote!(
            async fn on_input(&self, cloud: Cloud) {
                drop(cloud)
            }
        ),
    );
    let expected = quote! {
        async fn on_input(&self, cloud: Cloud) {
            let __metrics_timer = if ::metrics_core::__private::is_recording() {
                ::metrics_core::__private::Timer::node(
                    &(self.id),
                    ::core::option::Option::None,
                    ::core::option::Option::Some(
                        ::core::convert::AsRef::<::core::primitive::str>::as_ref(&("voxel"))
                    ),
                    ::metrics_core::__private::points(cloud.len())
                )
            } else {
                ::metrics_core::__private::Timer::inert()
            };
            __metrics_timer.around(async move {
                if false {
                    return ::metrics_core::__private::call_once(|| -> () { loop {} });
                }
                drop(cloud)
            })
            .await
        }
    };
    assert_same(&expanded, &expected);
}

#[test]
fn a_thread_works_for_a_node_meanwhile() {
    let expanded = timed(
        quote!(node = id),
        quote!(
            fn f(id: &str) {
                g()
            }
        ),
    );
    let expected = quote! {
        fn f(id: &str) {
            let __metrics_timer = if ::metrics_core::__private::is_recording() {
                ::metrics_core::__private::Timer::node(
                    &(id), ::core::option::Option::None, ::core::option::Option::None, 0
                )
            } else {
                ::metrics_core::__private::Timer::inert()
            };
            let __metrics_in_node = __metrics_timer.within();
            g()
        }
    };
    assert_same(&expanded, &expected);
}

/// The start and the end of form B.
fn form_b(
    start: &TokenStream,
    value: &TokenStream,
    finished: &TokenStream,
    look: &TokenStream,
) -> TokenStream {
    quote! {
        #start
        let __metrics_result = #value;
        #finished
        if ::metrics_core::__private::is_recording() { #look }
        __metrics_result
    }
}

#[test]
fn a_result_that_is_looked_at_comes_from_a_closure() {
    let expanded = timed(
        quote!(node = id, points = ok.len()),
        quote!(
            fn f(id: &str) -> io::Result<impl Len> {
                #![allow(x)]
                g(id)?.h()
            }
        ),
    );
    let value = quote!({
        let __metrics_in_node = __metrics_timer.within();
        ::metrics_core::__private::call_once(move || -> io::Result<_> { g(id)?.h() })
    });
    let look = quote! {
        match &__metrics_result {
            ::core::result::Result::Ok(ok) =>
                __metrics_timer.set_points(::metrics_core::__private::points(ok.len())),
            ::core::result::Result::Err(_) => __metrics_timer.fail(),
        }
    };
    let start = quote! {
        let mut __metrics_timer = if ::metrics_core::__private::is_recording() {
            ::metrics_core::__private::Timer::node(
                &(id), ::core::option::Option::None, ::core::option::Option::None, 0
            )
        } else {
            ::metrics_core::__private::Timer::inert()
        };
    };
    let body = form_b(&start, &value, &quote!(), &look);
    assert_same(&expanded, &quote!(fn f(id: &str) -> io::Result<impl Len> { #![allow(x)] #body }));
}

#[test]
fn an_async_result_comes_from_an_async_block_in_place() {
    let expanded = timed(
        quote!(node = id, points = *ret),
        quote!(
            async fn f(id: &str) -> u64 {
                g(id).await
            }
        ),
    );
    let value = quote! {
        __metrics_timer.around(async move {
            if false {
                return ::metrics_core::__private::call_once(|| -> u64 { loop {} });
            }
            g(id).await
        })
        .await
    };
    let look = quote! {
        let ret = &__metrics_result;
        __metrics_timer.set_points(::metrics_core::__private::points(*ret));
    };
    let start = quote! {
        let __metrics_subject = if ::metrics_core::__private::is_recording() {
            ::metrics_core::__private::Subject::node(
                ::metrics_core::__private::Place::current(), &(id),
                ::core::option::Option::None, ::core::option::Option::None
            )
        } else {
            ::metrics_core::__private::Subject::none()
        };
        let mut __metrics_timer = ::metrics_core::__private::Watch::start(__metrics_subject).unfinished();
    };
    let body = form_b(&start, &value, &quote!(__metrics_timer.finished();), &look);
    assert_same(&expanded, &quote!(async fn f(id: &str) -> u64 { #body }));
}

#[test]
fn refused_items_are_emitted_with_one_error_each() {
    let items = [
        (
            quote!(
                const fn f() {}
            ),
            "a `const fn` cannot be timed",
        ),
        (
            quote!(
                fn f(&self);
            ),
            "a function without a body",
        ),
        (
            quote!(
                struct S;
            ),
            "not on `struct`",
        ),
        (
            quote!(
                extern "C" {
                    fn f();
                }
            ),
            "not on `extern`",
        ),
        (
            quote!(
                #[unsafe(naked)]
                extern "C" fn f() {}
            ),
            "a naked function",
        ),
        (
            quote!(
                mod inside;
            ),
            "not on `mod`",
        ),
        (quote!(::a::b! {}), "not on this"),
    ];
    for (item, message) in items {
        let errors = errors(quote!(), &item);
        assert!(errors.contains(message), "{errors}");
        assert_eq!(errors.matches("compile_error").count(), 1, "{errors}");
    }
}

#[test]
fn a_container_times_what_is_inside() {
    let [new, get, fmt, deep, own] = ["S::new", "S<u8>::get", "<S as Debug>::fmt", "deep", "T::own"]
        .map(|name| function(&quote!(::core::concat!(::core::module_path!(), "::", #name))));
    let given = function(&quote!("given"));
    let kept = quote! {
        #![allow(x)]
        use a::{b, c};
        const F: fn() = { f };
        struct S { f: fn() -> u8 }
        m! { fn f() {} }
        extern "C" { fn f(); }
        mod file;
    };
    let item = quote! {
        pub mod m {
            #kept
            impl<T> S<T> { const N: u8 = 1; fn new() {} const fn c() {} #[timed(skip)] fn skipped() {} }
            #[metrics_core::timed] impl S<u8> { #[timed("given")] #[inline] fn given() {} pub fn get(&self) { self. } }
            impl<T> Debug for S<T> { fn fmt() {} }
            mod n { async fn deep() {} #[cfg_attr(x, timed)] fn kept() {} #[other::timed] fn kept() {} }
            #[timed(skip)] mod o { fn f() {} }
            trait T { fn f(); fn own() {} #[unsafe(naked)] fn naked() {} }
        }
    };
    let expected = quote! {
        pub mod m {
            #kept
            impl<T> S<T> { const N: u8 = 1; fn new() { #new } const fn c() {} #[timed(skip)] fn skipped() {} }
            #[metrics_core::timed(skip)] impl S<u8> { #[timed(skip)] #[inline] fn given() { #given } pub fn get(&self) { #get self. } }
            impl<T> Debug for S<T> { fn fmt() { #fmt } }
            mod n { async fn deep() { #deep } #[cfg_attr(x, timed)] fn kept() {} #[other::timed] fn kept() {} }
            #[timed(skip)] mod o { fn f() {} }
            trait T { fn f(); fn own() { #own } #[unsafe(naked)] fn naked() {} }
        }
    };
    assert_same(&timed(quote!(), item), &expected);
}

#[test]
fn a_container_passes_the_crate_on() {
    let item = quote! {
        impl S { fn f() {} #[timed("g", crate = b)] fn g() {} #[timed("h")] fn h() {} }
    };
    let expanded = timed(quote!(crate = a), item).to_string();
    for site in [quote!(b::__private::Site::new("g")), quote!(a::__private::Site::new("h"))] {
        assert!(expanded.contains(&site.to_string()), "{expanded}");
    }
    assert!(!expanded.contains("metrics_core"), "{expanded}");
}

#[test]
fn errors_inside_a_container_leave_the_rest_timed() {
    let item = quote! {
        impl S { #[timed(nam = "f")] fn f() {} #[timed] const fn g() {} fn h() {} }
    };
    let h = function(&quote!(::core::concat!(::core::module_path!(), "::", "S::h")));
    let expanded = timed(quote!(), item).to_string();
    let expected = quote! {
        impl S { #[timed(skip)] fn f() {} #[timed(skip)] const fn g() {} fn h() { #h } }
    }
    .to_string();
    let errors = expanded.strip_prefix(&expected).expect("only what is wrong is not timed");
    assert!(errors.contains("did you mean `name`?") && errors.contains("const fn"), "{errors}");
    assert_eq!(errors.matches("compile_error").count(), 2, "{errors}");
}

#[test]
fn a_container_takes_few_arguments() {
    for item in [
        quote!(impl S { fn f() {} }),
        quote!(
            mod m {
                fn f() {}
            }
        ),
    ] {
        let errors = errors(quote!(name = "s"), &item);
        assert!(errors.contains("unknown argument `name`") && errors.contains("`crate`"), "{errors}");
    }
}

#[test]
fn a_closure_stays_an_expression() {
    let expanded = timed(quote!(), quote!(move |x| x + 1)).to_string();
    assert!(expanded.contains("not on a closure"), "{expanded}");
    assert!(expanded.starts_with('{') && expanded.ends_with("move | x | x + 1 }"), "{expanded}");
}

#[test]
fn skip_is_nothing() {
    for item in [
        quote!(
            const fn f() {}
        ),
        quote!(impl S { fn f() {} }),
        quote!(
            struct S;
        ),
    ] {
        assert_same(&timed(quote!(skip), item.clone()), &item);
    }
}

#[test]
fn all_errors_are_reported_together() {
    let errors = errors(
        quote!(nod = x, node = a b, points = 1, points = 2, 7),
        &quote!(
            const fn f() {}
        ),
    );
    for message in [
        "did you mean `node`?",
        "expected a comma",
        "`points` is given twice",
        "expected an argument",
        "const fn",
    ] {
        assert!(errors.contains(message), "{message}: {errors}");
    }
    assert_eq!(errors.matches("compile_error").count(), 5, "{errors}");
}

/// The start of a watched function.
fn watched() -> TokenStream {
    quote! {
        let __metrics_subject = if ::metrics_core::__private::is_recording() {
            {
                static __METRICS_SITE: ::metrics_core::__private::Site = ::metrics_core::__private::Site::new("f");
                ::metrics_core::__private::Subject::function(
                    ::metrics_core::__private::Place::current(), &__METRICS_SITE
                )
            }
        } else {
            ::metrics_core::__private::Subject::none()
        };
        let mut __metrics_timer = ::metrics_core::__private::Watch::start(__metrics_subject).unfinished();
    }
}

#[test]
fn an_outcome_marks_every_way_out() {
    let expanded = timed(
        quote!("f", outcome),
        quote!(
            async fn f() -> Option<u8> {
                let x = g()?;
                if x {
                    return None;
                }
                spawn(async { h()? }, |y| return y);
                Some(x)
            }
        ),
    );
    let start = watched();
    let finished = quote!(#[allow(unreachable_code)] __metrics_timer.finished(););
    let expected = quote! {
        async fn f() -> Option<u8> {
            #start
            let __metrics_result: Option<u8> = {
                let x = ::metrics_core::__private::asked(g(), &mut __metrics_timer, false)?;
                if x {
                    return { let __metrics_result: Option<u8> = None; #finished __metrics_result };
                }
                spawn(async { h()? }, |y| return y);
                Some(x)
            };
            #finished
            __metrics_result
        }
    };
    assert_same(&expanded, &expected);
}

#[test]
fn a_way_out_that_may_be_hidden_needs_a_second_future() {
    for (body, marked) in [
        (
            quote!({
                println!("{x:?}");
                Ok(vec![1])
            }),
            true,
        ),
        (
            quote!({
                anyhow::ensure!(x);
                Ok(1)
            }),
            false,
        ),
        (
            quote!({
                assert!(g()?);
                Ok(1)
            }),
            false,
        ),
        (quote!({ half. }), false),
    ] {
        let expanded = timed(quote!("f", err), quote!(async fn f() -> Result<u8, E> #body)).to_string();
        assert_eq!(!expanded.contains("async move"), marked, "{expanded}");
    }
    let opaque = timed(
        quote!("f", outcome),
        quote!(
            async fn f() -> impl Sized {
                1
            }
        ),
    )
    .to_string();
    assert!(opaque.contains("async move"), "{opaque}");
}
