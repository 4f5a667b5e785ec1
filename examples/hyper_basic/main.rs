//! The same without a framework: a plain hyper service.
//!
//! Run `cargo run --release --example hyper_basic`, open the printed address, and
//! `curl http://127.0.0.1:3000/api/hello/ada` a few times.

use std::convert::Infallible;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use metrics_layer::{Metrics, RequestBody, timed};
use tower::{ServiceBuilder, service_fn};

#[timed("hello")]
async fn hello(request: Request<RequestBody<Incoming>>) -> Result<Response<Full<Bytes>>, Infallible> {
    let Some(name) = request.uri().path().strip_prefix("/api/hello/") else {
        let mut nowhere = Response::new("not here\n".into());
        *nowhere.status_mut() = StatusCode::NOT_FOUND;
        return Ok(nowhere);
    };
    Ok(Response::new(format!("Hello, {name}!\n").into()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let metrics = Metrics::builder().service("hyper_basic").allow_loopback().install()?;

    let app = ServiceBuilder::new()
        .layer(metrics.layer().exclude_self().route("/api/hello/{name}")?) // times /api/**, by these templates
        .service(metrics.handler().or(service_fn(hello))); // JSON, live WebSocket, dashboard, then yours

    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("open http://{}/dashboard/performance", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let app = TowerToHyperService::new(app.clone());
        tokio::spawn(async move {
            let mut server = auto::Builder::new(TokioExecutor::new());
            server.http1().timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(10));
            if let Err(error) = server.serve_connection_with_upgrades(TokioIo::new(stream), app).await {
                eprintln!("connection: {error}");
            }
        });
    }
}
