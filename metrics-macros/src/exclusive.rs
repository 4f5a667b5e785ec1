//! Which arguments need, and which exclude each other: two tables.

use crate::args::Args;
use crate::errors::Errors;
use crate::model::TIMED_ARGS;

/// `(argument, what it needs, why)`.
const NEEDS: [(&str, &str, &str); 2] = [
    ("node_name", "node", "`node_name` describes a node: add `node = …`"),
    ("node_type", "node", "`node_type` describes a node: add `node = …`"),
];

/// `(argument, what may not stand beside it, why)`.
const EXCLUDES: [(&str, &[&str], &str); 13] = [
    ("name", &["op"], "`op` is the name of the operation: leave `name` out"),
    ("name", &["node"], "`name` is for a function, not for a node\nuse `node_name` to name the node"),
    ("node_name", &["op"], "`op` is an operation of the node, which only a call of the node can describe"),
    ("node_type", &["op"], "`op` is an operation of the node, which only a call of the node can describe"),
    (
        "route",
        &["name", "node", "op", "points"],
        "`route` makes the function a request, which is nothing else",
    ),
    (
        "route",
        &["memory", "busy", "concurrency", "sample"],
        "`route` keeps what the layer keeps of a request",
    ),
    ("err", &["error_if", "ok_if"], "`err`, `error_if` and `ok_if` each say what fails: give one"),
    ("error_if", &["ok_if"], "`err`, `error_if` and `ok_if` each say what fails: give one"),
    ("memory", &["node", "op"], "`memory` is kept for functions, not for nodes and their operations"),
    (
        "sample",
        &["node", "op", "points"],
        "`sample` leaves calls out, and the calls and points of a node are all kept",
    ),
    ("future", &["stream"], "a function returns a future or a stream, not both"),
    ("stream", &LOOKS, WRAPPED),
    ("skip", TIMED_ARGS, "`skip` leaves the function as it is, so nothing else can be asked for"),
];

/// What looks at a result or at the polls.
const LOOKS: [&str; 8] = ["err", "error_if", "ok_if", "points", "busy", "memory", "concurrency", "sample"];

const WRAPPED: &str = "a stream is timed to its end and item by item; nothing else is watched";

/// What a future that is only wrapped cannot tell.
const INSIDE: [&str; 6] = ["err", "error_if", "ok_if", "memory", "concurrency", "sample"];

/// Reports every contradiction, each at its first argument.
pub(crate) fn check(args: &Args, errors: &mut Errors) {
    // An argument that was mistyped may well be the one that is missing.
    let complete = errors.is_empty();
    for (argument, needed, why) in NEEDS {
        if let Some(span) = args.span(argument).filter(|_| complete && args.span(needed).is_none()) {
            errors.at(span, why);
        }
    }
    for (argument, others, why) in EXCLUDES {
        let clash = others.iter().any(|other| *other != argument && args.span(other).is_some());
        if let Some(span) = args.span(argument).filter(|_| clash) {
            errors.at(span, why);
        }
    }
}

/// Reports what only asynchronous code in sight can tell, of a function that has none.
pub(crate) fn check_blocking(args: &Args, returns_future: bool, errors: &mut Errors) {
    if let Some(span) = args.span("busy") {
        errors.at(
            span,
            "`busy` is the time inside `poll`: the function must be `async`, or end with an `async` block",
        );
    }
    for span in INSIDE.into_iter().filter(|_| returns_future).filter_map(|argument| args.span(argument)) {
        errors.at(
            span,
            "the future that is returned can only be wrapped\n\
             end the function with an `async` block, or make it `async`, to look inside",
        );
    }
}
