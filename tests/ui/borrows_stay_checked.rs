use metrics_core::timed;

#[timed(outcome, err)]
async fn kept(values: Vec<u8>) -> Result<&'static [u8], String> {
    let kept = values;
    Ok(&kept)
}

#[timed(err)]
fn moved(values: Vec<u8>) -> Result<Vec<u8>, String> {
    drop(values);
    Ok(values)
}

fn main() {
    let _ = (kept(vec![]), moved(vec![]));
}
