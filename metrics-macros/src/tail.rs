//! The async block that a function ends with and returns: `async move { … }`, `Box::pin(async move { … })`.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::body::Body;

/// Puts another body into the async block that `tokens` end with, and keeps everything before it; `None` when they
/// end with something else.
pub(crate) fn rewrite(tokens: TokenStream, inner: impl FnOnce(&Body) -> Body) -> Option<TokenStream> {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let place = bare(&trees).or_else(|| boxed_by_method(&trees));
    if let Some(place) = place {
        let body = Body::from_tree(&trees[place])?;
        return Some(replaced(trees, place, inner(&body).into_tree()));
    }
    let place = trees.len().checked_sub(1)?;
    let pinned = pinned(&trees, place)?;
    let arguments = rewrite_argument(pinned, inner)?;
    Some(replaced(trees, place, arguments))
}

/// `async { … }` or `async move { … }` at the end, where an expression begins: where its braces are.
fn bare(trees: &[TokenTree]) -> Option<usize> {
    let place = trees.len().checked_sub(1)?;
    is_async_block(trees, place).then_some(place)
}

/// The same with `.boxed()` or `.boxed_local()` behind it.
fn boxed_by_method(trees: &[TokenTree]) -> Option<usize> {
    let place = trees.len().checked_sub(4)?;
    let [TokenTree::Punct(dot), TokenTree::Ident(method), TokenTree::Group(arguments)] = &trees[place + 1..]
    else {
        return None;
    };
    let is_call = dot.as_char() == '.'
        && (method == "boxed" || method == "boxed_local")
        && arguments.delimiter() == Delimiter::Parenthesis
        && arguments.stream().is_empty();
    (is_call && is_async_block(trees, place)).then_some(place)
}

fn is_async_block(trees: &[TokenTree], place: usize) -> bool {
    if Body::from_tree(&trees[place]).is_none() {
        return false;
    }
    let before = match trees[..place].split_last() {
        Some((TokenTree::Ident(word), rest)) if word == "move" => rest,
        _ => &trees[..place],
    };
    matches!(before.split_last(), Some((TokenTree::Ident(word), rest)) if word == "async" && expression_begins(rest))
}

/// The arguments of `….pin( … )` at `place`, where an expression begins with that path.
fn pinned(trees: &[TokenTree], place: usize) -> Option<&Group> {
    let TokenTree::Group(arguments) = &trees[place] else {
        return None;
    };
    let (TokenTree::Ident(pin), mut rest) = trees[..place].split_last()? else {
        return None;
    };
    // A path: `::` and words, backwards.
    let mut words = 0;
    while let [before @ .., TokenTree::Punct(first), TokenTree::Punct(second)] = rest
        && first.as_char() == ':'
        && second.as_char() == ':'
    {
        rest = match before {
            [before @ .., TokenTree::Ident(word)] if word != "return" => before,
            // The path begins with `::`.
            before => before,
        };
        words += 1;
    }
    let is_call = pin == "pin" && words > 0 && arguments.delimiter() == Delimiter::Parenthesis;
    (is_call && expression_begins(rest)).then_some(arguments)
}

/// Whether a new expression can begin after these tokens, which is then the last one.
fn expression_begins(before: &[TokenTree]) -> bool {
    match before.last() {
        None => true,
        Some(TokenTree::Punct(punct)) => punct.as_char() == ';',
        Some(TokenTree::Ident(word)) => word == "return",
        Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
        Some(TokenTree::Literal(_)) => false,
    }
}

fn rewrite_argument(arguments: &Group, inner: impl FnOnce(&Body) -> Body) -> Option<TokenTree> {
    let trees: Vec<TokenTree> = arguments.stream().into_iter().collect();
    let comma = matches!(trees.last(), Some(TokenTree::Punct(comma)) if comma.as_char() == ',');
    let place = trees.len().checked_sub(1 + usize::from(comma))?;
    if place > 2 || !is_async_block(&trees, place) {
        return None;
    }
    let body = Body::from_tree(&trees[place])?;
    let mut group = Group::new(Delimiter::Parenthesis, replaced(trees, place, inner(&body).into_tree()));
    group.set_span(arguments.span());
    Some(TokenTree::Group(group))
}

fn replaced(mut trees: Vec<TokenTree>, place: usize, tree: TokenTree) -> TokenStream {
    trees[place] = tree;
    trees.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn rewritten(tokens: TokenStream) -> Option<String> {
        let marked = rewrite(tokens, |body| body.starting_with(quote!(GUARD;)));
        marked.map(|tokens| tokens.to_string())
    }

    #[test]
    fn the_last_async_block_is_rewritten_and_the_rest_kept() {
        for (tokens, expected) in [
            (
                quote!(async { a }),
                quote!(async {
                    GUARD;
                    a
                }),
            ),
            (quote!(first(); async move { a.await }), quote!(first(); async move { GUARD; a.await })),
            (
                quote!(if x { y } Box::pin(async move { a })),
                quote!(if x { y } Box::pin(async move { GUARD; a })),
            ),
            (
                quote!(let x = 1; ::std::boxed::Box::pin(async { x },)),
                quote!(let x = 1; ::std::boxed::Box::pin(async { GUARD; x },)),
            ),
            (
                quote!(return Box::pin(async { x })),
                quote!(
                    return Box::pin(async {
                        GUARD;
                        x
                    })
                ),
            ),
            (
                quote!(async move { a }.boxed()),
                quote!(
                    async move {
                        GUARD;
                        a
                    }
                    .boxed()
                ),
            ),
        ] {
            assert_eq!(rewritten(tokens), Some(expected.to_string()));
        }
    }

    #[test]
    fn anything_else_is_left_alone() {
        for tokens in [
            quote!(|x| async move { x }),
            quote!(future),
            quote!(Box::pin(future)),
            quote!(a(async {})),
            quote!(x.pin(async {})),
            quote!(let f = async {};),
            quote!(Box::pin(wrap(async {}))),
            quote!(async {}.map(f)),
            quote!(),
        ] {
            assert_eq!(rewritten(tokens.clone()), None, "{tokens}");
        }
    }
}
