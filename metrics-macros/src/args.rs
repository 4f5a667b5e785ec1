//! The argument list as written: `key = expr` or a `word` alone; unknown and repeated keys refused.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, ExprLit, Lit, LitStr, Token};

use crate::errors::{Errors, nearest};

/// Arguments that are a word alone.
pub(crate) const WORDS: [&str; 8] =
    ["err", "outcome", "memory", "busy", "concurrency", "future", "stream", "skip"];

/// One `key = value`; a leading string literal counts as `name = "…"`. The value of a word alone is that word.
#[derive(Clone)]
pub(crate) struct Arg {
    /// Where the key is written (for a bare literal: where that is).
    pub(crate) span: Span,
    pub(crate) value: Expr,
    key: String,
}

/// The arguments that were understood, no key twice.
#[derive(Default)]
pub(crate) struct Args(Vec<Arg>);

// === impl Args ===

impl Args {
    /// Parses to the end of `input`, or to the first thing that `goes_on` refuses.
    ///
    /// A bad argument is reported and skipped, so that the next one is still looked at.
    pub(crate) fn parse(
        input: ParseStream<'_>,
        valid: &[&str],
        goes_on: fn(ParseStream<'_>) -> bool,
        errors: &mut Errors,
    ) -> Self {
        let mut args = Self::default();
        while !input.is_empty() && goes_on(input) {
            match Arg::parse(input, valid) {
                Ok(arg) => args.add(arg, errors),
                Err(error) => {
                    errors.push(error);
                    skip_to_comma(input);
                }
            }
            if !input.is_empty() && input.parse::<Token![,]>().is_err() {
                errors.at(input.span(), "expected a comma between the arguments");
                skip_to_comma(input);
                let _: Option<Token![,]> = input.parse().ok();
            }
        }
        args
    }

    /// Takes the argument out, if it was given.
    pub(crate) fn take(&mut self, key: &str) -> Option<Arg> {
        let at = self.0.iter().position(|arg| arg.key == key)?;
        Some(self.0.swap_remove(at))
    }

    /// Takes over those of a container, where none of that key was given.
    pub(crate) fn inherit(&mut self, outer: &Self) {
        let missing = outer.0.iter().filter(|outer| !self.0.iter().any(|own| own.key == outer.key));
        let missing: Vec<Arg> = missing.cloned().collect();
        self.0.extend(missing);
    }

    /// Where the argument is written, if it was given.
    pub(crate) fn span(&self, key: &str) -> Option<Span> {
        self.0.iter().find(|arg| arg.key == key).map(|arg| arg.span)
    }

    /// Takes a word out; says where it was given.
    pub(crate) fn take_word(&mut self, word: &str) -> Option<Span> {
        self.take(word).map(|arg| arg.span)
    }

    fn add(&mut self, arg: Arg, errors: &mut Errors) {
        if self.0.iter().any(|earlier| earlier.key == arg.key) {
            errors.at(arg.span, format_args!("`{}` is given twice", arg.key));
        } else {
            self.0.push(arg);
        }
    }
}

// === impl Arg ===

impl Arg {
    fn parse(input: ParseStream<'_>, valid: &[&str]) -> syn::Result<Self> {
        if input.peek(LitStr) && valid.contains(&"name") {
            let name: LitStr = input.parse()?;
            let (span, lit) = (name.span(), Lit::Str(name));
            let value = Expr::Lit(ExprLit { attrs: Vec::new(), lit });
            return Ok(Self { span, value, key: "name".to_owned() });
        }
        if !input.peek(syn::Ident::peek_any) {
            return Err(input.error(format_args!("expected an argument; {}", listed(valid))));
        }
        let key = input.call(Ident::parse_any)?;
        let name = key.to_string();
        if !valid.contains(&name.as_str()) {
            return Err(syn::Error::new(key.span(), unknown(&name, valid)));
        }
        if WORDS.contains(&name.as_str()) {
            return Self::word(&key, name, input);
        }
        if !input.peek(Token![=]) {
            return Err(syn::Error::new(key.span(), format_args!("`{name}` takes a value: `{name} = …`")));
        }
        input.parse::<Token![=]>()?;
        Ok(Self { span: key.span(), value: input.parse()?, key: name })
    }
}

impl Arg {
    fn word(word: &Ident, key: String, input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Token![=]) {
            return Err(syn::Error::new(word.span(), format_args!("`{key}` takes no value")));
        }
        let span = word.span();
        Ok(Self { span, value: syn::parse_quote!(#word), key })
    }
}

/// Is the next thing `key = …`?
pub(crate) fn starts_with_key(input: ParseStream<'_>) -> bool {
    input.peek(syn::Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==])
}

fn unknown(name: &str, valid: &[&str]) -> String {
    let hint = nearest(name, valid).map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
    format!("unknown argument `{name}`{hint}\n{}", listed(valid))
}

fn listed(valid: &[&str]) -> String {
    format!("the arguments are `{}`", valid.join("`, `"))
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        // One token tree at a time: a comma inside a group separates nothing here.
        let _: syn::Result<proc_macro2::TokenTree> = input.parse();
    }
}
