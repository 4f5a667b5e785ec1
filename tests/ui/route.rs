use metrics_core::timed;

#[timed(route = "/x")]
fn no_method() {}

#[timed(route = "get /x")]
fn no_such_method() {}

#[timed(route = "GET x")]
fn no_path() {}

#[timed(route = "GET /x", node = "a", concurrency)]
fn also_a_node() {}

fn main() {
    no_method();
    no_such_method();
    no_path();
    also_a_node();
}
