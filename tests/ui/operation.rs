use metrics_layer::timed;

#[timed(op = "sum")]
fn of_no_node() {}

#[timed(op = "", node = "a")]
fn unnamed() {}

#[timed(op = "sum", node = "a", node_type = "b")]
fn described() {}

fn main() {
    of_no_node();
    unnamed();
    described();
}
