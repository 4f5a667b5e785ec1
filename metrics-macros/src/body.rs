//! A brace group of the user's that gets statements of ours, without being parsed.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;

/// A block as raw tokens, so that half-typed code passes through and the IDE completes in it.
pub(crate) struct Body(Group);

// === impl Body ===

impl Body {
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

    /// The block with `statement` first, right after the inner attributes.
    pub(crate) fn starting_with(&self, statement: TokenStream) -> Group {
        let (attributes, rest) = self.split();
        self.braced([attributes, statement, rest].into_iter().collect())
    }

    /// The block with its inner attributes outside and all else inside a block of its own, which
    /// `wrap` puts into place.
    pub(crate) fn wrapped(&self, wrap: impl FnOnce(Group) -> TokenStream) -> Group {
        let (attributes, rest) = self.split();
        let inner = self.braced(rest);
        self.braced([attributes, wrap(inner)].into_iter().collect())
    }

    /// Keeps the user's span: it decides the edition, hence when temporaries are dropped.
    fn braced(&self, tokens: TokenStream) -> Group {
        let mut group = Group::new(Delimiter::Brace, tokens);
        group.set_span(self.0.span());
        group
    }

    /// Inner attributes (`#![…]`, `//! …`), and the rest.
    fn split(&self) -> (TokenStream, TokenStream) {
        let trees: Vec<TokenTree> = self.0.stream().into_iter().collect();
        let attributes = trees
            .chunks_exact(3)
            .take_while(|trees| is_inner_attribute(trees))
            .count();
        let (attributes, rest) = trees.split_at(attributes * 3);
        (
            attributes.iter().cloned().collect(),
            rest.iter().cloned().collect(),
        )
    }
}

impl ToTokens for Body {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}

fn is_inner_attribute(trees: &[TokenTree]) -> bool {
    matches!(trees, [TokenTree::Punct(pound), TokenTree::Punct(bang), TokenTree::Group(group)]
        if pound.as_char() == '#' && bang.as_char() == '!' && group.delimiter() == Delimiter::Bracket)
}
