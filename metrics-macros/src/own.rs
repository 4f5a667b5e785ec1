//! Attributes that an item carries itself and that matter here, found by their paths.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{Meta, Path, Token};

use crate::opening;

/// The `#[timed]` that an item inside a container carries.
pub(crate) enum Own {
    None,
    /// Ours, with these arguments; in the item it says `skip` from now on.
    Args(TokenStream),
    /// Behind a `cfg_attr`, or by a path that may lead anywhere: it stays, and the container leaves the item to it.
    Kept,
}

/// Through which a path to our `timed` may start.
const CRATES: [&str; 3] = ["metrics_layer", "metrics_core", "metrics_macros"];

/// Takes the arguments out of the item's first `#[timed]`. The attribute stays, so that the user's import of it is used.
pub(crate) fn take(trees: &mut [TokenTree]) -> Own {
    let found = metas(trees).find_map(|(at, meta)| match timed(&meta) {
        Own::None => None,
        own => Some((at, meta, own)),
    });
    let Some((at, meta, own)) = found else {
        return Own::None;
    };
    if matches!(own, Own::Args(_)) {
        let path = meta.path();
        let mut skip = Group::new(Delimiter::Bracket, quote!(#path(skip)));
        skip.set_span(trees[at].span());
        trees[at] = skip.into();
    }
    own
}

/// Where the item says that it is `#[unsafe(naked)]`, if it does.
pub(crate) fn naked(trees: &[TokenTree]) -> Option<Span> {
    let naked = |meta: &Meta| match meta {
        Meta::List(list) if list.path.is_ident("unsafe") => {
            syn::parse2::<Path>(list.tokens.clone()).is_ok_and(|path| path.is_ident("naked"))
        }
        meta => meta.path().is_ident("naked"),
    };
    metas(trees).find(|(_, meta)| naked(meta)).map(|(at, _)| trees[at].span())
}

/// The outer attributes and where they are.
fn metas(trees: &[TokenTree]) -> impl Iterator<Item = (usize, Meta)> + '_ {
    let attributes = trees[..opening::attributes(trees)].iter().enumerate();
    attributes.filter_map(|(at, tree)| match tree {
        TokenTree::Group(group) => Some((at, syn::parse2(group.stream()).ok()?)),
        _ => None,
    })
}

fn timed(meta: &Meta) -> Own {
    let path = meta.path();
    if path.is_ident("cfg_attr") {
        return if conditional(meta) { Own::Kept } else { Own::None };
    }
    if path.segments.last().is_none_or(|last| last.ident != "timed") {
        return Own::None;
    }
    let first = &path.segments[0].ident;
    let ours = path.is_ident("timed") || CRATES.iter().any(|name| first == name);
    match meta {
        Meta::Path(_) if ours => Own::Args(TokenStream::new()),
        Meta::List(list) if ours => Own::Args(list.tokens.clone()),
        _ => Own::Kept,
    }
}

/// Does a `cfg_attr(condition, …)` hold a `timed`?
fn conditional(meta: &Meta) -> bool {
    let Ok(inside) = meta
        .require_list()
        .and_then(|list| list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated))
    else {
        return false;
    };
    inside.iter().skip(1).any(|meta| !matches!(timed(meta), Own::None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(source: &str) -> (String, String) {
        let mut trees: Vec<TokenTree> = source.parse::<TokenStream>().unwrap().into_iter().collect();
        let own = match take(&mut trees) {
            Own::None => "none".to_owned(),
            Own::Args(args) => format!("({args})"),
            Own::Kept => "kept".to_owned(),
        };
        (own, trees.into_iter().collect::<TokenStream>().to_string())
    }

    #[test]
    fn paths_are_compared_not_text() {
        for (attributes, expected) in [
            ("#[doc = \"timed\"] #[untimed] #[inline]", "none"),
            ("#[timed]", "()"),
            ("#[timed (skip)]", "(skip)"),
            ("#[metrics_layer :: timed(node = a)]", "(node = a)"),
            ("#[::metrics_core::timed]", "()"),
            ("#[other::timed(1)]", "kept"),
            ("#[cfg_attr(test, inline, timed(skip))]", "kept"),
            ("#[cfg_attr(timed, inline)]", "none"),
        ] {
            let (own, rest) = own(&format!("#[a] {attributes} fn f() {{}}"));
            assert_eq!(own, expected, "{attributes}");
            let skipped = rest.replace(' ', "").contains("timed(skip)");
            assert_eq!(skipped, own.starts_with('(') || attributes.contains("skip"), "{rest}");
            assert!(rest.starts_with("# [a]") && rest.ends_with("fn f () { }"), "{rest}");
        }
    }

    #[test]
    fn naked_functions_are_told() {
        let naked = |source: &str| {
            let trees: Vec<TokenTree> = source.parse::<TokenStream>().unwrap().into_iter().collect();
            super::naked(&trees).is_some()
        };
        assert!(naked("#[unsafe(naked)] extern \"C\" fn f() {}"));
        assert!(!naked("#[unsafe(no_mangle)] #[doc = \"naked\"] fn f() {}"));
    }
}
