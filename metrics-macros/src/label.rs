//! What an `impl` block or trait contributes to the default names of its functions.

use proc_macro2::{Delimiter, Ident, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit_mut::{VisitMut, visit_path_mut};
use syn::{GenericArgument, Generics, ItemImpl, Path, PathArguments, Type};

/// `Type`, or `<Type as Trait>`: one type may have functions of one name from several traits.
///
/// Of the generic arguments only those stay that tell blocks apart: `Grid<T>` is `Grid` where `T` is a parameter
/// of the block, and `Grid<f32>` is itself. Two blocks of one label have no function of one name: they would overlap.
pub(crate) fn of_impl(head: &[TokenTree]) -> Option<String> {
    let mut tokens: TokenStream = head.iter().cloned().collect();
    tokens.extend(quote::quote!({}));
    let ItemImpl { generics, trait_, self_ty, .. } = syn::parse2(tokens).ok()?;
    let mut shortened = Shortened(&generics);
    let mut ty = Type::clone(&self_ty);
    shortened.visit_type_mut(&mut ty);
    let Some((mut path, _)) = trait_ else {
        return Some(text(ty.to_token_stream()));
    };
    shortened.visit_path_mut(&mut path);
    Some(format!("<{} as {}>", text(ty.to_token_stream()), text(path.to_token_stream())))
}

/// The trait's name, which follows the word.
pub(crate) fn of_trait(head: &[TokenTree], word: &Ident) -> Option<String> {
    let mut idents = head.iter().filter_map(|tree| match tree {
        TokenTree::Ident(ident) => Some(ident),
        _ => None,
    });
    idents.find(|ident| *ident == word)?;
    idents.next().map(ToString::to_string)
}

/// Drops generic arguments where each is a parameter of the block.
struct Shortened<'a>(&'a Generics);

impl VisitMut for Shortened<'_> {
    fn visit_path_mut(&mut self, path: &mut Path) {
        visit_path_mut(self, path);
        for segment in &mut path.segments {
            if let PathArguments::AngleBracketed(arguments) = &segment.arguments
                && arguments.args.iter().all(|argument| self.is_parameter(argument))
            {
                segment.arguments = PathArguments::None;
            }
        }
    }
}

impl Shortened<'_> {
    fn is_parameter(&self, argument: &GenericArgument) -> bool {
        let path = match argument {
            GenericArgument::Lifetime(_) => return true,
            GenericArgument::Type(Type::Path(ty)) => &ty.path,
            _ => return false,
        };
        let types = self.0.type_params().map(|parameter| &parameter.ident);
        let mut parameters = types.chain(self.0.const_params().map(|parameter| &parameter.ident));
        path.get_ident().is_some_and(|ident| parameters.any(|parameter| parameter == ident))
    }
}

/// Spaced as rustfmt would, however the source is: a name is the same in every build.
fn text(tokens: TokenStream) -> String {
    let mut text = String::new();
    write(tokens, &mut text);
    text
}

fn write(tokens: TokenStream, text: &mut String) {
    for tree in tokens {
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = delimiters(group.delimiter());
                text.push_str(open);
                write(group.stream(), text);
                text.push_str(close);
            }
            TokenTree::Punct(punct) => match (punct.as_char(), punct.spacing()) {
                (sign @ (',' | ';'), _) => text.extend([sign, ' ']),
                (sign @ ('+' | '='), _) => text.extend([' ', sign, ' ']),
                ('-', Spacing::Joint) => text.push_str(" -"),
                ('>', _) if text.ends_with(" -") => text.push_str("> "),
                ('\'', _) => push_word("'", text),
                (sign, _) => text.push(sign),
            },
            word => push_word(&word.to_string(), text),
        }
    }
}

/// Keeps two words apart, but not `'` and the name of its lifetime.
fn push_word(word: &str, text: &mut String) {
    if text.ends_with(|last: char| last.is_alphanumeric() || last == '_') {
        text.push(' ');
    }
    text.push_str(word);
}

fn delimiters(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(head: &str) -> String {
        let head: Vec<TokenTree> = head.parse::<TokenStream>().unwrap().into_iter().collect();
        of_impl(&head).unwrap()
    }

    #[test]
    fn parameters_of_the_block_are_left_out() {
        for (head, expected) in [
            ("impl Grid", "Grid"),
            ("#[cfg(x)] unsafe impl<'a, T: Into<u8>, const N: usize> Grid<'a, T, N> where T: X", "Grid"),
            ("impl Grid<f32>", "Grid<f32>"),
            ("impl<T> Grid< T,Vec<T> >", "Grid<T, Vec>"),
            ("impl fmt::Display for Grid<'_>", "<Grid as fmt::Display>"),
            ("impl<T> From<T> for Grid<u8>", "<Grid<u8> as From>"),
            ("impl From<[u8;3]> for crate::Grid", "<crate::Grid as From<[u8; 3]>>"),
            ("impl<'a> Go for &'a mut dyn Fn(u8,u16)->u8", "<&'a mut dyn Fn(u8, u16) -> u8 as Go>"),
            ("impl Go for (dyn A+Send+'static)", "<(dyn A + Send + 'static) as Go>"),
            ("impl Tr<{ 1 + 1 }> for r#type", "<r#type as Tr<{1 + 1}>>"),
        ] {
            assert_eq!(label(head), expected);
        }
    }

    #[test]
    fn what_is_no_head_has_no_label() {
        assert_eq!(of_impl(&[]), None);
    }
}
