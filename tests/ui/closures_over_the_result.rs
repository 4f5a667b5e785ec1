use metrics_core::timed;

#[timed(error_if = |code| code.is_err())]
fn wrong_method() -> u8 {
    1
}

#[timed(ok_if = |code| *code)]
fn no_answer() -> u8 {
    1
}

#[timed(error_if = "text")]
fn no_closure() -> u8 {
    1
}

fn main() {
    let _ = (wrong_method(), no_answer(), no_closure());
}
