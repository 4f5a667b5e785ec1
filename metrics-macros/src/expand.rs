//! `#[timed]` from tokens to tokens.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::parse::Parser;

use crate::args::Args;
use crate::container::Container;
use crate::errors::Errors;
use crate::form;
use crate::invisible::parenthesized_deeply;
use crate::item::{Function, Item, Refusal, flat};
use crate::model::{CONTAINER_ARGS, TIMED_ARGS, Timed};
use crate::opening::{self, Opening};
use crate::own::{self, Own};

/// What the containers around an item say about it.
#[derive(Default)]
struct Around<'a> {
    label: Option<&'a str>,
    args: Args,
}

/// The item with its guards; what is refused stays as it was, and the errors come after the item.
pub(crate) fn timed(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let expanded = if is_skip(&args) {
        None
    } else {
        match Item::parse(flat(item.clone())) {
            Item::Refused(refusal) => {
                let _: Args = parse(args, TIMED_ARGS, &mut errors);
                errors.push(refusal.into_error());
                None
            }
            other => placed(args, &other, &Around::default(), &mut errors),
        }
    };
    with_errors(&expanded.unwrap_or(item), &errors)
}

/// A closure is an expression, and stays one.
fn with_errors(item: &TokenStream, errors: &Errors) -> TokenStream {
    let errors = errors.to_tokens();
    match opening::of(&flat(item.clone())) {
        Opening::Closure(_) => quote!({ #errors #item }),
        _ => quote!(#item #errors),
    }
}

/// An item that can be timed, or holds some; `None` where its arguments are wrong.
fn placed(args: TokenStream, item: &Item, around: &Around<'_>, errors: &mut Errors) -> Option<TokenStream> {
    let mut own = Errors::default();
    let expanded = match item {
        Item::Function(item) => Some(function(args, item, around, &mut own)).filter(|_| own.is_empty()),
        Item::Container(item) => {
            let mut args = parse(args, &CONTAINER_ARGS, &mut own);
            args.inherit(&around.args);
            own.is_empty().then(|| container(args, item, &mut own))
        }
        Item::Refused(_) => None,
    };
    errors.append(own);
    expanded
}

fn function(args: TokenStream, function: &Function, around: &Around<'_>, errors: &mut Errors) -> TokenStream {
    let mut args = parse(args, TIMED_ARGS, errors);
    args.inherit(&around.args);
    let (signature, ends_async) = (&function.signature, function.body.ends_async());
    let timed = Timed::function(args, signature, around.label, ends_async, errors);
    let (head, body) = (&function.head, form::body(&function.body, &timed, signature));
    quote!(#head #body)
}

fn container(args: Args, container: &Container, errors: &mut Errors) -> TokenStream {
    let around = Around { label: container.label.as_deref(), args };
    container.map_items(|trees| inside(trees, &around, errors))
}

/// An item of a container. It is passed over where it says so, or cannot be timed and does not ask for it itself.
fn inside(mut trees: Vec<TokenTree>, around: &Around<'_>, errors: &mut Errors) -> TokenStream {
    let (args, asked) = match own::take(&mut trees) {
        Own::None => (TokenStream::new(), false),
        Own::Args(args) => (args, true),
        Own::Kept => return trees.into_iter().collect(),
    };
    let item: TokenStream = trees.iter().cloned().collect();
    if is_skip(&args) {
        return item;
    }
    let parsed = Item::parse(trees);
    if let Item::Refused(refusal) = parsed {
        if asked || matches!(refusal, Refusal::Unread(_)) {
            errors.push(refusal.into_error());
        }
        return item;
    }
    placed(args, &parsed, around, errors).unwrap_or(item)
}

fn parse(args: TokenStream, valid: &[&str], errors: &mut Errors) -> Args {
    let all = |input: syn::parse::ParseStream<'_>| Ok(Args::parse(input, valid, |_| true, errors));
    all.parse2(parenthesized_deeply(args)).unwrap_or_default()
}

fn is_skip(args: &TokenStream) -> bool {
    let mut args = args.clone().into_iter();
    matches!((args.next(), args.next()), (Some(TokenTree::Ident(word)), None) if word == "skip")
}

#[cfg(test)]
mod tests;
