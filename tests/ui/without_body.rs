use metrics_core::timed;

trait Node {
    #[timed]
    fn on_input(&self) -> u8;
}

impl Node for () {
    fn on_input(&self) -> u8 {
        1
    }
}

fn main() {
    ().on_input();
}
