//! The value of `route`: a method and a path.

use syn::{Expr, ExprLit, Lit};

use crate::errors::Errors;
use crate::model::{span, ungrouped};

/// `"GET /x"` in its two parts.
pub(crate) fn parse(value: &Expr, errors: &mut Errors) -> Option<(String, String)> {
    let text = match ungrouped(value) {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => text.value(),
        _ => String::new(),
    };
    let parts = text.split_once(' ').filter(|(method, path)| {
        !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase()) && is_path(path)
    });
    if parts.is_none() {
        errors.at(
            span(value),
            "`route` takes a method and a path as the layer shows them: `route = \"GET /x\"`",
        );
    }
    parts.map(|(method, path)| (method.to_owned(), path.to_owned()))
}

fn is_path(path: &str) -> bool {
    path.starts_with('/') && !path.contains(|character: char| character.is_whitespace())
}
