//! Every form in which code is timed, and the report of it.
//!
//! Run `cargo run --release --example functions`.

mod by_hand;
mod outcomes;
mod plain;
mod returned;

use metrics_layer::Metrics;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let metrics = Metrics::builder().service("functions").install()?;

    plain::run().await;
    outcomes::run().await;
    returned::run().await;
    by_hand::run().await;

    print!("{}", metrics.performance_report());
    Ok(())
}
