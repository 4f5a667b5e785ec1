use metrics_core::timed;

type Answer = u8;

#[timed("a", err)]
fn failing() -> Answer {
    1
}

#[timed(node = "a", points = *ok)]
fn pointing() -> Answer {
    1
}

fn main() {
    let _: u8 = failing() + pointing();
}
