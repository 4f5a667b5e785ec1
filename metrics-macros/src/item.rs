//! The annotated item: its head as written, its signature understood, its body untouched.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Signature, Visibility};

use crate::body::Body;
use crate::errors::Errors;

/// A function that can be timed.
pub(crate) struct Function {
    /// Attributes, visibility and signature, token for token.
    pub(crate) head: TokenStream,
    pub(crate) signature: Signature,
    pub(crate) body: Body,
}

/// Words that open an item that is no function.
const OTHER_ITEMS: [&str; 10] =
    ["struct", "enum", "union", "trait", "impl", "mod", "type", "static", "use", "macro_rules"];

// === impl Function ===

impl Function {
    /// Reads the item, or reports why it cannot be timed.
    pub(crate) fn parse(item: TokenStream, errors: &mut Errors) -> Option<Self> {
        let mut trees = flat(item);
        if let Some((word, span)) = other_item(&trees) {
            errors.at(span, not_a_function(&word));
            return None;
        }
        let body = trees.last().and_then(Body::from_tree);
        if body.is_some() || is_semicolon(trees.last()) {
            trees.pop();
        }
        let head: TokenStream = trees.into_iter().collect();
        let signature = match signature.parse2(head.clone()) {
            Ok(signature) => signature,
            Err(error) => {
                errors.push(error);
                return None;
            }
        };
        Self::check(head, signature, body, errors)
    }

    fn check(
        head: TokenStream,
        signature: Signature,
        body: Option<Body>,
        errors: &mut Errors,
    ) -> Option<Self> {
        if let Some(token) = &signature.constness {
            errors.at(
                token.span,
                "a `const fn` cannot be timed, because it may run while compiling\n\
                 put `timed_block!` around the calls, or time a function that calls it",
            );
            return None;
        }
        let Some(body) = body else {
            errors.at(
                signature.ident.span(),
                "a function without a body cannot be timed\nput `#[timed]` on the implementations",
            );
            return None;
        };
        Some(Self { head, signature, body })
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
fn flat(tokens: TokenStream) -> Vec<TokenTree> {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    match trees.as_slice() {
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::None => flat(group.stream()),
        _ => trees,
    }
}

/// The word that makes this another kind of item, if one comes before any `fn`.
fn other_item(trees: &[TokenTree]) -> Option<(String, Span)> {
    let words = trees.iter().filter_map(|tree| match tree {
        TokenTree::Ident(ident) => Some((ident.to_string(), ident.span())),
        _ => None,
    });
    let mut words = words.take_while(|(word, _)| word != "fn");
    let other = words.find(|(word, _)| OTHER_ITEMS.contains(&word.as_str()));
    // `const X`, `extern { }` and `extern crate` open with words that functions open with too.
    let no_fn = !trees.iter().any(|tree| matches!(tree, TokenTree::Ident(ident) if ident == "fn"));
    other.or_else(|| no_fn.then(|| first_word(trees)).flatten())
}

fn first_word(trees: &[TokenTree]) -> Option<(String, Span)> {
    let mut idents = trees.iter().filter_map(|tree| match tree {
        TokenTree::Ident(ident) => Some(ident),
        _ => None,
    });
    idents.find(|ident| *ident != "pub" && *ident != "unsafe").map(|ident| (ident.to_string(), ident.span()))
}

fn not_a_function(word: &str) -> String {
    let instead = match word {
        "impl" | "mod" | "trait" | "extern" => "put it on the functions inside",
        _ => "for code inside a function there is `timed_block!`",
    };
    format!("`#[timed]` goes on a function or method, not on `{word}`\n{instead}")
}

fn is_semicolon(tree: Option<&TokenTree>) -> bool {
    matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == ';')
}
