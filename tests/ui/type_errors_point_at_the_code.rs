use metrics_core::timed;

#[timed(node = "a", points = ok.len())]
fn blocking() -> Result<Vec<u8>, String> {
    Ok(vec![1u16])
}

#[timed(node = "a", points = ok.len())]
async fn asynchronous() -> Result<Vec<u8>, String> {
    Ok(vec![1u16])
}

#[timed]
fn plain() -> u8 {
    "text"
}

fn main() {
    let _ = (blocking(), asynchronous(), plain());
}
