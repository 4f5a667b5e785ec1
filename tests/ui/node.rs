use metrics_core::{timed, timed_block};

#[timed(node = 7)]
fn number() {}

#[timed(node = "a", node_name = 7)]
fn named_by_a_number() {}

fn main() {
    number();
    named_by_a_number();
    timed_block!("op", node = 7, {});
}
