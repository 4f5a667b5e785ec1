//! What a function returns, as far as its signature shows.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::visit_mut::{VisitMut, visit_type_mut};
use syn::{
    AngleBracketedGenericArguments, GenericArgument, PathArguments, PathSegment, ReturnType, Signature, Type,
    TypeParamBound, parse_quote,
};

use crate::args::Args;
use crate::errors::Errors;

/// What is timed until its end, if not the function itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returned {
    /// The function: its value is just a value.
    Value,
    /// The future that it returns.
    Future(Wrap),
    /// The stream that it returns.
    Stream(Wrap),
}

/// How a returned future or stream is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrap {
    /// Behind `impl Trait`: put into another type.
    Opaque {
        /// It was not asked for, so a look inside the function comes first.
        guessed: bool,
    },
    /// A declared type, which stays.
    Declared,
}

/// Types that are no `Result`, whatever is in scope.
const NO_RESULT: [&str; 19] = [
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64",
    "u128", "usize", "String", "Vec", "Option",
];

impl Returned {
    /// Whether an argument says so, and not only the signature.
    pub(crate) fn is_asked_for(self) -> bool {
        !matches!(self, Self::Value | Self::Future(Wrap::Opaque { guessed: true }))
    }

    pub(crate) fn of(args: &mut Args, signature: &Signature, errors: &mut Errors) -> Self {
        let (future, stream) = (args.take_word("future"), args.take_word("stream"));
        if let Some(at) = stream {
            if cfg!(not(feature = "stream")) {
                errors.at(at, "`stream` needs the feature `stream` of metrics_core or metrics_layer");
            }
            return Self::Stream(asked(at, "stream", signature, errors));
        }
        if let Some(at) = future {
            return Self::Future(asked(at, "future", signature, errors));
        }
        match &signature.output {
            ReturnType::Type(_, output) if signature.asyncness.is_none() && is_plain_future(output) => {
                Self::Future(Wrap::Opaque { guessed: true })
            }
            _ => Self::Value,
        }
    }
}

fn asked(at: Span, what: &str, signature: &Signature, errors: &mut Errors) -> Wrap {
    match &signature.output {
        _ if signature.asyncness.is_some() => {
            errors
                .at(at, format_args!("`{what}` is for a function that is not `async` and returns a {what}"));
        }
        ReturnType::Default => {
            errors.at(at, format_args!("there is no {what}: the function returns nothing"));
        }
        ReturnType::Type(_, output) if matches!(**output, Type::ImplTrait(_)) => {
            return Wrap::Opaque { guessed: false };
        }
        ReturnType::Type(..) => {}
    }
    Wrap::Declared
}

/// `impl Future`, with bounds that a wrapper has too.
fn is_plain_future(output: &Type) -> bool {
    let Type::ImplTrait(output) = output else {
        return false;
    };
    let mut futures = 0;
    let kept = output.bounds.iter().all(|bound| match bound {
        TypeParamBound::Trait(bound) => match last_segment(&bound.path).map(|last| last.ident.to_string()) {
            Some(name) if name == "Future" => {
                futures += 1;
                true
            }
            name => name.is_some_and(|name| ["Send", "Sync", "Unpin"].contains(&name.as_str())),
        },
        _ => true,
    });
    kept && futures == 1
}

/// Whether the type cannot be a `Result`.
pub(crate) fn is_certainly_no_result(signature: &Signature) -> bool {
    match &signature.output {
        ReturnType::Type(_, output) => match &**output {
            Type::Path(path) => {
                last_segment(&path.path).is_some_and(|last| NO_RESULT.iter().any(|name| last.ident == name))
            }
            other => matches!(other, Type::Array(_) | Type::Reference(_) | Type::Slice(_) | Type::Tuple(_)),
        },
        ReturnType::Default => true,
    }
}

/// The return type with `_` for every `impl Trait`, which has no name inside the function.
pub(crate) fn nameable_output(signature: &Signature) -> TokenStream {
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

/// The output of the future that the function returns, if the signature spells it.
pub(crate) fn future_output(signature: &Signature) -> Option<TokenStream> {
    let ReturnType::Type(_, output) = &signature.output else {
        return None;
    };
    let mut output = output_in(output)?;
    InferImplTrait.visit_type_mut(&mut output);
    Some(quote!(#output))
}

/// `T` of `Future<Output = T>`, wherever it is, and of `BoxFuture<'_, T>`.
fn output_in(ty: &Type) -> Option<Type> {
    let bounds = match ty {
        Type::ImplTrait(ty) => &ty.bounds,
        Type::TraitObject(ty) => &ty.bounds,
        Type::Path(path) => return last_segment(&path.path).and_then(output_in_segment),
        _ => return None,
    };
    bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => {
            arguments(last_segment(&bound.path)?)?.args.iter().find_map(assigned_output)
        }
        _ => None,
    })
}

fn output_in_segment(segment: &PathSegment) -> Option<Type> {
    let types = arguments(segment)?.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    match segment.ident.to_string().as_str() {
        "BoxFuture" | "LocalBoxFuture" => types.last().cloned(),
        _ => types.last().and_then(output_in),
    }
}

fn assigned_output(argument: &GenericArgument) -> Option<Type> {
    match argument {
        GenericArgument::AssocType(assigned) if assigned.ident == "Output" => Some(assigned.ty.clone()),
        _ => None,
    }
}

fn arguments(segment: &PathSegment) -> Option<&AngleBracketedGenericArguments> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments),
        _ => None,
    }
}

fn last_segment(path: &syn::Path) -> Option<&PathSegment> {
    path.segments.last()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(signature: &str) -> Option<String> {
        future_output(&syn::parse_str(signature).unwrap()).map(|output| output.to_string().replace(' ', ""))
    }

    #[test]
    fn the_output_of_a_returned_future_is_found_where_it_is_spelled() {
        for (ty, expected) in [
            ("impl Future<Output = u8> + Send", Some("u8")),
            ("Pin<Box<dyn Future<Output = Result<u8, E>> + Send + 'a>>", Some("Result<u8,E>")),
            ("::std::pin::Pin<::std::boxed::Box<dyn ::core::future::Future<Output = ()> + 'a>>", Some("()")),
            ("BoxFuture<'a, io::Result<()>>", Some("io::Result<()>")),
            ("LocalBoxFuture<'static, u8>", Some("u8")),
            ("Answer", None),
            ("impl Future", None),
        ] {
            assert_eq!(output(&format!("fn f() -> {ty}")).as_deref(), expected, "{ty}");
        }
        assert_eq!(output("fn f()"), None);
    }

    #[test]
    fn only_plain_futures_are_wrapped_unasked() {
        let plain = |ty| is_plain_future(&syn::parse_str(ty).unwrap());
        assert!(plain("impl Future<Output = u8>"));
        assert!(plain("impl core::future::Future<Output = u8> + Send + Unpin + 'a + use<'a, T>"));
        assert!(!plain("impl Future<Output = u8> + Clone"));
        assert!(!plain("impl Iterator<Item = u8>"));
        assert!(!plain("Pin<Box<dyn Future<Output = u8>>>"));
    }
}
