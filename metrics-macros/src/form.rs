//! Which of the forms a function takes: the inserted guard, a look at the result, or a wrapped future or stream.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Signature;

use crate::body::Body;
use crate::early;
use crate::exit;
use crate::guard::{self, Use};
use crate::marks;
use crate::model::Timed;
use crate::returned::{Returned, Wrap, future_output, nameable_output};

/// The body with what times it.
pub(crate) fn body(body: &Body, timed: &Timed, signature: &Signature) -> Body {
    if signature.asyncness.is_some() {
        return asynchronous(body, timed, Some(&nameable_output(signature)));
    }
    match timed.returned {
        Returned::Stream(wrap) => body.wrapped(|body| stream(body, timed, signature, wrap)),
        Returned::Future(wrap @ (Wrap::Declared | Wrap::Opaque { guessed: false })) => {
            body.wrapped(|body| future(body, timed, signature, wrap))
        }
        Returned::Future(_) | Returned::Value => {
            let output = future_output(signature);
            let in_tail = body.with_async_tail(|inner| asynchronous(inner, timed, output.as_ref()));
            match in_tail {
                Some(body) => early::timed(body, timed, signature, output.as_ref()),
                None => synchronous(body, timed, signature),
            }
        }
    }
}

/// A body in which `await` is allowed.
pub(crate) fn asynchronous(body: &Body, timed: &Timed, output: Option<&TokenStream>) -> Body {
    if timed.is_exact() || timed.watch.busy || timed.is_node() {
        let marked = |body: &Body| marks::marked(body, timed, output);
        body.wrapped(|body| marked(body).unwrap_or_else(|| exit::awaited(body, timed, output)))
    } else {
        body.starting_with(guard::statements(timed, Use::Dropped))
    }
}

fn synchronous(body: &Body, timed: &Timed, signature: &Signature) -> Body {
    match (timed.returned, &timed.exit) {
        (Returned::Future(wrap), None) => body.wrapped(|body| future(body, timed, signature, wrap)),
        (_, Some(_)) => body.wrapped(|body| exit::called(body, timed, &nameable_output(signature))),
        (_, None) => {
            let (start, in_node) = (guard::statements(timed, Use::Dropped), guard::in_node(timed));
            body.starting_with(quote!(#start #in_node))
        }
    }
}

/// What is returned, timed from its first poll; `node` and the like are seen on entry, before the body can move.
fn future(body: &Body, timed: &Timed, signature: &Signature, wrap: Wrap) -> TokenStream {
    let (root, subject, output) = (&timed.root, guard::subject(timed), nameable_output(signature));
    let value = quote_spanned!(Span::mixed_site()=> #root::__private::call_once(move || -> #output #body));
    let wrapped = match wrap {
        Wrap::Opaque { .. } => quote_spanned! {Span::mixed_site()=>
            #root::__private::TimedFuture::new(__metrics_subject, #value)
        },
        Wrap::Declared => quote_spanned! {Span::mixed_site()=>
            #root::__private::Rewrap::timed_as(#value, __metrics_subject)
        },
    };
    quote_spanned!(Span::mixed_site()=> let __metrics_subject = #root::__private::Ahead::new(#subject); #wrapped)
}

fn stream(body: &Body, timed: &Timed, signature: &Signature, wrap: Wrap) -> TokenStream {
    let (root, output) = (&timed.root, nameable_output(signature));
    let (whole, items) = (guard::subject(timed), guard::items(timed));
    let value = quote_spanned!(Span::mixed_site()=> #root::__private::call_once(move || -> #output #body));
    let wrapped = match wrap {
        Wrap::Opaque { .. } => quote_spanned! {Span::mixed_site()=>
            #root::__private::TimedStream::new(__metrics_whole, __metrics_items, #value)
        },
        Wrap::Declared => quote_spanned! {Span::mixed_site()=>
            #root::__private::RewrapStream::timed_as(#value, __metrics_whole, __metrics_items)
        },
    };
    quote_spanned! {Span::mixed_site()=>
        let __metrics_whole = #root::__private::Ahead::new(#whole);
        let __metrics_items = #root::__private::Ahead::new(#items);
        #wrapped
    }
}
