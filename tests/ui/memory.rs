use metrics_core::timed;

#[timed(node = "a", memory)]
fn of_a_node() {}

fn main() {
    of_a_node();
}
