use metrics_layer::timed;

#[timed(skip, "name")]
fn named() {}

#[timed(skip)]
const fn skipped() {}

fn main() {
    named();
    skipped();
}
