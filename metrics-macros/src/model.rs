//! What the arguments mean, checked: nothing after this file can be wrong.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Expr, ExprLit, Lit, Signature};

use crate::args::Args;
use crate::errors::Errors;
use crate::exclusive;
use crate::exit::Exit;
use crate::exit_args;
use crate::returned::Returned;
use crate::root;
use crate::route;
use crate::watch::Watch;

/// One place in the source that is timed.
pub(crate) struct Timed {
    /// The path of the crate that holds `__private`.
    pub(crate) root: TokenStream,
    /// What happens before the code.
    pub(crate) entry: Entry,
    /// Whether a call is recorded at all, asked on entry.
    pub(crate) condition: Option<Expr>,
    /// What is watched beside the time.
    pub(crate) watch: Watch,
    /// What happens after the code, if anything but dropping the guard.
    pub(crate) exit: Option<Exit>,
    /// What is timed until its end, if not the function itself.
    pub(crate) returned: Returned,
}

/// The series that a call belongs to, and what is known about it on entry.
pub(crate) enum Entry {
    /// A function series.
    Function { name: Name, points: Option<Expr> },
    /// An operation of the node it runs in; a function series of that name where it runs in none.
    Block { name: Expr, points: Option<Expr> },
    /// A call of a DAG node.
    Node(Box<Node>),
    /// An operation of a DAG node.
    Operation { node: Expr, operation: Expr, points: Option<Expr> },
    /// A request of that method and path.
    Route { method: String, path: String },
    /// Seen before, and kept in `__metrics_seen`.
    Seen,
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

/// The arguments of `#[timed]`.
pub(crate) const TIMED_ARGS: &[&str] = &[
    "name",
    "node",
    "node_name",
    "node_type",
    "points",
    "op",
    "route",
    "err",
    "error_if",
    "ok_if",
    "outcome",
    "memory",
    "busy",
    "concurrency",
    "if",
    "sample",
    "collector",
    "future",
    "stream",
    "skip",
    "crate",
];

/// The arguments of `#[timed]` on a container: they hold for every function inside.
pub(crate) const CONTAINER_ARGS: [&str; 1] = ["crate"];

/// The arguments of `timed_block!` between the name and the block.
pub(crate) const BLOCK_ARGS: &[&str] = &["node", "points", "crate"];

/// The arguments of `timed_scope!` after the name.
pub(crate) const SCOPE_ARGS: &[&str] = &["node", "crate"];

// === impl Timed ===

impl Timed {
    /// For `#[timed]` on a function, in a container of that label.
    ///
    /// `ends_async`: the body ends with an async block, which is then what is timed.
    pub(crate) fn function(
        mut args: Args,
        signature: &Signature,
        label: Option<&str>,
        ends_async: bool,
        errors: &mut Errors,
    ) -> Self {
        let root = root(&mut args, errors);
        exclusive::check(&args, errors);
        let returned = Returned::of(&mut args, signature, errors);
        let is_future = matches!(returned, Returned::Future(_));
        if signature.asyncness.is_none() && (returned.is_asked_for() || !ends_async) {
            exclusive::check_blocking(&args, is_future, errors);
        }
        let mut exit = exit_args::failure(&mut args, signature, errors);
        let points = exit_args::points(args.take("points"), &mut exit, signature, errors);
        if let (true, false, Some(points)) =
            (is_future, ends_async, exit.as_ref().and_then(|exit| exit.points.as_ref()))
        {
            errors.at(span(points), "the result of a future that is only wrapped cannot be looked at");
        }
        let condition = args.take("if").map(|arg| arg.value);
        let watch = Watch::of(&mut args, errors);
        let entry = entry(&mut args, Name::by_path(label, &signature.ident), points, errors);
        if let (Returned::Stream(_), Entry::Function { name: Name::Given(name), .. }) = (returned, &entry)
            && !matches!(ungrouped(name), Expr::Lit(_))
        {
            errors.at(
                span(name),
                "with `stream` the name must be a literal: the items get a name made from it",
            );
        }
        Self { root, entry, condition, watch, exit, returned }
    }

    /// For `timed_block!` and `timed_scope!`.
    pub(crate) fn block(name: Expr, mut args: Args, errors: &mut Errors) -> Option<Self> {
        let root = root(&mut args, errors);
        let name = constant(name, "the name", errors)?;
        let mut exit = None;
        let points = exit_args::block_points(args.take("points"), &mut exit, errors);
        let entry = match args.take("node") {
            Some(node) => Entry::Operation { node: node.value, operation: name, points },
            None => Entry::Block { name, points },
        };
        let (watch, returned) = (Watch::default(), Returned::Value);
        Some(Self { root, entry, condition: None, watch, exit, returned })
    }

    /// The same place where what it is about has been seen already.
    pub(crate) fn seen_before(&self) -> Self {
        let watch = Watch { outcome: self.is_exact(), ..self.watch.clone() };
        let (root, condition, exit) = (self.root.clone(), self.condition.clone(), self.exit.clone());
        Self { root, entry: Entry::Seen, condition, watch, exit, returned: self.returned }
    }

    /// Whether more is asked for than the plain guard gives. `exact`: it must be known whether the end was reached.
    pub(crate) fn is_watched(&self, exact: bool) -> bool {
        let has_points = match &self.entry {
            Entry::Function { points, .. }
            | Entry::Block { points, .. }
            | Entry::Operation { points, .. } => {
                points.is_some() || self.exit.as_ref().is_some_and(|exit| exit.points.is_some())
            }
            Entry::Node(_) => false,
            Entry::Route { .. } | Entry::Seen => true,
        };
        exact || has_points || self.watch.any()
    }

    /// Whether it is a call of a node, for which the thread works meanwhile.
    pub(crate) fn is_node(&self) -> bool {
        matches!(self.entry, Entry::Node(_))
    }

    /// Whether it must be known that asynchronous code reached its end.
    pub(crate) fn is_exact(&self) -> bool {
        self.exit.is_some() || self.watch.outcome || matches!(self.entry, Entry::Route { .. })
    }
}

fn entry(args: &mut Args, by_path: Name, points: Option<Expr>, errors: &mut Errors) -> Entry {
    if let Some(route) = args.take("route") {
        let (method, path) = route::parse(&route.value, errors).unwrap_or_default();
        return Entry::Route { method, path };
    }
    let (node, name, operation) = (args.take("node"), args.take("name"), args.take("op"));
    let operation = operation.and_then(|operation| constant(operation.value, "`op`", errors));
    match (node, operation) {
        (Some(node), Some(operation)) => Entry::Operation { node: node.value, operation, points },
        (Some(node), None) => Entry::Node(Box::new(Node {
            id: node.value,
            name: args.take("node_name").map(|arg| arg.value),
            node_type: args.take("node_type").map(|arg| arg.value),
            points,
        })),
        (None, Some(operation)) => Entry::Block { name: operation, points },
        (None, None) => {
            let name = name.and_then(|name| constant(name.value, "`name`", errors));
            Entry::Function { name: name.map_or(by_path, Name::Given), points }
        }
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
    errors.at(span(&value), format_args!("{what} {problem}"));
    None
}

/// Without the invisible groups that `macro_rules!` arguments come in.
pub(crate) fn ungrouped(expr: &Expr) -> &Expr {
    match expr {
        Expr::Group(group) => ungrouped(&group.expr),
        other => other,
    }
}

/// From the first token to the last where the compiler can join spans, else the first token.
pub(crate) fn span(tokens: &impl ToTokens) -> Span {
    syn::spanned::Spanned::span(tokens)
}
