//! `timed_block!` from tokens to tokens.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Token};

use crate::args::{Args, starts_with_key};
use crate::body::Body;
use crate::errors::Errors;
use crate::guard;
use crate::model::{BLOCK_ARGS, Timed};

/// `"name", key = expr, …, block`.
struct Input {
    name: Expr,
    args: Args,
    /// The block as written, for when something else is wrong.
    block: TokenStream,
}

/// The user's block with its guard; with errors, the block as it was and the errors before it.
pub(crate) fn timed_block(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let parsed = parse.parse2(input).map(|(input, more)| {
        errors = more;
        input
    });
    match parsed {
        Ok(input) => expand(input, errors),
        Err(error) => error.into_compile_error(),
    }
}

fn expand(input: Input, mut errors: Errors) -> TokenStream {
    let Input { name, args, block } = input;
    let timed = Timed::block(name, args, &mut errors);
    let split = split(block.clone(), &mut errors);
    match (timed, split) {
        (Some(timed), Some((opening, body))) if errors.is_empty() => {
            let body = body.starting_with(guard::statement(&timed));
            quote!(#opening #body)
        }
        _ => {
            let errors = errors.to_tokens();
            quote!({ #errors #block })
        }
    }
}

fn parse(input: ParseStream<'_>) -> syn::Result<(Input, Errors)> {
    let mut errors = Errors::default();
    let name: Expr = input.parse()?;
    input.parse::<Token![,]>()?;
    let args = Args::parse(input, &BLOCK_ARGS, starts_with_key, &mut errors);
    Ok((Input { name, args, block: input.parse()? }, errors))
}

/// What opens the block (`'label:`, `async move`, `unsafe`), and its brace group.
fn split(block: TokenStream, errors: &mut Errors) -> Option<(TokenStream, Body)> {
    let mut trees: Vec<TokenTree> = block.into_iter().collect();
    if matches!(trees.last(), Some(TokenTree::Punct(comma)) if comma.as_char() == ',') {
        trees.pop();
    }
    let start = trees.first().map_or_else(Span::call_site, TokenTree::span);
    let body = trees.pop().as_ref().and_then(Body::from_tree);
    let opening: TokenStream = trees.into_iter().collect();
    let Some(body) = body.filter(|_| opens_block.parse2(opening.clone()).is_ok()) else {
        errors.at(start, "expected a block: `{ … }`, `async { … }` or `async move { … }`\nput an expression in braces");
        return None;
    };
    Some((opening, body))
}

fn opens_block(input: ParseStream<'_>) -> syn::Result<()> {
    if input.peek(syn::Lifetime) {
        input.parse::<syn::Lifetime>()?;
        input.parse::<Token![:]>()?;
    } else if input.peek(Token![async]) {
        input.parse::<Token![async]>()?;
        input.parse::<Option<Token![move]>>()?;
    } else {
        input.parse::<Option<Token![unsafe]>>()?;
    }
    Ok(())
}
