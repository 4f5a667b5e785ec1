//! An `impl` block, trait or inline module whose functions are timed.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;

use crate::body::Body;
use crate::label;

/// Its head as written, and what is inside.
pub(crate) struct Container {
    head: TokenStream,
    body: Body,
    /// What stands between the module and the function in default names.
    pub(crate) label: Option<String>,
}

// === impl Container ===

impl Container {
    /// The container that opens with `word`, if it is one.
    pub(crate) fn parse(mut trees: Vec<TokenTree>, word: &Ident) -> Option<Self> {
        let body = trees.last().and_then(Body::from_tree)?;
        trees.pop();
        let label = match word.to_string().as_str() {
            "mod" => None,
            "trait" => label::of_trait(&trees, word),
            "impl" => label::of_impl(&trees),
            _ => return None,
        };
        Some(Self { head: trees.into_iter().collect(), body, label })
    }

    /// The container with something else in place of each item.
    pub(crate) fn map_items(&self, each: impl FnMut(Vec<TokenTree>) -> TokenStream) -> TokenStream {
        let head = &self.head;
        let body = self.body.map_items(each);
        quote!(#head #body)
    }
}
