//! What `#[timed]` stands on: what kind of item it is, and whether it can be timed.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Signature, Visibility};

use crate::body::Body;
use crate::container::Container;
use crate::invisible::parenthesized;
use crate::opening::{self, Opening};
use crate::own;

/// An item, as far as the macro cares.
pub(crate) enum Item {
    Function(Box<Function>),
    /// An `impl` block, inline module or trait: the functions inside are timed.
    Container(Container),
    /// Nothing that runs.
    Refused(Refusal),
}

/// A function that can be timed: its head as written, its signature understood, its body untouched.
pub(crate) struct Function {
    /// Attributes, visibility and signature, token for token.
    pub(crate) head: TokenStream,
    pub(crate) signature: Signature,
    pub(crate) body: Body,
}

/// Why an item cannot be timed.
pub(crate) enum Refusal {
    /// By its nature: inside a container it is passed over.
    Untimeable(syn::Error),
    /// It could not be read.
    Unread(syn::Error),
}

// === impl Item ===

impl Item {
    pub(crate) fn parse(trees: Vec<TokenTree>) -> Self {
        let word = match opening::of(&trees) {
            Opening::Function => return Function::parse(trees).map_or_else(Self::Refused, Self::function),
            Opening::Other(word) => word,
            Opening::Closure(span) => return Self::Refused(Refusal::not_a_function(span, "a closure")),
            Opening::Unknown(span) => return Self::Refused(Refusal::not_a_function(span, "this")),
        };
        let container = Container::parse(trees, &word);
        container.map_or_else(
            || Self::Refused(Refusal::not_a_function(word.span(), &format!("`{word}`"))),
            Self::Container,
        )
    }

    fn function(function: Function) -> Self {
        Self::Function(Box::new(function))
    }
}

// === impl Function ===

impl Function {
    fn parse(mut trees: Vec<TokenTree>) -> Result<Self, Refusal> {
        let body = trees.last().and_then(Body::from_tree);
        if body.is_some() || is_semicolon(trees.last()) {
            trees.pop();
        }
        let naked = own::naked(&trees);
        let head: TokenStream = parenthesized(trees.into_iter().collect()).into_iter().collect();
        let signature = signature.parse2(head.clone()).map_err(Refusal::Unread)?;
        if let Some(token) = &signature.constness {
            return Err(Refusal::at(
                token.span,
                "a `const fn` cannot be timed, because it may run while compiling\n\
                 put `timed_block!` around the calls, or time a function that calls it",
            ));
        }
        if let Some(span) = naked {
            return Err(Refusal::at(
                span,
                "a naked function cannot be timed, because it is nothing but assembly\n\
                 put `timed_block!` around the calls, or time a function that calls it",
            ));
        }
        let Some(body) = body else {
            return Err(Refusal::at(
                signature.ident.span(),
                "a function without a body cannot be timed\nput `#[timed]` on the implementations",
            ));
        };
        Ok(Self { head, signature, body })
    }
}

// === impl Refusal ===

impl Refusal {
    fn at(span: Span, message: &str) -> Self {
        Self::Untimeable(syn::Error::new(span, message))
    }

    fn not_a_function(span: Span, what: &str) -> Self {
        let instead = match what {
            "`mod`" => "put it on the functions inside that file",
            "`extern`" => "put it on the functions that call those inside",
            _ => "for code inside a function there is `timed_block!`",
        };
        let places = "`#[timed]` goes on a function, `impl` block, trait or inline module";
        Self::at(span, &format!("{places}, not on {what}\n{instead}"))
    }

    pub(crate) fn into_error(self) -> syn::Error {
        match self {
            Self::Untimeable(error) | Self::Unread(error) => error,
        }
    }
}

/// Everything in front of the body; `default` belongs to unstable specialisation.
fn signature(input: ParseStream<'_>) -> syn::Result<Signature> {
    input.call(Attribute::parse_outer)?;
    input.parse::<Visibility>()?;
    input.parse::<Option<syn::Token![default]>>()?;
    input.parse()
}

/// Token trees, without the invisible group that a `$item:item` puts around them.
pub(crate) fn flat(tokens: TokenStream) -> Vec<TokenTree> {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    match trees.as_slice() {
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::None => flat(group.stream()),
        _ => trees,
    }
}

fn is_semicolon(tree: Option<&TokenTree>) -> bool {
    matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == ';')
}
