//! Whatever comes in, tokens come out: the macros never panic, and a refused item is emitted whole.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use proptest::prelude::*;
use quote::quote;

use crate::block::timed_block;
use crate::expand::timed;

/// What the macros and the parser look for, so that random streams reach deep.
const WORDS: [&str; 42] = [
    "fn",
    "impl",
    "mod",
    "trait",
    "struct",
    "const",
    "static",
    "type",
    "use",
    "extern",
    "unsafe",
    "async",
    "pub",
    "default",
    "for",
    "where",
    "dyn",
    "mut",
    "self",
    "Self",
    "move",
    "union",
    "macro_rules",
    "crate",
    "timed",
    "skip",
    "name",
    "node",
    "node_name",
    "node_type",
    "points",
    "ret",
    "ok",
    "err",
    "cfg_attr",
    "naked",
    "let",
    "return",
    "await",
    "r#fn",
    "a",
    "T",
];

fn leaf() -> impl Strategy<Value = TokenTree> {
    let word = prop::sample::select(&WORDS[..]).prop_map(|word| {
        let raw = word.strip_prefix("r#");
        let ident = raw.map(|raw| Ident::new_raw(raw, Span::call_site()));
        TokenTree::Ident(ident.unwrap_or_else(|| Ident::new(word, Span::call_site())))
    });
    let signs: Vec<char> = "#!=,;:.<>-+&|'*?@$~^%/".chars().collect();
    let punct = (prop::sample::select(signs), any::<bool>()).prop_map(|(sign, joint)| {
        Punct::new(sign, if joint { Spacing::Joint } else { Spacing::Alone }).into()
    });
    let literal = prop_oneof![
        any::<String>().prop_map(|text| Literal::string(&text)),
        any::<u64>().prop_map(Literal::u64_suffixed),
        any::<u8>().prop_map(Literal::u8_unsuffixed),
        any::<char>().prop_map(Literal::character),
    ];
    prop_oneof![6 => word, 4 => punct, 1 => literal.prop_map(TokenTree::from)]
}

/// Random trees: groups of all kinds, invisible ones too.
fn tokens() -> impl Strategy<Value = TokenStream> {
    let delimiters =
        [Delimiter::Brace, Delimiter::Parenthesis, Delimiter::Bracket, Delimiter::None].map(Just).to_vec();
    let tree = leaf().prop_recursive(4, 60, 10, move |inner| {
        let inside = prop::collection::vec(inner, 0..10);
        (prop::strategy::Union::new(delimiters.clone()), inside).prop_map(|(delimiter, inside)| {
            TokenTree::from(Group::new(delimiter, inside.into_iter().collect()))
        })
    });
    prop::collection::vec(tree, 0..12).prop_map(|trees| trees.into_iter().collect())
}

/// Something like an item, so that most of the parser is passed.
fn item() -> impl Strategy<Value = TokenStream> {
    (tokens(), tokens(), tokens(), 0..8).prop_map(|(a, b, c, shape)| match shape {
        0 => quote!(fn f(#a) -> R { #b }),
        1 => quote!(async fn f<T>(&self) -> Result<T, E> { #a }),
        2 => quote!(impl #a { fn f() { #b } #c }),
        3 => quote!(mod m { #[timed(#a)] fn f() { #b } #c }),
        4 => quote!(trait T { #a fn f(); #[#b] fn g() {} }),
        5 => quote!(#[#a] pub fn f() {}),
        6 => quote!(impl X for Y<#a> { #[cfg_attr(#b)] fn f() { #c } }),
        _ => a,
    })
}

/// All words and signs, in order, whatever the groups; attributes that the macro takes out come back in neither.
fn flattened(tokens: TokenStream) -> Vec<String> {
    let mut all = Vec::new();
    for tree in tokens {
        match tree {
            TokenTree::Group(group) => all.extend(flattened(group.stream())),
            leaf => all.push(leaf.to_string()),
        }
    }
    all
}

/// Is `part` what remains of `whole` when something is left out?
fn is_within(part: &[String], whole: &[String]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|wanted| whole.any(|token| token == wanted))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_tokens_on_any_tokens(args in tokens(), item in tokens()) {
        let expanded = flattened(timed(args, item.clone()));
        // What `#[timed]` attributes in it say may be gone.
        if !flattened(item.clone()).iter().any(|token| token == "timed") {
            prop_assert!(is_within(&flattened(item), &expanded));
        }
    }

    #[test]
    fn any_tokens_in_items(args in prop_oneof![Just(TokenStream::new()), tokens()], item in item()) {
        let expanded = flattened(timed(args, item.clone()));
        if !flattened(item.clone()).iter().any(|token| token == "timed") {
            prop_assert!(is_within(&flattened(item), &expanded));
        }
    }

    #[test]
    fn any_tokens_in_a_block(input in tokens(), name in any::<String>(), block in tokens()) {
        let _ = timed_block(input.clone());
        let _ = timed_block(quote!(#name, node = #input, { #block }));
        let _ = timed_block(quote!(#name, #input, async move { #block }));
    }
}
