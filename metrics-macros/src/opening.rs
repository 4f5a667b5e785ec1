//! The word that says what an item is.

use proc_macro2::{Delimiter, Ident, Span, TokenTree};

/// What an item opens with, after attributes, visibility and modifiers.
pub(crate) enum Opening {
    /// `fn`
    Function,
    /// `struct`, `impl`, the name of a macro …
    Other(Ident),
    /// A closure; where it starts.
    Closure(Span),
    /// No word at all; where it starts.
    Unknown(Span),
}

/// Words that may stand before `fn`, `impl`, `trait` or `mod`. `const` and `extern` are also items of their own.
const MODIFIERS: [&str; 8] = ["default", "async", "const", "unsafe", "safe", "extern", "auto", "gen"];

/// Finds the word, without a parser: the item may be half typed, or newer than the parser.
pub(crate) fn of(trees: &[TokenTree]) -> Opening {
    let rest = after_visibility(after_attributes(trees));
    if let Some(span) = closure(rest) {
        return Opening::Closure(span);
    }
    let mut last = None;
    for tree in rest {
        match tree {
            TokenTree::Ident(word) if word == "fn" => return Opening::Function,
            TokenTree::Ident(word) if MODIFIERS.iter().any(|modifier| word == modifier) => {
                // `const X`, `extern "C" { … }`: the modifier was the word.
                last.get_or_insert(word);
                if word == "const" || word == "extern" {
                    last = Some(word);
                }
            }
            TokenTree::Ident(word) => {
                let named = last.filter(|last| *last == "const" || *last == "extern");
                return Opening::Other(named.unwrap_or(word).clone());
            }
            TokenTree::Literal(_) => {}
            TokenTree::Group(_) | TokenTree::Punct(_) => break,
        }
    }
    let start = rest.first().or(trees.first()).map_or_else(Span::call_site, TokenTree::span);
    last.map_or(Opening::Unknown(start), |word| Opening::Other(word.clone()))
}

fn closure(trees: &[TokenTree]) -> Option<Span> {
    let modifier =
        |tree: &&TokenTree| matches!(tree, TokenTree::Ident(word) if word == "move" || word == "async");
    match trees.iter().find(|tree| !modifier(tree))? {
        TokenTree::Punct(punct) if punct.as_char() == '|' => Some(trees[0].span()),
        _ => None,
    }
}

/// How many trees the outer attributes take.
pub(crate) fn attributes(trees: &[TokenTree]) -> usize {
    let pairs = trees.chunks_exact(2).take_while(|pair| match pair {
        [TokenTree::Punct(pound), TokenTree::Group(group)] => {
            pound.as_char() == '#' && group.delimiter() == Delimiter::Bracket
        }
        _ => false,
    });
    pairs.count() * 2
}

fn after_attributes(trees: &[TokenTree]) -> &[TokenTree] {
    &trees[attributes(trees)..]
}

/// `pub`, `pub(…)`, or the invisible group that a `$vis` comes in.
fn after_visibility(trees: &[TokenTree]) -> &[TokenTree] {
    match trees {
        [TokenTree::Group(group), rest @ ..] if group.delimiter() == Delimiter::None => rest,
        [TokenTree::Ident(public), TokenTree::Group(group), rest @ ..]
            if public == "pub" && group.delimiter() == Delimiter::Parenthesis =>
        {
            rest
        }
        [TokenTree::Ident(public), rest @ ..] if public == "pub" => rest,
        _ => trees,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(source: &str) -> String {
        let trees: Vec<TokenTree> = source.parse::<proc_macro2::TokenStream>().unwrap().into_iter().collect();
        match of(&trees) {
            Opening::Function => "fn".to_owned(),
            Opening::Other(word) => word.to_string(),
            Opening::Closure(_) => "|".to_owned(),
            Opening::Unknown(_) => String::new(),
        }
    }

    #[test]
    fn functions_open_with_many_words() {
        for source in [
            "fn f() {}",
            "/// x\n #[a] pub fn f();",
            "pub(in a::b) default async unsafe extern \"C\" fn f() {}",
            "const unsafe fn f() {}",
            "extern fn f() {}",
        ] {
            assert_eq!(word(source), "fn", "{source}");
        }
    }

    #[test]
    fn other_items_are_named() {
        for (source, expected) in [
            ("pub struct S { f: fn() }", "struct"),
            ("unsafe impl Send for S {}", "impl"),
            ("pub unsafe auto trait T {}", "trait"),
            ("const F: fn() = g;", "const"),
            ("const _: () = {};", "const"),
            ("unsafe extern \"C\" { fn f(); }", "extern"),
            ("extern crate a;", "extern"),
            ("thread_local! { static A: fn() = b; }", "thread_local"),
            ("async move |x| x", "|"),
            ("|| 1", "|"),
            ("::a::b!();", ""),
            ("", ""),
        ] {
            assert_eq!(word(source), expected, "{source}");
        }
    }
}
