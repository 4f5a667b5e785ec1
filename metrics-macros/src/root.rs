//! Finds the crate that the generated code calls.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

/// The crates that have `__private`, the one that re-exports first.
///
/// Who depends on both times into the same store either way.
const CANDIDATES: [(&str, &str); 2] = [("metrics-layer", "metrics_layer"), ("metrics-core", "metrics_core")];

/// An absolute path to the crate, under the name that the user's manifest gives it.
///
/// Without a manifest (other build systems) or without the dependency it is `::metrics_core`, and
/// the compiler says that it is missing.
pub(crate) fn find() -> TokenStream {
    let found = CANDIDATES.iter().find_map(|(package, itself)| match crate_name(package).ok()? {
        FoundCrate::Name(name) => Some(name),
        // Also in the crate's own examples, tests and doctests, which are other crates; inside the
        // crate `extern crate self as …` makes the name hold.
        FoundCrate::Itself => Some((*itself).to_owned()),
    });
    let ident = Ident::new(found.as_deref().unwrap_or("metrics_core"), Span::mixed_site());
    quote_spanned!(Span::mixed_site()=> ::#ident)
}
