//! Attributes that an item carries itself and that matter here, found by their paths.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::{Meta, Path, Token};

use crate::opening;

/// The `#[timed]` that an item inside a container carries.
pub(crate) enum Own {
    None,
    /// Ours, taken out of the item, with these arguments.
    Args(TokenStream),
    /// Behind a `cfg_attr`, or by a path that may lead anywhere: it stays, and the container leaves the item to it.
    Kept,
}

/// Through which a path to our `timed` may start.
const CRATES: [&str; 3] = ["metrics_layer", "metrics_core", "metrics_macros"];

/// Takes the first `#[timed]` out of the item's attributes.
pub(crate) fn take(trees: &mut Vec<TokenTree>) -> Own {
    let found = metas(trees).find_map(|(at, meta)| match timed(&meta) {
        Own::None => None,
        own => Some((at, own)),
    });
    let Some((at, own)) = found else {
        return Own::None;
    };
    if matches!(own, Own::Args(_)) {
        trees.drain(at..at + 2);
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
    metas(trees).find(|(_, meta)| naked(meta)).map(|(at, _)| trees[at + 1].span())
}

/// The outer attributes and where they are.
fn metas(trees: &[TokenTree]) -> impl Iterator<Item = (usize, Meta)> + '_ {
    let attributes = trees[..opening::attributes(trees)].iter().enumerate();
    attributes.filter_map(|(at, tree)| match tree {
        TokenTree::Group(group) => Some((at - 1, syn::parse2(group.stream()).ok()?)),
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
            assert_eq!(
                rest.contains("timed"),
                own == "kept" || own == "none" && attributes.contains("timed")
            );
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
