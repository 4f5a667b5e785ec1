use metrics_core::timed;

#[timed]
#[unsafe(naked)]
extern "C" fn back() {
    core::arch::naked_asm!("ret")
}

fn main() {
    back();
}
