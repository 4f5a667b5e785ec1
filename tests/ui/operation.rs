use metrics_core::timed;

#[timed(op = "sum", name = "other")]
fn named_twice() {}

#[timed(op = "", node = "a")]
fn unnamed() {}

#[timed(op = "sum", node = "a", node_type = "b")]
fn described() {}

fn main() {
    named_twice();
    unnamed();
    described();
}
