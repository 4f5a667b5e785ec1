//! Form B: the body becomes a value that is looked at before it is returned.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::visit_mut::{VisitMut, visit_type_mut};
use syn::{ReturnType, Signature, Type, parse_quote};

use crate::body::Body;
use crate::guard;
use crate::model::{Arm, Exit, Timed};

/// Everything that stands in the function in place of its `body`.
pub(crate) fn around(body: &Body, timed: &Timed, exit: &Exit, signature: &Signature) -> TokenStream {
    let root = &timed.root;
    let start = guard::mutable_statement(timed);
    let value = match signature.asyncness {
        None => called(body, root, signature),
        Some(_) => awaited(body, root, signature),
    };
    let look = look(root, exit);
    quote_spanned! {Span::mixed_site()=>
        #start
        let __metrics_result = #value;
        if #root::__private::is_recording() { #look }
        __metrics_result
    }
}

/// A closure that is called at once, so that `return` and `?` end here.
///
/// The helper wants `FnOnce`: a plain closure would not let the body move or reborrow its captures.
fn called(body: &Body, root: &TokenStream, signature: &Signature) -> TokenStream {
    let output = nameable_output(signature);
    quote_spanned! {Span::mixed_site()=> #root::__private::call_once(move || -> #output #body) }
}

/// An async block, awaited in place: a helper that takes the future would store it twice.
///
/// The edge that never runs gives the block its type before the body is checked, so that coercions
/// work and errors are reported where the user wrote them.
fn awaited(body: &Body, root: &TokenStream, signature: &Signature) -> TokenStream {
    let output = nameable_output(signature);
    let edge = quote_spanned! {Span::mixed_site()=>
        if false {
            return #root::__private::call_once(|| -> #output { loop {} });
        }
    };
    let body = body.starting_with(edge);
    quote_spanned!(Span::mixed_site()=> async move #body.await)
}

/// The return type with `_` for every `impl Trait`, which has no name inside the function.
fn nameable_output(signature: &Signature) -> TokenStream {
    let ReturnType::Type(_, output) = &signature.output else {
        return quote_spanned!(Span::mixed_site()=> ());
    };
    let mut output = Type::clone(output);
    InferImplTrait.visit_type_mut(&mut output);
    quote!(#output)
}

struct InferImplTrait;

impl VisitMut for InferImplTrait {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        match ty {
            Type::ImplTrait(_) => *ty = parse_quote!(_),
            other => visit_type_mut(self, other),
        }
    }
}

fn look(root: &TokenStream, exit: &Exit) -> TokenStream {
    let points = &exit.points;
    let set =
        quote_spanned!(Span::mixed_site()=> __metrics_timer.set_points(#root::__private::points(#points)));
    let ret = exit.ret.as_ref().map(|ret| quote_spanned!(Span::mixed_site()=> let #ret = &__metrics_result;));
    let told = match &exit.arm {
        None => quote_spanned!(Span::mixed_site()=> #set;),
        // The patterns stand where the user wrote `ok` or `err`: should the result be no `Result`,
        // the compiler points there.
        Some(Arm::Ok(ok)) => {
            let here = Span::mixed_site().located_at(ok.span());
            quote_spanned! {here=>
                match &__metrics_result {
                    ::core::result::Result::Ok(#ok) => #set,
                    ::core::result::Result::Err(_) => __metrics_timer.fail(),
                }
            }
        }
        Some(Arm::Err(err)) => {
            let here = Span::mixed_site().located_at(err.span());
            quote_spanned! {here=>
                match &__metrics_result {
                    ::core::result::Result::Ok(_) => {}
                    ::core::result::Result::Err(#err) => {
                        __metrics_timer.fail();
                        #set;
                    }
                }
            }
        }
    };
    quote!(#ret #told)
}
