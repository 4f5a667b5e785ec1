use metrics_core::{timed, timed_block};

struct Scan;

impl Scan {
    const NAME: &'static str = "scan";

    #[timed(name = Self::NAME)]
    fn of_self() {}
}

#[timed("")]
fn empty() {}

#[timed(name = 1 + 1)]
fn number() {}

#[timed(node)]
fn no_value() {}

fn main() {
    Scan::of_self();
    empty();
    number();
    no_value();
    let _ = Scan::NAME;
    let _: usize = timed_block!("op", "text".len());
}
