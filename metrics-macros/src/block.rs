//! `timed_block!` from tokens to tokens.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Token};

use crate::args::{Args, starts_with_key};
use crate::body::Body;
use crate::errors::Errors;
use crate::guard::{self, Use};
use crate::invisible::parenthesized_deeply;
use crate::model::{BLOCK_ARGS, SCOPE_ARGS, Timed};
use crate::{exit, form};

/// `"name", key = expr, …, block`.
struct Input {
    name: Expr,
    args: Args,
    /// The block as written, for when something else is wrong.
    block: TokenStream,
}

/// The user's block with its guard, or with the errors in the guard's place.
pub(crate) fn timed_block(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let parsed = parse.parse2(parenthesized_deeply(input)).map(|(input, more)| {
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
    match (timed.filter(|_| errors.is_empty()), split) {
        (Some(timed), Some((opening, body))) => around(&timed, &opening, &body),
        (_, Some((opening, body))) => {
            let body = body.starting_with(errors.to_tokens());
            quote!(#opening #body)
        }
        (_, None) => {
            let errors = errors.to_tokens();
            quote!({ #errors #block })
        }
    }
}

fn around(timed: &Timed, opening: &TokenStream, body: &Body) -> TokenStream {
    let is_async =
        opening.clone().into_iter().any(|tree| matches!(tree, TokenTree::Ident(word) if word == "async"));
    if timed.exit.is_some() && !is_async {
        // An item, so that `unused_braces` does not take a block of one expression for an argument in braces.
        let body = body.starting_with(quote_spanned!(Span::mixed_site()=> const _: () = ();));
        let passed = exit::passed(&quote!(#opening #body), timed);
        return quote!({ #passed });
    }
    let body = if is_async {
        form::asynchronous(body, timed, None)
    } else {
        body.starting_with(guard::statements(timed, Use::Dropped))
    };
    quote!(#opening #body)
}

fn parse(input: ParseStream<'_>) -> syn::Result<(Input, Errors)> {
    let mut errors = Errors::default();
    let name: Expr = input.parse()?;
    input.parse::<Token![,]>()?;
    let args = Args::parse(input, BLOCK_ARGS, starts_with_key, &mut errors);
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
        errors.at(
            start,
            "expected a block: `{ … }`, `async { … }` or `async move { … }`\nput an expression in braces",
        );
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

/// The guard alone, for the rest of the scope that the macro stands in.
pub(crate) fn timed_scope(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let parsed = |input: ParseStream<'_>| {
        let name: Expr = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        Ok((name, Args::parse(input, SCOPE_ARGS, |_| true, &mut errors)))
    };
    match parsed.parse2(parenthesized_deeply(input)) {
        Ok((name, args)) => {
            let timed = Timed::block(name, args, &mut errors);
            timed
                .filter(|_| errors.is_empty())
                .map_or_else(|| errors.to_tokens(), |timed| guard::statements(&timed, Use::Dropped))
        }
        Err(error) => error.into_compile_error(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_same(input: TokenStream, expected: &TokenStream) {
        assert_eq!(timed_block(input).to_string(), expected.to_string());
    }

    fn operation() -> TokenStream {
        quote! {
            let __metrics_timer = if ::metrics_core::__private::is_recording() {
                ::metrics_core::__private::Timer::operation(&(id), "op")
            } else {
                ::metrics_core::__private::Timer::inert()
            };
        }
    }

    #[test]
    fn an_operation_starts_the_users_own_block() {
        let guard = operation();
        assert_same(
            quote!("op", node = id, {
                a()?;
                b
            }),
            &quote!({ #guard a()?; b }),
        );
        assert_same(quote!("op", node = id, async move { a.await },), &quote!(async move { #guard a.await }));
        assert_same(quote!("op", node = id, 'a: { break 'a 1 }), &quote!('a: { #guard break 'a 1 }));
        assert_same(quote!("op", node = id, unsafe { a() }), &quote!(unsafe { #guard a() }));
        assert_same(quote!("op", node = id, { half.  }), &quote!({ #guard half. }));
    }

    #[test]
    fn without_a_node_it_is_one_of_the_node_at_work() {
        let expected = quote!({
            let __metrics_timer = {
                static __METRICS_SITE: ::metrics_core::__private::Site =
                    ::metrics_core::__private::Site::new(names::LOAD);
                ::metrics_core::__private::Timer::block(&__METRICS_SITE)
            };
            1
        });
        assert_same(quote!(names::LOAD, { 1 }), &expected);
    }

    #[test]
    fn errors_stand_where_the_guard_would() {
        let expanded = timed_block(quote!("", nodes = id, { value })).to_string();
        assert_eq!(expanded.matches("compile_error").count(), 2, "{expanded}");
        assert!(expanded.starts_with('{') && expanded.ends_with("value }"), "{expanded}");
    }

    #[test]
    fn only_blocks_are_taken() {
        for block in [
            quote!(f()),
            quote!(if a {
                b
            }),
            quote!(move || { a }),
            quote!(loop {}),
            quote!(),
        ] {
            let expanded = timed_block(quote!("op", #block)).to_string();
            assert!(expanded.contains("expected a block"), "{expanded}");
        }
        assert!(timed_block(quote!()).to_string().contains("compile_error"));
    }
}
