use metrics_core::{timed, timed_block};

#[timed(node = "a", points = "many")]
fn text() {}

#[timed(node = "a", points = cloud.len())]
fn missing() {}

fn main() {
    text();
    missing();
    let _: u8 = timed_block!("op", points = ok + err, { 1 });
}
