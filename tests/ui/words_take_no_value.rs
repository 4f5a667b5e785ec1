use metrics_core::timed;

#[timed(outcome = true)]
fn value() {}

#[timed(sample)]
fn no_value() {}

#[timed(if)]
fn no_condition() {}

fn main() {
    value();
    no_value();
    no_condition();
}
