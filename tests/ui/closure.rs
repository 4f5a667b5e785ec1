use metrics_core::timed;

fn main() {
    let add = #[timed]
    |left: u8, right: u8| left + right;
    let _: u8 = add(1, 2);
}
