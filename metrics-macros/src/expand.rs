//! `#[timed]` from tokens to tokens.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;

use crate::args::Args;
use crate::errors::Errors;
use crate::item::Function;
use crate::model::{TIMED_ARGS, Timed};
use crate::{exit, guard};

/// The item with its guard; with errors, the item as it was and the errors after it.
pub(crate) fn timed(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let expanded = try_timed(args, item.clone(), &mut errors);
    match expanded.filter(|_| errors.is_empty()) {
        Some(expanded) => expanded,
        None => [item, errors.to_tokens()].into_iter().collect(),
    }
}

fn try_timed(args: TokenStream, item: TokenStream, errors: &mut Errors) -> Option<TokenStream> {
    let args = parse(args, errors);
    let function = Function::parse(item, errors)?;
    let timed = Timed::function(args, &function.signature, errors);
    let head = &function.head;
    let body = match &timed.exit {
        None => function.body.starting_with(guard::statement(&timed)),
        Some(exit) => function.body.wrapped(|body| exit::around(body, &timed, exit, &function.signature)),
    };
    Some(quote!(#head #body))
}

fn parse(args: TokenStream, errors: &mut Errors) -> Args {
    let all = |input: syn::parse::ParseStream<'_>| Ok(Args::parse(input, &TIMED_ARGS, |_| true, errors));
    all.parse2(args).unwrap_or_default()
}

#[cfg(test)]
mod tests;
