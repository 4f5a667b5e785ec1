//! How calls end: ok, error, panicked, cancelled.

use std::num::ParseIntError;
use std::time::Duration;

use metrics_layer::timed;

/// An `Err` counts as an error.
#[timed("parse", err)]
fn parse(text: &str) -> Result<u8, ParseIntError> {
    text.parse()
}

/// What fails is for the closure to say.
#[timed("status", error_if = |status| *status >= 500)]
fn status(code: u16) -> u16 {
    code
}

/// A future that is dropped before its end counts as cancelled; how many are under way is shown meanwhile.
#[timed("wait", outcome, concurrency, busy)]
async fn wait(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// The memory of the process before and after.
#[timed("load", memory)]
fn load() -> Vec<u8> {
    vec![1; 8 << 20]
}

/// Shown among the routes.
#[timed(route = "GET /scans", err)]
async fn scans() -> Result<u8, ParseIntError> {
    parse("7")
}

pub(crate) async fn run() {
    assert!(parse("1").is_ok() && parse("x").is_err());
    assert_eq!(status(200) + status(503), 703);
    wait(Duration::from_millis(2)).await;
    let late = tokio::time::timeout(Duration::from_millis(1), wait(Duration::from_secs(60))).await;
    assert!(late.is_err());
    assert_eq!(load().len(), 8 << 20);
    assert_eq!(scans().await, Ok(7));
}
