//! Finds the crate that the generated code calls.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;

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
    let name = remembered();
    let ident = Ident::new(&name, Span::mixed_site());
    quote_spanned!(Span::mixed_site()=> ::#ident)
}

/// The name by manifest: looked up once, not for every function of a crate.
fn remembered() -> String {
    thread_local!(static KNOWN: RefCell<BTreeMap<Option<OsString>, String>> = const { RefCell::new(BTreeMap::new()) });
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR");
    KNOWN.with_borrow_mut(|known| known.entry(manifest).or_insert_with(name).clone())
}

fn name() -> String {
    let found = CANDIDATES.iter().find_map(|(package, itself)| match crate_name(package).ok()? {
        FoundCrate::Name(name) => Some(name),
        // Also in the crate's own examples, tests and doctests, which are other crates; inside the
        // crate `extern crate self as …` makes the name hold.
        FoundCrate::Itself => Some((*itself).to_owned()),
    });
    found.unwrap_or_else(|| "metrics_core".to_owned())
}
