//! A module's or block's inside, item by item, without a parser: bodies may be half typed.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

use crate::item::flat;
use crate::opening::{self, Opening};

/// Items that end in `;`, whatever braces they hold.
const WITH_SEMICOLON: [&str; 4] = ["const", "static", "type", "use"];

/// The items, each as written; joined they are the whole inside again, but for invisible groups.
///
/// An item ends with a `;`, or with the first brace group that is no const argument. What does not end is the last.
pub(crate) fn items(inside: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut items = Vec::new();
    let mut item = Vec::new();
    let mut angles = Angles::default();
    for tree in inside {
        if let Some(whole) = grouped_item(&tree, &item) {
            item.extend(whole);
            items.push(std::mem::take(&mut item));
            continue;
        }
        angles.see(&tree);
        let end = match &tree {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => {
                group.delimiter() == Delimiter::Brace && angles.closed() && !needs_semicolon(&item)
            }
            _ => false,
        };
        item.push(tree);
        if end {
            items.push(std::mem::take(&mut item));
            angles = Angles::default();
        }
    }
    if !item.is_empty() {
        items.push(item);
    }
    items
}

/// The one item in an invisible group, as `$item:item` makes it; a `$vis` comes in such a group too.
fn grouped_item(tree: &TokenTree, before: &[TokenTree]) -> Option<Vec<TokenTree>> {
    let TokenTree::Group(group) = tree else {
        return None;
    };
    if group.delimiter() != Delimiter::None || before.len() != opening::attributes(before) {
        return None;
    }
    let item = flat(group.stream());
    let ends = match item.last()? {
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        _ => false,
    };
    ends.then_some(item)
}

fn needs_semicolon(item: &[TokenTree]) -> bool {
    matches!(opening::of(item), Opening::Other(word) if WITH_SEMICOLON.iter().any(|with| word == with))
}

/// Counts `<` and `>`; between them a brace group is a const argument.
#[derive(Default)]
struct Angles {
    open: usize,
    /// The last tree was the first half of `->`.
    arrow: bool,
}

impl Angles {
    fn see(&mut self, tree: &TokenTree) {
        let arrow = std::mem::take(&mut self.arrow);
        let TokenTree::Punct(punct) = tree else {
            return;
        };
        match punct.as_char() {
            '<' => self.open += 1,
            '>' if !arrow => self.open = self.open.saturating_sub(1),
            '-' => self.arrow = punct.spacing() == Spacing::Joint,
            _ => {}
        }
    }

    fn closed(&self) -> bool {
        self.open == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_end_where_rust_ends_them() {
        let sources = [
            "use a::{b, c};",
            "#[derive(A)] pub struct S<const N: usize = { 1 }> { f: fn() -> u8 }",
            "struct T(u8);",
            "const C: S = S { f };",
            "static F: fn() = || { g() };",
            "type A = S<{ 1 }>;",
            "impl Tr<{ 1 + 1 }> for S<{ 1 }> where S: Fn() -> u8 { fn f() {} }",
            "fn f<T: Into<Vec<u8>>>() -> S<{ 1 > 2 }> { half. }",
            "fn g(&self) -> impl Fn() -> u8;",
            "macro_rules! m { () => {}; }",
            "m!(a);",
            "m! { b }",
            "extern \"C\" { fn h(); }",
            "mod n { fn i() {} }",
        ];
        let inside: TokenStream = sources.join(" ").parse().unwrap();
        let items: Vec<String> = items(inside)
            .into_iter()
            .map(|item| item.into_iter().collect::<TokenStream>().to_string())
            .collect();
        let expected: Vec<String> =
            sources.iter().map(|source| source.parse::<TokenStream>().unwrap().to_string()).collect();
        assert_eq!(items, expected);
    }

    #[test]
    fn what_does_not_end_is_kept() {
        let inside: TokenStream = "fn f() {} fn g<T(a) { b }".parse().unwrap();
        let joined: TokenStream = items(inside.clone()).into_iter().flatten().collect();
        assert_eq!(joined.to_string(), inside.to_string());
    }
}
