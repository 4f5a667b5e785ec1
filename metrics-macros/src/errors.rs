//! All that is wrong with one use of a macro, reported together.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};

/// Collects errors so that one build shows them all.
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

// === impl Errors ===

impl Errors {
    /// Adds an error at `span`.
    pub(crate) fn at(&mut self, span: Span, message: impl Display) {
        self.push(syn::Error::new(span, message));
    }

    /// Adds an error that somebody else made.
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// Adds all those of another use.
    pub(crate) fn append(&mut self, others: Self) {
        if let Some(error) = others.0 {
            self.push(error);
        }
    }

    /// Is there none so far?
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// `compile_error!`s, one after the other, valid as items and as statements.
    pub(crate) fn to_tokens(&self) -> TokenStream {
        self.0.as_ref().map(syn::Error::to_compile_error).unwrap_or_default()
    }
}

/// The one of `candidates` that is most like `word`, if any is like it at all.
pub(crate) fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let allowed = 1 + word.len() / 4;
    let with_distance = candidates.iter().map(|candidate| (edit_distance(word, candidate), *candidate));
    with_distance
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, _)| *distance <= allowed)
        .map(|near| near.1)
}

/// Levenshtein's distance: insertions, deletions and substitutions.
fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, r) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(l != *r);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_forgives_a_typo_and_refuses_another_word() {
        let valid = ["name", "node", "node_type", "points"];
        assert_eq!(nearest("nod", &valid), Some("node"));
        assert_eq!(nearest("node_tpye", &valid), Some("node_type"));
        assert_eq!(nearest("pionts", &valid), Some("points"));
        assert_eq!(nearest("colour", &valid), None);
    }

    #[test]
    fn errors_are_joined() {
        let mut errors = Errors::default();
        assert!(errors.is_empty());
        errors.at(Span::call_site(), "first");
        errors.at(Span::call_site(), "second");
        assert_eq!(errors.to_tokens().to_string().matches("compile_error").count(), 2);
    }
}
