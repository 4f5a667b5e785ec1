//! Does an expression look at the function's result?

use proc_macro2::{Ident, Spacing, TokenStream, TokenTree};

/// The names under which an expression sees the result, as the user wrote them first.
#[derive(Default)]
pub(crate) struct Looks {
    /// A reference to the whole result.
    pub(crate) ret: Option<Ident>,
    /// A reference to what is inside `Ok`.
    pub(crate) ok: Option<Ident>,
    /// A reference to what is inside `Err`.
    pub(crate) err: Option<Ident>,
}

// === impl Looks ===

impl Looks {
    /// Finds `ret`, `ok` and `err` as names of their own: `x.ok()` and `ok::f` are other things.
    pub(crate) fn at(tokens: TokenStream) -> Self {
        let mut looks = Self::default();
        looks.scan(tokens);
        looks
    }

    /// Does the expression look at the result at all?
    pub(crate) fn any(&self) -> bool {
        self.ret.is_some() || self.ok.is_some() || self.err.is_some()
    }

    fn scan(&mut self, tokens: TokenStream) {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        for (at, tree) in trees.iter().enumerate() {
            match tree {
                TokenTree::Group(group) => self.scan(group.stream()),
                TokenTree::Ident(ident) if stands_alone(&trees, at) => self.note(ident),
                _ => {}
            }
        }
    }

    fn note(&mut self, ident: &Ident) {
        let slot = match ident {
            ident if ident == "ret" => &mut self.ret,
            ident if ident == "ok" => &mut self.ok,
            ident if ident == "err" => &mut self.err,
            _ => return,
        };
        slot.get_or_insert_with(|| ident.clone());
    }
}

/// Neither a field or method (`.ok`) nor part of a path (`a::ok`, `ok::a`).
fn stands_alone(trees: &[TokenTree], at: usize) -> bool {
    let punct = |index: Option<usize>, wanted: char| match index.and_then(|index| trees.get(index)) {
        Some(TokenTree::Punct(punct)) if punct.as_char() == wanted => Some(punct.spacing()),
        _ => None,
    };
    let member =
        punct(at.checked_sub(1), '.').is_some() && punct(at.checked_sub(2), '.') != Some(Spacing::Joint);
    let in_path = (punct(at.checked_sub(1), ':').is_some() && punct(at.checked_sub(2), ':').is_some())
        || (punct(Some(at + 1), ':') == Some(Spacing::Joint) && punct(Some(at + 2), ':').is_some());
    !member && !in_path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(source: &str) -> (bool, bool, bool) {
        let looks = Looks::at(source.parse().unwrap());
        (looks.ret.is_some(), looks.ok.is_some(), looks.err.is_some())
    }

    #[test]
    fn names_are_found_at_any_depth() {
        assert_eq!(looks("f(&[ok.len()])"), (false, true, false));
        assert_eq!(looks("ret.as_ref().map_or(0, |x| x.len())"), (true, false, false));
        assert_eq!(looks("0..err"), (false, false, true));
        assert_eq!(looks("*err"), (false, false, true));
    }

    #[test]
    fn members_paths_and_text_are_other_things() {
        assert_eq!(looks("x.parse().ok().unwrap_or(0)"), (false, false, false));
        assert_eq!(looks("self.err + ok::len() + a::ret"), (false, false, false));
        assert_eq!(looks("count(\"ok\") + okay"), (false, false, false));
    }
}
