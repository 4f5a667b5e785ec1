//! Form C: asynchronous code whose end is marked wherever it is left, so that its future needs no second one inside.
//!
//! It is used where the outcome alone is asked for, and where every way out is in sight: `return`, `?` and the end of
//! the body. A macro that is not known may hide another, and then form B is used.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, Item, Macro, parse_quote, parse2};

use crate::body::Body;
use crate::exit::{self, Failure};
use crate::guard::{self, Use};
use crate::invisible::parenthesized_deeply;
use crate::model::{Timed, span};

/// Macros that leave no function, unless a `return` or `?` stands in what they are given.
const KNOWN: [&str; 40] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "cfg",
    "column",
    "concat",
    "dbg",
    "debug",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "env",
    "eprint",
    "eprintln",
    "error",
    "event",
    "file",
    "format",
    "format_args",
    "include_bytes",
    "include_str",
    "info",
    "line",
    "matches",
    "module_path",
    "option_env",
    "panic",
    "print",
    "println",
    "stringify",
    "timed_block",
    "todo",
    "trace",
    "unimplemented",
    "unreachable",
    "vec",
    "warn",
    "write",
    "writeln",
    "join",
];

/// What stands in the function in place of its `body`; `None` where form B is needed.
pub(crate) fn marked(body: &Body, timed: &Timed, output: Option<&TokenStream>) -> Option<TokenStream> {
    let output = output.filter(|output| is_spelled(output))?;
    let mut marks = Marks { err: err_fails(timed)?, hidden: false, timed, output };
    let mut block: Block = parse2(parenthesized_deeply(body.to_token_stream())).ok()?;
    marks.visit_block_mut(&mut block);
    if marks.hidden {
        return None;
    }
    let start = guard::statements(timed, Use::Exact);
    let end = exit::end(timed);
    Some(quote_spanned! {Span::mixed_site()=>
        #start
        let __metrics_result: #output = #block;
        #end
        __metrics_result
    })
}

/// Whether an `Err` fails the call; `None` if more than that is asked of the result.
fn err_fails(timed: &Timed) -> Option<bool> {
    match &timed.exit {
        _ if timed.watch.busy || timed.is_node() => None,
        None => Some(false),
        Some(exit) if exit.points.is_some() => None,
        Some(exit) => matches!(exit.failure, Some(Failure::Err(_))).then_some(true),
    }
}

/// Whether the type can be written inside the function: nothing is left to infer, and no `!`, which has no values.
fn is_spelled(output: &TokenStream) -> bool {
    !output.clone().into_iter().any(|tree| match tree {
        TokenTree::Group(group) => !is_spelled(&group.stream()),
        TokenTree::Ident(word) => word == "_" || word == "impl",
        TokenTree::Punct(punct) => matches!(punct.as_char(), '_' | '!'),
        TokenTree::Literal(_) => false,
    })
}

struct Marks<'a> {
    err: bool,
    /// A way out may be hidden.
    hidden: bool,
    timed: &'a Timed,
    output: &'a TokenStream,
}

impl VisitMut for Marks<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            // Their `return` and `?` leave something else.
            Expr::Closure(_) | Expr::Async(_) | Expr::Const(_) => return,
            Expr::TryBlock(_) | Expr::Verbatim(_) | Expr::Yield(_) => self.hidden = true,
            _ => visit_mut::visit_expr_mut(self, expr),
        }
        let (root, err) = (&self.timed.root, self.err);
        match expr {
            Expr::Try(question) => {
                let inner = &question.expr;
                let here = Span::mixed_site().located_at(span(inner));
                *question.expr = Expr::Verbatim(
                    quote_spanned!(here=> #root::__private::asked(#inner, &mut __metrics_timer, #err)),
                );
            }
            Expr::Return(leaving) => {
                let (end, output) = (exit::end(self.timed), self.output);
                let value = leaving.expr.take().unwrap_or_else(|| parse_quote!(()));
                let marked = quote_spanned! {Span::mixed_site()=> {
                    let __metrics_result: #output = #value;
                    #end
                    __metrics_result
                }};
                leaving.expr = Some(Box::new(Expr::Verbatim(marked)));
            }
            _ => {}
        }
    }

    fn visit_item_mut(&mut self, _: &mut Item) {}

    fn visit_macro_mut(&mut self, call: &mut Macro) {
        let known = call.path.segments.last().is_some_and(|last| KNOWN.iter().any(|name| last.ident == name));
        self.hidden |= !known || leaves(call.tokens.clone());
    }
}

/// Whether a `return` or a `?` stands in the tokens; `{:?}` stands in a literal.
fn leaves(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Group(group) => leaves(group.stream()),
        TokenTree::Ident(word) => word == "return" || word == "yield",
        TokenTree::Punct(punct) => punct.as_char() == '?',
        TokenTree::Literal(_) => false,
    })
}
