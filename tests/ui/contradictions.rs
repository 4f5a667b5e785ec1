use metrics_core::timed;

#[timed("load", node = "a")]
fn both_names() {}

#[timed(node = "a", points = ok + err)]
fn both_arms() -> Result<u8, u8> {
    Ok(1)
}

#[timed(node = "a", points = ok.len())]
fn no_result() {}

#[timed(node = "a", points = *ok)]
fn other_result() -> u8 {
    1
}

#[timed(node = "a", points = *ret)]
fn never() -> ! {
    loop {}
}

fn main() {
    both_names();
    let _ = both_arms();
    no_result();
    other_result();
    never()
}
