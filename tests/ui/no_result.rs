use metrics_core::timed;

#[timed(err)]
fn nothing() {}

#[timed(err)]
fn number() -> u8 {
    1
}

#[timed(node = "a", points = err.len())]
fn option() -> Option<u8> {
    None
}

#[timed(err)]
fn never() -> ! {
    loop {}
}

#[timed(error_if = |never| *never)]
fn never_asked() -> ! {
    loop {}
}

fn main() {
    nothing();
    let _ = (number(), option());
    if number() == 1 {
        never()
    }
    never_asked()
}
