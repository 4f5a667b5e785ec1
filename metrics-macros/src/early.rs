//! Early returns of a function that ends with a boxed async block: what they give is timed as that block is.
//!
//! The future of an early return goes into a timed one, in a box of the same type. Where the return type holds
//! `impl Trait`, a `return` cannot give another future than the block at the end, and there is nothing to do.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, Item, ReturnType, Signature, Stmt, Type, parse2};

use crate::body::Body;
use crate::form;
use crate::guard;
use crate::invisible::parenthesized_deeply;
use crate::model::Timed;

/// The body with a timed future in each early `return`, or as it was where there is none in sight: half-typed code and
/// what macros hide stay as they are.
pub(crate) fn timed(body: Body, timed: &Timed, signature: &Signature, output: Option<&TokenStream>) -> Body {
    let ReturnType::Type(_, boxed) = &signature.output else {
        return body;
    };
    if has_impl(boxed.to_token_stream()) {
        return body;
    }
    let mut returns = Returns { found: false, timed, boxed, output };
    let marked = body.map_statements(|statements| {
        let mut block: Block = parse2(parenthesized_deeply(statements.to_token_stream())).ok()?;
        returns.visit_body(&mut block);
        let statements = &block.stmts;
        returns.found.then(|| quote!(#(#statements)*))
    });
    let Some(marked) = marked else { return body };
    // On entry, for the body may move what tells it.
    let (root, subject) = (&timed.root, guard::subject(timed));
    marked.starting_with(
        quote_spanned!(Span::mixed_site()=> let __metrics_seen = #root::__private::Ahead::new(#subject);),
    )
}

fn has_impl(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Group(group) => has_impl(group.stream()),
        tree => matches!(tree, TokenTree::Ident(word) if word == "impl"),
    })
}

struct Returns<'a> {
    found: bool,
    timed: &'a Timed,
    /// What the function returns.
    boxed: &'a Type,
    /// What that future gives, if it is spelled.
    output: Option<&'a TokenStream>,
}

impl Returns<'_> {
    /// A `return` at the end holds the block that is timed already.
    fn visit_body(&mut self, body: &mut Block) {
        let end = match body.stmts.last() {
            Some(Stmt::Expr(Expr::Return(_), None)) => body.stmts.len() - 1,
            _ => body.stmts.len(),
        };
        body.stmts[..end].iter_mut().for_each(|statement| self.visit_stmt_mut(statement));
    }

    fn timed(&self, value: &Expr) -> TokenStream {
        let (root, boxed) = (&self.timed.root, self.boxed);
        let awaited = quote_spanned!(Span::mixed_site()=> __metrics_future.await);
        let mut inner = Group::new(Delimiter::Brace, awaited);
        inner.set_span(Span::mixed_site());
        let inner = form::asynchronous(&Body::of(inner), &self.timed.seen_before(), self.output);
        quote_spanned! {Span::mixed_site()=> {
            // The value may be a panic, of which lints would say more here than in a `return`.
            #[allow(clippy::diverging_sub_expression)]
            let __metrics_future: #boxed = #value;
            #[allow(unreachable_code)]
            let __metrics_boxed: #boxed = #root::__private::Box::pin(async move #inner);
            __metrics_boxed
        }}
    }
}

impl VisitMut for Returns<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        // Their `return` leaves something else.
        if matches!(expr, Expr::Closure(_) | Expr::Async(_) | Expr::Const(_)) {
            return;
        }
        visit_mut::visit_expr_mut(self, expr);
        if let Expr::Return(leaving) = expr
            && let Some(value) = leaving.expr.take()
        {
            self.found = true;
            leaving.expr = Some(Box::new(Expr::Verbatim(self.timed(&value))));
        }
    }

    fn visit_item_mut(&mut self, _: &mut Item) {}
}
