//! The arguments that look at the result: `points`, `err`, `error_if`, `ok_if`.

use proc_macro2::Span;
use quote::ToTokens;
use syn::{Expr, ReturnType, Signature, Type};

use crate::args::{Arg, Args};
use crate::errors::Errors;
use crate::exit::{Arm, Exit, Failure};
use crate::result::Looks;
use crate::returned;

/// What makes a call count as failed.
pub(crate) fn failure(args: &mut Args, signature: &Signature, errors: &mut Errors) -> Option<Exit> {
    let err = args.take_word("err");
    if let Some(at) = err {
        needs_result(at, "err", signature, errors);
    }
    let failure = err
        .map(Failure::Err)
        .or_else(|| args.take("error_if").map(|arg| Failure::ErrorIf(arg.value)))
        .or_else(|| args.take("ok_if").map(|arg| Failure::OkIf(arg.value)))?;
    if let (Failure::ErrorIf(closure) | Failure::OkIf(closure), true) = (&failure, never_returns(signature)) {
        errors.at(crate::model::span(closure), "there is no result: the function never returns");
    }
    Some(Exit { failure: Some(failure), ..Exit::default() })
}

/// `points` on entry; on exit, into `exit`, when the expression looks at the result.
pub(crate) fn points(
    arg: Option<Arg>,
    exit: &mut Option<Exit>,
    signature: &Signature,
    errors: &mut Errors,
) -> Option<Expr> {
    let (looks, value) = match looking(arg) {
        Looking::Exit(looks, value) => (looks, value),
        Looking::Entry(value) => return value,
    };
    both_arms(&looks, errors);
    if let Some(arm) = looks.ok.as_ref().or(looks.err.as_ref()) {
        needs_result(arm.span(), &arm.to_string(), signature, errors);
    } else if let Some(ret) = looks.ret.as_ref().filter(|_| never_returns(signature)) {
        errors.at(ret.span(), "there is no `ret`: the function never returns");
    }
    looks_at(exit, looks, value);
    None
}

/// The same of a block, whose type is the compiler's to know.
pub(crate) fn block_points(arg: Option<Arg>, exit: &mut Option<Exit>, errors: &mut Errors) -> Option<Expr> {
    let (looks, value) = match looking(arg) {
        Looking::Exit(looks, value) => (looks, value),
        Looking::Entry(value) => return value,
    };
    both_arms(&looks, errors);
    looks_at(exit, looks, value);
    None
}

enum Looking {
    Entry(Option<Expr>),
    Exit(Looks, Expr),
}

fn looking(arg: Option<Arg>) -> Looking {
    let Some(Arg { value, .. }) = arg else {
        return Looking::Entry(None);
    };
    let looks = Looks::at(value.to_token_stream());
    if looks.any() { Looking::Exit(looks, value) } else { Looking::Entry(Some(value)) }
}

fn looks_at(exit: &mut Option<Exit>, looks: Looks, points: Expr) {
    let exit = exit.get_or_insert_with(Exit::default);
    exit.points = Some(points);
    exit.ret = looks.ret;
    exit.arm = looks.ok.map(Arm::Ok).or(looks.err.map(Arm::Err));
}

fn both_arms(looks: &Looks, errors: &mut Errors) {
    if let (Some(_), Some(err)) = (&looks.ok, &looks.err) {
        errors.at(err.span(), "`ok` and `err` are never both there\nuse `ret`, the whole result");
    }
}

/// Refuses what is certainly no `Result`; aliases of `Result` are the compiler's to judge.
fn needs_result(at: Span, what: &str, signature: &Signature, errors: &mut Errors) {
    if never_returns(signature) {
        errors.at(at, format_args!("there is no `{what}`: the function never returns"));
    } else if matches!(signature.output, ReturnType::Default) || returned::is_certainly_no_result(signature) {
        errors.at(at, format_args!("there is no `{what}`: the function returns no `Result`"));
    }
}

fn never_returns(signature: &Signature) -> bool {
    matches!(&signature.output, ReturnType::Type(_, output) if matches!(**output, Type::Never(_)))
}
