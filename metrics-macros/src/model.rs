//! What the arguments mean, checked: nothing after this file can be wrong.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Expr, ExprLit, Lit, ReturnType, Signature, Type};

use crate::args::{Arg, Args};
use crate::errors::Errors;
use crate::result::Looks;
use crate::root;

/// One place in the source that is timed.
pub(crate) struct Timed {
    /// The path of the crate that holds `__private`.
    pub(crate) root: TokenStream,
    /// What happens before the code.
    pub(crate) entry: Entry,
    /// What happens after it, if anything but dropping the guard.
    pub(crate) exit: Option<Exit>,
}

/// The series that a call belongs to, and what is known about it on entry.
pub(crate) enum Entry {
    /// A function series.
    Function { name: Name },
    /// A call of a DAG node.
    Node(Box<Node>),
    /// An operation of a DAG node.
    Operation { node: Expr, operation: Expr },
}

/// What is known about a node's call on entry.
pub(crate) struct Node {
    pub(crate) id: Expr,
    pub(crate) name: Option<Expr>,
    pub(crate) node_type: Option<Expr>,
    pub(crate) points: Option<Expr>,
}

/// The name of a function series.
pub(crate) enum Name {
    /// A literal or the path of a const.
    Given(Expr),
    /// The module's path and this: the function's name, behind its type where a container tells it.
    Path(String),
}

/// Points that are known only from the result.
pub(crate) struct Exit {
    /// How many; sees the names in `looks`.
    pub(crate) points: Expr,
    /// The whole result, if it is looked at.
    pub(crate) ret: Option<Ident>,
    /// The arm that is looked at; then an `Err` fails the call.
    pub(crate) arm: Option<Arm>,
}

/// The arm of a `Result`, under the user's own identifier.
pub(crate) enum Arm {
    Ok(Ident),
    Err(Ident),
}

/// The arguments of `#[timed]`.
pub(crate) const TIMED_ARGS: [&str; 6] = ["name", "node", "node_name", "node_type", "points", "crate"];

/// The arguments of `#[timed]` on a container: they hold for every function inside.
pub(crate) const CONTAINER_ARGS: [&str; 1] = ["crate"];

/// The arguments of `timed_block!` between the name and the block.
pub(crate) const BLOCK_ARGS: [&str; 2] = ["node", "crate"];

// === impl Timed ===

impl Timed {
    /// For `#[timed]` on a function, in a container of that label.
    pub(crate) fn function(
        mut args: Args,
        signature: &Signature,
        label: Option<&str>,
        errors: &mut Errors,
    ) -> Self {
        let root = root(&mut args, errors);
        let (node, name) = (args.take("node"), args.take("name"));
        let Some(node) = node else {
            // A key that was mistyped may well be the node.
            if errors.is_empty() {
                need_node(&mut args, errors);
            }
            let name = name.and_then(|name| constant(name.value, "name", errors));
            let by_path = || Name::by_path(label, &signature.ident);
            return Self {
                root,
                entry: Entry::Function { name: name.map_or_else(by_path, Name::Given) },
                exit: None,
            };
        };
        if let Some(name) = name {
            errors
                .at(name.span, "`name` is for a function, not for a node\nuse `node_name` to name the node");
        }
        let (points, exit) = points(args.take("points"), signature, errors);
        let node = Node {
            id: node.value,
            name: args.take("node_name").map(|arg| arg.value),
            node_type: args.take("node_type").map(|arg| arg.value),
            points,
        };
        Self { root, entry: Entry::Node(Box::new(node)), exit }
    }

    /// For `timed_block!`.
    pub(crate) fn block(name: Expr, mut args: Args, errors: &mut Errors) -> Option<Self> {
        let root = root(&mut args, errors);
        let name = constant(name, "the name", errors)?;
        let entry = match args.take("node") {
            Some(node) => Entry::Operation { node: node.value, operation: name },
            None => Entry::Function { name: Name::Given(name) },
        };
        Some(Self { root, entry, exit: None })
    }
}

// === impl Name ===

impl Name {
    fn by_path(label: Option<&str>, function: &Ident) -> Self {
        let function = function.unraw();
        Self::Path(label.map_or_else(|| function.to_string(), |label| format!("{label}::{function}")))
    }
}

/// The crate that was asked for, or the one that the manifest names.
fn root(args: &mut Args, errors: &mut Errors) -> TokenStream {
    let Some(given) = args.take("crate") else {
        return root::find();
    };
    if !matches!(given.value, Expr::Path(_)) {
        errors.at(span(&given.value), "`crate` takes the path of metrics_core or metrics_layer");
    }
    given.value.into_token_stream()
}

fn need_node(args: &mut Args, errors: &mut Errors) {
    for key in ["points", "node_name", "node_type"] {
        if let Some(arg) = args.take(key) {
            errors.at(arg.span, format_args!("`{key}` describes a node: add `node = …`"));
        }
    }
}

/// A literal that is not empty, or the path of a const: it ends up in a `static`.
fn constant(value: Expr, what: &str, errors: &mut Errors) -> Option<Expr> {
    let problem = match ungrouped(&value) {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if text.value().is_empty() => "is empty",
        Expr::Lit(ExprLit { lit: Lit::Str(_), .. }) => return Some(value),
        Expr::Path(path) if path.path.segments.first().is_some_and(|first| first.ident == "Self") => {
            "cannot use `Self`: name a const outside the `impl`"
        }
        Expr::Path(_) => return Some(value),
        _ => "must be a string literal or the path of a `&'static str` const",
    };
    errors.at(span(&value), format_args!("{} {problem}", if what == "name" { "`name`" } else { what }));
    None
}

/// `points` on entry, or on exit when the expression looks at the result.
fn points(arg: Option<Arg>, signature: &Signature, errors: &mut Errors) -> (Option<Expr>, Option<Exit>) {
    let Some(Arg { value, .. }) = arg else {
        return (None, None);
    };
    let looks = Looks::at(value.to_token_stream());
    if !looks.any() {
        return (Some(value), None);
    }
    check_result(&looks, signature, errors);
    let arm = looks.ok.map(Arm::Ok).or(looks.err.map(Arm::Err));
    (None, Some(Exit { points: value, ret: looks.ret, arm }))
}

/// Refuses what is certainly wrong; aliases of `Result` are the compiler's to judge.
fn check_result(looks: &Looks, signature: &Signature, errors: &mut Errors) {
    if let (Some(_), Some(err)) = (&looks.ok, &looks.err) {
        errors.at(err.span(), "`ok` and `err` are never both there\nuse `ret`, the whole result");
    }
    let arm = looks.ok.as_ref().or(looks.err.as_ref());
    let any = arm.or(looks.ret.as_ref());
    match (&signature.output, any, arm) {
        (ReturnType::Type(_, output), Some(any), _) if matches!(**output, Type::Never(_)) => {
            errors.at(any.span(), format_args!("there is no `{any}`: the function never returns"));
        }
        (ReturnType::Default, _, Some(arm)) => {
            errors.at(arm.span(), format_args!("there is no `{arm}`: the function returns no `Result`"));
        }
        _ => {}
    }
}

/// Without the invisible groups that `macro_rules!` arguments come in.
fn ungrouped(expr: &Expr) -> &Expr {
    match expr {
        Expr::Group(group) => ungrouped(&group.expr),
        other => other,
    }
}

/// From the first token to the last where the compiler can join spans, else the first token.
pub(crate) fn span(tokens: &impl ToTokens) -> Span {
    syn::spanned::Spanned::span(tokens)
}
