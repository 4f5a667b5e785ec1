use metrics_core::timed;

const SHARE: f64 = 0.5;

#[timed(sample = 0.0)]
fn none() {}

#[timed(sample = 2)]
fn more_than_all() {}

#[timed(sample = SHARE)]
fn not_a_literal() {}

#[timed(node = "a", sample = 0.5)]
fn of_a_node() {}

fn main() {
    none();
    more_than_all();
    not_a_literal();
    of_a_node();
    let _ = SHARE;
}
