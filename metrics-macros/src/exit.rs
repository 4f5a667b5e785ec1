//! Form B: the body becomes a value that is looked at before it is returned.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Expr, Type, parse2};

use crate::body::Body;
use crate::guard::{self, Use};
use crate::model::Timed;

/// What is asked of the result.
#[derive(Clone, Default)]
pub(crate) struct Exit {
    /// What makes the call count as failed; without it, an `Err` does where an arm is looked at.
    pub(crate) failure: Option<Failure>,
    /// How many points; sees the names below.
    pub(crate) points: Option<Expr>,
    /// The whole result, if it is looked at.
    pub(crate) ret: Option<Ident>,
    /// The arm that is looked at.
    pub(crate) arm: Option<Arm>,
}

/// What makes a call count as failed.
#[derive(Clone)]
pub(crate) enum Failure {
    /// An `Err`; asked for here.
    Err(Span),
    ErrorIf(Expr),
    OkIf(Expr),
}

/// The arm of a `Result`, under the user's own identifier.
#[derive(Clone)]
pub(crate) enum Arm {
    Ok(Ident),
    Err(Ident),
}

/// What stands in a function in place of its `body`: a closure that is called at once, so that `return` and `?` end
/// here, and the look at its result.
///
/// The helper wants `FnOnce`: a plain closure would not let the body move or reborrow its captures.
pub(crate) fn called(body: &Body, timed: &Timed, output: &TokenStream) -> TokenStream {
    let root = &timed.root;
    let mut value =
        quote_spanned!(Span::mixed_site()=> #root::__private::call_once(move || -> #output #body));
    if let Some(in_node) = guard::in_node(timed) {
        value = quote!({ #in_node #value });
    }
    looked_at(&value, timed, Use::Told)
}

/// The same in asynchronous code: an async block, awaited in place, for a helper that takes the future would store it
/// twice.
///
/// The edge that never runs gives the block its type before the body is checked, so that coercions
/// work and errors are reported where the user wrote them.
pub(crate) fn awaited(body: &Body, timed: &Timed, output: Option<&TokenStream>) -> TokenStream {
    let root = &timed.root;
    let is_endless = output.is_some_and(|output| matches!(parse2(output.clone()), Ok(Type::Never(_))));
    let edge = output.filter(|_| !is_endless).map(|output| {
        quote_spanned! {Span::mixed_site()=>
            if false {
                return #root::__private::call_once(|| -> #output { loop {} });
            }
        }
    });
    let body = body.starting_with(edge.unwrap_or_default());
    let block = quote_spanned!(Span::mixed_site()=> async move #body);
    let value = if timed.watch.busy {
        quote_spanned! {Span::mixed_site()=>
            #root::__private::BusyFuture::new(__metrics_subject, #block).await
        }
    } else if timed.is_node() {
        // Polled for the node, where a guard would be held over the awaits.
        quote_spanned!(Span::mixed_site()=> __metrics_timer.around(#block).await)
    } else {
        quote_spanned!(Span::mixed_site()=> #block.await)
    };
    let usage = if timed.is_exact() || timed.watch.busy { Use::Exact } else { Use::Dropped };
    if is_endless { never_ending(&value, timed, usage) } else { looked_at(&value, timed, usage) }
}

/// A block that is a value without either: `return`, `?` and `break` leave it, and then nothing is looked at.
///
/// The helper passes the expected type on to the block, as a `let` before the look would not.
pub(crate) fn passed(block: &TokenStream, timed: &Timed) -> TokenStream {
    let start = guard::statements(timed, Use::Told);
    let root = &timed.root;
    let look = look_when_recording(timed, &quote_spanned!(Span::mixed_site()=> __metrics_result));
    quote_spanned! {Span::mixed_site()=>
        #start
        #root::__private::looked_at(#block, |__metrics_result| { #look })
    }
}

/// The end of asynchronous code in sight of its result: it was reached, and perhaps with an `Err`.
pub(crate) fn end(timed: &Timed) -> TokenStream {
    let failed = timed.exit.as_ref().and_then(|exit| failed(&timed.root, exit, &of_value()));
    quote_spanned! {Span::mixed_site()=>
        // A body that only leaves by `return` has no end.
        #[allow(unreachable_code)]
        __metrics_timer.finished();
        #failed
    }
}

/// A value that is never there: what stood behind it could not be reached, and the compiler would say so.
fn never_ending(value: &TokenStream, timed: &Timed, usage: Use) -> TokenStream {
    let start = guard::statements(timed, usage);
    // Nobody tells it more, for which it can be changed.
    let told =
        (usage == Use::Exact).then(|| quote_spanned!(Span::mixed_site()=> let _ = &mut __metrics_timer;));
    quote!(#start #told #value)
}

fn looked_at(value: &TokenStream, timed: &Timed, usage: Use) -> TokenStream {
    let start = guard::statements(timed, usage);
    let finished =
        (usage == Use::Exact).then(|| quote_spanned!(Span::mixed_site()=> __metrics_timer.finished();));
    let look = look_when_recording(timed, &of_value());
    if finished.is_none() && look.is_none() {
        return quote!(#start #value);
    }
    quote_spanned! {Span::mixed_site()=>
        #start
        let __metrics_result = #value;
        #finished
        #look
        __metrics_result
    }
}

fn of_value() -> TokenStream {
    quote_spanned!(Span::mixed_site()=> &__metrics_result)
}

/// The look at `result`, a reference.
fn look_when_recording(timed: &Timed, result: &TokenStream) -> Option<TokenStream> {
    let recording = guard::recording(timed);
    let look = look(&timed.root, timed.exit.as_ref()?, result);
    Some(quote_spanned!(Span::mixed_site()=> if #recording { #look }))
}

fn look(root: &TokenStream, exit: &Exit, result: &TokenStream) -> TokenStream {
    let set = exit.points.as_ref().map(|points| {
        quote_spanned!(Span::mixed_site()=> __metrics_timer.set_points(#root::__private::points(#points)))
    });
    let ret = exit.ret.as_ref().map(|ret| quote_spanned!(Span::mixed_site()=> let #ret = #result;));
    let fail = matches!(exit.failure, None | Some(Failure::Err(_)))
        .then(|| quote_spanned!(Span::mixed_site()=> __metrics_timer.fail()));
    let told = match &exit.arm {
        None => quote_spanned!(Span::mixed_site()=> #set;),
        // The patterns stand where the user wrote `ok` or `err`: should the result be no `Result`,
        // the compiler points there.
        Some(Arm::Ok(ok)) => {
            let here = Span::mixed_site().located_at(ok.span());
            let fail = fail.unwrap_or_else(|| quote!({}));
            quote_spanned! {here=>
                match #result {
                    ::core::result::Result::Ok(#ok) => #set,
                    ::core::result::Result::Err(_) => #fail,
                }
            }
        }
        Some(Arm::Err(err)) => {
            let here = Span::mixed_site().located_at(err.span());
            quote_spanned! {here=>
                match #result {
                    ::core::result::Result::Ok(_) => {}
                    ::core::result::Result::Err(#err) => {
                        #fail;
                        #set;
                    }
                }
            }
        }
    };
    let told = if exit.points.is_some() { told } else { TokenStream::new() };
    let failed = failed(root, exit, result);
    quote!(#ret #told #failed)
}

/// The failure that was asked for, unless an arm sees to it.
fn failed(root: &TokenStream, exit: &Exit, result: &TokenStream) -> Option<TokenStream> {
    let holds = |closure: &Expr| {
        let here = Span::mixed_site().located_at(crate::model::span(closure));
        quote_spanned!(here=> #root::__private::holds(#result, #closure))
    };
    let failed = match exit.failure.as_ref()? {
        Failure::Err(_) if exit.arm.is_some() => return None,
        Failure::Err(at) => {
            let here = Span::mixed_site().located_at(*at);
            quote_spanned!(here=> let ::core::result::Result::Err(_) = #result)
        }
        Failure::ErrorIf(closure) => holds(closure),
        Failure::OkIf(closure) => {
            let holds = holds(closure);
            quote_spanned!(Span::mixed_site()=> !#holds)
        }
    };
    Some(quote_spanned!(Span::mixed_site()=> if #failed { __metrics_timer.fail(); }))
}
