//! What is watched beside the time.

use syn::{Expr, ExprLit, Lit};

use crate::args::{Arg, Args};
use crate::errors::Errors;
use crate::model::{span, ungrouped};

/// What is watched beside the time.
#[derive(Clone, Default)]
pub(crate) struct Watch {
    pub(crate) outcome: bool,
    pub(crate) memory: bool,
    pub(crate) busy: bool,
    pub(crate) concurrency: bool,
    /// The part of all calls that is timed, above 0 and at most 1.
    pub(crate) sample: Option<Expr>,
    /// Where to record instead of the collector in force.
    pub(crate) collector: Option<Expr>,
}

impl Watch {
    pub(crate) fn of(args: &mut Args, errors: &mut Errors) -> Self {
        let mut word = |word| args.take_word(word).is_some();
        let [outcome, memory, busy, concurrency] =
            ["outcome", "memory", "busy", "concurrency"].map(&mut word);
        Self {
            outcome,
            memory,
            busy,
            concurrency,
            sample: args.take("sample").and_then(|arg| share(&arg, errors)),
            collector: args.take("collector").map(|arg| arg.value),
        }
    }

    pub(crate) fn any(&self) -> bool {
        self.memory || self.busy || self.concurrency || self.sample.is_some() || self.collector.is_some()
    }
}

/// A literal above 0 and at most 1.
fn share(arg: &Arg, errors: &mut Errors) -> Option<Expr> {
    let share: Option<f64> = match ungrouped(&arg.value) {
        Expr::Lit(ExprLit { lit: Lit::Float(share), .. }) => share.base10_parse().ok(),
        Expr::Lit(ExprLit { lit: Lit::Int(share), .. }) => share.base10_parse().ok(),
        _ => None,
    };
    match share {
        Some(share) if share > 0.0 && share <= 1.0 => {
            let share = proc_macro2::Literal::f64_suffixed(share);
            Some(syn::parse_quote!(#share))
        }
        _ => {
            errors.at(
                span(&arg.value),
                "`sample` takes the part of all calls that is timed: a literal above 0 and at most 1",
            );
            None
        }
    }
}
