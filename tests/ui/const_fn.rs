use metrics_core::timed;

#[timed]
const fn early() -> u8 {
    1
}

fn main() {
    let _: u8 = early();
}
