use metrics_core::timed;

#[timed(collector = "everywhere")]
fn not_a_collector() {}

fn main() {
    not_a_collector();
}
