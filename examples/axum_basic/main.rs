//! An axum service that shows where its time goes.
//!
//! Run `cargo run --release --example axum_basic`, open the printed address, and
//! `curl http://127.0.0.1:3000/api/hello/ada` a few times.

use std::time::Duration;

use axum::{Router, extract::Path, routing::get};
use metrics_layer::{Metrics, timed};

#[timed("greeting")]
async fn greeting(name: &str) -> String {
    tokio::time::sleep(Duration::from_millis(20)).await; // a slow database
    format!("Hello, {name}!\n")
}

async fn hello(Path(name): Path<String>) -> String {
    greeting(&name).await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let metrics = Metrics::builder().service("axum_basic").allow_loopback().install()?;

    let app = Router::new()
        .route("/api/hello/{name}", get(hello))
        .merge(metrics.router()) // JSON, live WebSocket, dashboard
        .layer(metrics.layer().exclude_self()); // times /api/**, but not what the page asks for

    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("open http://{}/dashboard/performance", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
