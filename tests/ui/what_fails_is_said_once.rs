use metrics_core::timed;

#[timed(err, error_if = |result| result.is_err())]
fn two() -> Result<u8, u8> {
    Ok(1)
}

#[timed(error_if = |result| result.is_err(), ok_if = |result| result.is_ok())]
fn other_two() -> Result<u8, u8> {
    Ok(1)
}

fn main() {
    let _ = (two(), other_two());
}
