//! `#[timed]` and `timed_block!`.

use proc_macro::TokenStream;

mod args;
mod block;
mod body;
mod errors;
mod exit;
mod expand;
mod guard;
mod item;
mod model;
mod result;
mod root;

/// Times every call.
#[proc_macro_attribute]
pub fn timed(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::timed(args.into(), item.into()).into()
}

/// Times a block.
#[proc_macro]
pub fn timed_block(input: TokenStream) -> TokenStream {
    block::timed_block(input.into()).into()
}
