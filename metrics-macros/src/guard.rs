//! The guard: one statement at the start of a block.
//!
//! Every token of ours has `Span::mixed_site()`: local names are invisible to the user's code (they
//! are long nevertheless: a `let` may not shadow a const of the user's), and
//! paths are absolute, because the user may have shadowed anything.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;

use crate::model::{Entry, Name, Timed};

/// `let __metrics_timer = …;`: nothing happens to it but being dropped.
pub(crate) fn statement(timed: &Timed) -> TokenStream {
    let start = start(timed);
    quote_spanned!(Span::mixed_site()=> let __metrics_timer = #start;)
}

/// `let mut __metrics_timer = …;`: is told more before it is dropped.
pub(crate) fn mutable_statement(timed: &Timed) -> TokenStream {
    let start = start(timed);
    quote_spanned!(Span::mixed_site()=> let mut __metrics_timer = #start;)
}

fn start(Timed { root, entry, .. }: &Timed) -> TokenStream {
    match entry {
        Entry::Function { name } => function(root, name),
        Entry::Node { id, name, node_type, points } => {
            let (name, node_type) = (optional_str(name.as_ref()), optional_str(node_type.as_ref()));
            let points = points_or_zero(root, points.as_ref());
            let call = quote_spanned! {Span::mixed_site()=>
                #root::__private::Timer::node(&(#id), #name, #node_type, #points)
            };
            when_recording(root, &call)
        }
        Entry::Operation { node, operation } => {
            let call = quote_spanned! {Span::mixed_site()=>
                #root::__private::Timer::operation(&(#node), #operation)
            };
            when_recording(root, &call)
        }
    }
}

/// The site lives inside the initialiser, so that the user's scope gains no item.
fn function(root: &TokenStream, name: &Name) -> TokenStream {
    let name = match name {
        Name::Given(name) => quote!(#name),
        Name::Path(name) => quote_spanned! {Span::mixed_site()=>
            ::core::concat!(::core::module_path!(), "::", #name)
        },
    };
    quote_spanned! {Span::mixed_site()=> {
        static __METRICS_SITE: #root::__private::Site = #root::__private::Site::new(#name);
        #root::__private::Timer::function(&__METRICS_SITE)
    }}
}

/// The user's expressions cost nothing while recording is off.
fn when_recording(root: &TokenStream, call: &TokenStream) -> TokenStream {
    quote_spanned! {Span::mixed_site()=>
        if #root::__private::is_recording() { #call } else { #root::__private::Timer::inert() }
    }
}

fn optional_str(value: Option<&Expr>) -> TokenStream {
    match value {
        None => quote_spanned!(Span::mixed_site()=> ::core::option::Option::None),
        Some(value) => quote_spanned! {Span::mixed_site()=>
            ::core::option::Option::Some(
                ::core::convert::AsRef::<::core::primitive::str>::as_ref(&(#value))
            )
        },
    }
}

fn points_or_zero(root: &TokenStream, points: Option<&Expr>) -> TokenStream {
    match points {
        None => quote_spanned!(Span::mixed_site()=> 0),
        Some(points) => quote_spanned!(Span::mixed_site()=> #root::__private::points(#points)),
    }
}
