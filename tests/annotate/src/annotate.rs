//! One source file with `#[timed]` in front of its functions, otherwise byte for byte as it was.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{AttrStyle, Attribute, ImplItemFn, ItemFn, Signature, TraitItemFn};

use crate::Result;

const TIMED: &str = "#[::recording::timed(crate = ::recording)] ";

/// How many functions got it, and why others did not.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) timed: usize,
    constant: usize,
    without_body: usize,
    in_macros: usize,
}

// === impl Counts ===

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.timed += other.timed;
        self.constant += other.constant;
        self.without_body += other.without_body;
        self.in_macros += other.in_macros;
    }

    pub(crate) fn left_out(&self) -> String {
        let Self { constant, without_body, in_macros, .. } = self;
        format!(
            "{constant} const, {without_body} without a body, {in_macros} inside macro calls and definitions"
        )
    }
}

/// The annotated text.
pub(crate) fn annotate(source: &str, counts: &mut Counts) -> Result<String> {
    let mut places = Places::default();
    places.visit_file(&syn::parse_file(source)?);
    counts.add(&places.counts);
    places.at.sort_unstable();
    let mut annotated = String::with_capacity(source.len() + places.at.len() * TIMED.len());
    let mut from = 0;
    for at in places.at {
        annotated.push_str(&source[from..at]);
        annotated.push_str(TIMED);
        from = at;
    }
    annotated.push_str(&source[from..]);
    Ok(annotated)
}

/// Where the attributes go: byte offsets.
#[derive(Default)]
struct Places {
    at: Vec<usize>,
    counts: Counts,
}

impl Places {
    fn function(&mut self, attrs: &[Attribute], signature: &Signature, has_body: bool, item: &impl ToTokens) {
        if !has_body {
            self.counts.without_body += 1;
        } else if signature.constness.is_some() {
            self.counts.constant += 1;
        } else {
            self.counts.timed += 1;
            self.at.extend(after_attributes(attrs, item.to_token_stream()));
        }
    }
}

impl<'ast> Visit<'ast> for Places {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.function(&item.attrs, &item.sig, true, item);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.function(&item.attrs, &item.sig, true, item);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        self.function(&item.attrs, &item.sig, item.default.is_some(), item);
        visit::visit_trait_item_fn(self, item);
    }

    /// What a macro makes of its tokens only the macro knows.
    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.counts.in_macros += functions(call.tokens.clone());
    }
}

fn after_attributes(attrs: &[Attribute], tokens: TokenStream) -> Option<usize> {
    let outer = attrs.iter().filter(|attribute| matches!(attribute.style, AttrStyle::Outer)).count();
    tokens.into_iter().nth(outer * 2).map(|tree| tree.span().byte_range().start)
}

/// How often `fn` and a name stand there.
fn functions(tokens: TokenStream) -> usize {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let is_fn = |tree: &TokenTree| matches!(tree, TokenTree::Ident(word) if word == "fn");
    let named = |tree: &TokenTree| match tree {
        TokenTree::Punct(punct) => punct.as_char() == '$',
        tree => matches!(tree, TokenTree::Ident(_)),
    };
    let here = trees.windows(2).filter(|pair| is_fn(&pair[0]) && named(&pair[1])).count();
    let inside = trees.into_iter().map(|tree| match tree {
        TokenTree::Group(group) => functions(group.stream()),
        _ => 0,
    });
    here + inside.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_go_behind_the_others_and_nothing_else_moves() {
        let source = "//! é\n/// x\n#[a] pub fn f() { fn g() {} }\nimpl S { const fn h() {} default async fn i() {} }\n\
                      trait T { fn j(); fn k() {} }\nm! { fn l() {} }\n";
        let mut counts = Counts::default();
        let annotated = annotate(source, &mut counts).unwrap();
        assert_eq!(annotated.replace(TIMED, ""), source);
        for start in ["pub fn f", "fn g", "default async fn i", "fn k"] {
            assert!(annotated.contains(&format!("{TIMED}{start}")), "{annotated}");
        }
        assert_eq!((counts.timed, counts.constant, counts.without_body, counts.in_macros), (4, 1, 1, 1));
    }
}
