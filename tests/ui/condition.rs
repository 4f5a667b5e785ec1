use metrics_core::timed;

#[timed(if = value)]
fn not_a_bool(value: u8) -> u8 {
    value
}

#[timed(if = missing > 1)]
fn not_there() {}

fn main() {
    not_a_bool(1);
    not_there();
}
