use metrics_core::timed;

#[timed(node = "a", points = 1, node = "b")]
fn node() {}

#[timed("first", name = "second")]
fn name() {}

fn main() {
    node();
    name();
}
