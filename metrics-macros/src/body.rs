//! A brace group of the user's that gets statements of ours, without being parsed.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Item;
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};

use crate::invisible::parenthesized;
use crate::{split, tail};

/// A block as raw tokens, so that half-typed code passes through and the IDE completes in it.
pub(crate) struct Body(Group);

// === impl Body ===

impl Body {
    /// Braces of ours.
    pub(crate) fn of(braces: Group) -> Self {
        Self(braces)
    }

    /// Is this a brace group, perhaps wrapped by a `$body:block` of a `macro_rules!`?
    pub(crate) fn from_tree(tree: &TokenTree) -> Option<Self> {
        let TokenTree::Group(group) = tree else {
            return None;
        };
        match group.delimiter() {
            Delimiter::Brace => Some(Self(group.clone())),
            Delimiter::None => {
                let mut inside = group.stream().into_iter();
                let only = inside.next().filter(|_| inside.next().is_none())?;
                Self::from_tree(&only)
            }
            _ => None,
        }
    }

    /// The block with `statement` first: after the inner attributes, and after the items that open
    /// the block, because clippy wants items before statements.
    pub(crate) fn starting_with(&self, statement: TokenStream) -> Self {
        let (attributes, rest) = self.split();
        let (items, rest) = split_items(rest);
        self.braced([attributes, items, statement, rest].into_iter().collect())
    }

    /// The block with its inner attributes outside, and all else inside a block that `wrap` puts
    /// into place.
    pub(crate) fn wrapped(&self, wrap: impl FnOnce(&Self) -> TokenStream) -> Self {
        let (attributes, rest) = self.split();
        let inner = self.braced(rest);
        self.braced([attributes, wrap(&inner)].into_iter().collect())
    }

    /// The block with something else in place of what stands behind its inner attributes; `map` sees that in braces.
    pub(crate) fn map_statements(&self, map: impl FnOnce(&Self) -> Option<TokenStream>) -> Option<Self> {
        let (attributes, rest) = self.split();
        let statements = map(&self.braced(rest))?;
        Some(self.braced([attributes, statements].into_iter().collect()))
    }

    /// The block of a container, with something else in place of each item.
    pub(crate) fn map_items(&self, each: impl FnMut(Vec<TokenTree>) -> TokenStream) -> Self {
        let (attributes, rest) = self.split();
        let items = split::items(rest).into_iter().map(each);
        self.braced([attributes].into_iter().chain(items).collect())
    }

    /// The block with another body in the async block that it ends with; `None` if it ends otherwise.
    pub(crate) fn with_async_tail(&self, inner: impl FnOnce(&Self) -> Self) -> Option<Self> {
        Some(self.braced(tail::rewrite(self.0.stream(), inner)?))
    }

    /// Whether the block ends with an async block as its value.
    pub(crate) fn ends_async(&self) -> bool {
        self.with_async_tail(|inner| Self(inner.0.clone())).is_some()
    }

    pub(crate) fn into_tree(self) -> TokenTree {
        TokenTree::Group(self.0)
    }

    /// Keeps the user's span: it decides the edition, hence when temporaries are dropped.
    fn braced(&self, tokens: TokenStream) -> Self {
        let mut group = Group::new(Delimiter::Brace, tokens);
        group.set_span(self.0.span());
        Self(group)
    }

    /// Inner attributes (`#![…]`, `//! …`), and the rest.
    fn split(&self) -> (TokenStream, TokenStream) {
        let trees = parenthesized(self.0.stream());
        let attributes = trees.chunks_exact(3).take_while(|trees| is_inner_attribute(trees)).count();
        let (attributes, rest) = trees.split_at(attributes * 3);
        (attributes.iter().cloned().collect(), rest.iter().cloned().collect())
    }
}

impl ToTokens for Body {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}

/// The items that `tokens` open with, and the rest, both as written.
fn split_items(tokens: TokenStream) -> (TokenStream, TokenStream) {
    if !tokens.clone().into_iter().next().is_some_and(|tree| may_open_an_item(&tree)) {
        return (TokenStream::new(), tokens);
    }
    let after = after_items.parse2(tokens.clone()).map_or(usize::MAX, |rest| rest.into_iter().count());
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let (items, rest) = trees.split_at(trees.len().saturating_sub(after));
    (items.iter().cloned().collect(), rest.iter().cloned().collect())
}

/// Most blocks open with something else, and need not be parsed.
fn may_open_an_item(tree: &TokenTree) -> bool {
    const WORDS: [&str; 15] = [
        "use", "fn", "const", "static", "struct", "enum", "type", "impl", "mod", "trait", "extern", "pub",
        "async", "unsafe", "union",
    ];
    match tree {
        TokenTree::Ident(word) => WORDS.iter().any(|known| word == known),
        TokenTree::Punct(punct) => punct.as_char() == '#',
        // An item that came through a macro.
        TokenTree::Group(group) => group.delimiter() == Delimiter::None,
        TokenTree::Literal(_) => false,
    }
}

/// What looks like an item but may be a statement (`print!(…);`) ends the search.
fn after_items(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    loop {
        let ahead = input.fork();
        match ahead.parse() {
            Err(_) | Ok(Item::Macro(_) | Item::Verbatim(_)) => return input.parse(),
            Ok(_) => input.advance_to(&ahead),
        }
    }
}

fn is_inner_attribute(trees: &[TokenTree]) -> bool {
    matches!(trees, [TokenTree::Punct(pound), TokenTree::Punct(bang), TokenTree::Group(group)]
        if pound.as_char() == '#' && bang.as_char() == '!' && group.delimiter() == Delimiter::Bracket)
}
