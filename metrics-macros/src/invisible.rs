//! Invisible groups, in which `macro_rules!` hands on what it matched.
//!
//! The compiler forgets them where a macro like ours takes tokens apart and puts them together again: `$e * 2` with
//! `1 + 2` for `$e` would become 5. So where the group matters, parentheses take its place.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::{Expr, Type, TypeParamBound};

/// The same trees, with parentheses for the invisible groups among them that bind.
pub(crate) fn parenthesized(tokens: TokenStream) -> Vec<TokenTree> {
    tokens.into_iter().map(visible).collect()
}

/// The same tokens, at any depth.
pub(crate) fn parenthesized_deeply(tokens: TokenStream) -> TokenStream {
    let deep = |tree| match tree {
        TokenTree::Group(group) => {
            let mut deep = Group::new(group.delimiter(), parenthesized_deeply(group.stream()));
            deep.set_span(group.span());
            visible(deep.into())
        }
        leaf => leaf,
    };
    tokens.into_iter().map(deep).collect()
}

fn visible(tree: TokenTree) -> TokenTree {
    match tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None && binds(&group.stream()) => {
            let mut parentheses = Group::new(Delimiter::Parenthesis, group.stream());
            // As of a macro, or lints would call them unneeded.
            parentheses.set_span(Span::mixed_site().located_at(group.span()));
            parentheses.into()
        }
        other => other,
    }
}

/// Could the neighbours of these tokens tear them apart? One token they cannot.
fn binds(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().nth(1).is_some() && (is_operation(tokens) || is_sum_of_bounds(tokens))
}

fn is_operation(tokens: &TokenStream) -> bool {
    let Ok(expression) = syn::parse2::<Expr>(tokens.clone()) else {
        return false;
    };
    matches!(
        expression,
        Expr::Assign(_)
            | Expr::Binary(_)
            | Expr::Break(_)
            | Expr::Cast(_)
            | Expr::Closure(_)
            | Expr::Range(_)
            | Expr::Reference(_)
            | Expr::Return(_)
            | Expr::Unary(_)
    )
}

fn is_sum_of_bounds(tokens: &TokenStream) -> bool {
    let several = |bounds: &syn::punctuated::Punctuated<TypeParamBound, _>| bounds.len() > 1;
    match syn::parse2(tokens.clone()) {
        Ok(Type::TraitObject(object)) => several(&object.bounds),
        Ok(Type::ImplTrait(some)) => several(&some.bounds),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn grouped(inside: &str) -> TokenStream {
        TokenTree::from(Group::new(Delimiter::None, inside.parse().unwrap())).into()
    }

    #[test]
    fn what_binds_gets_parentheses() {
        for inside in ["1 + 2", "-x", "a as u8", "|x| x", "a..b", "dyn A + Send", "&x", "a = b"] {
            let group = grouped(inside);
            let tokens: TokenStream = parenthesized(quote!(#group * 2)).into_iter().collect();
            let inside: TokenStream = inside.parse().unwrap();
            assert_eq!(tokens.to_string(), quote!((#inside) * 2).to_string());
        }
    }

    #[test]
    fn what_is_whole_stays() {
        for inside in
            ["", "x", "f(1)", "a::b", "pub(crate)", "{ 1 + 2 }", "fn f() {}", "Vec<u8>", "[1 + 2]", "'a"]
        {
            let trees = parenthesized(grouped(inside));
            assert!(
                matches!(&trees[0], TokenTree::Group(group) if group.delimiter() == Delimiter::None),
                "{inside}"
            );
        }
    }

    #[test]
    fn groups_are_found_at_any_depth() {
        let group = grouped("1 + 2");
        let tokens = parenthesized_deeply(quote!(f({ #group * 2 })));
        assert_eq!(tokens.to_string(), quote!(f({ (1 + 2) * 2 })).to_string());
    }
}
