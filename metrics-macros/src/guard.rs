//! The guard: one statement at the start of a block.
//!
//! Every token of ours has `Span::mixed_site()`: the user's code cannot see our names. They are long
//! nevertheless, because a `let` may not have the name of a const in scope. Paths are absolute,
//! because the user may have shadowed anything.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;

use crate::model::{self, Entry, Name, Node, Timed};

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
        Entry::Node(described) => node(root, described),
        Entry::Operation { node, operation } => {
            let node = borrowed(node);
            let call = quote_spanned! {Span::mixed_site()=>
                #root::__private::Timer::operation(#node, #operation)
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

fn node(root: &TokenStream, node: &Node) -> TokenStream {
    let id = borrowed(&node.id);
    let name = optional_str(node.name.as_ref());
    let node_type = optional_str(node.node_type.as_ref());
    let points = points_or_zero(root, node.points.as_ref());
    let call = quote_spanned! {Span::mixed_site()=>
        #root::__private::Timer::node(#id, #name, #node_type, #points)
    };
    when_recording(root, &call)
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
        Some(value) => {
            let value = borrowed(value);
            quote_spanned! {Span::mixed_site()=>
                ::core::option::Option::Some(
                    ::core::convert::AsRef::<::core::primitive::str>::as_ref(#value)
                )
            }
        }
    }
}

/// A reference that stands where the user's expression stands, for the compiler to point at.
fn borrowed(value: &Expr) -> TokenStream {
    let here = Span::mixed_site().located_at(model::span(value));
    quote_spanned!(here=> &(#value))
}

fn points_or_zero(root: &TokenStream, points: Option<&Expr>) -> TokenStream {
    match points {
        None => quote_spanned!(Span::mixed_site()=> 0),
        Some(points) => quote_spanned!(Span::mixed_site()=> #root::__private::points(#points)),
    }
}
