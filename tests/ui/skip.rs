use metrics_core::timed;

#[timed(skip, "name")]
fn named() {}

#[timed(skip)]
const fn skipped() {}

fn main() {
    named();
    skipped();
}
